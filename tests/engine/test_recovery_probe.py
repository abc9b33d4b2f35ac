"""A part that failed is asked beside the requests, and so is in use again as soon as it answers."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator

import pytest

from aicache.adapters.stall_tolerant_timeout import stall_tolerant_timeout
from aicache.domain.ports import StoreError
from aicache.engine import recovery_probe
from aicache.engine.dependency import Dependency
from aicache.engine.recovery_probe import Recovery

EVERY = 0.02


class Outside:
    """A part that answers, or fails, or says nothing; by its probe another thing than by a request, if so wanted."""

    def __init__(self) -> None:
        self.part = Dependency("part", 0.05)
        self.up = True
        self.answers_probes: bool | None = None
        self.silent = False
        self.probes = 0

    async def ask(self) -> None:
        if self.silent:
            await asyncio.Event().wait()
        if not self.up:
            raise StoreError("down")

    async def probe(self) -> None:
        self.probes += 1
        if self.answers_probes is None:
            await self.ask()
        elif not self.answers_probes:
            raise StoreError("down")

    async def fail(self, times: int = 3) -> None:
        for _ in range(times):
            with pytest.raises(StoreError):
                await self.part.call(self.ask(), "asked", asyncio.get_running_loop().time() + 1)


@pytest.fixture
async def outside(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Outside]:
    monkeypatch.setattr(recovery_probe, "PROBE_INTERVAL_S", EVERY)
    outside = Outside()
    attended = Recovery(lambda: outside.part, outside.probe)
    attended.start()
    yield outside
    await attended.close()


async def test_it_is_in_use_again_as_soon_as_it_answers(outside: Outside, caplog: pytest.LogCaptureFixture) -> None:
    outside.up = False
    await outside.fail()
    await asyncio.sleep(5 * EVERY)
    assert outside.part.failing and outside.probes

    outside.up = True
    await asyncio.sleep(5 * EVERY)

    assert not outside.part.failing
    await outside.part.call(outside.ask(), "asked")
    assert caplog.text.count("answers again") == 1


async def test_one_that_is_well_is_left_alone(outside: Outside) -> None:
    await outside.part.call(outside.ask(), "asked")
    await asyncio.sleep(5 * EVERY)

    assert outside.probes == 0


async def test_silence_is_no_answer(outside: Outside) -> None:
    outside.silent = True
    await outside.fail()
    await asyncio.sleep(10 * EVERY)

    assert outside.part.failing
    assert outside.probes


async def test_one_that_answers_this_question_alone_is_asked_ever_less(
    outside: Outside, caplog: pytest.LogCaptureFixture
) -> None:
    outside.up, outside.answers_probes = False, True
    loop = asyncio.get_running_loop()
    until = loop.time() + 40 * EVERY
    while loop.time() < until:
        if not outside.part.failing:
            await outside.fail()
        await asyncio.sleep(EVERY / 4)

    assert 2 <= outside.probes <= 7  # after 1, 1 + 2, 1 + 2 + 4, ...
    assert caplog.text.count("answers again") <= 7


async def test_a_probe_that_is_a_mistake_is_told(outside: Outside, caplog: pytest.LogCaptureFixture) -> None:
    async def mistaken() -> None:
        raise ValueError

    outside.up = False
    await outside.fail()
    with caplog.at_level(logging.ERROR):
        other = Recovery(lambda: outside.part, mistaken)
        other.start()
        await asyncio.sleep(5 * EVERY)
        await other.close()

    assert "not probed any more" in caplog.text


async def test_patience_ends_in_time() -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()

    with pytest.raises(TimeoutError):
        async with stall_tolerant_timeout(0.3):
            await asyncio.Event().wait()

    assert 0.25 < loop.time() - began < 3


async def test_patience_does_not_count_what_held_up_everything() -> None:
    async with stall_tolerant_timeout(0.6):
        for _ in range(2):
            time.sleep(0.5)  # noqa: ASYNC251
            await asyncio.sleep(0)
        await asyncio.sleep(0.05)


async def test_patience_is_over_when_the_work_is_done() -> None:
    async with stall_tolerant_timeout(0.1):
        await asyncio.sleep(0)
    await asyncio.sleep(0.3)
