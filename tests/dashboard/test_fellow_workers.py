"""Two workers in this process, over their real sockets: what is wanted of one, the other does, too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from aicache.adapters.memory import MemoryIndex, MemoryStore
from aicache.dashboard.fellow_workers import FellowWorkers
from aicache.domain.judging import JudgeOutcome, JudgeQuestion
from aicache.domain.model import Entry
from aicache.domain.policy import Rules
from aicache.engine import Engine
from aicache.engine.judge_on_path import JudgeLimits
from aicache.maintenance import Maintenance
from aicache.runtime.worker_process import Worker
from aicache.telemetry.event_watchers import Watchers
from aicache.telemetry.observability import Observability
from aicache.ui.bypass import switch_bypass
from fakes import LetterEmbedder, NeighborOracle
from telemetry.reports import an_entry

RULES = Rules(ttl=100, max_bytes=10_000, max_temperature=None, threshold=0.95, top_k=5, max_question=400)
QUESTION = JudgeQuestion("Which way?", "What way?", "Left.")


class CachingStore(MemoryStore):
    """A store that caches entries in its process, and notes which it drops."""

    def __init__(self) -> None:
        super().__init__()
        self.evicted: list[str] = []

    def get_cached(self, key: str) -> Entry | None:
        return self.entries.get(key)

    def get_derived(self, name: bytes) -> object | None:
        return None

    def put_derived(self, name: bytes, entry: Entry, derived: object, size: int, until: str) -> None: ...

    def evict(self, key: str) -> None:
        self.evicted.append(key)


class OneWorker:
    """An engine with a judge model that always says yes, and what connects it to the other worker."""

    def __init__(self, number: int, folder: Path) -> None:
        self.store = CachingStore()
        self.engine = Engine(RULES, 1.0)
        self.engine.use_exact(self.store, 1.0)
        self.engine.use_semantic(LetterEmbedder(), MemoryIndex(), embedder_timeout=1.0, index_timeout=1.0)
        self.engine.use_judge(NeighborOracle(lambda question: True), 1.0, JudgeLimits())
        self.observability = Observability(Watchers(), lambda: self.engine)
        self.ups = 0
        self.fellows = FellowWorkers(Worker(number, 2, folder, self._count_up), self.observability)
        self.fellows.start(self.engine)

    def _count_up(self) -> None:
        self.ups += 1

    async def opinion(self) -> JudgeOutcome:
        judge = self.engine.backends.neighbor_judge
        assert judge is not None
        return (await judge.ask(QUESTION, "segment", 0.8, 1)).outcome

    async def close(self) -> None:
        await self.fellows.close()
        await self.engine.drain(0.1)


@pytest.fixture
async def workers(tmp_path: Path) -> AsyncIterator[list[OneWorker]]:
    both = [OneWorker(number, tmp_path) for number in (1, 2)]
    await until(lambda: all((tmp_path / f"{number}.sock").exists() for number in (1, 2)))
    yield both
    for each in both:
        await each.close()


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for something that has to come within a second."""
    async with asyncio.timeout(1):
        while not is_so():
            await asyncio.sleep(0.01)


async def test_a_bypass_is_for_all_and_for_those_that_are_started_again(
    workers: list[OneWorker], tmp_path: Path
) -> None:
    one, other = workers

    switch_bypass(one.observability, on=True)

    await until(lambda: other.observability.bypassed)
    await other.close()
    workers[1] = successor = OneWorker(2, tmp_path)
    await until(lambda: successor.observability.bypassed)

    switch_bypass(successor.observability, on=False)

    await until(lambda: not one.observability.bypassed)
    await successor.close()
    workers[1] = OneWorker(2, tmp_path)
    await until((tmp_path / "2.sock").exists)
    await asyncio.sleep(0.05)
    assert not workers[1].observability.bypassed


async def test_what_is_marked_wrong_at_one_no_other_has_at_hand(workers: list[OneWorker]) -> None:
    one, other = workers
    entry = an_entry("who are you")
    await one.store.put(entry)

    await Maintenance(one.engine).mark_wrong(entry.key, by_meaning=True)

    await until(lambda: other.store.evicted == [entry.key])
    assert one.store.evicted == [entry.key]


async def test_what_a_judge_model_was_wrong_about_no_other_remembers(workers: list[OneWorker]) -> None:
    one, other = workers
    assert await one.opinion() is await other.opinion() is JudgeOutcome.YES
    half = JudgeQuestion("\ud800", "What way?")  # cannot be sent, and no model is asked about it

    one.engine.backends.contradict_everywhere(half, "segment")
    one.engine.backends.contradict_everywhere(QUESTION, "segment")

    assert await one.opinion() is JudgeOutcome.NO
    while await other.opinion() is JudgeOutcome.YES:
        await asyncio.sleep(0.01)


async def test_it_reports_while_its_event_loop_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("aicache.runtime.worker_process.REPORT_INTERVAL_S", 0.01)
    worker = OneWorker(1, tmp_path)

    await until(lambda: worker.ups > 3)
    await worker.close()
    ended = worker.ups
    await asyncio.sleep(0.05)

    assert worker.ups == ended
