"""Builds the requests of benchmarks, and sends single ones to warm up."""

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
WARM_UP_REQUESTS = 5  # to systems other than ours
HIT_TIMEOUT_S = 30.0


def body(question: str = QUESTION, system: str = SYSTEM_PROMPT, **fields: object) -> str:
    """Return the body of a chat completion."""
    turns = [{"role": "system", "content": system}, {"role": "user", "content": question}]
    return json.dumps({"model": "gpt-test", "messages": turns, "temperature": 0.2, **fields})


def body_of_size(size: int) -> str:
    """Return a body of about *size* bytes, padded in its system prompt."""
    short = len(body(system=""))
    return body(system=(f"These are the rules for requests of {size} bytes. " * (size // 30))[: max(0, size - short)])


def send(port: int, request_body: str) -> str:
    """Send a request; return the response's ``x-cache-status``, or "". Raises Problem."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        headers = {"content-type": "application/json", "authorization": f"Bearer {KEY}"}
        connection.request("POST", "/v1/chat/completions", request_body, headers)
        response = connection.getresponse()
        content = response.read()
    except OSError as exc:
        raise Problem(f"port {port} does not answer: {exc}") from exc
    finally:
        connection.close()
    if response.status != 200:
        raise Problem(f"port {port} answers {response.status}: {content[:300].decode('utf-8', 'replace')}")
    return response.headers.get("x-cache-status", "")


def warm(system: System, request_body: str) -> None:
    """Repeat a request until it is a hit, if the system is our cache, else a few times."""
    if not system.caches:
        for _ in range(WARM_UP_REQUESTS):
            send(system.port, request_body)
        return
    deadline = time.monotonic() + HIT_TIMEOUT_S
    while send(system.port, request_body) != "hit":
        if time.monotonic() > deadline:
            raise Problem(f"{system.name}: no hit within {HIT_TIMEOUT_S:g} s")
        time.sleep(0.1)
