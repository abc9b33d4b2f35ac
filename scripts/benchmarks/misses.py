"""First token and end of a stream on a miss: through the proxy, through a bare mitmdump, and asked directly."""

from __future__ import annotations

import asyncio
import http.client
import json
import statistics
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.proxies import mitmdump, with_addon
from demo.answers import Reply
from demo.upstream import StandIn

TOKENS, FIRST, EACH = 20, 0.05, 0.01  # of a reply: how many, seconds to the first, seconds between two
QUESTIONS = count()  # a question of its own for each request: every one is a miss


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds from sending the request."""

    first: float
    end: float


async def measure(folder: Path, requests: int) -> int:
    """Print the table; return the exit code."""
    reply = Reply((" ".join(["token"] * TOKENS),), first_token=FIRST, per_token=EACH)
    async with StandIn(lambda _: reply) as upstream:
        return await asyncio.to_thread(_measure, folder, upstream.url, requests)


def _measure(folder: Path, upstream: str, requests: int) -> int:
    stream = ["--set", "stream_large_bodies=1"]  # a bare mitmdump holds streams back to their end without it
    with mitmdump(folder, upstream, stream) as bare, mitmdump(folder, upstream, with_addon(folder)) as cached:
        ports = {"direct": urlsplit(upstream).port or 0, "bare": bare.port, "ai-cache": cached.port}
        _settle(cached.port)
        seen: dict[str, list[Times]] = {name: [] for name in ports}
        for _ in range(requests):
            for name, port in ports.items():
                seen[name].append(_ask(port))
    print(
        f"\nstreams on a miss, {TOKENS} tokens, medians of {requests} requests, "
        "milliseconds (and beyond the direct one)"
    )
    print(f"{'':>9} {'first token':>18} {'end of stream':>18} {'p99 first':>10} {'p99 end':>8}")
    direct = [statistics.median(getattr(t, field) for t in seen["direct"]) for field in ("first", "end")]
    for name, times in seen.items():
        first, end = ([getattr(t, field) for t in times] for field in ("first", "end"))
        beyond = [statistics.median(first) - direct[0], statistics.median(end) - direct[1]]
        print(
            f"{name:>9} {statistics.median(first):8.1f} ({beyond[0]:+6.1f}) "
            f"{statistics.median(end):8.1f} ({beyond[1]:+6.1f}) {_p99(first):10.1f} {_p99(end):8.1f}"
        )
    return 0


def _settle(port: int) -> None:
    """Wait until the semantic part takes part: its log is not to be seen, so long enough for any machine."""
    deadline = time.monotonic() + 8
    while time.monotonic() < deadline:
        _ask(port)


def _ask(port: int) -> Times:
    question = f"What is the meaning of the number {next(QUESTIONS)}, and why does it matter to anyone at all?"
    body = json.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": question}]})
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.connect()
    began = time.perf_counter()
    connection.request("POST", "/v1/chat/completions", body, {"content-type": "application/json"})
    response = connection.getresponse()
    response.read1(1)
    first = time.perf_counter() - began
    response.read()
    end = time.perf_counter() - began
    connection.close()
    return Times(first * 1000, end * 1000)


def _p99(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.99))]
