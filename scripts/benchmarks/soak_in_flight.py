"""Soak test of requests in flight: everything mixed at two proxies that share their store, while the upstream is killed
now and then. At the end nothing may be left of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import redis
from prometheus_client.parser import text_string_to_metric_families

from aicache.adapters.private_sockets import find_socket
from aicache.adapters.redis.store_base import LEASE_KIND
from benchmarks import isolate, proxy_metrics, requests, soak_report
from benchmarks.in_flight_load import Scene, Workload
from benchmarks.measurements import percentile
from benchmarks.processes import count_open_files
from benchmarks.progress_bar import StepProgress
from benchmarks.soak_report import MAX_GROWTH_SHARE, Sample
from benchmarks.systems import Fleet, System

TTL_S = 3.0
"""How long answers are kept, so that the cache has a working set of a fixed size."""
CONFIG = {
    "in_flight": {"by_meaning": True, "finish": "10s"},
    "lookup_timeout": "5s",  # on a machine that the load keeps busy, too
    "semantic": {"embedder": {"timeout": "5s"}},
    "exact": {"ttl": f"{TTL_S:g}s", "stale_if_error": "30s"},
}
SCENES_AT_ONCE = 6
OUTAGE_INTERVAL_S, OUTAGE_S = 30.0, 2.0
OUTAGE_MARGIN_S = 3.0
"""Time after an outage in which what goes wrong is still its."""
SETTLE_TIMEOUT_S = 30.0
"""Time after the load until nothing may be left; connections and leases need some."""
MAX_UNSHARED_SHARE = 0.05
"""Share of scenes in which equal requests had several answers: a look-up that failed is none that is in flight."""
SPARE_FILES, SPARE_TASKS = 4, 2
"""Files and tasks that may be there afterwards and were not before: connections to Redis are kept for the next request.
"""
SHARED = ("equal", "stream", "two proxies", "client leaves", "slow reader")
"""Scenes of equal requests, which have one answer."""


@dataclass(frozen=True, slots=True)
class Left:
    """What a proxy has open."""

    files: int
    tasks: int
    queued: int
    """Requests that wait, and tasks in the background."""


def run(folder: Path, speed: str, minutes: float, at_once: int = SCENES_AT_ONCE) -> int:
    """Print tables and the problems found; return the exit code: 1 after a failure, or if anything is left or grew."""
    seconds = minutes * 60
    with Fleet(
        folder, [speed], "benchmarks.in_flight_upstream", [Path(__file__).with_name("task_counter.py")]
    ) as fleet:
        [first] = fleet.caches("shared", CONFIG)
        fleet.wait()
        [second] = fleet.caches("shared", {**CONFIG, "semantic": {"enabled": False}}, ", the other one")
        fleet.wait()
        for system in (first, second):
            requests.warm(system, requests.body())
        workload = Workload((first.port, second.port), 10.0, at_once, TTL_S)
        isolate.run_isolated("benchmarks.in_flight_load", workload, list[Scene], lambda: None)
        time.sleep(TTL_S)
        before = {system.name: _left(folder, system) for system in (first, second)}
        scenes, samples, outages = _load(fleet, (first, second), seconds, at_once)
        left = _settle(folder, (first, second), before)
        leases = _leases(folder / f"shared-{speed}")
        said = "".join(fleet.said(system) for system in (first, second))
    print(f"{minutes:g} minutes, {at_once} scenes at once, {len(outages)} outages of the upstream\n")
    print(f"{_table(scenes, outages)}\n")
    for name, was in before.items():
        now = left[name]
        print(f"{name}: {was.files} files and {was.tasks} tasks before; {now.files} and {now.tasks} after")
    per_hour, share = soak_report.memory_trend(samples, seconds)
    print(f"the memory's crests, in half the time: {share:+.2%}, {per_hour:+.1f} MB an hour; {leases} leases are left")
    found = find_problems(scenes, outages, before, left, leases, share, said)
    print("\n".join(f"! {each}" for each in found) if found else "no error, nothing left, and flat memory")
    return 1 if found else 0


def find_problems(
    scenes: Sequence[Scene],
    outages: Sequence[tuple[float, float]],
    before: dict[str, Left],
    left: dict[str, Left],
    leases: int,
    grown: float,
    said: str,
) -> list[str]:
    """Return the problems found. What goes wrong while the upstream is not there is none."""
    undisturbed = [scene for scene in scenes if not _is_in(scene, outages)]
    found = [
        f"{count} times {kind}: {problem}"
        for (kind, problem), count in Counter((each.kind, each.problem) for each in undisturbed if each.problem).items()
    ]
    for kind in SHARED:
        of_kind = [scene for scene in undisturbed if scene.kind == kind]
        unshared = sum(scene.answers > 1 for scene in of_kind)
        if unshared > MAX_UNSHARED_SHARE * len(of_kind):
            found.append(f"{kind}: {unshared} of {len(of_kind)} times, equal requests had several answers")
    for name, now in left.items():
        was = before[name]
        if now.files > was.files + SPARE_FILES:
            found.append(f"{name}: {now.files - was.files} more files are open than before")
        if now.tasks > was.tasks + SPARE_TASKS:
            found.append(f"{name}: {now.tasks - was.tasks} more tasks than before")
        if now.queued:
            found.append(f"{name}: {now.queued} requests or background tasks are left")
    if leases:
        found.append(f"{leases} leases are left")
    if grown > MAX_GROWTH_SHARE:
        found.append(f"the memory grew by {grown:.1%} in half the time")
    if tracebacks := said.count("Traceback"):
        found.append(f"{tracebacks} tracebacks in the logs: {said[said.index('Traceback') :][:2000]}")
    return found


def _load(
    fleet: Fleet, systems: tuple[System, System], seconds: float, at_once: int
) -> tuple[list[Scene], list[Sample], list[tuple[float, float]]]:
    samples: list[Sample] = []
    outages: list[tuple[float, float]] = []
    down_since: float | None = None
    steps = StepProgress("soak", 1)
    steps.begin("requests in flight")
    began = time.monotonic()

    def tick() -> None:
        nonlocal down_since
        at = time.monotonic() - began
        if at >= len(samples) and at < seconds:
            alone = sum(system.trees[0].alone() for system in systems)
            samples.append(Sample(at, alone, sum(system.memory() for system in systems)))
        if down_since is None and at >= (len(outages) + 1) * OUTAGE_INTERVAL_S and at < seconds - OUTAGE_INTERVAL_S / 2:
            fleet.kill_upstream()
            down_since = at
        elif down_since is not None and at >= down_since + OUTAGE_S:
            fleet.upstream()
            fleet.wait()
            outages.append((began + down_since, time.monotonic()))
            down_since = None
        steps.tick()

    workload = Workload((systems[0].port, systems[1].port), seconds, at_once, TTL_S)
    try:
        return isolate.run_isolated("benchmarks.in_flight_load", workload, list[Scene], tick), samples, outages
    finally:
        steps.end()


def _is_in(scene: Scene, outages: Sequence[tuple[float, float]]) -> bool:
    return any(scene.at <= end + OUTAGE_MARGIN_S and scene.at + scene.took >= begin for begin, end in outages)


def _settle(folder: Path, systems: Sequence[System], before: dict[str, Left]) -> dict[str, Left]:
    """Return what is open once no more is than before, or after `SETTLE_TIMEOUT_S`."""
    deadline = time.monotonic() + SETTLE_TIMEOUT_S
    while True:
        time.sleep(2.0)
        left = {system.name: _left(folder, system) for system in systems}
        done = all(
            now.files <= before[name].files and now.tasks <= before[name].tasks and not now.queued
            for name, now in left.items()
        )
        if done or time.monotonic() > deadline:
            return left


def _left(folder: Path, system: System) -> Left:
    tasks = int((folder / f"confdir-{system.port}" / "tasks").read_text() or 0)
    return Left(count_open_files(system.trees[0].pid), tasks, int(_queued(system.port)))


def _queued(port: int) -> float:
    return sum(
        sample.value
        for family in text_string_to_metric_families(proxy_metrics.page(port))
        for sample in family.samples
        if sample.name == "aicache_background_tasks"
    )


def _leases(data: Path) -> int:
    with redis.Redis(unix_socket_path=str(find_socket(data / "valkey", "valkey.sock"))) as client:
        return sum(1 for _ in client.scan_iter(f"aicache:{LEASE_KIND}*"))


def _table(scenes: Sequence[Scene], outages: Sequence[tuple[float, float]]) -> str:
    lines = ["          scene     times  requests      hits  one answer   p50 s   p99 s  problems  in outages"]
    for kind in dict.fromkeys(scene.kind for scene in scenes):
        of_kind = [scene for scene in scenes if scene.kind == kind]
        calm = [scene for scene in of_kind if not _is_in(scene, outages)]
        asked = sum(scene.requests for scene in calm) or 1
        took = [scene.took for scene in calm] or [0.0]
        problems = sum(bool(scene.problem) for scene in calm)
        lines.append(
            f"{kind:>15}{len(of_kind):10}{asked:10}{sum(scene.hits for scene in calm) / asked:10.1%}"
            f"{sum(scene.answers == 1 for scene in calm) / (len(calm) or 1):12.1%}"
            f"{percentile(took, 0.5):8.2f}{percentile(took, 0.99):8.2f}{problems:10}"
            f"{sum(bool(scene.problem) for scene in of_kind) - problems:12}"
        )
    return "\n".join(lines)
