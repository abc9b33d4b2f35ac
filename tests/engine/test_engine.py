"""Lookup and store: the chain in order, every failure a miss, no neighbor of another namespace."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from aicache.adapters.memory import MemoryIndex, MemoryStore
from aicache.domain.model import Hit, Miss, Neighbor, Vector
from aicache.domain.ports import Purpose, ShareError
from aicache.domain.request_directives import Directives
from aicache.engine import after_miss
from aicache.entries.recording import Recording
from engine.engine_setup import NOW, RULES, Clock, Setup, an_answer, an_exchange
from fakes import LetterEmbedder


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
    assert setup.engine.semantic is not None
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
