"""Entries that are older than the index: an exact hit has them found by meaning again, once; not one that was wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from aicache.adapters.memory import MemoryIndex, MemoryStore
from aicache.domain.model import Hit, Vector
from aicache.domain.ports import Purpose, StoreError
from aicache.engine import Engine
from aicache.engine.backends import withdrawn
from engine import model_changes
from engine.engine_setup import an_answer
from engine.learners import an_exchange
from engine.model_changes import PARAPHRASE, QUESTION
from fakes import BrokenIndex, LetterEmbedder

RULES = replace(model_changes.RULES, ttl=1000)


class Counting(LetterEmbedder):
    asked = 0

    async def embed(self, texts: Sequence[str], purpose: Purpose, partition: str = "") -> Vector:
        self.asked += 1
        return await super().embed(texts, purpose, partition)


class Proxy:
    """An engine whose entry is in the store, and whose index was begun *begun_at*, empty."""

    def __init__(self, begun_at: float, index: MemoryIndex | None = None) -> None:
        self.now = 1000.0
        self.store = MemoryStore(lambda: self.now)
        self.index, self.embedder = index or MemoryIndex(), Counting()
        self.engine = Engine(RULES, lookup_timeout=1.0, clock=lambda: self.now)
        self.engine.use_exact(self.store, 1.0)
        self.begin(begun_at)

    def begin(self, at: float, index: MemoryIndex | None = None) -> None:
        self.index = index or self.index
        self.engine.use_semantic(self.embedder, self.index, embedder_timeout=1.0, index_timeout=1.0, begun_at=at)

    async def fill(self) -> str:
        """Store the answer as long as there is no index, and return its key."""
        self.engine.use_no_semantic()
        exchange = an_exchange(QUESTION)
        assert self.engine.store_soon(exchange, self.engine.record(exchange, an_answer("Below Settings.")))
        await self.settle()
        return exchange.identity.key

    async def hit(self, question: str = QUESTION) -> bool:
        found = isinstance(await self.engine.lookup(an_exchange(question)), Hit)
        await self.settle()
        return found

    async def settle(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)


async def test_an_exact_hit_has_the_entry_found_by_meaning_again() -> None:
    proxy = Proxy(2000.0)
    await proxy.fill()
    proxy.begin(2000.0)
    assert not await proxy.hit(PARAPHRASE)

    assert await proxy.hit()

    assert await proxy.hit(PARAPHRASE)


async def test_it_is_seen_to_once() -> None:
    proxy = Proxy(2000.0)
    await proxy.fill()
    proxy.begin(2000.0)
    for _ in range(5):
        assert await proxy.hit()

    assert proxy.embedder.asked == 1


async def test_what_is_younger_than_the_index_has_its_vector_or_is_to_have_none() -> None:
    proxy = Proxy(500.0)
    await proxy.fill()
    proxy.begin(500.0)

    assert await proxy.hit()

    assert proxy.embedder.asked == 0
    assert not await proxy.hit(PARAPHRASE)


async def test_one_that_was_a_wrong_answer_by_meaning_stays_without() -> None:
    proxy = Proxy(2000.0)
    key = await proxy.fill()
    proxy.begin(0.0)
    semantic = proxy.engine.semantic
    assert semantic is not None
    await proxy.engine.backends.withdraw(key, 100.0, "")
    assert await proxy.store.remembers(withdrawn(key))
    proxy.begin(2000.0)

    assert await proxy.hit()

    assert not await proxy.hit(PARAPHRASE)


async def test_other_proxies_hear_of_it_once_more_when_its_vector_is_gone() -> None:
    """What they have heard of before may be prepared again as long as a search finds it."""
    proxy = Proxy(2000.0)
    key = await proxy.fill()
    proxy.begin(2000.0)
    assert await proxy.hit()
    assert key in proxy.index.vectors
    remember, found_when_heard = proxy.store.remember, []

    async def remember_and_tell(flag: str, ttl: float, owners: Sequence[str] = ()) -> None:
        await remember(flag, ttl, owners)
        found_when_heard.append(key in proxy.index.vectors)

    proxy.store.remember = remember_and_tell  # type: ignore[method-assign]
    await proxy.engine.backends.withdraw(key, 100.0, "")

    assert found_when_heard == [True, False]


async def test_what_is_prepared_from_it_is_dropped_also_where_its_vector_cannot_be_deleted() -> None:
    proxy = Proxy(2000.0, BrokenIndex())
    key = await proxy.fill()
    proxy.begin(2000.0)
    dropped: list[str] = []
    proxy.engine.backends.on_withdrawn = dropped.append

    with pytest.raises(StoreError):
        await proxy.engine.backends.withdraw(key, 100.0, "")

    assert dropped == [key]
    assert await proxy.store.remembers(withdrawn(key))


async def test_a_failure_is_tried_again_at_the_next_hit() -> None:
    proxy = Proxy(2000.0, BrokenIndex())
    await proxy.fill()
    proxy.begin(2000.0)
    assert await proxy.hit()
    working = MemoryIndex()
    proxy.index.upsert = working.upsert  # type: ignore[method-assign]

    assert await proxy.hit()

    proxy.begin(0.0, working)
    assert await proxy.hit(PARAPHRASE)


async def test_an_index_that_is_lost_once_more_learns_once_more() -> None:
    proxy = Proxy(2000.0)
    await proxy.fill()
    proxy.begin(2000.0)
    assert await proxy.hit()
    proxy.begin(3000.0, MemoryIndex())

    assert await proxy.hit()

    assert await proxy.hit(PARAPHRASE)
