"""Hits that are verified: what fresh answers show decides who answers next, is bounded, and outlives the process."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from aicache.adapters.memory import MemoryStore
from aicache.domain.judging import JudgeReply
from aicache.domain.model import Hit, Miss
from aicache.domain.policy import Policy
from aicache.domain.ports import StoreError
from engine.learners import ADDRESS, PASSWORD, RULES, Proxy, an_exchange, questions


@pytest.fixture
def proxy() -> Proxy:
    return Proxy()


async def test_nothing_is_served_before_it_was_seen_to_be_right_and_then_most_is(proxy: Proxy) -> None:
    first = [await proxy.ask(question, PASSWORD) for question in questions(2)]
    for question in questions(260):
        await proxy.ask(question, PASSWORD)

    assert not any(isinstance(outcome, Hit) for outcome in first)
    assert proxy.seen["right"] > 100
    assert proxy.seen["wrong"] == 0
    assert {checked.verdict for checked in proxy.checked} == {"right"}
    assert {"explore", "audit"} <= {checked.source for checked in proxy.checked}
    assert len(proxy.audited) == proxy.seen["audits"] > 0  # what each has cost can be told


async def test_neighbors_that_turn_out_wrong_do_not_answer(proxy: Proxy) -> None:
    for i, question in enumerate(questions(260)):
        await proxy.ask(question, PASSWORD if i % 2 else ADDRESS)

    assert proxy.seen["wrong"] <= 3  # of 260, with a bound of one in a hundred


async def test_a_hit_says_how_often_hits_are_wrong_at_most(proxy: Proxy) -> None:
    hits = [hit for q in questions(200) if isinstance(hit := await proxy.ask(q, PASSWORD), Hit) and hit.similarity]

    assert all(hit.error_bound is not None and 0 < hit.error_bound <= 1 for hit in hits)
    assert hits[-1].error_bound is not None and hits[0].error_bound is not None
    assert hits[-1].error_bound < hits[0].error_bound


async def test_what_one_proxy_has_learned_another_knows() -> None:
    one = Proxy()
    for question in questions(150):
        await one.ask(question, PASSWORD)
    await one.engine.drain(1)

    other = Proxy(exact=one.exact, index=one.index)
    for question in list(questions(190))[150:]:
        await other.ask(question, PASSWORD)

    assert other.seen["right"] > 20


async def test_the_bound_is_over_all_that_several_proxies_serve_and_hear() -> None:
    now = 1_800_000_000.0
    one = Proxy(clock=lambda: now, seed=1)
    other = Proxy(exact=one.exact, index=one.index, clock=lambda: now, seed=2)

    for number, question in enumerate(questions(120)):
        now += 3.0
        here, there = (one, other) if number % 2 else (other, one)
        hit = await here.ask(question, ADDRESS if number % 17 == 16 else PASSWORD)
        if number % 17 == 16 and isinstance(hit, Hit) and hit.similarity is not None:
            await there.tell_wrong(question, hit)  # the client's next connection was another worker's
    segments = [await each.segment() for each in (one, other, one)]

    served = {each: one.seen[each] + other.seen[each] for each in ("right", "wrong")}
    checks = [check for each in (one, other) for check in each.checked if check.source in ("explore", "audit")]
    told = [check for each in (one, other) for check in each.checked if check.source == "feedback"]
    assert min(one.seen["right"], other.seen["right"]) > 10
    assert len(told) == served["wrong"]
    assert segments[1].tally == segments[2].tally
    assert segments[1].tally.requests == 120
    assert segments[1].tally.checked == len(checks)
    assert segments[1].tally.wrong == sum(check.verdict != "right" for check in checks)  # unknown counts as wrong
    assert served["wrong"] / 120 <= segments[1].error_bound == segments[2].error_bound


async def test_in_shadow_nothing_is_served_by_meaning_and_all_that_would_be_is_compared() -> None:
    proxy = Proxy(replace(RULES, shadow=True))

    for question in questions(60):
        await proxy.ask(question, PASSWORD)
    again = await proxy.ask(next(questions(1)), PASSWORD)

    assert proxy.seen["right"] == 0
    assert isinstance(again, Hit) and again.similarity is None
    assert {checked.source for checked in proxy.checked} == {"shadow"}
    assert any(checked.would_serve for checked in proxy.checked)


@pytest.mark.parametrize("policy", [Policy.STATIC, Policy.GUARDED])
async def test_in_shadow_a_threshold_is_tried_just_the_same(policy: Policy) -> None:
    proxy = Proxy(replace(RULES, shadow=True, policy=policy, threshold=0.9, audit=0.0))

    for question in questions(30):
        await proxy.ask(question, PASSWORD)

    assert proxy.seen["upstream"] == 30
    would = Counter(checked.verdict for checked in proxy.checked if checked.would_serve)
    assert would.keys() == {"right"}
    assert would["right"] > 20


async def test_audited_hits_of_a_threshold_that_are_wrong_switch_it_off_and_right_ones_on_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    proxy = Proxy(replace(RULES, policy=Policy.STATIC, threshold=0.9, audit=1.0))
    asked = questions(90)
    await proxy.ask(next(asked), PASSWORD)

    for question in itertools.islice(asked, 80):
        await proxy.ask(question, ADDRESS)

    assert "switched off" in caplog.text


async def test_an_answer_that_nothing_shows_to_be_the_same_is_no_evidence_that_it_is(proxy: Proxy) -> None:
    for i, question in enumerate(questions(120)):
        await proxy.ask(question, f"{PASSWORD} {'So it is done in every branch. ' * (i % 7 + 1)}{i}")

    assert proxy.seen["right"] == proxy.seen["wrong"] == 0


class Opinion:
    """A Judge that says the same of all, or is out of order."""

    def __init__(self, says: bool | StoreError | None) -> None:
        self.says = says
        self.calls = 0

    async def same(self, question: str, fresh: str, stored: str) -> JudgeReply:
        self.calls += 1
        if isinstance(self.says, StoreError):
            raise self.says
        return JudgeReply(self.says, 200, 1)

    async def close(self) -> None: ...


@pytest.mark.parametrize(("says", "served"), [(True, True), (False, False), (None, False), (StoreError("out"), False)])
async def test_a_judge_model_decides_where_nothing_else_does(
    proxy: Proxy, says: bool | StoreError | None, served: bool
) -> None:
    judge = Opinion(says)
    proxy.engine.backends.use_judge(judge, 1.0)

    for i, question in enumerate(questions(120)):
        await proxy.ask(question, PASSWORD if i % 2 else ADDRESS)

    assert judge.calls > 0
    assert (proxy.seen["right"] + proxy.seen["wrong"] > 10) == served
    assert len(proxy.spent) == (0 if isinstance(says, StoreError) else judge.calls)
    assert {(each.purpose, each.prompt_tokens) for each in proxy.spent} <= {("comparison", 200)}


async def test_a_caller_who_says_wrong_gets_a_fresh_answer_and_the_entry_answers_that_no_more() -> None:
    proxy = Proxy(replace(RULES, policy=Policy.STATIC, threshold=0.9, audit=0.0))
    one, other = "please how do i reset my password thanks", "thanks how do i reset my password please"
    await proxy.ask(one, PASSWORD)
    hit = await proxy.ask(other, ADDRESS)
    assert isinstance(hit, Hit) and hit.similarity is not None

    proxy.engine.feedback(an_exchange(other), hit.entry.key, False)
    await proxy.settle()
    again = await proxy.ask(other, ADDRESS, no_cache=True)
    now = await proxy.ask(other, ADDRESS)
    like_it = await proxy.ask("how do i reset my password please thanks", ADDRESS)

    assert isinstance(again, Miss)
    assert isinstance(now, Hit) and now.similarity is None
    assert isinstance(like_it, Hit) and like_it.entry == now.entry
    assert [checked.source for checked in proxy.checked] == ["feedback"]


async def test_feedback_on_an_exact_hit_deletes_it(proxy: Proxy) -> None:
    question = next(questions(1))
    await proxy.ask(question, PASSWORD)
    exchange = an_exchange(question)

    proxy.engine.feedback(exchange, exchange.identity.key, True)
    await proxy.settle()
    kept = await proxy.engine.lookup(exchange)
    proxy.engine.feedback(exchange, exchange.identity.key, False)
    await proxy.settle()

    assert isinstance(kept, Hit)
    assert isinstance(await proxy.engine.lookup(exchange), Miss)
    assert proxy.index.vectors == {}


async def test_nobody_has_a_say_in_anothers_entries(proxy: Proxy) -> None:
    question = next(questions(1))
    await proxy.ask(question, PASSWORD)
    own = an_exchange(question)

    proxy.engine.feedback(an_exchange(question, scope="mallory"), own.identity.key, False)
    await proxy.settle()

    assert isinstance(await proxy.engine.lookup(own), Hit)


async def test_while_the_evidence_cannot_be_read_nothing_is_served_by_meaning() -> None:
    class Forgetful(MemoryStore):
        async def get_blobs(self, names: Sequence[str]) -> list[bytes | None]:
            raise StoreError("no notes today")

    one = Proxy()
    for question in questions(150):
        await one.ask(question, PASSWORD)
    exact = Forgetful()
    assert isinstance(one.exact, MemoryStore)
    exact.entries = one.exact.entries
    proxy = Proxy(exact=exact, index=one.index)

    outcome = await proxy.ask(list(questions(151))[150], PASSWORD)

    assert isinstance(outcome, Miss)
    assert outcome.reason.startswith("store-error")


async def test_evidence_that_cannot_be_read_is_none(proxy: Proxy) -> None:
    for question in questions(30):
        await proxy.ask(question, PASSWORD)
    store = proxy.exact
    assert isinstance(store, MemoryStore)
    store.blobs = {name: (b"rubbish", until) for name, (_, until) in store.blobs.items()}

    other = Proxy(exact=store, index=proxy.index)

    assert isinstance(await other.ask(list(questions(31))[30], PASSWORD), Miss)
