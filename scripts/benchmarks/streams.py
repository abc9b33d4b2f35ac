"""Streams that are misses: their first token and their end, beyond those of the upstream asked directly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import isolate, questions, requests
from benchmarks.client import Order, Seen
from benchmarks.errors import Problem
from benchmarks.measurements import Case, Figures, percentile
from benchmarks.scenario import Plan, warmed
from benchmarks.systems import Fleet, System
from benchmarks.upstream import PACE

TOKENS = 20
RATE = 20  # streams that begin in a second, however many are open: what is measured is delay, not capacity
SHORTEST = 0.25  # seconds that a stream takes at the least
FIRST = 0.2  # of that, until the first token


class Streams:
    name = "streams"
    title = f"streams of {TOKENS} tokens on a miss; 'direct' is the upstream itself; no more than {RATE} begin a second"

    def __init__(self, fleet: Fleet, folder: Path, plan: Plan) -> None:
        self._fleet, self._plan = fleet, plan
        self._asked = 0

    def cases(self) -> list[Case]:
        size = len(requests.body(questions.new(1, 1)[0], prompt(1), stream=True))
        return [Case(self.name, connections, size) for connections in self._plan.connections]

    def systems(self) -> list[System]:
        compared = [self._fleet.upstream(), self._fleet.passing(), *self._fleet.caches(), *self._fleet.exact_only()]
        return warmed(self._fleet, self._plan, compared, [requests.body()])

    def load(self, system: System, case: Case, tick: Callable[[], None]) -> Figures:
        connections = case.connections
        each = max(1, round(self._plan.seconds / lasts(connections)))
        new = questions.new(100_000 + self._asked, each * connections)
        self._asked += len(new)
        bodies = [requests.body(question, prompt(connections), stream=True) for question in new]
        series = [bodies[place::connections] for place in range(connections)]
        cpu = system.cpu()
        order = Order(system.port, series, lasts(connections) / connections)
        seen = isolate.carried_out("benchmarks.client", order, list[Seen], tick)
        return _figures(seen, system.cpu() - cpu)


def lasts(connections: int) -> float:
    """Return the seconds that a stream takes when so many are to be open at once."""
    return max(SHORTEST, connections / RATE)


def prompt(connections: int) -> str:
    """Return the system prompt that tells the upstream its pace."""
    seconds = lasts(connections)
    return PACE.format(tokens=TOKENS, first=FIRST * seconds, each=(1 - FIRST) * seconds / TOKENS)


def _figures(seen: Sequence[Seen], cpu: float) -> Figures:
    good = [each for each in seen if each.status == 200]
    if not good:
        raise Problem("not a single stream came to its end")
    first, end = [each.first * 1000 for each in good], [each.end * 1000 for each in good]
    return {
        "first_ms": percentile(first, 0.5),
        "end_ms": percentile(end, 0.5),
        "first_p99_ms": percentile(first, 0.99),
        "end_p99_ms": percentile(end, 0.99),
        "cpu_ms": cpu * 1000 / len(seen),
        "requests": float(len(seen)),
        "failures": float(len(seen) - len(good)),
    }
