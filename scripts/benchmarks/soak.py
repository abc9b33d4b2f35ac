"""Soak test: a long mixed load on one proxy, with samples of its memory. `soak_report` evaluates them."""

from __future__ import annotations

import csv
import time
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path

from benchmarks import isolate, questions, requests, semantic, soak_report
from benchmarks.mixed_load import MISS_TTL_S, MIX, Kind, RequestResult, Workload
from benchmarks.progress_bar import StepProgress
from benchmarks.soak_report import MB, TIME_PARTS, Sample
from benchmarks.systems import Fleet, System

ENTRIES = 1000  # stored in advance
CAPACITY_TEST_S = 10.0
CAPACITY_CONNECTIONS, LOAD_CONNECTIONS = 16, 64
MIN_MISSES = 200
MEMORY_SAMPLES = 600  # of memory, over the whole time


def run(folder: Path, speed: str, minutes: float, rate: float | None, report: Path | None) -> int:
    """Print tables and the problems found; return the exit code: 1 after a failure, or if memory grew.

    *rate* is in requests a second; None: half of what the proxy gets through.
    """
    seconds = minutes * 60
    with Fleet(folder, [speed]) as fleet:
        [system] = fleet.caches()
        fleet.wait()
        semantic.fill_store(system, questions.stored(ENTRIES))
        requests.warm(system, requests.body())
        if rate is None:
            capacity = _capacity(system)
            rate = capacity / 2
            print(f"the proxy's capacity is {capacity:.0f} requests per second of the mixed load; half of that is sent")
        answered, samples = _load(system, seconds, rate)
        log = fleet.said(system)
    mix = ", ".join(f"{share} {kind}" for kind, share in MIX.items())
    print(f"{rate:.0f} requests a second for {minutes:g} minutes; of {sum(MIX.values())}: {mix}\n")
    print(f"{soak_report.table_by_time(answered, samples, seconds)}\n\n{soak_report.table_by_kind(answered)}\n")
    if report is not None:
        _write(report, samples)
    per_hour, share = soak_report.memory_trend(samples, seconds)
    found = soak_report.find_problems(answered, samples, seconds, log)
    print(f"the memory's crests, in half the time: {share:+.2%}, {per_hour:+.1f} MB an hour")
    print("\n".join(f"! {each}" for each in found) if found else "no error, and flat memory")
    return 1 if found else 0


def _capacity(system: System) -> float:
    """Return the maximum requests per second."""
    workload = Workload(system.port, CAPACITY_TEST_S, 0, CAPACITY_CONNECTIONS, ENTRIES, first=50_000, misses=20_000)
    steps = StepProgress("capacity", 1)
    steps.begin(system.name)
    try:
        answered = isolate.run_isolated("benchmarks.mixed_load", workload, list[RequestResult], steps.tick)
    finally:
        steps.end()
    return len(answered) / max(each.at + each.took for each in answered)


def _load(system: System, seconds: float, rate: float) -> tuple[list[RequestResult], list[Sample]]:
    share = MIX[Kind.MISS] / sum(MIX.values())
    misses = max(MIN_MISSES, round(3 * MISS_TTL_S * rate * share))  # so that each has expired when it is repeated
    workload = Workload(system.port, seconds, rate, LOAD_CONNECTIONS, ENTRIES, 0, misses)
    samples: list[Sample] = []
    steps = StepProgress("soak", TIME_PARTS)
    steps.begin(f"{system.name}, {rate:.0f} requests a second")
    began = time.monotonic()

    def tick() -> None:
        at = time.monotonic() - began
        if at >= len(samples) * seconds / MEMORY_SAMPLES:
            samples.append(Sample(at, system.trees[0].alone(), system.memory()))
        if at >= (steps.done + 1) * seconds / TIME_PARTS and steps.done + 1 < TIME_PARTS:
            steps.begin(f"{system.name}, {rate:.0f} requests a second, {samples[-1].all / MB:.0f} MB")
        steps.tick()

    try:
        return isolate.run_isolated("benchmarks.mixed_load", workload, list[RequestResult], tick), samples
    finally:
        steps.end()


def _write(folder: Path, samples: Sequence[Sample]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "memory.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("seconds", "proxy_bytes", "all_bytes"))
        writer.writerows(map(astuple, samples))
