"""Soak test of several workers: entries expire, are evicted and purged under a load, and the index must follow.

Half of the answers expire soon; the others outlive the test, but the embedded Valkey has no room for all of them. At
the end the load is off, and the sweep of the index must leave the vectors of what is stored, and no others.
"""

from __future__ import annotations

import asyncio
import csv
import dataclasses
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis.exceptions import RedisError

from aicache.domain.ports import StoreError
from benchmarks import proxy_metrics, soak_workers_report
from benchmarks.faults.proxy_process import Plan, Proxy
from benchmarks.faults.sent_answers import Ledger
from benchmarks.faults.upstream import Upstream
from benchmarks.processes import Tree, count_open_files, free_port
from benchmarks.progress_bar import StepProgress
from benchmarks.soak_workers_load import Purger, Purges, ShortLivedCorpus, SoakLoad
from benchmarks.soak_workers_report import Sample, Soak
from benchmarks.soak_workers_state import Stored, StoredState, keys_on_disk
from benchmarks.workers import role_of

RATE = 24.0
"""Requests a second: what leaves a machine of two cores room."""
LOADS = 4
UPSTREAM_DELAY_S = 0.05
NOTHING = Stored(0, 0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Settings:
    """Times in seconds; *rate* is in requests a second."""

    seconds: float
    rate: float = RATE
    entries: int = 200
    """Questions that are repeated."""
    workers: int = 2
    short_ttl: float = 60.0
    long_ttl: float = 7200.0
    max_memory: str = "3mb"
    erased_within: float = 120.0
    sample_interval: float = 15.0
    purge_interval: float = 60.0
    settle_interval: float = 5.0
    settle_timeout: float = 240.0

    @property
    def config(self) -> Mapping[str, Any]:
        return {
            "exact": {"ttl": f"{self.long_ttl:g}s", "embedded": {"max_memory": self.max_memory}},
            "store": {"erased_within": f"{self.erased_within:g}s"},
        }


class SoakTest:
    """The workers, the upstream and the load. `run` it once."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self._settings, self._folder = settings, folder
        self._ledger = Ledger()
        self._upstream = Upstream(free_port(), self._ledger)
        self._upstream.set("pace", UPSTREAM_DELAY_S)
        plan = Plan(settings.entries, settings.rate, Path(sys.executable), folder)
        url = f"http://127.0.0.1:{self._upstream.port}"
        self.proxy = Proxy(plan, folder, folder / "data", url, settings.config)
        self.proxy.program = (sys.executable, "-m", "aicache.cli.workers", str(settings.workers))
        self._purges = Purges(self._ledger)
        corpus = ShortLivedCorpus(settings.entries, settings.short_ttl)
        self._loads = [
            SoakLoad(self.proxy.port, corpus, self._ledger, settings.rate / LOADS, f"soak-{n}", self._purges)
            for n in range(LOADS)
        ]
        self._names: dict[int, str] = {}  # of processes
        self._samples: list[Sample] = []
        self._stored = NOTHING
        self._problems: list[str] = []

    async def run(self) -> Soak:
        """Return all that was seen. Raises Problem if the workers do not start."""
        await self._upstream.listen()
        try:
            await self.proxy.start()
            state = StoredState(self.proxy.data)
            try:
                return await self._run(state)
            finally:
                await state.close()
        finally:
            for load in self._loads:
                await load.end()
            await self.proxy.kill()
            await self._upstream.close()

    async def _run(self, state: StoredState) -> Soak:
        self._names = name_processes(self.proxy.tree)
        before = await self._sample(state, time.monotonic())
        purger = Purger(self.proxy.port, state, self._ledger, self._purges, self._settings.purge_interval)
        began = time.monotonic()
        for load in self._loads:
            load.begin()
        purger.begin()
        try:
            await self._watch(state, began)
        finally:
            await purger.end()
        for load in self._loads:
            await load.end()
            load.client.forget()
        after, swept_after = await self._settle(state, began)
        failed = proxy_metrics.counts(self.proxy.port)["failed"]
        on_disk = await self._compare_with_disk(state)
        seen = [dataclasses.replace(each, at=each.at - began) for load in self._loads for each in load.seen]
        found = [*self._problems, *purger.problems, *self._log_problems()]
        return Soak(
            *(self._settings.seconds, seen, self._samples, before, after, swept_after),
            *(on_disk, self._purges.count, failed, found),
        )

    async def _watch(self, state: StoredState, began: float) -> None:
        """Take samples while the load is on."""
        settings, steps = self._settings, StepProgress("soak", 1)
        steps.begin(f"{settings.workers} workers, {settings.rate:g} requests a second")
        try:
            while (at := time.monotonic() - began) < settings.seconds:
                steps.tick()
                due = (len(self._samples) + 1) * settings.sample_interval
                await asyncio.sleep(max(0.0, min(due, settings.seconds) - at))
                if due <= settings.seconds:
                    self._samples.append(await self._sample(state, began))
                for load in self._loads:  # new connections are spread over the workers
                    load.client.forget()
        finally:
            steps.end()

    async def _settle(self, state: StoredState, began: float) -> tuple[Sample, float]:
        """Wait until the last short-lived answers have expired, and until store and index are in step.

        Return the state then, and the seconds until then.
        """
        ended = time.monotonic()
        while True:
            await asyncio.sleep(self._settings.settle_interval)
            sample, waited = await self._sample(state, began), time.monotonic() - ended
            is_done = sample.stored.in_step and waited > self._settings.short_ttl
            if is_done or waited > self._settings.settle_timeout:
                return sample, waited

    async def _sample(self, state: StoredState, began: float) -> Sample:
        try:
            self._stored = await state.look()
        except (StoreError, RedisError) as exc:  # it goes on with what was there before
            self._problems.append(f"after {time.monotonic() - began:.0f} s: {exc}")
        alive = {pid: name for pid, name in self._names.items() if Tree(pid).alone()}
        memory = {name: Tree(pid).alone() for pid, name in alive.items()}
        files = {name: count_open_files(pid) for pid, name in alive.items()}
        return Sample(time.monotonic() - began, memory, files, self._stored)

    async def _compare_with_disk(self, state: StoredState) -> int:
        """End the workers; return how many vectors the index has named and its files lack, or the other way round."""
        try:
            named = await state.vectors()
        except StoreError:  # it was said
            return 0
        await state.close()
        await self.proxy.kill(signal.SIGTERM)
        return len(named ^ await keys_on_disk(self.proxy.data))

    def _log_problems(self) -> list[str]:
        said = self.proxy.log_text(0)
        count = said.count("Traceback")
        return [f"{count} tracebacks in the log: {said[said.index('Traceback') :][:2000]}"] if count else []


def run(folder: Path, settings: Settings, report: Path | None) -> int:
    """Print tables and the problems found; return the exit code: 1 after a failure, or if anything is out of step."""
    test = SoakTest(folder, settings)
    try:
        soak = asyncio.run(test.run())
    finally:
        if report is not None and test.proxy.log.exists():
            report.mkdir(parents=True, exist_ok=True)
            (report / "soak-workers.log").write_text(test.proxy.log_text(0), "utf-8")
    if report is not None:
        with (report / "soak-workers.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(soak_workers_report.rows(soak))
    print(f"{settings.workers} workers, {settings.rate:g} requests a second for {settings.seconds / 60:g} minutes\n")
    print(f"{soak_workers_report.table_by_time(soak)}\n\n{soak_workers_report.table_by_kind(soak)}\n")
    print(f"{soak_workers_report.table_by_process(soak)}\n")
    print(soak_workers_report.summary(soak))
    found = list(soak_workers_report.find_problems(soak))
    print("\n".join(f"! {each}" for each in found) if found else "no error, store and index in step, and flat memory")
    return 1 if found else 0


def name_processes(tree: Tree) -> dict[int, str]:
    """Return a name for each process, by its pid: of several workers, with a number."""
    roles = {pid: role_of(tree, pid) for pid in tree.pids()}
    workers = sorted(pid for pid, role in roles.items() if role == "worker")
    return {pid: f"worker {workers.index(pid) + 1}" if role == "worker" else role for pid, role in roles.items()}
