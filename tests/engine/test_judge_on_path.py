"""Questions to a judge model while requests wait: remembered, shared, limited, and never an error."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import pytest

from aicache.domain.events import Judged
from aicache.domain.judging import JudgeOpinion, JudgeOutcome, JudgeQuestion
from aicache.domain.ports import StoreError
from aicache.engine.dependency import Dependency
from aicache.engine.judge_on_path import MAX_CALLS, REMEMBERED_S, JudgeLimits, JudgeOnPath
from fakes import NeighborOracle

QUESTION = JudgeQuestion("Which way?", "What way?", "Left.")
YES, NO = JudgeOpinion(JudgeOutcome.YES), JudgeOpinion(JudgeOutcome.NO)


class Desk:
    """A judge on the path, its oracle, and what was reported; *now* is its clock."""

    def __init__(
        self,
        says: Callable[[JudgeQuestion], bool | None] = lambda question: True,
        delay: float = 0.0,
        limits: JudgeLimits | None = None,
        time_limit: float = 5.0,
    ) -> None:
        self.oracle = NeighborOracle(says, delay)
        self.reported: list[Judged] = []
        self.now = 0.0
        self.judge = JudgeOnPath(
            self.oracle,
            Dependency("judge", time_limit),
            limits or JudgeLimits(),
            self.reported.append,
            lambda: self.now,
            lambda: 0.99,
        )

    async def ask(
        self, question: JudgeQuestion = QUESTION, segment: str = "s", similarity: float = 0.8, caller: int = 1
    ) -> JudgeOpinion:
        return await self.judge.ask(question, segment, similarity, caller)


def numbered(number: int) -> JudgeQuestion:
    return JudgeQuestion(f"Which way {number}?", "What way?")


@pytest.mark.parametrize(("said", "opinion"), [(True, YES), (False, NO), (None, JudgeOpinion(JudgeOutcome.UNCLEAR))])
async def test_its_answer_is_the_opinion(said: bool | None, opinion: JudgeOpinion) -> None:
    desk = Desk(lambda question: said)

    assert await desk.ask() == opinion
    assert [(each.opinion, each.prompt_tokens, each.completion_tokens) for each in desk.reported] == [(opinion, 100, 1)]


@pytest.mark.parametrize("said", [True, False])
async def test_yes_and_no_are_remembered_for_a_time(said: bool) -> None:
    desk = Desk(lambda question: said)

    first, second = await desk.ask(), await desk.ask()
    desk.now += REMEMBERED_S
    third = await desk.ask()

    assert not first.remembered and second.remembered and not third.remembered
    assert first.outcome is second.outcome is third.outcome
    assert len(desk.oracle.asked) == 2


async def test_what_is_neither_is_not_remembered() -> None:
    desk = Desk(lambda question: None)

    await desk.ask()
    await desk.ask()

    assert len(desk.oracle.asked) == 2


@pytest.mark.parametrize(
    "other",
    [
        JudgeQuestion("Which  way?", "What way?", "Left."),
        JudgeQuestion("Which way?", "What way??", "Left."),
        JudgeQuestion("Which way?", "What way?", "Right."),
        JudgeQuestion("Which way?", "What way?", None),
        JudgeQuestion("What way?", "Which way?", "Left."),
        JudgeQuestion("\ud800", "\udfff", None),
    ],
)
async def test_another_text_is_another_question(other: JudgeQuestion) -> None:
    desk = Desk()
    await desk.ask()

    assert not (await desk.ask(other)).remembered
    assert len(desk.oracle.asked) == 2


async def test_nothing_is_remembered_for_another_segment() -> None:
    desk = Desk()
    await desk.ask(segment="one tenant")

    assert not (await desk.ask(segment="another tenant")).remembered
    assert desk.judge.recall(QUESTION, "a third") is None


async def test_the_same_at_once_is_asked_once() -> None:
    desk = Desk(delay=0.05)

    opinions = await asyncio.gather(*(desk.ask() for _ in range(20)))

    assert opinions == [YES] * 20
    assert len(desk.oracle.asked) == len(desk.reported) == 1


async def test_who_leaves_waits_no_longer_and_the_others_have_the_answer() -> None:
    desk = Desk(delay=0.1)
    leaving, staying = asyncio.create_task(desk.ask()), asyncio.create_task(desk.ask())
    await asyncio.sleep(0.02)

    leaving.cancel()
    await asyncio.wait([leaving], timeout=0.05)

    assert leaving.cancelled()
    assert await staying == YES
    assert (await desk.ask()).remembered


async def test_a_late_answer_is_no_answer() -> None:
    desk = Desk(delay=5.0, time_limit=0.05)

    assert (await desk.ask()).outcome is JudgeOutcome.LATE
    await desk.judge.close()


async def test_failures_are_said_once_without_text_and_soon_it_is_not_asked(caplog: pytest.LogCaptureFixture) -> None:
    def fail(question: JudgeQuestion) -> bool | None:
        raise StoreError("judge: status 500") from OSError(question.asked)

    desk = Desk(fail)

    with caplog.at_level(logging.WARNING):
        outcomes = [(await desk.ask()).outcome for _ in range(10)]

    assert outcomes[:3] == [JudgeOutcome.ERROR] * 3
    assert set(outcomes[4:]) == {JudgeOutcome.FAILING}
    assert len(desk.oracle.asked) <= 4
    assert len(caplog.records) == 1
    assert "Which way" not in caplog.text


async def test_a_judge_with_a_mistake_in_it_is_an_error(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(lambda question: 1 / 0)  # type: ignore[arg-type, return-value]

    assert (await desk.ask()).outcome is JudgeOutcome.ERROR


async def test_a_minute_has_a_budget() -> None:
    desk = Desk(limits=JudgeLimits(max_per_minute=2))

    outcomes = [(await desk.ask(numbered(i))).outcome for i in range(3)]
    desk.now += 60.0

    assert outcomes == [JudgeOutcome.YES, JudgeOutcome.YES, JudgeOutcome.OVER_BUDGET]
    assert (await desk.ask(numbered(3))).outcome is JudgeOutcome.YES
    assert (await desk.ask(numbered(0))).remembered  # which costs nothing


async def test_an_outage_leaves_the_budget_for_what_comes_after() -> None:
    works = False

    def say(question: JudgeQuestion) -> bool | None:
        if not works:
            raise StoreError("judge: status 500") from OSError()
        return True

    desk = Desk(say, limits=JudgeLimits(max_per_minute=8))
    for i in range(100):
        await desk.ask(numbered(i))
    works = True
    desk.judge.guard.restored()

    assert (await desk.ask(numbered(100))).outcome is JudgeOutcome.YES


async def test_neighbors_that_are_never_allowed_are_soon_not_asked_about() -> None:
    desk = Desk(lambda question: False)

    outcomes = [(await desk.ask(numbered(i), similarity=0.76)).outcome for i in range(50)]

    assert outcomes[-1] is JudgeOutcome.UNLIKELY
    assert len(desk.oracle.asked) < 30
    assert (await desk.ask(numbered(50), similarity=0.9)).outcome is JudgeOutcome.NO
    assert (await desk.ask(numbered(51), segment="another", similarity=0.76)).outcome is JudgeOutcome.NO


async def test_no_caller_has_all_places() -> None:
    desk = Desk(delay=0.1)

    flood = [asyncio.create_task(desk.ask(numbered(i), caller=1)) for i in range(2 * MAX_CALLS)]
    await asyncio.sleep(0.02)
    other = await desk.ask(numbered(-1), caller=2)
    outcomes = {(await each).outcome for each in flood}

    assert other.outcome is JudgeOutcome.YES
    assert outcomes == {JudgeOutcome.YES, JudgeOutcome.BUSY}
    assert len(desk.oracle.asked) < MAX_CALLS


async def test_a_contradicted_yes_is_a_no() -> None:
    desk = Desk()
    await desk.ask()

    desk.judge.contradict(QUESTION, "s")

    assert await desk.ask() == JudgeOpinion(JudgeOutcome.NO, remembered=True)


async def test_what_is_forgotten_does_not_come_back_with_an_answer_under_way() -> None:
    desk = Desk(delay=0.05)
    await desk.ask()
    asking = asyncio.create_task(desk.ask(numbered(1)))
    await asyncio.sleep(0.01)

    desk.judge.forget()
    await asking

    assert desk.judge.recall(QUESTION, "s") is None
    assert desk.judge.recall(numbered(1), "s") is None


async def test_closing_ends_the_wait_without_an_error() -> None:
    desk = Desk(delay=60.0)
    asking = asyncio.create_task(desk.ask())
    await asyncio.sleep(0.01)

    await desk.judge.close()

    assert (await asking).outcome is JudgeOutcome.ERROR
