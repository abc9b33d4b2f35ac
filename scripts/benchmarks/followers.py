"""Scenario of followers: how soon a request that comes late to an equal stream in flight has its first token, and how
long after the first request its last.

`python -m benchmarks.followers` reads a `Workload` from stdin and writes `Followed`s to stdout.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from benchmarks import isolate, questions, requests
from benchmarks.client import Connection, TimedAnswer
from benchmarks.errors import Problem
from benchmarks.measurements import Case, Measurements, percentile
from benchmarks.scenario import Plan, warm_systems
from benchmarks.systems import Fleet, System
from benchmarks.upstream import PACE

LATE_S = 1.0
"""Time by which a follower is later than the first request."""
TOKENS = 100
FIRST_TOKEN_S, TOKEN_S = 0.05, 0.02  # a stream of two seconds
STREAMS_PER_S = 2
APART_S = 0.02
"""Time between two followers of one stream: what is measured is how they follow, not how a burst is accepted."""


class Workload(msgspec.Struct, frozen=True):
    """Each of *bodies* is sent *apart* seconds after the one before, and *followers* times again from `LATE_S` on."""

    port: int
    bodies: Sequence[str]
    followers: int
    apart: float


class Followed(msgspec.Struct, frozen=True):
    """The answer to a follower: *first* in seconds from its request, *behind* from the end of the first answer."""

    is_collapsed: bool
    first: float = 0.0
    behind: float = 0.0


class Followers:
    name = "followers"
    title = f"requests {LATE_S:g} s late to a stream of {TOKENS} tokens: first token, and last after the first client's"

    def __init__(self, fleet: Fleet, folder: Path, plan: Plan) -> None:
        self._fleet, self._plan = fleet, plan
        self._next_question = 0

    def cases(self) -> list[Case]:
        size = len(_body(questions.new(1, 1)[0]))
        return [Case(self.name, connections, size) for connections in self._plan.connections]

    def systems(self) -> list[System]:
        return warm_systems(self._fleet, self._plan, self._fleet.exact_only(), [requests.body()])

    def load(self, system: System, case: Case, tick: Callable[[], None]) -> Measurements:
        count = max(2, round(STREAMS_PER_S * self._plan.seconds))
        new = questions.new(300_000 + self._next_question, count)
        self._next_question += count
        cpu = system.cpu()
        workload = Workload(system.port, [_body(each) for each in new], case.connections, 1 / STREAMS_PER_S)
        seen = isolate.run_isolated("benchmarks.followers", workload, list[Followed], tick)
        return _figures(seen, system.cpu() - cpu)


def _body(question: str) -> str:
    pace = PACE.format(tokens=TOKENS, first=FIRST_TOKEN_S, each=TOKEN_S)
    return requests.body(question, pace, stream=True)


def _figures(seen: Sequence[Followed], cpu: float) -> Measurements:
    collapsed = [each for each in seen if each.is_collapsed]
    if not collapsed:
        raise Problem("not a single request has followed another one")
    first, behind = ([getattr(each, name) * 1000 for each in collapsed] for name in ("first", "behind"))
    return {
        "first_ms": percentile(first, 0.5),
        "first_p95_ms": percentile(first, 0.95),
        "behind_ms": percentile(behind, 0.5),
        "behind_p95_ms": percentile(behind, 0.95),
        "cpu_ms": cpu * 1000 / len(seen),
        "requests": float(len(seen)),
        "failures": float(len(seen) - len(collapsed)),
    }


async def run_workload(workload: Workload) -> list[Followed]:
    """Send all requests of a workload."""

    async def ask(body: str, after: float = 0.0) -> tuple[TimedAnswer, float]:
        await asyncio.sleep(after)
        with closing(Connection(workload.port)) as connection:
            return await connection.ask(body), time.perf_counter()

    async def one(place: int, body: str) -> list[Followed]:
        await asyncio.sleep(place * workload.apart)
        leader = asyncio.ensure_future(ask(body))
        late = (ask(body, LATE_S + number * APART_S) for number in range(workload.followers))
        answers = await asyncio.gather(*late)
        first, ended = await leader
        if first.status != 200:
            return [Followed(False)] * workload.followers
        return [Followed(seen.status == 200 and seen.cache == "hit", seen.first, end - ended) for seen, end in answers]

    found = await asyncio.gather(*(one(place, body) for place, body in enumerate(workload.bodies)))
    return [seen for each in found for seen in each]


if __name__ == "__main__":
    given = msgspec.json.decode(sys.stdin.buffer.read(), type=Workload)
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(run_workload(given))))
