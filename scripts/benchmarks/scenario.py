"""The protocol of scenarios, and the loop that runs their rounds, with all systems in turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks import proxy_metrics, requests, wrk
from benchmarks.errors import Problem
from benchmarks.measurements import Case, Measurements, Row, rows
from benchmarks.progress_bar import StepProgress
from benchmarks.systems import Fleet, System

RETRY_TIME_FACTOR = 10
"""A system that answered nothing at all is loaded once more, for so many times as long."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The extent of the measurements."""

    connections: Sequence[int]
    seconds: float
    """Duration of each load."""
    rounds: int
    sizes: Sequence[int]
    """Sizes of requests, in bytes."""
    entries: int
    """Stored entries for semantic hits."""
    litellm: bool


class Scenario(Protocol):
    """One kind of traffic."""

    name: str
    title: str

    def cases(self) -> list[Case]:
        """Return the cases to measure, in order."""

    def systems(self) -> list[System]:
        """Return the systems to compare, started and filled; the baseline first."""

    def load(self, system: System, case: Case, tick: Callable[[], None]) -> Measurements:
        """Measure one system in one case, once."""


def run(scenario: Scenario, rounds: int, found: list[Row]) -> None:
    """Run all rounds of a scenario's cases, add each case's rows to *found*, and show the progress on stderr."""
    systems, cases = scenario.systems(), scenario.cases()
    steps = StepProgress(scenario.name, len(systems) * len(cases) * rounds)
    try:
        for case in cases:
            measured: dict[str, list[Measurements]] = {system.name: [] for system in systems}
            for _ in range(rounds):  # in turn, so that the machine's state is the same for all
                for system in systems:
                    steps.begin(f"{system.name}, {case.connections} connections, {case.request_bytes} bytes")
                    measured[system.name].append(scenario.load(system, case, steps.tick))
            found += rows(case, measured)
    finally:
        steps.end()


def warm_systems(fleet: Fleet, plan: Plan, systems: Sequence[System], bodies: Sequence[str]) -> list[System]:
    """Return the systems, and LiteLLM's proxy with --litellm, after each has answered all of *bodies*."""
    compared = [*systems, *([fleet.litellm()] if plan.litellm else [])]
    fleet.wait()
    for system in compared:
        for body in bodies:
            requests.warm(system, body)
    return compared


def load_with_wrk(system: System, script: Path, case: Case, seconds: float, tick: Callable[[], None]) -> Measurements:
    """Load a system with wrk; return wrk's results, the processor time per request, and the hit rates.

    Raises Problem if nothing was answered, even in `RETRY_TIME_FACTOR` times the time.
    """
    before = proxy_metrics.counts(system.port) if system.caches else {}
    cpu = system.cpu()
    load = wrk.run(system.url, script, case.connections, seconds, tick)
    if not load.requests:
        cpu = system.cpu()
        load = wrk.run(system.url, script, case.connections, RETRY_TIME_FACTOR * seconds, tick)
    if not load.requests:
        raise Problem(
            f"{system.name}: not one answer in {RETRY_TIME_FACTOR * seconds:g} s at {case.connections} connections"
        )
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
    requests_seen = after["requests"] - before["requests"]
    for tier in ("exact", "semantic"):
        hits = after.get(tier, 0.0) - before.get(tier, 0.0)
        figures[f"{tier}_share"] = hits / requests_seen if requests_seen else 0.0
    return {**figures, "failed_share": (after["failed"] - before["failed"]) / requests_seen if requests_seen else 0.0}


def write_script(folder: Path, name: str, text: str) -> Path:
    file = folder / f"{name}.lua"
    file.write_text(text, "utf-8")
    return file
