"""More connections than a proxy can serve at once: which stored questions still hit, and how long their answers take.

Each connection asks its next question as soon as it has an answer: three that are stored, and one that nobody asked.
It is a load of a process of its own, `python -m benchmarks.overload`, and the comparison and verdict on it.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks import isolate, questions, semantic
from benchmarks import requests as asking
from benchmarks.client import Connection
from benchmarks.measurements import percentile
from benchmarks.progress_bar import Steps
from benchmarks.systems import Fleet, System

CONNECTIONS = (100, 300, 600)
ENTRIES = 3000
STORED = 3  # questions that are stored, for one that is new
AT_LEAST = 0.95
"""Share of the stored questions that must be hits."""
MOST_NEW = 2000  # new questions a second that any system gets through


class Order(msgspec.Struct, frozen=True):
    """What to ask for *seconds*; the new questions are counted from the *first*."""

    port: int
    seconds: float
    connections: int
    entries: int
    first: int


class Answered(msgspec.Struct, frozen=True, array_like=True):
    """One request."""

    stored: bool
    took: float
    status: int
    cache: str


@dataclass(frozen=True, slots=True)
class Overload:
    """What a system did under so many connections; times in seconds. *hits* is of the stored questions alone."""

    system: str
    connections: int
    requests: int
    failures: dict[int, int]
    """Statuses that are no success; 0 is none at all."""
    hits: float
    rps: float
    p50: float
    p99: float

    def line(self) -> str:
        return (
            f"{self.connections:11}  {self.system:<14}{self.requests:9}{self.rps:8.0f}{sum(self.failures.values()):10}"
            f"{self.hits:14.1%}{self.p50 * 1000:9.0f}{self.p99 * 1000:9.0f}"
        )


HEAD = "connections  system         requests   a s    failures   stored: hits   p50 ms   p99 ms"


async def carry_out(order: Order) -> list[Answered]:
    """Ask until the time is over, and wait for what was asked."""
    answered: list[Answered] = []
    stored = itertools.cycle(map(asking.body, questions.stored(order.entries)))
    new = map(asking.body, questions.new(order.first, round(MOST_NEW * (order.seconds + 10))))
    kinds = itertools.cycle((True,) * STORED + (False,))
    ends = time.perf_counter() + order.seconds

    async def work() -> None:
        with closing(Connection(order.port)) as connection:
            while time.perf_counter() < ends:
                is_stored = next(kinds)
                seen = await connection.ask(next(stored) if is_stored else next(new))
                answered.append(Answered(is_stored, seen.end, seen.status, seen.cache))

    await asyncio.gather(*(work() for _ in range(order.connections)))
    return answered


def measured(system: System, order: Order, tick: Callable[[], None]) -> Overload:
    """Have one system asked from a process of its own."""
    began = time.monotonic()
    answered = isolate.carried_out("benchmarks.overload", order, list[Answered], tick)
    stored = [each for each in answered if each.stored]
    took = [each.took for each in answered]
    return Overload(
        system.name,
        order.connections,
        len(answered),
        dict(Counter(each.status for each in answered if each.status != 200)),
        sum(each.cache == "hit" for each in stored) / max(1, len(stored)),
        len(answered) / (time.monotonic() - began),
        percentile(took, 0.5),
        percentile(took, 0.99),
    )


def compare(fleet: Fleet, connections: Sequence[int], seconds: float, entries: int = ENTRIES) -> list[Overload]:
    """Measure the cache, and beside it a bare mitmdump that passes all through."""
    passing, caches = fleet.passing(), fleet.caches("overload")
    fleet.wait()
    for cache in caches:
        semantic.fill(cache, questions.stored(entries))
    steps = Steps("overload", len(connections) * (1 + len(caches)))
    found, first = [], 0
    try:
        for count in connections:
            for system in (*caches, passing):
                steps.begin(f"{system.name}, {count} connections")
                found.append(measured(system, Order(system.port, seconds, count, entries, first), steps.tick))
                first += round(MOST_NEW * (seconds + 10))
    finally:
        steps.end()
    return found


def verdict(found: Sequence[Overload], caches: Sequence[str]) -> list[str]:
    """Return what is wrong; nothing when nothing is."""
    wrong = []
    for each in found:
        where = f"{each.system}, {each.connections} connections"
        if each.failures:
            wrong.append(f"{where}: of {each.requests} requests failed (status: times) {each.failures}")
        if each.system in caches and each.hits < AT_LEAST:
            wrong.append(f"{where}: only {each.hits:.1%} of the stored questions were hits")
    return wrong


def run(folder: Path, speeds: Sequence[str], connections: Sequence[int], seconds: float) -> int:
    """Print a table and a verdict; return the exit code: 1 when anything failed, or too few stored questions hit."""
    with Fleet(folder, speeds) as fleet:
        found = compare(fleet, connections, seconds)
        caches = fleet.caches("overload")
        logs = "".join(fleet.said(cache) for cache in caches)
    print(f"{STORED} stored questions for each new one, on each connection the next when the last is answered")
    print("\n".join(["", HEAD, *(each.line() for each in found)]))
    if logs.strip():
        print(f"\nthe log said meanwhile:\n{logs.strip()}")
    wrong = verdict(found, [cache.name for cache in caches])
    print("\n" + ("\n".join(f"! {each}" for each in wrong) if wrong else "what is stored hits, and nothing failed"))
    return 1 if wrong else 0


if __name__ == "__main__":
    given = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(carry_out(given))))
