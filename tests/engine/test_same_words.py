"""The same words, written differently: a hit by meaning without an embedding, for all that may have one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from aicache.adapters.memory import MemoryStore
from aicache.domain.model import Hit, Miss
from aicache.domain.policy import Policy, Refusals, Volatile
from aicache.domain.request_directives import Directives
from aicache.domain.store_ports import ExactStore
from aicache.domain.trace import Trace
from aicache.engine import Engine, Exchange, after_miss
from aicache.entries.recording import Recording
from engine.engine_setup import NOW, RULES, Setup, an_answer, an_exchange
from fakes import BrokenEmbedder, BrokenIndex, HangingStore

SAME_WORDS = replace(RULES, same_words=True)
ASKED, WRITTEN = "What is the capital of France?", "what is the capital of france"


class Countless(BrokenEmbedder):
    """An embedder that fails, and counts how often it is asked."""

    asked = 0

    async def embed(self, *args: Any, **kwargs: Any) -> Any:
        self.asked += 1
        return await super().embed(*args, **kwargs)


def a_setup(exact: ExactStore | None = None, **rules: Any) -> Setup:
    setup = Setup(exact, Countless(), BrokenIndex())
    setup.engine.rules = replace(SAME_WORDS, **rules)
    return setup


async def settled(setup: Setup) -> None:
    for _ in range(1000):
        if not setup.engine.busy:
            return
        await asyncio.sleep(0.001)
    raise AssertionError("the engine does not come to rest")


async def stored(setup: Setup, exchange: Exchange, answer: str = "Paris.") -> None:
    setup.engine.store_soon(exchange, setup.engine.record(exchange, an_answer(answer)))
    await settled(setup)


@pytest.mark.parametrize(
    "written", [WRITTEN, "WHAT IS THE CAPITAL OF FRANCE?", "Please tell me what is the capital of France"]
)
async def test_the_same_words_hit_while_embedder_and_index_are_down(written: str) -> None:
    setup = a_setup()
    await stored(setup, an_exchange(ASKED))
    trace = Trace()

    hit = await setup.engine.lookup(an_exchange(written), trace)

    assert isinstance(hit, Hit)
    assert (hit.similarity, hit.same_words) == (1.0, True)
    assert hit.entry.question == ASKED
    assert [neighbor.key for neighbor in trace.neighbors] == [hit.entry.key]


async def test_nothing_is_embedded_for_the_same_words() -> None:
    setup = a_setup()
    await stored(setup, an_exchange(ASKED))
    assert isinstance(setup.embedder, Countless)
    asked = setup.embedder.asked

    await setup.ask(an_exchange(WRITTEN))

    assert setup.embedder.asked == asked


async def test_the_very_request_is_an_exact_hit() -> None:
    setup = a_setup()
    await stored(setup, an_exchange(ASKED))

    hit = await setup.ask(an_exchange(ASKED))

    assert isinstance(hit, Hit)
    assert (hit.similarity, hit.same_words) == (None, False)


async def test_embedder_and_index_need_not_have_started() -> None:
    setup = a_setup()
    await stored(setup, an_exchange(ASKED))
    setup.engine.use_no_semantic()

    assert isinstance(await setup.ask(an_exchange(WRITTEN)), Hit)
    assert await setup.ask(an_exchange("Another thing")) == Miss("not-stored")


@pytest.mark.parametrize(
    "other",
    [
        {"scope": "bob"},
        {"temperature": 1},
        {"directives": Directives(threshold=2.0)},
        {"directives": Directives(no_cache=True)},
        {"tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}]},
    ],
)
async def test_what_gets_no_hit_by_meaning_gets_none_here(other: dict[str, Any]) -> None:
    setup = a_setup()
    await stored(setup, an_exchange(ASKED))

    assert isinstance(await setup.ask(an_exchange(WRITTEN, **other)), Miss)


@pytest.mark.parametrize(
    ("rules", "hits"),
    [
        ({"same_words": False}, False),
        ({"max_question": 5}, False),
        ({"policy": Policy.STATIC}, True),
        ({"threshold": 1.0}, True),
    ],
)
async def test_settings_that_forbid_hits_by_meaning_forbid_it(rules: dict[str, Any], hits: bool) -> None:
    setup = a_setup()
    await stored(setup, an_exchange(ASKED))
    setup.engine.rules = replace(SAME_WORDS, **rules)

    assert isinstance(await setup.ask(an_exchange(WRITTEN)), Hit) == hits


@pytest.mark.parametrize("question", ["What is the weather today?", "Where is my order?", "Summarize our conversation"])
async def test_questions_of_the_moment_or_the_person_or_the_chat_have_no_alias(question: str) -> None:
    setup = a_setup()
    await stored(setup, an_exchange(question))
    assert isinstance(setup.exact, MemoryStore)

    assert setup.exact.aliases == {}
    assert isinstance(await setup.ask(an_exchange(question.lower())), Miss)


async def test_a_volatile_question_gets_none_though_an_alias_is_there() -> None:
    setup = a_setup(volatile=Volatile.LIKE_OTHERS)
    await stored(setup, an_exchange("What is the weather today?"))
    before = await setup.ask(an_exchange("what is the weather today"))
    setup.engine.rules = SAME_WORDS

    assert isinstance(before, Hit)
    assert isinstance(await setup.ask(an_exchange("what is the weather today")), Miss)


async def test_a_refusal_answers_its_own_question_only() -> None:
    setup = a_setup()
    await stored(setup, an_exchange(ASKED), "I'm sorry, but I can't help with that.")
    assert isinstance(setup.exact, MemoryStore)
    assert setup.exact.aliases == {}

    setup.engine.rules = replace(SAME_WORDS, refusals=Refusals.ALWAYS)
    await stored(setup, an_exchange(ASKED), "I'm sorry, but I can't help with that.")
    allowed = await setup.ask(an_exchange(WRITTEN))
    setup.engine.rules = SAME_WORDS

    assert isinstance(allowed, Hit)
    assert isinstance(await setup.ask(an_exchange(WRITTEN)), Miss)


async def test_age_limits_and_expiry_hold() -> None:
    setup = a_setup()
    await stored(setup, an_exchange(ASKED))
    setup.clock.now = NOW + 60

    assert isinstance(await setup.ask(an_exchange(WRITTEN, directives=Directives(max_age=60))), Hit)
    assert isinstance(await setup.ask(an_exchange(WRITTEN, directives=Directives(max_age=59))), Miss)
    setup.clock.now = NOW + 100
    assert isinstance(await setup.ask(an_exchange(WRITTEN)), Miss)


async def test_an_alias_that_leads_to_another_question_or_namespace_is_not_believed() -> None:
    setup = a_setup()
    assert isinstance(setup.exact, MemoryStore)
    await stored(setup, an_exchange(ASKED))
    await stored(setup, an_exchange("What is the capital of Spain?"))
    await stored(setup, an_exchange(ASKED, scope="bob"))
    [alias] = [alias for alias, (key, _) in setup.exact.aliases.items() if key == an_exchange(ASKED).identity.key]

    for other in (an_exchange("What is the capital of Spain?"), an_exchange(ASKED, scope="bob")):
        setup.exact.aliases[alias] = other.identity.key, NOW + 100

        assert isinstance(await setup.ask(an_exchange(WRITTEN)), Miss)


async def test_the_newest_answer_to_the_words_is_found_and_an_alias_to_nothing_is_a_miss() -> None:
    setup = a_setup()
    await stored(setup, an_exchange(ASKED), "Paris.")
    fresh = an_exchange(WRITTEN, directives=Directives(no_cache=True))
    await stored(setup, fresh, "Paris!")

    shouted = await setup.ask(an_exchange(ASKED.upper()))
    await setup.exact.delete([fresh.identity.key])

    assert isinstance(shouted, Hit)
    assert b"Paris!" in shouted.entry.body
    assert isinstance(await setup.ask(an_exchange(ASKED.upper())), Miss)


async def test_where_callers_share_it_takes_a_proven_caller_who_has_not_called_it_wrong() -> None:
    setup = a_setup()
    alice, bob = (an_exchange(WRITTEN, scope="shared", credential=caller) for caller in ("alice", "bob"))
    await stored(setup, an_exchange(ASKED, scope="shared", credential="alice"))
    unproven = await setup.ask(bob)
    setup.engine.record(an_exchange("other", scope="shared", credential="bob"), an_answer("a"))
    await settled(setup)
    proven = await setup.ask(bob)
    key = an_exchange(ASKED, scope="shared", credential="alice").identity.key

    setup.engine.feedback(bob, key, False)
    await settled(setup)

    assert unproven == Miss("credential-unproven")
    assert isinstance(proven, Hit)
    assert isinstance(await setup.ask(bob), Miss)
    assert isinstance(await setup.ask(alice), Hit)


@pytest.mark.parametrize("policy", Policy)
async def test_an_entry_that_was_told_wrong_is_found_no_more_even_without_an_embedder(policy: Policy) -> None:
    setup = a_setup(policy=policy)
    await stored(setup, an_exchange(ASKED, credential="alice"))
    written = an_exchange(WRITTEN, credential="alice")

    setup.engine.feedback(written, an_exchange(ASKED).identity.key, False)
    await settled(setup)

    assert isinstance(setup.exact, MemoryStore)
    assert setup.exact.aliases == {}
    assert isinstance(await setup.ask(written), Miss)
    assert isinstance(await setup.ask(an_exchange(ASKED, credential="alice")), Hit)


async def test_a_short_life_that_one_caller_wants_takes_no_alias_from_the_others() -> None:
    setup = a_setup(shared=True)
    short = an_exchange(WRITTEN, directives=Directives(ttl=5))
    await stored(setup, an_exchange(ASKED))
    await stored(setup, short)

    assert isinstance(setup.exact, MemoryStore)
    assert [key for key, _ in setup.exact.aliases.values()] == [an_exchange(ASKED).identity.key]


# checked hits


class Checked:
    """An engine whose hits are checked, and what the addon does with it."""

    def __init__(self, **rules: Any) -> None:
        self.setup = Setup()
        self.engine: Engine = self.setup.engine
        self.engine.rules = replace(SAME_WORDS, **rules)

    async def ask(self, exchange: Exchange, answer: str = "Paris is its capital.") -> Hit | Miss:
        outcome = await self.engine.lookup(exchange)
        recording: Recording = an_answer(answer)
        if isinstance(outcome, Miss):
            exchange = after_miss(exchange, outcome)
            self.engine.store_soon(exchange, self.engine.record(exchange, recording))
        elif outcome.trial is not None:
            self.engine.check_hit(replace(exchange, trial=outcome.trial), recording)
        await settled(self.setup)
        return outcome


WAYS = [ASKED, WRITTEN, WRITTEN.upper(), f"please tell me {WRITTEN}", f"{WRITTEN}, please", f"hi, {WRITTEN}"]


async def test_in_shadow_nothing_is_served_and_it_is_compared() -> None:
    proxy = Checked(shadow=True)
    await proxy.ask(an_exchange(ASKED))

    outcome = await proxy.ask(an_exchange(WRITTEN))

    assert isinstance(outcome, Miss)
    assert outcome.reason == "shadow"
    assert outcome.trial is not None
    assert outcome.trial.similarity == 1.0
    assert outcome.vector is None


async def test_audited_hits_are_bounded_and_wrong_ones_switch_them_off() -> None:
    proxy = Checked(audit=1.0, max_error=0.05)
    await proxy.ask(an_exchange(ASKED))
    hit = await proxy.ask(an_exchange(WRITTEN))
    assert isinstance(hit, Hit)
    assert hit.same_words
    assert hit.error_bound is not None
    assert hit.trial is not None

    for number in range(60):
        question = f"What is number {number} of the list?"
        await proxy.ask(an_exchange(question), "one answer")
        await proxy.ask(an_exchange(question.lower()), "a wholly different answer this time, of many more words")
    question = "What is a last question of the list?"
    await proxy.ask(an_exchange(question), "one answer")
    last = await proxy.ask(an_exchange(question.lower()), "one answer")

    assert isinstance(last, Miss)
    assert last.reason in ("off", "frozen")


async def test_a_verified_hit_is_decided_by_the_evidence() -> None:
    proxy = Checked(policy=Policy.VERIFIED, threshold=0.0, audit=0.05)
    outcomes = []
    for number in range(60):
        question = f"What is the capital of country number {number}?"
        await proxy.ask(an_exchange(question), f"It is city {number}.")
        ways = question.lower(), question.upper(), f"please tell me {question.lower()}"
        outcomes += [await proxy.ask(an_exchange(written), f"It is city {number}.") for written in ways]

    served = [outcome for outcome in outcomes if isinstance(outcome, Hit) and outcome.same_words]
    assert len(served) > 30
    assert all(hit.error_bound is not None for hit in served)
    assert any(isinstance(outcome, Miss) and outcome.reason == "explored" for outcome in outcomes)


async def test_hits_that_are_checked_need_to_know_the_embedder() -> None:
    setup = a_setup(audit=0.5)
    await stored(setup, an_exchange(ASKED))
    setup.engine.use_no_semantic()

    assert isinstance(await setup.ask(an_exchange(WRITTEN)), Miss)


async def test_a_store_that_hangs_is_a_miss_in_time() -> None:
    setup = a_setup(HangingStore())

    outcome = await setup.ask(an_exchange(WRITTEN))

    assert isinstance(outcome, Miss)
    assert outcome.reason.startswith("store-error")
