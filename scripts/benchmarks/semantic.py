"""Scenario of semantic hits: paraphrases of stored questions, each sent once, so that all are embedded."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import client, proxy_metrics, questions, requests, wrk_scripts
from benchmarks.errors import Problem
from benchmarks.measurements import Case, Measurements
from benchmarks.progress_bar import StepProgress
from benchmarks.scenario import Plan, load_with_wrk, write_script
from benchmarks.systems import Fleet, System

MAX_QUESTIONS_PER_S = 2000  # prepared for a load
FILL_CONNECTIONS = 8
QUESTIONS_PER_STEP = 100  # of progress


class Semantic:
    name = "semantic"

    def __init__(self, fleet: Fleet, folder: Path, plan: Plan) -> None:
        self._fleet, self._folder, self._plan = fleet, folder, plan
        self._next_question: dict[str, int] = {}
        self.title = f"hits by meaning among {plan.entries} entries of one namespace, embedding included"

    def cases(self) -> list[Case]:
        size = len(requests.body(questions.reworded(1)[0]))
        return [Case(self.name, connections, size) for connections in self._plan.connections]

    def systems(self) -> list[System]:
        constant, caches = self._fleet.constant(), self._fleet.caches("semantic")
        self._fleet.wait()
        for system in caches:
            fill_store(system, questions.stored(self._plan.entries))
        requests.warm(constant, requests.body())
        return [constant, *caches]

    def load(self, system: System, case: Case, tick: Callable[[], None]) -> Measurements:
        every = questions.reworded(self._plan.entries)
        start = self._next_question.get(system.name, 0) % len(every)
        count = round(MAX_QUESTIONS_PER_S * self._plan.seconds)
        file = self._folder / "other wordings"
        file.write_text("".join(requests.body(each) + "\n" for each in (every[start:] + every)[:count]))
        script = write_script(self._folder, self.name, wrk_scripts.bodies_from_file(requests.KEY, file))
        figures = load_with_wrk(system, script, case, self._plan.seconds, tick)
        self._next_question[system.name] = start + round(figures["requests"]) + case.connections
        return figures


def fill_store(system: System, to_store: Sequence[str]) -> None:
    """Fill a proxy's store by sending questions through it. Raises Problem if any fails.

    What a failed look-up has not embedded is stored for its exact request only; that is said.
    """
    parts = [to_store[start : start + QUESTIONS_PER_STEP] for start in range(0, len(to_store), QUESTIONS_PER_STEP)]
    steps = StepProgress("filling", len(parts))
    try:
        for part in parts:
            steps.begin(f"{system.name}, {len(to_store)} entries")
            series = [
                [requests.body(each) for each in part[place::FILL_CONNECTIONS]] for place in range(FILL_CONNECTIONS)
            ]
            seen = asyncio.run(client.run_workload(client.Workload(system.port, series)))
            if lost := [each for each in seen if each.status != 200]:
                raise Problem(f"{system.name}: {len(lost)} of {len(seen)} questions got no answer")
    finally:
        steps.end()
    if failed := proxy_metrics.counts(system.port)["failed"]:
        print(f"bench: {failed:.0f} of {len(to_store)} entries have no vector: lookups failed", file=sys.stderr)
