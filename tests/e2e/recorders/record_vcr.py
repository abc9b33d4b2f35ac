"""Ask an API with vcrpy recording: the URL, then the cassette's file."""

import json
import sys
import urllib.request

import vcr

url, cassette = sys.argv[1:]
recorder = vcr.VCR(filter_headers=["authorization"], decode_compressed_response=True)
with recorder.use_cassette(cassette):
    for question, stream in (("What did the tape say?", False), ("What did the tape stream?", True)):
        body = {"model": "gpt-test", "messages": [{"role": "user", "content": question}]}
        if stream:
            body["stream"] = True
        headers = {"content-type": "application/json", "authorization": "Bearer sk-test"}
        request = urllib.request.Request(f"{url}/v1/chat/completions", json.dumps(body).encode(), headers)
        urllib.request.urlopen(request).read()
