"""Replay a cassette with vcrpy, nothing else: the URL, then the cassette's file. Prints each answer on a line."""

import json
import sys
import urllib.request

import vcr

url, cassette = sys.argv[1:]
with vcr.use_cassette(cassette, record_mode="none", match_on=["method", "uri", "body"]):
    for question, stream in (("What did the tape say?", False), ("What did the tape stream?", True)):
        body = {"model": "gpt-test", "messages": [{"role": "user", "content": question}]}
        if stream:
            body["stream"] = True
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(f"{url}/v1/chat/completions", json.dumps(body).encode(), headers)
        print(json.dumps(urllib.request.urlopen(request).read().decode()))
