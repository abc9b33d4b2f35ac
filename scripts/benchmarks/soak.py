"""A mixed load for long on one proxy, while its memory is watched. What that means is judged elsewhere."""

from __future__ import annotations

import csv
import time
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path

from benchmarks import isolate, questions, requests, semantic, soak_report
from benchmarks.mixed_load import KEPT, MIX, Answered, Kind, Order
from benchmarks.progress_bar import Steps
from benchmarks.soak_report import MB, PARTS, Sample
from benchmarks.systems import Fleet, System

ENTRIES = 1000  # stored beforehand
CAPACITY_FOR = 10.0  # seconds
CAPACITY_BY, LOAD_BY = 16, 64  # connections
LEAST_MISSES = 200
SAMPLES = 600  # of memory, over the whole time


def run(folder: Path, speed: str, minutes: float, rate: float | None, report: Path | None) -> int:
    """Print tables and a verdict; return the exit code: 1 when anything failed, or the memory grew.

    *rate* is in requests a second; None: half of what the proxy gets through.
    """
    seconds = minutes * 60
    with Fleet(folder, [speed]) as fleet:
        [system] = fleet.caches()
        fleet.wait()
        semantic.fill(system, questions.stored(ENTRIES))
        requests.warm(system, requests.body())
        if rate is None:
            capacity = _capacity(system)
            rate = capacity / 2
            print(f"of the mixed load the proxy gets through {capacity:.0f} requests a second; half of that is asked")
        answered, samples = _load(system, seconds, rate)
        log = fleet.said(system)
    mix = ", ".join(f"{share} {kind}" for kind, share in MIX.items())
    print(f"{rate:.0f} requests a second for {minutes:g} minutes; of {sum(MIX.values())}: {mix}\n")
    print(f"{soak_report.by_time(answered, samples, seconds)}\n\n{soak_report.by_kind(answered)}\n")
    if report is not None:
        _write(report, samples)
    per_hour, share = soak_report.trend(samples, seconds)
    found = soak_report.verdict(answered, samples, seconds, log)
    print(f"the memory's crests, in half the time: {share:+.2%}, {per_hour:+.1f} MB an hour")
    print("\n".join(f"! {each}" for each in found) if found else "no error, and flat memory")
    return 1 if found else 0


def _capacity(system: System) -> float:
    """Return how many requests a second the proxy answers when they come as fast as they are answered."""
    order = Order(system.port, CAPACITY_FOR, 0, CAPACITY_BY, ENTRIES, first=50_000, misses=20_000)
    steps = Steps("capacity", 1)
    steps.begin(system.name)
    try:
        answered = isolate.carried_out("benchmarks.mixed_load", order, list[Answered], steps.tick)
    finally:
        steps.end()
    return len(answered) / max(each.at + each.took for each in answered)


def _load(system: System, seconds: float, rate: float) -> tuple[list[Answered], list[Sample]]:
    share = MIX[Kind.MISS] / sum(MIX.values())
    misses = max(LEAST_MISSES, round(3 * KEPT * rate * share))  # so that each has expired when it comes again
    order = Order(system.port, seconds, rate, LOAD_BY, ENTRIES, 0, misses)
    samples: list[Sample] = []
    steps = Steps("soak", PARTS)
    steps.begin(f"{system.name}, {rate:.0f} requests a second")
    began = time.monotonic()

    def tick() -> None:
        at = time.monotonic() - began
        if at >= len(samples) * seconds / SAMPLES:
            samples.append(Sample(at, system.trees[0].alone(), system.memory()))
        if at >= (steps.done + 1) * seconds / PARTS and steps.done + 1 < PARTS:
            steps.begin(f"{system.name}, {rate:.0f} requests a second, {samples[-1].all / MB:.0f} MB")
        steps.tick()

    try:
        return isolate.carried_out("benchmarks.mixed_load", order, list[Answered], tick), samples
    finally:
        steps.end()


def _write(folder: Path, samples: Sequence[Sample]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "memory.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("seconds", "proxy_bytes", "all_bytes"))
        writer.writerows(map(astuple, samples))
