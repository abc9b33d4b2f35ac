"""An embedder, a vector index and a judge model behind circuit breakers, as `guarded_store` has it for the store."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from aicache.domain.digests import vector_namespace
from aicache.domain.judging import JudgeReply
from aicache.domain.keys import Identity
from aicache.domain.model import Neighbor, Vector
from aicache.domain.outages import OutageTexts
from aicache.domain.ports import (
    CachesVectors,
    Clearable,
    Embedder,
    Judge,
    KnowsEmptiness,
    KnowsNamespaces,
    Purpose,
    StoreError,
    VectorIndex,
)
from aicache.engine.dependency import BACKGROUND_TIMEOUT_S, Dependency
from aicache.engine.guarded_store import MAX_CONCURRENT_WRITES, Guards, labeled
from aicache.engine.step_names import Step

BY_MEANING = OutageTexts(
    "no hits by meaning, exact hits go on; it is asked again every few seconds", "hits by meaning again"
)
FOUND = OutageTexts("new answers are found by their exact request only", "new answers are found by meaning again")
VECTORS_DELETED = OutageTexts("vectors are not deleted", "vectors are deleted again")


@dataclass(slots=True)
class SemanticGuards(Guards):
    """One dependency for each use: an embedder that takes ten seconds is good enough for storing, not for a look-up."""

    embedder: Dependency
    embedder_writes: Dependency
    index: Dependency
    index_writes: Dependency
    index_deletes: Dependency

    @classmethod
    def build(cls, embedder_timeout: float, index_timeout: float) -> SemanticGuards:
        embedder = Dependency("embedder", embedder_timeout, words=BY_MEANING)
        index = Dependency("vector index", index_timeout, words=BY_MEANING)
        long = BACKGROUND_TIMEOUT_S
        return cls(
            embedder,
            Dependency("embedder (of what is stored)", long, words=FOUND, behind=embedder),
            index,
            Dependency("vector index (writes)", long, words=FOUND, behind=index, max_concurrent=MAX_CONCURRENT_WRITES),
            Dependency("vector index (deletions)", long, words=VECTORS_DELETED, behind=index, always=True),
        )


@dataclass(frozen=True, slots=True)
class GuardedEmbedder:
    """An Embedder. For a look-up it has a *deadline* (`LoopTime`); None: for storing, which no request waits for."""

    port: Embedder
    guards: SemanticGuards
    deadline: float | None = None
    label: str = ""

    @property
    def model(self) -> str:
        return self.port.model

    @property
    def dimensions(self) -> int:
        return self.port.dimensions

    @property
    def threshold(self) -> float:
        return self.port.threshold

    @property
    def asymmetric(self) -> bool:
        return self.port.asymmetric

    async def embed(
        self,
        texts: Sequence[str],
        purpose: Purpose,
        partition: str = "",
        *,
        step: str = "texts embedded",
        crowded: bool = False,
    ) -> Vector:
        guard = self.guards.embedder_writes if self.deadline is None else self.guards.embedder
        embedding = self.port.embed(texts, purpose, partition)
        return await guard.call(embedding, labeled(self.label, step), self.deadline, crowded=crowded)

    def clear_cache(self) -> None:
        if isinstance(self.port, CachesVectors):
            self.port.clear_cache()

    async def close(self) -> None:
        await self.port.close()


@dataclass(frozen=True, slots=True)
class GuardedIndex:
    """A VectorIndex whose searches end by the *deadline* (`LoopTime`; None where no request waits)."""

    port: VectorIndex
    guards: SemanticGuards
    deadline: float | None = None
    label: str = ""

    def __str__(self) -> str:
        return str(self.port)

    @property
    def knows_emptiness(self) -> bool:
        return isinstance(self.port, KnowsEmptiness)

    async def is_empty(self, namespace: str) -> bool:
        """Tell whether a search would find nothing; False where the index does not know."""
        if not isinstance(self.port, KnowsEmptiness):
            return False
        if self.port.was_filled(namespace) and not self.guards.index.failing:
            return False
        step = labeled(self.label, Step.EMPTINESS)
        return await self.guards.index.call(self.port.is_empty(namespace), step, self.deadline, from_memory=True)

    async def search(self, namespace: str, vector: Vector, top_k: int) -> list[Neighbor]:
        search = self.port.search(namespace, vector, top_k)
        return await self.guards.index.call(search, labeled(self.label, Step.SEARCH), self.deadline)

    async def search_all(self, vector: Vector, top_k: int) -> list[Neighbor]:
        return await self.guards.index.call(self.port.search_all(vector, top_k), "all vectors searched", self.deadline)

    async def upsert(self, key: str, namespace: str, vector: Vector, expires_at: float) -> None:
        upsert = self.port.upsert(key, namespace, vector, expires_at)
        await self.guards.index_writes.call(upsert, labeled(self.label, Step.STORING_VECTOR))

    @property
    def knows_namespaces(self) -> bool:
        return isinstance(self.port, KnowsNamespaces)

    async def find_namespaces(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Return the namespace of each of these keys that has a vector; StoreError where the index does not know."""
        if not isinstance(self.port, KnowsNamespaces):
            raise StoreError("vector index: it does not tell which vectors it has")
        return await self.guards.index_writes.call(self.port.find_namespaces(keys), "vectors looked for")

    async def delete(self, keys: Sequence[str]) -> None:
        await self.guards.index_deletes.call(self.port.delete(keys), "vectors deleted")

    async def clear(self) -> None:
        """Delete every vector, where the index belongs to this proxy."""
        if isinstance(self.port, Clearable):
            await self.guards.index.call(self.port.clear(), "all vectors deleted")

    async def close(self) -> None:
        await self.port.close()


@dataclass(frozen=True, slots=True)
class GuardedJudge:
    """A Judge with its own time limit: it lets few calls in at once."""

    port: Judge
    guard: Dependency

    def __str__(self) -> str:
        return str(self.port)

    async def same(self, question: str, fresh: str, stored: str) -> JudgeReply:
        return await self.guard.call(self.port.same(question, fresh, stored), "answers judged", math.inf)

    async def close(self) -> None:
        await self.port.close()


@dataclass(frozen=True, slots=True)
class Semantic:
    """The embedder and the index of look-ups by meaning, which need both."""

    embedder: GuardedEmbedder
    index: GuardedIndex
    begun_at: float = 0.0
    """Unix time of the index's first vector: entries stored before may have none."""

    def namespace(self, identity: Identity) -> str:
        return self.namespace_of(identity.namespace)

    def namespace_of(self, namespace: str) -> str:
        """Return the namespace of this embedder's vectors of the questions in a namespace."""
        return vector_namespace(namespace, self.embedder.model, self.embedder.dimensions)

    def within(self, deadline: float | None, label: str) -> Semantic:
        """Return embedder and index for one request."""
        embedder = replace(self.embedder, deadline=deadline, label=label)
        return replace(self, embedder=embedder, index=replace(self.index, deadline=deadline, label=label))
