"""A mixed load in a separate process: exact and semantic hits, misses and streams, at a fixed rate or the maximum.

Questions are repeated after a while, and misses are stored for a short time only. So the cache has a working set of a
fixed size, and memory that grows all the same is lost.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from enum import StrEnum

import msgspec

from benchmarks import questions, requests
from benchmarks.client import Connection
from benchmarks.upstream import PACE


class Kind(StrEnum):
    EXACT = "exact"
    SEMANTIC = "semantic"
    MISS = "miss"
    STREAM = "stream"


MIX = {Kind.EXACT: 13, Kind.SEMANTIC: 3, Kind.MISS: 3, Kind.STREAM: 1}  # of 20 requests
MISS_TTL_S = 20
STREAMED = PACE.format(tokens=20, first=0.05, each=0.01)


class Workload(msgspec.Struct, frozen=True):
    """The load for *seconds*: *rate* requests per second (0: as fast as possible) over *connections*.

    *entries* are stored, and their paraphrases are sent; the misses are *misses* different questions, counted from
    the *first*.
    """

    port: int
    seconds: float
    rate: float
    connections: int
    entries: int
    first: int
    misses: int


class RequestResult(msgspec.Struct, frozen=True, array_like=True):
    """One request. *at* is its scheduled time in seconds since the start; *took* counts from then."""

    kind: Kind
    at: float
    took: float
    status: int
    cache: str


async def run_workload(workload: Workload) -> list[RequestResult]:
    """Send requests until the time is over, and wait for the answers."""
    answered: list[RequestResult] = []
    sequence = _request_sequence(workload)
    began = time.perf_counter()

    async def work() -> None:
        with closing(Connection(workload.port)) as connection:
            for number, (kind, body) in sequence:  # the next free connection takes the next request
                due = number / workload.rate if workload.rate else time.perf_counter() - began
                if due >= workload.seconds:
                    return
                await asyncio.sleep(max(0.0, began + due - time.perf_counter()))
                # repeated misses are stored for a short time only
                headers = f"x-ai-cache-ttl: {MISS_TTL_S}\r\n" if kind in (Kind.MISS, Kind.STREAM) else ""
                seen = await connection.ask(body, headers)
                took = time.perf_counter() - began - due
                answered.append(RequestResult(kind, due, took, seen.status, seen.cache))

    await asyncio.gather(*(work() for _ in range(workload.connections)))
    return answered


def _request_sequence(workload: Workload) -> Iterator[tuple[int, tuple[Kind, str]]]:
    """Yield the numbered requests, endlessly."""
    kinds = [kind for kind, share in MIX.items() for _ in range(share)]
    random.Random(1).shuffle(kinds)
    new = questions.new(workload.first, workload.misses)
    bodies = {
        Kind.EXACT: itertools.repeat(requests.body()),
        Kind.SEMANTIC: map(requests.body, itertools.cycle(questions.reworded(workload.entries))),
        Kind.MISS: map(requests.body, itertools.cycle(new)),
        Kind.STREAM: (requests.body(each, STREAMED, stream=True) for each in itertools.cycle(new)),
    }
    return enumerate((kind, next(bodies[kind])) for kind in itertools.cycle(kinds))


if __name__ == "__main__":
    given = msgspec.json.decode(sys.stdin.buffer.read(), type=Workload)
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(run_workload(given))))
