"""Lookup and store: the chain in order, every failure a miss, no neighbor of another namespace."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from aicache.adapters.memory import MemoryIndex, MemoryStore
from aicache.domain.circuit_breaker import Breaker
from aicache.domain.conversation import Context
from aicache.domain.keys import KeyRules, Origin, identify
from aicache.domain.loop_time import loop_time
from aicache.domain.model import Hit, Miss, Neighbor, Vector
from aicache.domain.policy import Rules
from aicache.domain.ports import Embedder, Purpose, ShareError, StoreError, VectorIndex
from aicache.domain.request_directives import Directives
from aicache.domain.store_ports import ExactStore
from aicache.engine import Engine, Exchange, after_miss
from aicache.engine.dependency import Dependency
from aicache.engine.fair_shares import FairShares
from aicache.engine.neighbor_search import MAX_OWN_EMBEDDINGS
from aicache.entries.recording import Recording
from aicache.formats.openai.chat import CHAT
from fakes import BrokenEmbedder, BrokenIndex, BrokenStore, HangingStore, LetterEmbedder

KEY_RULES = KeyRules("", Context.FULL, frozenset({"stream"}), ())
RULES = Rules(ttl=100, max_bytes=10_000, max_temperature=None, threshold=0.95, top_k=5, max_question=100)
NOW = 1_900_000_000.0


def an_exchange(
    question: str,
    scope: str = "alice",
    directives: Directives | None = None,
    credential: str | None = None,
    **fields: Any,
) -> Exchange:
    body = {"model": "m", "messages": [{"role": "user", "content": question}], **fields}
    call = CHAT.parse_request("/v1/chat/completions", json.dumps(body).encode())
    origin = Origin("https://api.example.com:443", "/v1/chat/completions", scope)
    identity, shared = identify(call, origin, KEY_RULES), scope == "shared"
    return Exchange(call, identity, directives or Directives(), CHAT, credential, shared=shared, proves=shared)


def an_answer(text: str, **choice: Any) -> Recording:
    message = {"role": "assistant", "content": text}
    document = {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"} | choice],
    }
    return Recording(200, "application/json", "", json.dumps(document).encode())


class Clock:
    """Unix time that stands still until a test moves it."""

    now = NOW

    def __call__(self) -> float:
        return self.now


class Setup:
    """An engine over fakes, and the three steps a test takes with it."""

    def __init__(
        self, exact: ExactStore | None = None, embedder: Embedder | None = None, index: VectorIndex | None = None
    ) -> None:
        self.clock = Clock()
        self.exact = exact or MemoryStore(clock=self.clock)
        self.index = index or MemoryIndex()
        self.embedder = embedder or LetterEmbedder()
        self.engine = Engine(RULES, lookup_timeout=0.2, clock=self.clock)
        self.engine.use_exact(self.exact, 0.1)
        self.engine.use_semantic(self.embedder, self.index, embedder_timeout=0.1, index_timeout=0.1)

    async def ask(self, exchange: Exchange) -> Hit | Miss:
        return await self.engine.lookup(exchange)

    async def learn(self, exchange: Exchange, answer: str) -> None:
        self.engine.store_soon(exchange, self.engine.record(exchange, an_answer(answer)))
        await self.engine.drain(1)

    async def refill(self, exchange: Exchange, answer: str) -> None:
        """What the addon does: look up, and store on a miss."""
        outcome = await self.ask(exchange)
        assert isinstance(outcome, Miss)
        await self.learn(after_miss(exchange, outcome), answer)


async def test_the_same_request_is_an_exact_hit_and_a_similar_one_a_semantic_hit() -> None:
    setup = Setup()
    await setup.refill(an_exchange("how do I reset my password"), "Like this.")

    exact = await setup.ask(an_exchange("how do I reset my password"))
    semantic = await setup.ask(an_exchange("how do I reset my passwords"))

    assert isinstance(exact, Hit)
    assert exact.similarity is None
    assert isinstance(semantic, Hit)
    assert semantic.similarity is not None
    assert 0.95 <= semantic.similarity < 1
    assert semantic.entry == exact.entry


@pytest.mark.parametrize("other", [{"scope": "bob"}, {"temperature": 1}])
async def test_a_neighbor_of_another_namespace_never_answers(other: dict[str, Any]) -> None:
    setup = Setup()
    await setup.refill(an_exchange("how do I reset my password"), "Like this.")

    assert isinstance(await setup.ask(an_exchange("how do I reset my passwords", **other)), Miss)


async def test_an_index_that_names_anothers_entry_is_not_believed() -> None:
    class MixedUpIndex(MemoryIndex):
        async def search(self, namespace: str, vector: Vector, top_k: int) -> list[Neighbor]:
            return [Neighbor(bobs.identity.key, 1.0)]

    bobs = an_exchange("what is a balance", scope="bob")
    setup = Setup(index=MixedUpIndex())
    await setup.learn(bobs, "42")

    outcome = await setup.ask(an_exchange("what is a balance"))

    assert isinstance(outcome, Miss)
    assert outcome.reason == "foreign"


async def test_a_neighbor_on_a_node_that_is_down_is_passed_over_and_stays_in_the_index() -> None:
    class HalfDown(MemoryStore):
        down = ""

        async def get(self, key: str) -> Any:
            if key == self.down:
                raise ShareError("its node is down")
            return await super().get(key)

    exact = HalfDown(clock=Clock())
    setup = Setup(exact=exact)
    near, nearer = an_exchange("how do I reset my password"), an_exchange("how do I reset my passwords")
    await setup.learn(near, "Like this.")
    await setup.learn(nearer, "Like that.")
    exact.down = nearer.identity.key

    outcome = await setup.ask(an_exchange("how do I reset my passwords?"))
    exact.down = ""
    again = await setup.ask(an_exchange("how do I reset my passwords?"))

    assert isinstance(outcome, Hit)
    assert outcome.entry.key == near.identity.key
    assert isinstance(again, Hit)
    assert again.entry.key == nearer.identity.key


async def test_a_neighbor_whose_entry_has_gone_is_a_miss_and_leaves_the_index() -> None:
    setup = Setup()
    exchange = an_exchange("how do I reset my password")
    await setup.refill(exchange, "Like this.")
    await setup.exact.delete([exchange.identity.key])

    outcome = await setup.ask(an_exchange("how do I reset my passwords"))
    await setup.engine.drain(1)

    assert isinstance(outcome, Miss)
    assert outcome.reason == "neighbor-gone"
    vector = (await setup.embedder.embed(["how do I reset my password"], "query"))[0]
    namespace = setup.engine.semantic.namespace(exchange.identity)
    assert await setup.index.search(namespace, vector, 5) == []


async def test_a_neighbor_that_a_guard_refuses_is_passed_over_and_the_next_one_answers(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "aicache")
    setup = Setup()
    await setup.learn(an_exchange("how far are 50 miles from here"), "Very far.")
    before = await setup.ask(an_exchange("how far are 5 miles from here"))
    await setup.learn(an_exchange("so how far are 5 miles from here"), "Far.")

    outcome = await setup.ask(an_exchange("how far are 5 miles from here"))

    assert isinstance(before, Miss)
    assert before.reason == "guard:numbers"
    assert isinstance(outcome, Hit)
    assert b"Far." in outcome.entry.body
    said = "\n".join(record.getMessage() for record in caplog.records)
    assert "guard:numbers" in said
    assert "miles" not in said


async def test_a_long_question_is_judged_like_a_short_one() -> None:
    setup = Setup()
    setup.engine.rules = replace(RULES, max_question=2000)
    story = "there was a house by the sea and nobody lived in it any more, " * 10
    await setup.learn(an_exchange(f"{story}how far are 50 miles"), "Very far.")

    outcome = await setup.ask(an_exchange(f"{story}how far are 5 miles"))

    assert isinstance(outcome, Miss)
    assert outcome.reason == "guard:numbers"


async def test_a_question_is_embedded_once_for_lookup_and_store() -> None:
    class CountingEmbedder(LetterEmbedder):
        texts = 0

        async def embed(self, texts: Any, purpose: Any, partition: str = "") -> Vector:
            self.texts += len(texts)
            return await super().embed(texts, purpose)

    embedder = CountingEmbedder()
    setup = Setup(embedder=embedder)

    await setup.refill(an_exchange("how do I reset my password"), "Like this.")
    await setup.ask(an_exchange("how do I reset my password"))

    assert embedder.texts == 1


async def test_a_question_with_no_neighbors_at_all_is_embedded_once_it_is_answered() -> None:
    class Knowing(MemoryIndex):
        def was_filled(self, namespace: str) -> bool:
            return False

        async def is_empty(self, namespace: str) -> bool:
            return all(held != namespace for held, _, _ in self.vectors.values())

    class Counting(LetterEmbedder):
        texts: list[str]

        async def embed(self, texts: Sequence[str], purpose: Purpose, partition: str = "") -> Vector:
            self.texts.extend(texts)
            return await super().embed(texts, purpose)

    embedder = Counting()
    embedder.texts = []
    setup = Setup(embedder=embedder, index=Knowing())

    first = an_exchange("how do I reset my password")
    outcome = await setup.ask(first)
    before = [*embedder.texts]
    await setup.learn(after_miss(first, outcome), "Like this.")  # type: ignore[arg-type]
    second = await setup.ask(an_exchange("how do I reset my passwords"))

    assert outcome == Miss("no-neighbor")
    assert before == []
    assert embedder.texts == ["how do I reset my password", "how do I reset my passwords"]
    assert isinstance(second, Hit)


async def test_where_documents_are_told_from_queries_a_question_is_stored_as_one() -> None:
    class TwoSided(LetterEmbedder):
        asymmetric = True

        def __init__(self) -> None:
            self.calls: list[tuple[tuple[str, ...], Purpose]] = []

        async def embed(self, texts: Sequence[str], purpose: Purpose, partition: str = "") -> Vector:
            self.calls.append((tuple(texts), purpose))
            return await super().embed(texts, purpose) * (1 if purpose == "query" else -1)

    embedder, index = TwoSided(), MemoryIndex()
    setup = Setup(embedder=embedder, index=index)

    await setup.refill(an_exchange("how do I reset my password"), "Like this.")

    assert embedder.calls == [(("how do I reset my password",), "query"), (("how do I reset my password",), "document")]
    [(_, stored, _)] = index.vectors.values()
    assert max(stored) <= 0, "the look-up's vector was stored"


async def test_entries_expire_and_age_limits_hold() -> None:
    setup = Setup()
    await setup.refill(an_exchange("q"), "a")

    setup.clock.now = NOW + 60
    assert isinstance(await setup.ask(an_exchange("q", directives=Directives(max_age=60))), Hit)
    assert isinstance(await setup.ask(an_exchange("q", directives=Directives(max_age=59))), Miss)
    setup.clock.now = NOW + 100
    assert isinstance(await setup.ask(an_exchange("q")), Miss)


async def test_each_step_of_a_request_is_in_the_log_with_its_duration(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "aicache")
    setup = Setup()
    await setup.refill(an_exchange("how do I reset my password"), "Like this.")
    await setup.ask(an_exchange("how do I reset my passwords"))

    said = "\n".join(record.getMessage() for record in caplog.records)
    for step in (
        "1 exact look-up",
        "2 embedding",
        "3 search",
        "4 threshold: 1 of 1",
        "5 neighbors' entries",
        "6 storing the answer",
        "7 storing the vector",
    ):
        assert step in said
    assert "password" not in said


async def test_no_cache_asks_nothing_and_its_answer_replaces_the_stored_one() -> None:
    setup = Setup()
    await setup.refill(an_exchange("q"), "old")

    assert await setup.ask(an_exchange("q", directives=Directives(no_cache=True))) == Miss("no-cache")
    await setup.learn(an_exchange("q", directives=Directives(no_cache=True)), "new")

    outcome = await setup.ask(an_exchange("q"))
    assert isinstance(outcome, Hit)
    assert b"new" in outcome.entry.body


@pytest.mark.parametrize(
    "recording",
    [
        replace(an_answer("a"), status=500),
        an_answer("a", finish_reason="length"),
        an_answer("a", finish_reason="content_filter"),
        an_answer("a", finish_reason=None),
        an_answer(""),
        an_answer("a" * 20_000),
        replace(an_answer("a"), body=b'{"error": {"message": "overloaded"}}'),
        replace(an_answer("a"), body=an_answer("a").body[:-5]),
        replace(an_answer("a"), body=b""),
        replace(an_answer("a"), content_encoding="br"),
        replace(an_answer("a"), content_encoding="gzip"),
    ],
    ids=lambda r: f"{r.status}-{r.body[:20]!r}-{r.content_encoding}",
)
async def test_what_is_not_a_complete_good_answer_is_never_stored(recording: Recording) -> None:
    setup = Setup()
    exchange = an_exchange("q")

    with pytest.raises(ValueError, match=r".+"):
        setup.engine.record(exchange, recording)
    setup.engine.record_and_store_soon(exchange, recording, lambda *_: None)
    await setup.engine.drain(1)

    assert isinstance(await setup.ask(exchange), Miss)


async def test_no_store_keeps_nothing() -> None:
    with pytest.raises(ValueError, match="not to be kept"):
        Setup().engine.record(an_exchange("q", directives=Directives(no_store=True)), an_answer("a"))


async def test_a_shared_answer_is_for_credentials_that_the_upstream_has_accepted() -> None:
    setup = Setup()
    await setup.learn(an_exchange("q", scope="shared", credential="alice"), "a")
    stranger = an_exchange("q", scope="shared", credential="mallory")

    before = await setup.ask(stranger)
    setup.engine.record(stranger, an_answer("a"))
    await setup.engine.drain(1)

    assert before == Miss("credential-unproven")
    assert isinstance(await setup.ask(stranger), Hit)


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
        get_higress_answer = staticmethod(fails)  # type: ignore[assignment]

    setup = await a_setup_with_a_legacy(NoTexts(clock=Clock()))
    await setup.learn(an_heir("how do I reset my password"), "Like this.")

    near = [await setup.ask(an_heir("how do I reset my passwords")) for _ in range(5)]
    exact = await setup.ask(an_heir("how do I reset my password"))

    assert all(isinstance(outcome, Hit) and outcome.similarity is not None for outcome in near)
    assert isinstance(exact, Hit)
    assert exact.similarity is None


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
