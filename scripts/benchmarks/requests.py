"""The requests that are asked, and one asked by itself, to warm up."""

from __future__ import annotations

import http.client
import json
import time

from benchmarks import client
from benchmarks.errors import Problem
from benchmarks.systems import System

KEY = client.KEY
SYSTEM_PROMPT = "You are a helpful assistant. " * 6
QUESTION = "How do I reset the password of my account when I no longer have the phone?"
WARM = 5  # times that what is no cache of ours is asked
HIT_WITHIN = 30.0  # seconds


def body(question: str = QUESTION, system: str = SYSTEM_PROMPT, **fields: object) -> str:
    """Return the body of a chat completion."""
    turns = [{"role": "system", "content": system}, {"role": "user", "content": question}]
    return json.dumps({"model": "gpt-test", "messages": turns, "temperature": 0.2, **fields})


def of_size(size: int) -> str:
    """Return a body of about *size* bytes; what makes it long is its system prompt."""
    short = len(body(system=""))
    return body(system=(f"These are the rules for requests of {size} bytes. " * (size // 30))[: max(0, size - short)])


def ask(port: int, asked: str) -> str:
    """Ask once; return what the response says of the cache, nothing where it says nothing. Raises Problem."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        headers = {"content-type": "application/json", "authorization": f"Bearer {KEY}"}
        connection.request("POST", "/v1/chat/completions", asked, headers)
        response = connection.getresponse()
        said = response.read()
    except OSError as exc:
        raise Problem(f"port {port} does not answer: {exc}") from exc
    finally:
        connection.close()
    if response.status != 200:
        raise Problem(f"port {port} answers {response.status}: {said[:300].decode('utf-8', 'replace')}")
    return response.headers.get("x-cache-status", "")


def warm(system: System, asked: str) -> None:
    """Ask until the answer comes from the cache, where it is ours; a few times elsewhere."""
    if not system.caches:
        for _ in range(WARM):
            ask(system.port, asked)
        return
    deadline = time.monotonic() + HIT_WITHIN
    while ask(system.port, asked) != "hit":
        if time.monotonic() > deadline:
            raise Problem(f"{system.name}: no hit within {HIT_WITHIN:g} s")
        time.sleep(0.1)
