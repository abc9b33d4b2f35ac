"""What every scenario is, and how its rounds are run: all systems one after the other, again and again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks import proxy_metrics, requests, wrk
from benchmarks.errors import Problem
from benchmarks.measurements import Case, Figures, Row, rows
from benchmarks.progress_bar import Steps
from benchmarks.systems import Fleet, System

LONGER = 10
"""How many times the time a system gets that has answered nothing at all."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    connections: Sequence[int]
    seconds: float
    """Of each load."""
    rounds: int
    sizes: Sequence[int]
    """Of requests, in bytes."""
    entries: int
    """In the store of which questions are answered by meaning."""
    litellm: bool


class Scenario(Protocol):
    """One kind of traffic."""

    name: str
    title: str

    def cases(self) -> list[Case]:
        """Return what is measured, in order."""

    def systems(self) -> list[System]:
        """Return what is compared, started and filled; the yardstick first."""

    def load(self, system: System, case: Case, tick: Callable[[], None]) -> Figures:
        """Measure once."""


def run(scenario: Scenario, rounds: int, found: list[Row]) -> None:
    """Run all rounds of a scenario's cases, add each case's rows to *found*, and tell on stderr how far it is."""
    systems, cases = scenario.systems(), scenario.cases()
    steps = Steps(scenario.name, len(systems) * len(cases) * rounds)
    try:
        for case in cases:
            measured: dict[str, list[Figures]] = {system.name: [] for system in systems}
            for _ in range(rounds):  # one after the other, so that all meet the machine in the same mood
                for system in systems:
                    steps.begin(f"{system.name}, {case.connections} connections, {case.request_bytes} bytes")
                    measured[system.name].append(scenario.load(system, case, steps.tick))
            found += rows(case, measured)
    finally:
        steps.end()


def warmed(fleet: Fleet, plan: Plan, systems: Sequence[System], bodies: Sequence[str]) -> list[System]:
    """Return systems, and LiteLLM's proxy where it is asked for, once each has answered every one of these requests."""
    compared = [*systems, *([fleet.litellm()] if plan.litellm else [])]
    fleet.wait()
    for system in compared:
        for body in bodies:
            requests.warm(system, body)
    return compared


def by_wrk(system: System, script: Path, case: Case, seconds: float, tick: Callable[[], None]) -> Figures:
    """Load a system by wrk; return what wrk saw, the processor time of a request, and the shares of hits.

    Raises Problem when nothing was answered in `LONGER` times the time either.
    """
    before = proxy_metrics.counts(system.port) if system.caches else {}
    cpu = system.cpu()
    load = wrk.run(system.url, script, case.connections, seconds, tick)
    if not load.requests:
        cpu = system.cpu()
        load = wrk.run(system.url, script, case.connections, LONGER * seconds, tick)
    if not load.requests:
        raise Problem(f"{system.name}: not one answer in {LONGER * seconds:g} s at {case.connections} connections")
    figures = {
        "rps": load.rps,
        "p50_ms": load.p50,
        "p99_ms": load.p99,
        "cpu_ms": (system.cpu() - cpu) * 1000 / load.requests,
        "requests": float(load.requests),
        "failures": float(load.failures),
    }
    if not system.caches:
        return figures
    after = proxy_metrics.counts(system.port)
    asked = after["requests"] - before["requests"]
    for tier in ("exact", "semantic"):
        hits = after.get(tier, 0.0) - before.get(tier, 0.0)
        figures[f"{tier}_share"] = hits / asked if asked else 0.0
    return {**figures, "failed_share": (after["failed"] - before["failed"]) / asked if asked else 0.0}


def write_script(folder: Path, name: str, text: str) -> Path:
    file = folder / f"{name}.lua"
    file.write_text(text, "utf-8")
    return file
