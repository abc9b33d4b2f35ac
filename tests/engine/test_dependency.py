"""How parts are asked: what counts against them, what does not, and what the log says of it."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from aicache.domain.circuit_breaker import Breaker
from aicache.domain.loop_time import MAX_LATENESS_S, LoopTime, LoopTimeout, loop_time, loop_timeout
from aicache.domain.outages import MAX_LINES_PER_MINUTE, MINUTE_S, SETTLE_S, OutageLog, OutageTexts
from aicache.domain.ports import Busy, NoRoom, ShareError, StoreError
from aicache.engine.dependency import Dependency

STEP = "a step"


async def answering() -> str:
    return "yes"


async def broken(why: str = "gone") -> str:
    raise StoreError(why)


async def silent() -> str:
    await asyncio.Event().wait()
    return ""


async def after(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "yes"


async def hold_up(seconds: float, turns: int = 1) -> None:
    """Make the loop late, as a hundred requests do that have their turn before anybody else."""
    for _ in range(turns):
        time.sleep(seconds)  # noqa: ASYNC251
        await asyncio.sleep(0)


def in_a_thread(seconds: float) -> Awaitable[None]:
    """A reply that comes in time by the clock on the wall, whatever the loop does."""
    return asyncio.to_thread(time.sleep, seconds)


async def several(turns: int) -> str:
    """A reply that is there, and some turns of the loop from whoever waits."""
    for _ in range(turns):
        await asyncio.sleep(0)
    return "yes"


async def fails(part: Dependency, asking: Callable[[], object], times: int = 1) -> list[StoreError]:
    told = []
    for _ in range(times):
        with pytest.raises(StoreError) as caught:
            await part.call(asking(), STEP, math.inf)  # type: ignore[arg-type]
        told.append(caught.value)
    return told


def warnings_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


# ---------------------------------------------------------------------- the loop's lateness


async def test_a_part_that_is_silent_is_given_its_time_and_no_more() -> None:
    part, loop = Dependency("part", 0.1), asyncio.get_running_loop()
    began = loop.time()

    [failure] = await fails(part, silent)

    assert 0.1 <= loop.time() - began < 5
    assert not isinstance(failure, Busy)


async def test_a_reply_that_the_loop_was_too_late_to_hear_is_no_failure() -> None:
    part = Dependency("part", 0.1)

    async def asking() -> str:
        await in_a_thread(0.02)
        return "yes"

    answer = asyncio.ensure_future(part.call(asking(), STEP, math.inf))
    await asyncio.sleep(0)
    await hold_up(0.3)

    assert await answer == "yes"
    assert part.works


async def test_replies_need_several_turns_of_a_loop_that_is_late_at_each() -> None:
    part = Dependency("part", 0.1)
    holding = asyncio.ensure_future(hold_up(0.08, turns=6))

    assert await part.call(several(5), STEP, math.inf) == "yes"
    await holding


async def test_time_in_which_the_loop_is_late_does_not_pass() -> None:
    clock = loop_time()
    async with loop_timeout(60):
        before = clock.time()
        await hold_up(0.3)
        passed = clock.time() - before

    assert passed < 0.1


async def test_while_the_loop_is_punctual_its_time_is_the_clocks() -> None:
    clock, loop = loop_time(), asyncio.get_running_loop()
    async with loop_timeout(60):
        before, began = clock.time(), loop.time()
        await asyncio.sleep(0.2)

        assert clock.time() - before == pytest.approx(loop.time() - began, abs=0.1)


async def test_what_nobody_hears_of_a_late_loop_comes_to_an_end_and_counts_against_no_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("aicache.domain.loop_time.MAX_LATENESS_S", 0.2)
    part = Dependency("part", 0.5, Breaker(limit=1))
    holding = asyncio.ensure_future(hold_up(0.1, turns=10))

    with pytest.raises(Busy):
        await part.call(silent(), STEP, math.inf)

    assert not part.failing
    assert part.works
    assert MAX_LATENESS_S > 0.2
    await holding


@pytest.mark.slow
async def test_a_part_that_nobody_hears_of_in_many_turns_has_failed_however_late_they_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("aicache.domain.loop_time.MAX_LATENESS_S", 0.8)
    part = Dependency("part", 0.5, Breaker(limit=1))
    holding = asyncio.ensure_future(hold_up(0.05, turns=30))

    [failure] = await fails(part, silent)

    assert not isinstance(failure, Busy)
    assert part.failing
    await holding


class HandTurnedLoop:
    """The time and the timers of an event loop, in turns that take as long as a test says."""

    def __init__(self) -> None:
        self._now = 0.0
        self._timers: list[tuple[float, Callable[[], None]]] = []

    def time(self) -> float:
        return self._now

    def call_at(self, when: float, callback: Callable[[], None]) -> None:
        self._timers.append((when, callback))

    def turn(self, seconds: float) -> None:
        self._now += seconds
        timers, self._timers = self._timers, []
        for when, callback in timers:
            if when <= self._now:
                callback()
            else:
                self._timers.append((when, callback))


def test_the_lag_is_known_while_somebody_waits_and_fades() -> None:
    loop: Any = HandTurnedLoop()
    clock = LoopTime(loop)
    clock.begin()
    lags = [clock.lag]
    for seconds, turns in ((0.1, 10), (0.021, 70)):
        for _ in range(turns):
            loop.turn(seconds)
        lags.append(clock.lag)

    assert lags[0] == 0
    assert 0.04 < lags[1] < 0.08
    assert lags[2] < lags[1] / 2


async def test_a_deadline_that_has_passed_still_lets_a_reply_through_that_is_there() -> None:
    async with LoopTimeout(loop_time().time() - 1):
        await several(3)


async def test_a_cancellation_is_no_timeout() -> None:
    async def waiting() -> None:
        async with loop_timeout(60):
            await asyncio.Event().wait()

    task = asyncio.ensure_future(waiting())
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


# ---------------------------------------------------------------------- what counts against a part


async def test_silence_counts_unless_the_part_answered_others_meanwhile() -> None:
    part = Dependency("part", 0.1, Breaker(limit=1))
    asked = asyncio.ensure_future(part.call(silent(), STEP, math.inf))
    await asyncio.sleep(0.02)
    await part.call(answering(), STEP, math.inf)

    with pytest.raises(Busy):
        await asked
    assert not part.failing

    await fails(part, silent)
    assert part.failing


async def test_what_a_lookup_had_hardly_time_for_is_no_failure() -> None:
    part = Dependency("part", 1.0, Breaker(limit=1))

    with pytest.raises(Busy):
        await part.call(silent(), STEP, loop_time().time() + 0.05)

    assert not part.failing


async def test_an_answer_too_slow_for_those_who_wait_does_not_close_the_breaker() -> None:
    part = Dependency("part", 0.05, Breaker(limit=1, pause=0.0))
    await fails(part, silent)

    assert await part.call(after(0.1), STEP) == "yes"
    assert part.failing

    await part.call(answering(), STEP, math.inf)
    assert not part.failing


async def test_an_answer_from_memory_shows_nothing_and_takes_no_turn() -> None:
    part = Dependency("part", 0.05, Breaker(limit=1, pause=0.0))
    await fails(part, broken)

    await part.call(answering(), STEP, math.inf, from_memory=True)

    assert part.failing
    assert not part.works


async def test_what_must_be_done_is_asked_for_however_often_it_failed() -> None:
    part = Dependency("part", 0.05, Breaker(limit=1), always=True)
    await fails(part, broken, 3)

    assert await part.call(answering(), STEP) == "yes"


async def test_so_many_go_at_once_and_waiting_for_them_is_none_of_the_others_time() -> None:
    part = Dependency("part", 0.15, max_concurrent=2)
    under_way = most = 0

    async def asking() -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.05)
        under_way -= 1

    await asyncio.gather(*(part.call(asking(), STEP, math.inf) for _ in range(12)))

    assert most == 2


# ---------------------------------------------------------------------- what the log says


async def test_an_outage_and_its_end_are_said_once(caplog: pytest.LogCaptureFixture) -> None:
    part = Dependency("part", 0.1, Breaker(limit=9))
    await fails(part, broken, 5)
    for _ in range(5):
        await part.call(answering(), STEP, math.inf)

    assert warnings_in(caplog) == [
        "part: gone; requests go upstream, it is tried again every few seconds",
        "part: answers again",
    ]


async def test_what_ends_says_nothing_of_it(caplog: pytest.LogCaptureFixture) -> None:
    part = Dependency("part", 0.1)
    part.close()

    await fails(part, broken)

    assert warnings_in(caplog) == []


async def test_what_follows_from_another_parts_outage_is_said_when_that_has_ended(
    caplog: pytest.LogCaptureFixture,
) -> None:
    reads = Dependency("reads", 0.1)
    writes = Dependency("writes", 0.1, words=OutageTexts("nothing is stored", "it is stored again"), behind=reads)
    await fails(reads, broken)
    await fails(writes, broken)
    await reads.call(answering(), STEP, math.inf)
    await fails(writes, broken)
    await writes.call(answering(), STEP, math.inf)

    assert warnings_in(caplog)[1:] == [
        "reads: answers again",
        "writes: gone; nothing is stored",
        "writes: it is stored again",
    ]


async def test_what_fails_while_others_are_answered_opens_no_breaker_and_has_no_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One node of a cluster is down, say: each success of another one is no recovery."""

    async def one_node() -> str:
        raise ShareError("a node is down")

    part = Dependency("part", 0.1)
    for _ in range(10):
        await fails(part, one_node)
        assert not part.works
        await part.call(answering(), STEP, math.inf)
        assert part.works

    assert not part.failing
    assert warnings_in(caplog) == ["part: a node is down (others are answered)"]


