"""What Higress left in the store answers its own question, only for callers whom the upstream has accepted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aicache.adapters.memory import MemoryStore
from aicache.domain.model import Hit, Miss
from aicache.domain.request_directives import Directives
from aicache.engine import Exchange
from engine.engine_setup import RULES, Clock, Setup, an_answer, an_exchange
from fakes import BrokenStore, HangingStore


def an_heir(question: str = "q", directives: Directives | None = None, credential: str = "alice-key") -> Exchange:
    """A call which an answer of Higress may serve."""
    return replace(
        an_exchange(question, directives=directives, credential=credential),
        shared=False,
        proves=True,
        higress_question=question,
    )


async def a_setup_with_a_legacy(exact: MemoryStore | None = None) -> Setup:
    """An engine whose store has a text for *q*, for a caller whom the upstream has accepted."""
    exact = exact or MemoryStore(clock=Clock())
    exact.higress_answers["q"] = "as Higress had it"
    await exact.remember("alice-key", 3600)
    return Setup(exact=exact)


async def test_what_higress_left_is_a_hit_behind_the_exact_one_and_before_one_by_meaning() -> None:
    setup = await a_setup_with_a_legacy()
    await setup.learn(an_exchange("Q"), "by meaning")

    left = await setup.ask(an_heir())
    await setup.learn(an_heir(), "exact")
    exact = await setup.ask(an_heir())

    assert isinstance(left, Hit)
    assert left.from_higress
    assert b"as Higress had it" in left.entry.body
    assert isinstance(exact, Hit)
    assert not exact.from_higress
    assert b'"exact"' in exact.entry.body


async def test_without_a_text_the_look_up_goes_on_by_meaning() -> None:
    setup = await a_setup_with_a_legacy()
    await setup.learn(an_exchange("how do I reset my password"), "Like this.")

    outcome = await setup.ask(an_heir("how do I reset my passwords"))

    assert isinstance(outcome, Hit)
    assert outcome.similarity is not None


async def test_what_higress_left_is_for_credentials_that_the_upstream_has_accepted() -> None:
    setup = await a_setup_with_a_legacy()
    stranger = an_heir(credential="mallory-key")

    before = await setup.ask(stranger)
    setup.engine.record(stranger, an_answer("a"))
    await setup.engine.drain(1)

    assert isinstance(before, Miss)
    assert before.reason == "no-neighbor"
    assert isinstance(await setup.ask(stranger), Hit)


async def test_an_unproven_caller_has_its_own_answers_all_the_same() -> None:
    setup = await a_setup_with_a_legacy()
    own = an_heir("mine", credential="never-marked")
    await setup.learn(own, "a")

    assert isinstance(await setup.ask(own), Hit)


@pytest.mark.parametrize(
    "exchange",
    [
        replace(an_heir(), higress_question=None),
        replace(an_heir(), credential=None),
        an_heir(directives=Directives(max_age=60)),
        an_heir(directives=Directives(no_cache=True)),
        replace(an_heir(), page="https://chat.example.com"),
    ],
    ids=["not asked for", "nothing to prove", "max-age", "no-cache", "page"],
)
async def test_what_higress_left_is_not_for_every_call(exchange: Exchange) -> None:
    setup = await a_setup_with_a_legacy()

    assert isinstance(await setup.ask(exchange), Miss)


async def test_what_higress_left_is_not_written_back() -> None:
    """Fault 9."""
    setup = await a_setup_with_a_legacy()

    await setup.ask(an_heir())
    await setup.engine.drain(1)

    assert isinstance(setup.exact, MemoryStore)
    assert setup.exact.entries == {}


async def test_a_text_that_is_larger_than_an_answer_may_be_is_no_hit() -> None:
    exact = MemoryStore(clock=Clock())
    setup = await a_setup_with_a_legacy(exact)
    exact.higress_answers["q"] = "a" * (RULES.max_bytes + 1)

    assert isinstance(await setup.ask(an_heir()), Miss)


@pytest.mark.parametrize("fails", [BrokenStore.get_higress_answer, HangingStore.get_higress_answer])
async def test_texts_that_cannot_be_had_cost_neither_exact_hits_nor_hits_by_meaning(fails: Any) -> None:
    class NoTexts(MemoryStore):
        get_higress_answer = staticmethod(fails)

    setup = await a_setup_with_a_legacy(NoTexts(clock=Clock()))
    await setup.learn(an_heir("how do I reset my password"), "Like this.")

    near = [await setup.ask(an_heir("how do I reset my passwords")) for _ in range(5)]
    exact = await setup.ask(an_heir("how do I reset my password"))

    assert all(isinstance(outcome, Hit) and outcome.similarity is not None for outcome in near)
    assert isinstance(exact, Hit)
    assert exact.similarity is None
