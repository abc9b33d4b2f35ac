"""Hits that are verified: what fresh answers show decides who answers next, is bounded, and outlives the process."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest

from aicache.adapters.memory import MemoryIndex, MemoryStore
from aicache.domain.conversation import Context
from aicache.domain.events import Checked, Spent
from aicache.domain.judging import JudgeReply
from aicache.domain.keys import KeyRules, Origin, identify
from aicache.domain.model import Entry, Hit, Miss
from aicache.domain.policy import Policy, Rules
from aicache.domain.ports import StoreError
from aicache.domain.request_directives import Directives
from aicache.domain.store_ports import ExactStore
from aicache.engine import Engine, Exchange, after_miss
from aicache.entries.recording import Recording
from aicache.evidence.verified_policy import VerifiedPolicy
from aicache.formats.openai.chat import CHAT
from fakes import LetterEmbedder

RULES = Rules(
    ttl=1000,
    max_bytes=10_000,
    max_temperature=None,
    threshold=0.0,
    top_k=5,
    max_question=200,
    policy=Policy.VERIFIED,
    audit=0.05,
)
PASSWORD = "You can choose a new password below Settings, Security, and it is asked for at the next sign-in."
ADDRESS = "Write to the branch that keeps your account: they change the address once you have shown your papers."
PHRASES = ["how do i reset my password", "i want to reset my password", "reset the password i have"]
MANNERS = ["please", "thanks", "hello there", "kindly", "good morning", "hi", "cheers", "dear team", "sorry", "well"]


def an_exchange(question: str, scope: str = "alice", **directives: object) -> Exchange:
    body = {"model": "m", "messages": [{"role": "user", "content": question}]}
    call = CHAT.parse_request("/v1/chat/completions", json.dumps(body).encode())
    origin = Origin("https://api.example.com:443", "/v1/chat/completions", scope)
    identity = identify(call, origin, KeyRules("", Context.FULL, frozenset(), ()))
    return Exchange(call, identity, Directives(**directives), CHAT, f"key of {scope}", segment=f"kind of {scope}")  # type: ignore[arg-type]


def an_answer(text: str) -> Recording:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    document = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    return Recording(200, "application/json", "", json.dumps(document).encode())


def questions(count: int, seed: int = 0) -> Iterator[str]:
    """Yield ways to ask for one and the same thing."""
    ways = [f"{one} {phrase} {other}" for one, other in itertools.permutations(MANNERS, 2) for phrase in PHRASES]
    random.Random(seed).shuffle(ways)
    yield from ways[:count]


class Proxy:
    """An engine, and the steps that the addon takes with it: miss, store; hit, and its audit."""

    def __init__(
        self,
        rules: Rules = RULES,
        exact: ExactStore | None = None,
        index: MemoryIndex | None = None,
        clock: Callable[[], float] = time.time,
        seed: int | None = None,
    ) -> None:
        self.exact = exact or MemoryStore(clock)
        self.index = index or MemoryIndex()
        self.checked: list[Checked] = []
        self.spent: list[Spent] = []
        self.audited: list[Entry] = []
        self.engine = Engine(
            rules, lookup_timeout=1.0, clock=clock, on_checked=self.checked.append, on_spent=self.spent.append
        )
        self.engine.learning._random = random.Random(seed)
        self.engine.use_exact(self.exact, 1.0)
        self.engine.use_semantic(LetterEmbedder(), self.index, embedder_timeout=1.0, index_timeout=1.0)
        self.seen: Counter[str] = Counter()

    async def ask(self, question: str, answer: str, **directives: object) -> Hit | Miss:
        exchange = an_exchange(question, **directives)  # type: ignore[arg-type]
        outcome = await self.engine.lookup(exchange)
        if isinstance(outcome, Miss):
            self.seen["upstream"] += 1
            exchange = after_miss(exchange, outcome)
            self.engine.store_soon(exchange, self.engine.record(exchange, an_answer(answer)))
        else:
            said = json.loads(outcome.entry.body)["choices"][0]["message"]["content"]
            self.seen["exact" if outcome.similarity is None else "right" if said == answer else "wrong"] += 1
            if outcome.trial is not None:
                self.seen["audits"] += 1
                audited = replace(exchange, trial=outcome.trial)
                self.engine.check_hit(audited, an_answer(answer), self.audited.extend)
        await self.settle()
        return outcome

    async def tell_wrong(self, question: str, hit: Hit) -> None:
        """Report that a hit, given by any proxy, was a wrong answer."""
        await self.engine.apply_feedback(an_exchange(question), hit.entry.key, False)
        await self.settle()

    async def segment(self) -> VerifiedPolicy:
        """Return the only segment, after an exchange with the other proxies."""
        segments = self.engine.learning.segments
        await segments.sync_all()
        [segment] = filter(None, map(segments.get, segments._segments))
        return segment

    async def settle(self) -> None:
        for _ in range(1000):  # what goes on in the background is seen from outside only by its end
            if not self.engine.busy:
                return
            await asyncio.sleep(0.001)
        raise AssertionError("the engine does not come to rest")


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
