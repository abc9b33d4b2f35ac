"""Proxies that share a store and have different embedding models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from aicache.adapters.memory import MemoryIndex, MemoryStore
from aicache.domain.model import Hit, Vector
from aicache.domain.policy import Policy, Rules
from aicache.domain.ports import Purpose, StoreError
from aicache.engine import Engine
from engine.engine_setup import an_answer
from engine.learners import an_exchange
from fakes import LetterEmbedder

RULES = Rules(
    ttl=100_000,
    max_bytes=10_000,
    max_temperature=None,
    threshold=0.5,
    top_k=5,
    max_question=200,
    policy=Policy.STATIC,
)
QUESTION = "how do i reset my password"
PARAPHRASE = "how do i reset my passwords"


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


async def all_rounds(proxy: Proxy, store: Store) -> None:
    while (wait := await proxy.refill()) is not None:
        store.now += wait
