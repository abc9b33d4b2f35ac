"""Stored answers get their vectors although the embedder, the store or the lease fails for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from aicache.adapters.memory import MemoryIndex
from aicache.domain.model import Vector
from aicache.domain.ports import Purpose, StoreError
from aicache.domain.store_ports import LeaseState
from aicache.engine import lacking_vectors, refilling
from engine.model_changes import OtherEmbedder, Proxy, Store, all_rounds
from fakes import BrokenEmbedder, LetterEmbedder

pytestmark = pytest.mark.usefixtures("no_rest")


async def test_a_question_that_the_service_refuses_costs_no_other_its_vector(store: Store) -> None:
    before, embedder = Proxy(store, MemoryIndex(), LetterEmbedder()), OtherEmbedder()
    await before.store_answer("something that no service likes")
    await before.store_answer()
    embedder.refused = {"something that no service likes"}
    after = Proxy(store, MemoryIndex(), embedder)

    await after.refill()

    assert await after.finds()


async def test_many_refused_questions_cost_no_other_its_vector_and_nobody_the_service(store: Store) -> None:
    """Failures in a row would stop all use of the embedder for what is stored."""
    before, embedder = Proxy(store, MemoryIndex(), LetterEmbedder()), OtherEmbedder()
    for number in range(8):
        question = f"something that no service likes {'abcdefgh'[number]}"
        await before.store_answer(question)
        embedder.refused.add(question)
    await before.store_answer()
    after = Proxy(store, MemoryIndex(), embedder)

    await after.refill()

    assert await after.finds()
    assert not after.engine.backends.semantic_guards.embedder_writes.failing


async def test_a_service_that_is_down_ends_the_round_which_is_tried_again(store: Store) -> None:
    before, index = Proxy(store, MemoryIndex(), LetterEmbedder()), MemoryIndex()
    await before.store_answer()

    class Down(OtherEmbedder):
        embed = BrokenEmbedder.embed  # type: ignore[assignment]

    with pytest.raises(StoreError):
        await Proxy(store, index, Down()).refill()
    again = Proxy(store, index, OtherEmbedder())
    await again.refill()

    assert await again.finds()


class Interrupted(OtherEmbedder):
    """It fails while it is *down*."""

    down = False

    async def embed(self, texts: Sequence[str], purpose: Purpose, partition: str = "") -> Vector:
        if self.down:
            raise StoreError("down, as it should be")
        return await super().embed(texts, purpose, partition)


class Blind(MemoryIndex):
    """An index that does not tell which vectors it has, as that of another process."""

    find_namespaces = None  # type: ignore[assignment]


@pytest.mark.parametrize("kind", [MemoryIndex, Blind])
async def test_answers_stored_in_an_outage_get_their_vectors_after_it(store: Store, kind: type[MemoryIndex]) -> None:
    """From the proxy that stored them, or from another one that has the index."""
    embedder = Interrupted()
    proxy = Proxy(store, kind(), embedder)
    other = proxy if kind is MemoryIndex else Proxy(store, MemoryIndex(), OtherEmbedder())
    await all_rounds(other, store)
    store.now += 600
    proxy.engine.refilling.start()

    embedder.down = True
    await proxy.store_answer()
    await asyncio.sleep(0.01)
    embedder.down = False

    assert not await other.finds()
    assert await other.refill() == refilling.OUTAGE_S
    store.now += refilling.OUTAGE_S
    assert await other.refill() == 0.0
    assert await other.finds()
    assert await other.refill() is None
    await proxy.engine.refilling.stop()


async def test_rounds_that_find_nothing_to_embed_become_rare(store: Store) -> None:
    """As where a question is stored again and again that the embedder refuses."""
    proxy = Proxy(store, MemoryIndex(), OtherEmbedder())
    await all_rounds(proxy, store)
    waits = []
    for _ in range(8):
        store.now += 1
        await store.put_blob(lacking_vectors.BLOB, str(store.now).encode(), 1e9)
        wait = await proxy.refill()
        assert wait
        waits.append(wait)
        while wait:
            store.now += wait
            wait = await proxy.refill()

    assert waits[-1] == refilling.MAX_PAUSE_S  # it looks now and then
    assert proxy.engine.refilling._lacking_interval == refilling.MAX_LACKING_INTERVAL_S


async def test_an_error_that_nobody_expected_is_told_once_and_it_goes_on(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(refilling, "RETRY_AFTER_S", 0.01)
    await Proxy(store, MemoryIndex(), LetterEmbedder()).store_answer()
    after, scan, times = Proxy(store, MemoryIndex(), OtherEmbedder()), store.scan, 0

    async def odd(cursor: str = "") -> tuple[list[str], str]:
        nonlocal times
        times += 1
        if times < 4:
            raise ValueError("as nobody expected")
        return await scan(cursor)

    store.scan = odd  # type: ignore[method-assign]
    after.engine.refilling.start()
    async with asyncio.timeout(5):
        while not after.index.vectors:
            await asyncio.sleep(0.01)
    await after.engine.refilling.stop()

    assert await after.finds()
    assert caplog.text.count("it is tried again now and then") == 1


async def test_a_proxy_whose_lease_has_ended_leaves_the_rest_to_the_next_one(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refilling, "LEASE_S", 0.0)

    async def ended(*_: object) -> LeaseState:
        return LeaseState.ENDED

    store.renew_lease = ended  # type: ignore[assignment, method-assign]
    await Proxy(store, MemoryIndex(), LetterEmbedder()).store_answer()

    with pytest.raises(StoreError, match="lease has ended"):
        await Proxy(store, MemoryIndex(), OtherEmbedder()).refill()
