"""A part that fails, hangs, starts or is crowded costs a request nothing but its hit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from aicache.adapters.memory import MemoryStore
from aicache.domain.circuit_breaker import Breaker
from aicache.domain.loop_time import loop_time
from aicache.domain.model import Hit, Miss, Vector
from aicache.domain.ports import Purpose, StoreError
from aicache.domain.store_ports import ExactStore
from aicache.engine import Engine
from aicache.engine.dependency import Dependency
from aicache.engine.fair_shares import FairShares
from aicache.engine.neighbor_search import MAX_OWN_EMBEDDINGS
from engine.engine_setup import RULES, Clock, Setup, an_answer, an_exchange
from fakes import BrokenEmbedder, BrokenIndex, BrokenStore, HangingStore, LetterEmbedder


@pytest.mark.parametrize("exact", [BrokenStore(), HangingStore()])
async def test_a_failing_exact_store_is_a_miss_within_the_deadline_and_soon_not_asked(
    exact: ExactStore, caplog: pytest.LogCaptureFixture
) -> None:
    setup = Setup(exact=exact)
    loop = asyncio.get_running_loop()

    began = loop.time()
    outcomes = [await setup.ask(an_exchange("q")) for _ in range(3)]
    first_three = loop.time() - began
    outcomes += [await setup.ask(an_exchange("q")) for _ in range(20)]

    assert all(isinstance(o, Miss) for o in outcomes)
    assert first_three < 5  # no limit, and it would be forever
    assert setup.engine.backends.exact_guards.reads.failures <= 5  # of 23; on a slow machine, it is tried again
    assert [r.levelno for r in caplog.records].count(logging.WARNING) == 1


@pytest.mark.parametrize("broken", [{"embedder": BrokenEmbedder()}, {"index": BrokenIndex()}])
async def test_exact_hits_go_on_when_only_the_semantic_part_is_down(broken: dict[str, Any]) -> None:
    setup = Setup(**broken)
    await setup.refill(an_exchange("q"), "a")

    assert isinstance(await setup.ask(an_exchange("q")), Hit)
    assert isinstance(await setup.ask(an_exchange("other")), Miss)


async def test_a_part_that_answers_again_is_used_again() -> None:
    class Moody(MemoryStore):
        down = True

        async def get(self, key: str) -> Any:
            if self.down:
                raise StoreError("gone")
            return await super().get(key)

    exact = Moody(clock=Clock())
    setup = Setup(exact=exact)
    setup.engine.backends.exact_guards.reads = Dependency("exact store", 0.1, Breaker(pause=0.05))
    for _ in range(4):
        await setup.ask(an_exchange("q"))

    exact.down = False
    await asyncio.sleep(0.06)

    await setup.refill(an_exchange("q"), "a")
    assert isinstance(await setup.ask(an_exchange("q")), Hit)


async def test_an_answer_that_comes_while_the_parts_start_is_stored_once_they_stand() -> None:
    setup = Setup()
    engine = Engine(RULES, 0.2, setup.clock)
    exchange = an_exchange("how do I reset my password")

    engine.store_soon(exchange, engine.record(exchange, an_answer("Like this.")))
    engine.use_exact(setup.exact, 0.1)
    engine.use_semantic(setup.embedder, setup.index, embedder_timeout=0.1, index_timeout=0.1)
    await engine.drain(1)

    assert isinstance(await engine.lookup(an_exchange("how do I reset my passwords")), Hit)


async def test_without_any_part_every_lookup_is_a_miss() -> None:
    assert await Engine(RULES, 0.2).lookup(an_exchange("q")) == Miss("starting")


@pytest.mark.parametrize("jump", [10 * 365 * 86400, 2 * 86400, 120])
async def test_a_clock_that_was_ahead_and_is_set_back_leaves_no_entry_that_outlives_it(jump: float) -> None:
    setup = Setup()
    await setup.learn(an_exchange("before"), "a")
    setup.clock.now += jump
    await setup.learn(an_exchange("meanwhile"), "b")
    assert isinstance(await setup.ask(an_exchange("meanwhile")), Hit)
    setup.clock.now -= jump

    assert await setup.ask(an_exchange("meanwhile")) == Miss("other-clock")
    assert isinstance(await setup.ask(an_exchange("before")), Hit)
    await setup.learn(an_exchange("meanwhile"), "c")
    assert isinstance(await setup.ask(an_exchange("meanwhile")), Hit)


async def test_a_callers_many_questions_are_no_failure_of_the_embedder_and_leave_places_for_others() -> None:
    class Gated(LetterEmbedder):
        gate = asyncio.Event()

        async def embed(self, texts: Sequence[str], purpose: Purpose, partition: str = "") -> Vector:
            await self.gate.wait()
            return await super().embed(texts, purpose)

    setup = Setup(embedder=Gated())
    setup.engine.backends.embedding = FairShares(30)
    many = [asyncio.create_task(setup.ask(replace(an_exchange(f"question {i}"), caller=1))) for i in range(60)]
    await asyncio.sleep(0)
    other = asyncio.create_task(setup.ask(replace(an_exchange("another's question"), caller=2)))
    await asyncio.sleep(0)

    Gated.gate.set()
    outcomes = await asyncio.gather(*many)

    assert [outcome.reason for outcome in outcomes if isinstance(outcome, Miss)].count("busy") == 40
    answered = await other
    assert isinstance(answered, Miss)
    assert answered.reason == "no-neighbor"
    assert setup.engine.backends.semantic_guards.embedder.failures == 0
    assert not setup.engine.backends.semantic_guards.embedder.failing


async def test_a_look_up_ends_by_the_deadline_it_is_given() -> None:
    setup = Setup()
    setup.engine.use_exact(HangingStore(), 20.0)
    loop = asyncio.get_running_loop()
    began = loop.time()

    outcome = await setup.engine.lookup(an_exchange("hello"), deadline=loop_time().time() + 0.01)

    assert outcome == Miss("busy")
    assert loop.time() - began < 5  # of the twenty that the store itself may take


async def test_a_crowd_of_one_callers_questions_that_wait_too_long_does_not_stop_the_embedder_for_others() -> None:
    class Slow(LetterEmbedder):
        async def embed(self, texts: Sequence[str], purpose: Purpose, partition: str = "") -> Vector:
            if "quick" not in texts[0]:
                await asyncio.sleep(1)
            return await super().embed(texts, purpose)

    setup = Setup(embedder=Slow())
    for _ in range(MAX_OWN_EMBEDDINGS):  # as though they were under way already
        setup.engine.backends.embedding.acquire(1)
    many = [setup.ask(replace(an_exchange(f"question {i}"), caller=1)) for i in range(8)]

    assert [each for each in await asyncio.gather(*many) if not isinstance(each, Miss) or each.reason != "busy"] == []
    assert not setup.engine.backends.semantic_guards.embedder.failing
    other = await setup.ask(replace(an_exchange("a quick question"), caller=2))
    assert isinstance(other, Miss)
    assert other.reason == "no-neighbor"
