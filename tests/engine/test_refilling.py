"""Stored answers are found by meaning again after the embedding model has changed, and no vectors are mixed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from aicache.adapters.memory import MemoryIndex, MemoryStore
from aicache.domain.model import Entry, Hit, Vector
from aicache.domain.policy import Rules
from aicache.domain.ports import Purpose, StoreError
from aicache.domain.store_ports import LeaseState
from aicache.engine import Engine, lacking_vectors, refill_round, refilling
from engine import test_reindexing
from engine.test_learning import an_answer, an_exchange
from engine.test_reindexing import PARAPHRASE, QUESTION
from fakes import BrokenEmbedder, LetterEmbedder

RULES = replace(test_reindexing.RULES, ttl=100_000)


class OtherEmbedder(LetterEmbedder):
    """Another model with as many dimensions: what it makes of a text is far from what the first one does."""

    model = "mirrored letters"

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.refused: set[str] = set()

    async def embed(self, texts: Sequence[str], purpose: Purpose, partition: str = "") -> Vector:
        if self.refused & set(texts):
            raise StoreError("refused, as it should be")
        self.asked += texts
        return (await super().embed(texts, purpose, partition))[:, ::-1].copy()


class Proxy:
    """An engine with a store and an index that others may share, and an embedder."""

    def __init__(self, store: MemoryStore, index: MemoryIndex, embedder: LetterEmbedder, rules: Rules = RULES) -> None:
        self.store, self.index, self.embedder = store, index, embedder
        self.engine = Engine(rules, lookup_timeout=1.0, clock=lambda: store.now)  # type: ignore[attr-defined]
        self.engine.use_exact(store, 1.0)
        self.engine.use_semantic(embedder, index, embedder_timeout=1.0, index_timeout=1.0, begun_at=1.0)

    async def store_answer(self, question: str = QUESTION) -> str:
        exchange = an_exchange(question)
        assert self.engine.store_soon(exchange, self.engine.record(exchange, an_answer("Below Settings.")))
        await self.engine._stores.drain(1.0)
        return exchange.identity.key

    async def finds(self, question: str = PARAPHRASE) -> bool:
        exchange = replace(an_exchange(question), directives=replace(an_exchange(question).directives, no_store=True))
        return isinstance(await self.engine.lookup(exchange), Hit)

    async def refill(self) -> float | None:
        store, semantic = self.engine.exact, self.engine.semantic
        assert store is not None
        assert semantic is not None
        return await self.engine.refilling.do_what_is_due(store, semantic)


class Store(MemoryStore):
    def __init__(self) -> None:
        self.now = 1000.0
        super().__init__(lambda: self.now)


@pytest.fixture(autouse=True)
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refill_round, "REST_FACTOR", 0.0)


@pytest.fixture
def store() -> Store:
    return Store()


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
        embed = BrokenEmbedder.embed

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


async def all_rounds(proxy: Proxy, store: Store) -> None:
    while (wait := await proxy.refill()) is not None:
        store.now += wait


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

    store.renew_lease = ended  # type: ignore[method-assign]
    await Proxy(store, MemoryIndex(), LetterEmbedder()).store_answer()

    with pytest.raises(StoreError, match="lease has ended"):
        await Proxy(store, MemoryIndex(), OtherEmbedder()).refill()


async def test_entries_of_callers_stay_theirs(store: Store) -> None:
    before, after = Proxy(store, MemoryIndex(), LetterEmbedder()), Proxy(store, MemoryIndex(), OtherEmbedder())
    key = await before.store_answer()
    entry: Entry = store.entries[key]
    await after.refill()

    semantic = after.engine.semantic
    assert semantic is not None
    assert after.index.vectors[key][0] == semantic.namespace_of(entry.namespace)
