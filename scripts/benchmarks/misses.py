"""Misses: questions that nobody has asked before, passed through, answered at once by the upstream and stored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks import questions, requests, wrk_scripts
from benchmarks.measurements import Case, Figures
from benchmarks.scenario import Plan, by_wrk, warmed, write_script
from benchmarks.systems import Fleet, System

MOST = 4000  # questions a second that any system gets through


class Misses:
    name = "misses"
    title = "misses passed through to an upstream that answers at once"

    def __init__(self, fleet: Fleet, folder: Path, plan: Plan) -> None:
        self._fleet, self._folder, self._plan = fleet, folder, plan
        self._asked = 0

    def cases(self) -> list[Case]:
        size = len(requests.body(questions.new(1, 1)[0]))
        return [Case(self.name, connections, size) for connections in self._plan.connections]

    def systems(self) -> list[System]:
        compared = [self._fleet.passing(), *self._fleet.caches(), *self._fleet.exact_only()]
        return warmed(self._fleet, self._plan, compared, [requests.body()])

    def load(self, system: System, case: Case, tick: Callable[[], None]) -> Figures:
        count = round(MOST * self._plan.seconds)
        file = self._folder / "new questions"
        file.write_text("".join(requests.body(each) + "\n" for each in questions.new(self._asked, count)))
        self._asked += count  # what one system has not come to, another must not be the second to ask
        script = write_script(self._folder, self.name, wrk_scripts.listed(requests.KEY, file))
        return by_wrk(system, script, case, self._plan.seconds, tick)
