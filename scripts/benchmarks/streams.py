"""Scenario of streamed misses: delay of the first token and of the end, compared with the upstream alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import isolate, questions, requests
from benchmarks.client import TimedAnswer, Workload
from benchmarks.errors import Problem
from benchmarks.measurements import Case, Measurements, percentile
from benchmarks.scenario import Plan, warm_systems
from benchmarks.systems import Fleet, System
from benchmarks.upstream import PACE

TOKENS = 20
STREAMS_PER_S = 20  # started, however many are open: this measures delay, not capacity
MIN_STREAM_S = 0.25
FIRST_TOKEN_SHARE = 0.2  # of a stream's time, until the first token


class Streams:
    name = "streams"
    title = f"streams of {TOKENS} tokens on a miss; 'direct' is the upstream; at most {STREAMS_PER_S} start a second"

    def __init__(self, fleet: Fleet, folder: Path, plan: Plan) -> None:
        self._fleet, self._plan = fleet, plan
        self._next_question = 0

    def cases(self) -> list[Case]:
        size = len(requests.body(questions.new(1, 1)[0], prompt(1), stream=True))
        return [Case(self.name, connections, size) for connections in self._plan.connections]

    def systems(self) -> list[System]:
        compared = [self._fleet.upstream(), self._fleet.passing(), *self._fleet.caches(), *self._fleet.exact_only()]
        return warm_systems(self._fleet, self._plan, compared, [requests.body()])

    def load(self, system: System, case: Case, tick: Callable[[], None]) -> Measurements:
        connections = case.connections
        each = max(1, round(self._plan.seconds / stream_seconds(connections)))
        new = questions.new(100_000 + self._next_question, each * connections)
        self._next_question += len(new)
        bodies = [requests.body(question, prompt(connections), stream=True) for question in new]
        series = [bodies[place::connections] for place in range(connections)]
        cpu = system.cpu()
        workload = Workload(system.port, series, stream_seconds(connections) / connections)
        seen = isolate.run_isolated("benchmarks.client", workload, list[TimedAnswer], tick)
        return _figures(seen, system.cpu() - cpu)


def stream_seconds(connections: int) -> float:
    """Return the duration of a stream such that *connections* are open at once."""
    return max(MIN_STREAM_S, connections / STREAMS_PER_S)


def prompt(connections: int) -> str:
    """Return the system prompt that sets the upstream's pace."""
    seconds = stream_seconds(connections)
    return PACE.format(
        tokens=TOKENS, first=FIRST_TOKEN_SHARE * seconds, each=(1 - FIRST_TOKEN_SHARE) * seconds / TOKENS
    )


def _figures(seen: Sequence[TimedAnswer], cpu: float) -> Measurements:
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
