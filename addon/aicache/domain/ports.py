"""The ports: what the engine needs of indexes and models, and the errors that all ports may raise.

Those of the exact store are in `aicache.domain.store_ports`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from aicache.domain.judging import JudgeQuestion, JudgeReply
from aicache.domain.model import Neighbor, Vector

Purpose: TypeAlias = Literal["query", "document"]
"""The purpose of an embedding: as a query, or as a document to be found."""


class StoreError(Exception):
    """A dependency failed or sent a bad answer. The message names it and never contains content or secrets."""


class Busy(StoreError):
    """Too much to do at once, in all or for one caller. No dependency has failed."""


class NoRoom(StoreError):
    """A write was refused for want of memory. A smaller or later one may succeed, and the next one fail again."""


class ShareError(StoreError):
    """This call failed and others are answered, as when one node of a cluster is down: no reason to stop calling."""


class Judge(Protocol):
    """A model that compares answers. Raises only StoreError."""

    async def same(self, question: str, fresh: str, stored: str) -> JudgeReply:
        """Tell whether *stored* would have been as good an answer to *question* as *fresh*; neither when it cannot say.

        Its string is the model's name.
        """

    async def close(self) -> None: ...


class NeighborJudge(Protocol):
    """A model that is asked, while a request waits, whether a neighbor may answer it. Raises only StoreError."""

    @property
    def model(self) -> str: ...

    @property
    def version(self) -> str:
        """Version of its instruction: what was said under another one says nothing about this one."""

    async def may_answer(self, question: JudgeQuestion) -> JudgeReply:
        """Ask the model once. The caller bounds the time."""


class VectorIndex(Protocol):
    """Vectors by namespace. Raises only StoreError."""

    async def search(self, namespace: str, vector: Vector, top_k: int) -> list[Neighbor]:
        """Return at most *top_k* neighbors of that namespace only, nearest first."""

    async def search_all(self, vector: Vector, top_k: int) -> list[Neighbor]:
        """Return neighbors of all namespaces: for maintenance only, never for an answer."""

    async def upsert(self, key: str, namespace: str, vector: Vector, expires_at: float) -> None:
        """Write or replace the vector of *key*; after *expires_at* (Unix seconds) the index may drop it."""

    async def delete(self, keys: Sequence[str]) -> None: ...

    async def close(self) -> None: ...


@runtime_checkable
class Clearable(Protocol):
    """A VectorIndex that belongs to one proxy, and can be emptied."""

    async def clear(self) -> None:
        """Delete every vector. Raises StoreError."""


@runtime_checkable
class KnowsEmptiness(Protocol):
    """A VectorIndex that can tell, faster than by a search, whether a search would find anything."""

    def was_filled(self, namespace: str) -> bool:
        """Tell whether it is known that a namespace has vectors, or had some; False: `is_empty` finds out."""

    async def is_empty(self, namespace: str) -> bool:
        """Tell whether a search in this namespace would find nothing. Raises StoreError."""


@runtime_checkable
class KnowsNamespaces(Protocol):
    """A VectorIndex that can tell which vectors it has."""

    async def find_namespaces(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Return the namespace of each of these keys that has a vector. Raises StoreError."""


@runtime_checkable
class CachesVectors(Protocol):
    """An Embedder that caches the vectors of recent texts."""

    def clear_cache(self) -> None: ...


class Embedder(Protocol):
    """Texts to vectors. Raises only StoreError."""

    @property
    def model(self) -> str:
        """Names the vector space: vectors of different names are never compared."""

    @property
    def dimensions(self) -> int: ...

    @property
    def threshold(self) -> float:
        """The similarity a hit needs by default; it belongs to the model."""

    @property
    def asymmetric(self) -> bool:
        """Whether stored texts are embedded as documents, to be compared with queries; else all are queries."""

    async def embed(self, texts: Sequence[str], purpose: Purpose, partition: str = "") -> Vector:
        """Return ``(n, dimensions)`` float32, each row L2-normalized and finite.

        A text cached for one *partition* is no faster for another: the timing would reveal other callers' questions.
        """

    async def close(self) -> None: ...
