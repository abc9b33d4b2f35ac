"""Scenarios of exact hits: one repeated request, with several numbers of connections and several sizes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks import requests, wrk_scripts
from benchmarks.baseline_addon import ANSWER
from benchmarks.measurements import Case, Measurements
from benchmarks.scenario import Plan, load_with_wrk, warm_systems, write_script
from benchmarks.systems import Fleet, System


class _Hits:
    """Repeated requests of given sizes; all are stored before the measurements."""

    name: str
    title: str

    def __init__(self, fleet: Fleet, folder: Path, plan: Plan) -> None:
        self._fleet, self._folder, self._plan = fleet, folder, plan

    def cases(self) -> list[Case]:
        raise NotImplementedError

    def bodies(self) -> dict[int, str]:
        """Return the request bodies by the size in their case."""
        raise NotImplementedError

    def systems(self) -> list[System]:
        self._scripts = {
            size: write_script(self._folder, f"{self.name}-{size}", wrk_scripts.repeat_body(requests.KEY, body))
            for size, body in self.bodies().items()
        }
        compared = [self._fleet.constant(), *self._fleet.caches()]
        return warm_systems(self._fleet, self._plan, compared, list(self.bodies().values()))

    def load(self, system: System, case: Case, tick: Callable[[], None]) -> Measurements:
        return load_with_wrk(system, self._scripts[case.request_bytes], case, self._plan.seconds, tick)


class Exact(_Hits):
    name = "exact"
    title = f"exact hits; an answer has {len(ANSWER)} bytes"

    def cases(self) -> list[Case]:
        [size] = self.bodies()
        return [Case(self.name, connections, size) for connections in self._plan.connections]

    def bodies(self) -> dict[int, str]:
        body = requests.body()
        return {len(body): body}


class Sizes(_Hits):
    name = "sizes"
    title = "exact hits by the size of the request, on one connection"

    def cases(self) -> list[Case]:
        return [Case(self.name, 1, size) for size in self.bodies()]

    def bodies(self) -> dict[int, str]:
        return {len(body): body for body in map(requests.body_of_size, self._plan.sizes)}
