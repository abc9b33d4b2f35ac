"""A mixed load in a process of its own: hits, hits by meaning, misses and streams, at a rate or as fast as they come.

What is asked comes again after a while, and misses are kept for a short time only. So the cache has a working set of a
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
KEPT = 20  # seconds that the answer to a miss is kept
STREAMED = PACE.format(tokens=20, first=0.05, each=0.01)


class Order(msgspec.Struct, frozen=True):
    """What to ask for *seconds*: *rate* requests a second (0: as fast as they come) over *connections*.

    *entries* are stored, other wordings of them are asked; the misses are *misses* different questions, counted from
    the *first*.
    """

    port: int
    seconds: float
    rate: float
    connections: int
    entries: int
    first: int
    misses: int


class Answered(msgspec.Struct, frozen=True, array_like=True):
    """One request. *at* is when it was due, in seconds since the load's begin; *took* is counted from there."""

    kind: Kind
    at: float
    took: float
    status: int
    cache: str


async def carry_out(order: Order) -> list[Answered]:
    """Ask until the time is over, and wait for what was asked."""
    answered: list[Answered] = []
    asked = _asked(order)
    began = time.perf_counter()

    async def work() -> None:
        with closing(Connection(order.port)) as connection:
            for number, (kind, body) in asked:  # whoever is free takes the next
                due = number / order.rate if order.rate else time.perf_counter() - began
                if due >= order.seconds:
                    return
                await asyncio.sleep(max(0.0, began + due - time.perf_counter()))
                # what must be a miss again and again is kept for a short time
                headers = f"x-ai-cache-ttl: {KEPT}\r\n" if kind in (Kind.MISS, Kind.STREAM) else ""
                seen = await connection.ask(body, headers)
                took = time.perf_counter() - began - due
                answered.append(Answered(kind, due, took, seen.status, seen.cache))

    await asyncio.gather(*(work() for _ in range(order.connections)))
    return answered


def _asked(order: Order) -> Iterator[tuple[int, tuple[Kind, str]]]:
    """Return what to ask, numbered, without end."""
    kinds = [kind for kind, share in MIX.items() for _ in range(share)]
    random.Random(1).shuffle(kinds)
    new = questions.new(order.first, order.misses)
    bodies = {
        Kind.EXACT: itertools.repeat(requests.body()),
        Kind.SEMANTIC: map(requests.body, itertools.cycle(questions.reworded(order.entries))),
        Kind.MISS: map(requests.body, itertools.cycle(new)),
        Kind.STREAM: (requests.body(each, STREAMED, stream=True) for each in itertools.cycle(new)),
    }
    return enumerate((kind, next(bodies[kind])) for kind in itertools.cycle(kinds))


if __name__ == "__main__":
    given = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(carry_out(given))))
