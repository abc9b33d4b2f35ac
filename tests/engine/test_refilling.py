"""Stored answers are found by meaning again after the embedding model has changed, and no vectors are mixed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from aicache.adapters.memory import MemoryIndex
from aicache.domain.model import Entry, Vector
from aicache.domain.ports import Purpose
from aicache.engine import refilling
from engine.model_changes import QUESTION, OtherEmbedder, Proxy, Store
from fakes import LetterEmbedder

pytestmark = pytest.mark.usefixtures("no_rest")


async def test_answers_of_the_model_before_are_found_with_the_new_one(store: Store) -> None:
    before, after = Proxy(store, MemoryIndex(), LetterEmbedder()), Proxy(store, MemoryIndex(), OtherEmbedder())
    for number in range(40):
        await before.store_answer(f"{QUESTION} {'abcdefghij'[number % 10] * number}")
    await before.store_answer()
    assert not await after.finds()

    await after.refill()

    assert await after.finds()
    assert after.engine.refilling.embedded == 41
    assert await before.finds()


async def test_a_question_is_embedded_once_however_often_all_are_gone_through(store: Store) -> None:
    await Proxy(store, MemoryIndex(), LetterEmbedder()).store_answer()
    embedder = OtherEmbedder()
    after = Proxy(store, MemoryIndex(), embedder)

    waits = []
    for _ in range(6):
        waits.append(await after.refill())
        store.now += 1800

    assert embedder.asked == [QUESTION]
    assert waits == [0.0, 0.0, 0.0, None, None, None]


async def test_what_proxies_with_the_model_before_store_during_the_change_is_found_after_a_later_round(
    store: Store,
) -> None:
    before, after = Proxy(store, MemoryIndex(), LetterEmbedder()), Proxy(store, MemoryIndex(), OtherEmbedder())
    await after.refill()
    await before.store_answer()

    assert await after.refill() == 600.0
    assert not await after.finds()
    store.now += 600
    await after.refill()

    assert await after.finds()


async def test_two_models_in_one_place_are_never_compared_and_the_new_one_takes_it_over(store: Store) -> None:
    """As where the operator has named the collection or the table."""
    index = MemoryIndex()
    before, after = Proxy(store, index, LetterEmbedder()), Proxy(store, index, OtherEmbedder())
    key = await before.store_answer()
    of_the_one_before = index.vectors[key][0]
    assert not await after.finds()

    await after.refill()

    assert await after.finds()
    assert not await before.finds()
    assert index.vectors[key][0] != of_the_one_before


async def test_going_back_to_the_model_before_finds_what_was_stored_meanwhile(store: Store) -> None:
    indexes = {LetterEmbedder.model: MemoryIndex(), OtherEmbedder.model: MemoryIndex()}

    async def use(embedder: LetterEmbedder) -> Proxy:
        proxy = Proxy(store, indexes[embedder.model], embedder)
        while await proxy.refill() is not None:
            store.now += 600
        return proxy

    await (await use(LetterEmbedder())).store_answer("what is the weather like on mars")
    await (await use(OtherEmbedder())).store_answer()

    assert await (await use(LetterEmbedder())).finds()


async def test_proxies_that_keep_to_two_models_do_not_refill_without_end(store: Store) -> None:
    """Each finds the other's model noted, again and again."""
    one, other = Proxy(store, MemoryIndex(), LetterEmbedder()), Proxy(store, MemoryIndex(), OtherEmbedder())
    waits: list[float | None] = []
    for _ in range(3):
        for proxy in (one, other):
            waits.append(await proxy.refill())
            store.now += 1

    assert waits[:2] == [0.0, 0.0]
    assert all(wait is not None and 590 < wait <= 600 for wait in waits[2:])


async def test_one_proxy_at_a_time_refills_an_index(store: Store) -> None:
    await Proxy(store, MemoryIndex(), LetterEmbedder()).store_answer()
    waits: list[float | None] = []

    class Watched(OtherEmbedder):
        async def embed(self, texts: Sequence[str], purpose: Purpose, partition: str = "") -> Vector:
            waits.append(await other.refill())
            return await super().embed(texts, purpose, partition)

    embedder, index = Watched(), MemoryIndex()
    one, other = Proxy(store, index, embedder), Proxy(store, index, embedder)

    await one.refill()

    assert waits == [refilling.RETRY_AFTER_S]
    assert await other.refill() == 600.0
    assert embedder.asked == [QUESTION]


async def test_what_must_not_be_found_by_meaning_gets_no_vector(store: Store) -> None:
    before, after = Proxy(store, MemoryIndex(), LetterEmbedder()), Proxy(store, MemoryIndex(), OtherEmbedder())
    withdrawn = await before.store_answer()
    await before.store_answer("what is the weather today")
    await before.store_answer("a" * 300)
    await before.engine.backends.withdraw(withdrawn, 10_000.0, "")

    await after.refill()

    assert after.index.vectors == {}


@pytest.mark.parametrize("how", ["deleted", "withdrawn"])
async def test_what_is_deleted_or_withdrawn_at_this_moment_keeps_no_vector(store: Store, how: str) -> None:
    key = await Proxy(store, MemoryIndex(), LetterEmbedder()).store_answer()

    class Meanwhile(OtherEmbedder):
        async def embed(self, texts: Sequence[str], purpose: Purpose, partition: str = "") -> Vector:
            if how == "deleted":
                await store.delete([key])
            else:
                await after.engine.backends.withdraw(key, 10_000.0, "")
            return await super().embed(texts, purpose, partition)

    after = Proxy(store, MemoryIndex(), Meanwhile())

    await after.refill()

    assert after.index.vectors == {}


async def test_an_answer_that_is_replaced_at_this_moment_keeps_its_expiry(store: Store) -> None:
    key = await Proxy(store, MemoryIndex(), LetterEmbedder()).store_answer()

    class Meanwhile(OtherEmbedder):
        async def embed(self, texts: Sequence[str], purpose: Purpose, partition: str = "") -> Vector:
            entry = store.entries[key]
            await store.put(replace(entry, expires_at=200_000.0))
            return await super().embed(texts, purpose, partition)

    after = Proxy(store, MemoryIndex(), Meanwhile())

    await after.refill()

    assert after.index.vectors[key][2] == 200_000.0


async def test_entries_of_callers_stay_theirs(store: Store) -> None:
    before, after = Proxy(store, MemoryIndex(), LetterEmbedder()), Proxy(store, MemoryIndex(), OtherEmbedder())
    key = await before.store_answer()
    entry: Entry = store.entries[key]
    await after.refill()

    semantic = after.engine.semantic
    assert semantic is not None
    assert after.index.vectors[key][0] == semantic.namespace_of(entry.namespace)
