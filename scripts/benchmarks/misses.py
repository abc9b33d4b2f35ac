"""Scenario of misses: new questions, which the upstream answers at once and the cache stores."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks import questions, requests, wrk_scripts
from benchmarks.measurements import Case, Measurements
from benchmarks.scenario import Plan, load_with_wrk, warm_systems, write_script
from benchmarks.systems import Fleet, System

MAX_QUESTIONS_PER_S = 4000  # no system is faster


class Misses:
    name = "misses"
    title = "misses passed through to an upstream that answers at once"

    def __init__(self, fleet: Fleet, folder: Path, plan: Plan) -> None:
        self._fleet, self._folder, self._plan = fleet, folder, plan
        self._next_question = 0

    def cases(self) -> list[Case]:
        size = len(requests.body(questions.new(1, 1)[0]))
        return [Case(self.name, connections, size) for connections in self._plan.connections]

    def systems(self) -> list[System]:
        compared = [self._fleet.passing(), *self._fleet.caches(), *self._fleet.exact_only()]
        return warm_systems(self._fleet, self._plan, compared, [requests.body()])

    def load(self, system: System, case: Case, tick: Callable[[], None]) -> Measurements:
        count = round(MAX_QUESTIONS_PER_S * self._plan.seconds)
        file = self._folder / "new questions"
        file.write_text("".join(requests.body(each) + "\n" for each in questions.new(self._next_question, count)))
        self._next_question += count  # no question may be sent to two systems, even one that the first did not reach
        script = write_script(self._folder, self.name, wrk_scripts.bodies_from_file(requests.KEY, file))
        return load_with_wrk(system, script, case, self._plan.seconds, tick)
