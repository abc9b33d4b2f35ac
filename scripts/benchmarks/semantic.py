"""Hits by meaning: other wordings of questions that are stored, each asked once, so that all are embedded."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import client, proxy_metrics, questions, requests, wrk_scripts
from benchmarks.errors import Problem
from benchmarks.measurements import Case, Figures
from benchmarks.progress_bar import Steps
from benchmarks.scenario import Plan, by_wrk, write_script
from benchmarks.systems import Fleet, System

MOST = 2000  # questions a second that are written down for a load
FILLING = 8  # connections that fill the store
AT_ONCE = 100  # questions between two looks at how far that is


class Semantic:
    name = "semantic"

    def __init__(self, fleet: Fleet, folder: Path, plan: Plan) -> None:
        self._fleet, self._folder, self._plan = fleet, folder, plan
        self._asked: dict[str, int] = {}
        self.title = f"hits by meaning among {plan.entries} entries of one namespace, embedding included"

    def cases(self) -> list[Case]:
        size = len(requests.body(questions.reworded(1)[0]))
        return [Case(self.name, connections, size) for connections in self._plan.connections]

    def systems(self) -> list[System]:
        constant, caches = self._fleet.constant(), self._fleet.caches("semantic")
        self._fleet.wait()
        for system in caches:
            fill(system, questions.stored(self._plan.entries))
        requests.warm(constant, requests.body())
        return [constant, *caches]

    def load(self, system: System, case: Case, tick: Callable[[], None]) -> Figures:
        every = questions.reworded(self._plan.entries)
        start = self._asked.get(system.name, 0) % len(every)
        count = round(MOST * self._plan.seconds)
        file = self._folder / "other wordings"
        file.write_text("".join(requests.body(each) + "\n" for each in (every[start:] + every)[:count]))
        script = write_script(self._folder, self.name, wrk_scripts.listed(requests.KEY, file))
        figures = by_wrk(system, script, case, self._plan.seconds, tick)
        self._asked[system.name] = start + round(figures["requests"]) + case.connections
        return figures


def fill(system: System, asked: Sequence[str]) -> None:
    """Ask a proxy questions, through which their answers come into its store. Raises Problem when any fails.

    What a failed look-up has not embedded is stored for its exact request only; that is said.
    """
    parts = [asked[start : start + AT_ONCE] for start in range(0, len(asked), AT_ONCE)]
    steps = Steps("filling", len(parts))
    try:
        for part in parts:
            steps.begin(f"{system.name}, {len(asked)} entries")
            series = [[requests.body(each) for each in part[place::FILLING]] for place in range(FILLING)]
            seen = asyncio.run(client.carry_out(client.Order(system.port, series)))
            if lost := [each for each in seen if each.status != 200]:
                raise Problem(f"{system.name}: {len(lost)} of {len(seen)} questions got no answer")
    finally:
        steps.end()
    if failed := proxy_metrics.counts(system.port)["failed"]:
        print(f"bench: {failed:.0f} of {len(asked)} entries are not found by meaning: look-ups failed", file=sys.stderr)
