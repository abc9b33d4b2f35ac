"""Overload test: more connections than a proxy can serve at once, and the hit rate and latency of stored questions.

Each connection sends its next question as soon as it has an answer: three stored ones, then a new one.
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
from benchmarks.progress_bar import StepProgress
from benchmarks.systems import Fleet, System

CONNECTIONS = (100, 300, 600)
ENTRIES = 3000
STORED_PER_NEW = 3
MIN_HIT_SHARE = 0.95
"""Required hit rate of stored questions."""
MAX_NEW_PER_S = 2000  # no system is faster


class Workload(msgspec.Struct, frozen=True):
    """The load for *seconds*; new questions are numbered from *first*."""

    port: int
    seconds: float
    connections: int
    entries: int
    first: int


class RequestResult(msgspec.Struct, frozen=True, array_like=True):
    """One request."""

    stored: bool
    took: float
    status: int
    cache: str


@dataclass(frozen=True, slots=True)
class OverloadResult:
    """A system's results with a number of connections; times in seconds. *hits* counts stored questions only."""

    system: str
    connections: int
    requests: int
    failures: dict[int, int]
    """Counts of error statuses; 0 means no answer."""
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


async def run_workload(workload: Workload) -> list[RequestResult]:
    """Send requests until the time is over, and wait for the answers."""
    answered: list[RequestResult] = []
    stored = itertools.cycle(map(asking.body, questions.stored(workload.entries)))
    new = map(asking.body, questions.new(workload.first, round(MAX_NEW_PER_S * (workload.seconds + 10))))
    kinds = itertools.cycle((True,) * STORED_PER_NEW + (False,))
    ends = time.perf_counter() + workload.seconds

    async def work() -> None:
        with closing(Connection(workload.port)) as connection:
            while time.perf_counter() < ends:
                is_stored = next(kinds)
                seen = await connection.ask(next(stored) if is_stored else next(new))
                answered.append(RequestResult(is_stored, seen.end, seen.status, seen.cache))

    await asyncio.gather(*(work() for _ in range(workload.connections)))
    return answered


def measure_system(system: System, workload: Workload, tick: Callable[[], None]) -> OverloadResult:
    """Load one system from a separate process."""
    began = time.monotonic()
    answered = isolate.run_isolated("benchmarks.overload", workload, list[RequestResult], tick)
    stored = [each for each in answered if each.stored]
    took = [each.took for each in answered]
    return OverloadResult(
        system.name,
        workload.connections,
        len(answered),
        dict(Counter(each.status for each in answered if each.status != 200)),
        sum(each.cache == "hit" for each in stored) / max(1, len(stored)),
        len(answered) / (time.monotonic() - began),
        percentile(took, 0.5),
        percentile(took, 0.99),
    )


def compare(fleet: Fleet, connections: Sequence[int], seconds: float, entries: int = ENTRIES) -> list[OverloadResult]:
    """Measure the cache, and a bare mitmdump that forwards everything."""
    passing, caches = fleet.passing(), fleet.caches("overload")
    fleet.wait()
    for cache in caches:
        semantic.fill_store(cache, questions.stored(entries))
    steps = StepProgress("overload", len(connections) * (1 + len(caches)))
    found, first = [], 0
    try:
        for count in connections:
            for system in (*caches, passing):
                steps.begin(f"{system.name}, {count} connections")
                found.append(measure_system(system, Workload(system.port, seconds, count, entries, first), steps.tick))
                first += round(MAX_NEW_PER_S * (seconds + 10))
    finally:
        steps.end()
    return found


def find_problems(found: Sequence[OverloadResult], caches: Sequence[str]) -> list[str]:
    """Return the problems found."""
    wrong = []
    for each in found:
        where = f"{each.system}, {each.connections} connections"
        if each.failures:
            wrong.append(f"{where}: of {each.requests} requests failed (status: times) {each.failures}")
        if each.system in caches and each.hits < MIN_HIT_SHARE:
            wrong.append(f"{where}: only {each.hits:.1%} of the stored questions were hits")
    return wrong


def run(folder: Path, speeds: Sequence[str], connections: Sequence[int], seconds: float) -> int:
    """Print a table and a verdict; return the exit code: 1 after a failure, or if too few stored questions hit."""
    with Fleet(folder, speeds) as fleet:
        found = compare(fleet, connections, seconds)
        caches = fleet.caches("overload")
        logs = "".join(fleet.said(cache) for cache in caches)
    print(f"{STORED_PER_NEW} stored questions for each new one, on each connection the next when the last is answered")
    print("\n".join(["", HEAD, *(each.line() for each in found)]))
    if logs.strip():
        print(f"\nthe log said meanwhile:\n{logs.strip()}")
    wrong = find_problems(found, [cache.name for cache in caches])
    print("\n" + ("\n".join(f"! {each}" for each in wrong) if wrong else "what is stored hits, and nothing failed"))
    return 1 if wrong else 0


if __name__ == "__main__":
    given = msgspec.json.decode(sys.stdin.buffer.read(), type=Workload)
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(run_workload(given))))
