"""Look-ups that put neighbors to a judge model: whom it is asked about, what it allows, and what is learned of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from aicache.adapters.memory import MemoryIndex, MemoryStore
from aicache.domain.events import Erased, Judged
from aicache.domain.judging import JudgeOutcome, JudgeQuestion, JudgeReply
from aicache.domain.model import Hit, Miss
from aicache.domain.policy import Policy, Rules
from aicache.domain.trace import Trace
from aicache.engine import Engine, after_miss
from aicache.engine.judge_on_path import JudgeLimits
from engine.engine_setup import an_answer
from engine.learners import an_exchange
from fakes import LetterEmbedder, NeighborOracle

RULES = Rules(ttl=1000, max_bytes=10_000, max_temperature=None, threshold=0.95, top_k=5, max_question=200)
ASKED, REWORDED = "What is the capital of France?", "Which city is the French capital?"
"""At a similarity of .91: too far without a judge model."""
LARGEST = "What is the largest city of France?"
"""At .87 and .90 from these."""
PARIS, LYON = (
    "Paris, on the Seine, has been the capital of France for a thousand years.",
    "It is Lyon, without a doubt.",
)


class Proxy:
    """An engine with a judge model, and the steps that the addon takes with it."""

    def __init__(
        self,
        says: Callable[[JudgeQuestion], bool | None] = lambda question: True,
        rules: Rules = RULES,
        *,
        delay: float = 0.0,
        limits: JudgeLimits | None = None,
        time_limit: float = 5.0,
    ) -> None:
        self.oracle = NeighborOracle(says, delay)
        self.judged: list[Judged] = []
        self.engine = Engine(rules, lookup_timeout=1.0, on_judged=self.judged.append)
        self.engine.use_exact(MemoryStore(), 1.0)
        self.engine.use_semantic(LetterEmbedder(), MemoryIndex(), embedder_timeout=1.0, index_timeout=1.0)
        self.engine.use_judge(self.oracle, time_limit, limits or JudgeLimits())

    async def store(self, *questions: str, answer: str = PARIS) -> None:
        for question in questions:
            exchange = an_exchange(question)
            self.engine.store_soon(exchange, self.engine.record(exchange, an_answer(answer)))
            await self.settle()

    async def look_up(self, question: str, trace: Trace | None = None, **directives: object) -> Hit | Miss:
        return await self.engine.lookup(an_exchange(question, **directives), trace)  # type: ignore[arg-type]

    async def ask(self, question: str, answer: str) -> Hit | Miss:
        """Look up; store the answer to a miss, and check the hit that is to be checked."""
        exchange = an_exchange(question)
        outcome = await self.engine.lookup(exchange)
        if isinstance(outcome, Miss):
            exchange = after_miss(exchange, outcome)
            self.engine.store_soon(exchange, self.engine.record(exchange, an_answer(answer)))
        elif outcome.trial is not None:
            self.engine.check_hit(replace(exchange, trial=outcome.trial), an_answer(answer))
        await self.settle()
        return outcome

    async def settle(self) -> None:
        for _ in range(2000):
            if not self.engine.busy:
                return
            await asyncio.sleep(0.001)
        raise AssertionError("the engine does not come to rest")


async def test_a_far_neighbor_that_it_allows_answers() -> None:
    proxy = Proxy()
    await proxy.store(ASKED)
    trace = Trace()

    hit = await proxy.look_up(REWORDED, trace)

    assert isinstance(hit, Hit)
    assert hit.judge_seconds is not None and hit.similarity is not None and hit.similarity < 0.95
    assert proxy.oracle.asked == [JudgeQuestion(REWORDED, ASKED, PARIS)]
    [neighbor] = trace.neighbors
    assert (neighbor.judged, neighbor.refused, neighbor.question) == ("yes", None, ASKED)
    assert "judge" in [step.name for step in trace.steps]


async def test_without_one_it_does_not() -> None:
    proxy = Proxy()
    proxy.engine.use_judge(None)
    await proxy.store(ASKED)

    assert isinstance(await proxy.look_up(REWORDED), Miss)


async def test_a_neighbor_that_rules_allow_is_not_put_to_it() -> None:
    proxy = Proxy()
    await proxy.store(ASKED, REWORDED)

    hit = await proxy.look_up(f"{ASKED} ")

    assert isinstance(hit, Hit) and hit.judge_seconds is None
    assert not proxy.oracle.asked


async def test_what_it_refuses_is_a_miss_for_the_reason_that_it_had() -> None:
    proxy = Proxy(lambda question: False)
    await proxy.store(ASKED)
    trace = Trace()

    miss = await proxy.look_up(REWORDED, trace)

    assert isinstance(miss, Miss) and miss.vector is not None
    assert miss.reason == "unexplained:substitution"
    assert [neighbor.judged for neighbor in trace.neighbors] == ["no"]


async def test_a_long_answer_is_not_shown() -> None:
    proxy = Proxy()
    await proxy.store(ASKED, answer=PARIS * 20)

    await proxy.look_up(REWORDED)

    assert proxy.oracle.asked == [JudgeQuestion(REWORDED, ASKED, None)]


async def test_the_second_may_answer_where_the_nearest_may_not() -> None:
    proxy = Proxy(lambda question: question.stored == ASKED)
    await proxy.store(ASKED, LARGEST)

    hit = await proxy.look_up(REWORDED)

    assert isinstance(hit, Hit) and hit.entry.question == ASKED
    assert {question.stored for question in proxy.oracle.asked} == {ASKED, LARGEST}


async def test_all_are_asked_about_at_once() -> None:
    proxy = Proxy(lambda question: False, delay=0.2)
    await proxy.store(ASKED, LARGEST)

    looking_up = asyncio.create_task(proxy.look_up(REWORDED))
    while not proxy.oracle.asked:
        await asyncio.sleep(0)
    for _ in range(5):  # turns of the loop, and no time for an answer
        await asyncio.sleep(0)

    assert len(proxy.oracle.asked) == 2
    await looking_up


async def test_no_more_neighbors_than_configured_are_asked_about() -> None:
    proxy = Proxy(lambda question: False, limits=JudgeLimits(neighbors=1))
    await proxy.store(ASKED, LARGEST)

    await proxy.look_up(REWORDED)

    assert len(proxy.oracle.asked) == 1


async def test_the_judge_has_its_own_time_beyond_the_lookups() -> None:
    proxy = Proxy(delay=1.5)
    await proxy.store(ASKED)

    assert isinstance(await proxy.look_up(REWORDED), Hit)  # look-ups have one second


async def test_a_late_judge_makes_a_miss() -> None:
    proxy = Proxy(delay=60.0, time_limit=0.1)
    await proxy.store(ASKED)
    trace = Trace()

    assert isinstance(await proxy.look_up(REWORDED, trace), Miss)
    assert [neighbor.judged for neighbor in trace.neighbors] == ["late"]


class HeldOracle(NeighborOracle):
    """One that says nothing until it is released."""

    def __init__(self) -> None:
        super().__init__(lambda question: False)
        self.released = asyncio.Event()

    async def may_answer(self, question: JudgeQuestion) -> JudgeReply:
        reply = await super().may_answer(question)
        await self.released.wait()
        return reply


async def test_what_waits_for_the_judge_takes_no_look_ups_place() -> None:
    proxy, held = Proxy(), HeldOracle()
    await proxy.store(ASKED)
    proxy.engine.use_judge(held, 60.0, JudgeLimits())
    waiting = []
    for number in range(60):  # one at a time: what comes at once may have to wait for a place
        waiting.append(asyncio.create_task(proxy.look_up(REWORDED + " " * number)))
        while len(held.asked) <= number and not waiting[-1].done():
            await asyncio.sleep(0.001)

    other = await proxy.look_up(f"{ASKED} ")
    held.released.set()
    misses = await asyncio.gather(*waiting)

    assert len(held.asked) > 20  # which one caller may have at once
    assert isinstance(other, Hit)
    assert "busy" not in {miss.reason for miss in misses if isinstance(miss, Miss)}


@pytest.mark.parametrize("directives", [{"threshold": 0.93}, {"max_age": -1.0}, {"no_cache": True}])
async def test_it_is_not_asked_about_what_the_caller_does_not_accept(directives: dict[str, Any]) -> None:
    proxy = Proxy()
    await proxy.store(ASKED)

    assert isinstance(await proxy.look_up(REWORDED, **directives), Miss)
    assert not proxy.oracle.asked


async def test_it_is_not_asked_about_another_callers_entries() -> None:
    proxy = Proxy()
    await proxy.store(ASKED)

    assert isinstance(await proxy.engine.lookup(an_exchange(REWORDED, "bob")), Miss)
    assert not proxy.oracle.asked


async def test_a_hit_called_wrong_is_not_allowed_again() -> None:
    proxy = Proxy(rules=replace(RULES, policy=Policy.STATIC))
    await proxy.store(ASKED)
    hit = await proxy.look_up(REWORDED)
    assert isinstance(hit, Hit)

    await proxy.engine.apply_feedback(an_exchange(REWORDED), hit.entry.key, False)

    assert isinstance(await proxy.look_up(REWORDED), Miss)


async def test_a_purge_makes_it_forget() -> None:
    proxy = Proxy(lambda question: False)
    await proxy.store(ASKED)
    await proxy.look_up(REWORDED)

    proxy.engine.erased(Erased())
    await proxy.look_up(REWORDED)

    assert len(proxy.oracle.asked) == 2


async def test_audits_bound_its_errors_and_switch_it_off() -> None:
    """A judge that allows everything: checks find that out, and then it is not even asked."""
    proxy = Proxy(rules=replace(RULES, audit=1.0, max_error=0.01))
    await proxy.store(ASKED)
    variants = [f"{REWORDED}{' ' * i}" for i in range(1, 60)]

    outcomes = [await proxy.ask(question, LYON) for question in variants]

    hits = [outcome for outcome in outcomes if isinstance(outcome, Hit) and outcome.judge_seconds is not None]
    assert hits and all(hit.error_bound is not None and hit.trial is not None for hit in hits)
    assert len(hits) < 30
    asked = len(proxy.oracle.asked)
    await proxy.look_up("Which city has the French capital?")
    assert len(proxy.oracle.asked) == asked


VERIFIED = replace(RULES, policy=Policy.VERIFIED, threshold=0.0, audit=0.05)


async def test_with_verified_its_yes_is_checked_first_and_then_serves() -> None:
    proxy = Proxy(rules=VERIFIED)
    capitals = {"France": "Paris", "Spain": "Madrid", "Italy": "Rome", "Portugal": "Lisbon", "Greece": "Athens"}
    questions = [
        (f"{words} of {land} as it is on {place}?", f"It is {city}, as everybody knows who has been there.")
        for place in ("maps", "globes", "charts", "paper", "plates", "stamps", "signs", "tests")
        for land, city in capitals.items()
        for words in ("What is the capital city", "Which city is the capital", "Name the city that is the capital")
    ]

    outcomes = [await proxy.ask(question, answer) for question, answer in questions]

    judged = [outcome for outcome in outcomes if isinstance(outcome, Hit) and outcome.judge_seconds is not None]
    assert judged
    assert all(hit.error_bound is not None for hit in judged)
    assert "explored" in [outcome.reason for outcome in outcomes if isinstance(outcome, Miss)]


async def test_nothing_is_counted_twice_where_nobody_waits_for_an_answer() -> None:
    proxy = Proxy(lambda question: None)
    await proxy.store(ASKED)

    await proxy.look_up(REWORDED)

    assert [each.opinion.outcome for each in proxy.judged] == [JudgeOutcome.UNCLEAR]
    assert json.dumps([each.prompt_tokens for each in proxy.judged]) == "[100]"