def test_another_cause_is_said_though_it_comes_at_once_and_each_of_them_once() -> None:
    outages = OutageLog("part", OutageTexts("down", "up"))

    lines = [outages.failed(why, 1.0) for why in ("mute", "gone", "mute", "gone after 7 s", "gone after 8 s")]

    assert lines == ["part: mute; down", "part: gone; down", None, "part: gone after 7 s; down", None]
    assert outages.answered(2.0, 2.0) == "part: up"
    assert outages.failed("mute", 3.0) == "part: mute; down"


def test_silence_is_one_cause_by_whose_clock_ever() -> None:
    outages = OutageLog("part", OutageTexts("down", "up"))

    assert outages.failed("no answer in time", 1.0) is not None
    assert outages.failed("redis://there: no answer within 0.25 s", 1.0) is None
    assert outages.failed("dashscope: ReadTimeout", 1.0) is None


def test_a_success_that_began_before_the_failure_is_no_recovery() -> None:
    outages = OutageLog("part", OutageTexts("down", "up"))
    outages.failed("mute", 2.0)

    assert outages.answered(1.0, 3.0) is None
    assert outages.down
    assert outages.answered(2.5, 3.0) == "part: up"
    assert outages.answered(2.5, 3.0) is None


def test_what_comes_and_goes_by_its_nature_is_told_once_and_over_after_a_while() -> None:
    outages = OutageLog("part", OutageTexts("down", "up"))
    lines = []
    for second in range(200):
        lines += [outages.failed("full", second, comes_and_goes=True), outages.answered(second, second)]
        assert not outages.down  # whatever the log says

    assert [line for line in lines if line is not None] == ["part: full; down"]
    assert outages.answered(199 + SETTLE_S - 1, 199 + SETTLE_S - 1) is None
    assert outages.answered(199 + SETTLE_S, 199 + SETTLE_S) == "part: up"
    assert outages.answered(199 + SETTLE_S, 199 + SETTLE_S) is None
    assert outages.failed("full", 300) == "part: full; down"


async def test_a_service_without_room_opens_the_breaker_and_is_one_outage(caplog: pytest.LogCaptureFixture) -> None:
    async def full() -> str:
        raise NoRoom("refused (OOM)")

    part = Dependency("part", 1.0, Breaker(limit=2))
    for _ in range(5):
        for _ in range(2):
            with pytest.raises(StoreError, match="refused"):
                await part.call(full(), STEP)
        assert part.failing
        assert not part.works
        await part.retry(answering())
        assert part.works

    assert len(warnings_in(caplog)) == 1


def test_what_flaps_is_summed_up_and_the_last_word_is_how_it_is() -> None:
    outages = OutageLog("part", OutageTexts("down", "up"))
    lines = []
    for second in range(40):
        lines += [outages.failed("mute", second), outages.answered(second, second)]

    assert sum(line is not None for line in lines) == MAX_LINES_PER_MINUTE
    assert outages.sum_up_at == MINUTE_S
    assert outages.summed_up(MINUTE_S) == "part: failed and recovered by turns, 74 times more than was said; now: up"
    assert outages.failed("mute", MINUTE_S + 1) == "part: mute; down"


async def test_a_sum_comes_by_itself(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aicache.domain.outages.MINUTE_S", 0.2)
    part = Dependency("part", 0.1)
    for _ in range(10):
        await fails(part, broken)
        await part.call(answering(), STEP, math.inf)

    await asyncio.sleep(0.3)

    assert len(warnings_in(caplog)) == MAX_LINES_PER_MINUTE + 1
    assert warnings_in(caplog)[-1].endswith("times more than was said; now: answers again")
