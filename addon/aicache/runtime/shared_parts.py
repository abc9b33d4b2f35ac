"""What the process that owns the data folder does for the workers: it searches the index, and embeds texts.

Why a process of its own: an embedded index is open in one process only, and a worker that had it would answer its own
requests late while it searches for others. The encoder is in a third one, as with a single proxy; texts of all workers
go into the same batches.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, cast

import numpy as np

from aicache.adapters.unix_rpc.server import Procedure
from aicache.domain.model import Neighbor, Vector
from aicache.domain.ports import Clearable, KnowsEmptiness, Purpose, StoreError, VectorIndex
from aicache.engine import Engine, Semantic
from aicache.runtime.erasures import erasure_procedures
from aicache.runtime.factories import vector_space


class SharedParts:
    """Procedures on the embedder and the index that an engine has in use at the moment.

    A worker says which embedder it means, since its configuration may be older or newer for a moment.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def procedures(self) -> Mapping[str, Procedure]:
        return {
            **erasure_procedures(self._engine),
            "wait_exact": self.wait_exact,
            "wait_ready": self.wait_ready,
            "wait_end": self.wait_end,
            "embedder.embed": self.embed,
            "index.begun_at": self.begun_at,
            "index.search": self.search,
            "index.search_all": self.search_all,
            "index.is_empty": self.is_empty,
            "index.upsert": self.upsert,
            "index.delete": self.delete,
            "index.clear": self.clear,
        }

    async def wait_exact(self) -> None:
        """Wait for the exact store, as long as it is starting."""
        await self._engine.backends.exact_once_known()

    async def wait_end(self) -> None:
        """Return never: the caller learns the end of this process by that of the connection."""
        await asyncio.Event().wait()

    async def wait_ready(self) -> None:
        """Wait for embedder and index, as long as they are starting."""
        if await self._engine.backends.semantic_once_known() is None:
            raise StoreError("the data folder's process has no embedder and index yet")

    async def embed(self, model: str, texts: list[str], purpose: str, partition: str) -> bytes:
        """Return the rows of the texts, one after the other."""
        semantic = self._semantic()
        if semantic.embedder.model != model:
            raise StoreError("another embedder is in use; the configuration is about to be read again")
        rows = await semantic.embedder.port.embed(texts, cast(Purpose, purpose), partition)
        return np.ascontiguousarray(rows, np.float32).tobytes()

    async def begun_at(self, space: str) -> float:
        self._index(space)
        return self._semantic().begun_at

    async def search(self, space: str, namespace: str, vector: bytes, top_k: int) -> list[tuple[str, float]]:
        return _pairs(await self._index(space).search(namespace, _vector(vector), top_k))

    async def search_all(self, space: str, vector: bytes, top_k: int) -> list[tuple[str, float]]:
        return _pairs(await self._index(space).search_all(_vector(vector), top_k))

    async def is_empty(self, space: str, namespace: str) -> bool:
        index = self._index(space)
        return isinstance(index, KnowsEmptiness) and await index.is_empty(namespace)

    async def upsert(self, space: str, key: str, namespace: str, vector: bytes, expires_at: float) -> None:
        await self._index(space).upsert(key, namespace, _vector(vector), expires_at)

    async def delete(self, space: str, keys: list[str]) -> None:
        await self._index(space).delete(keys)

    async def clear(self, space: str) -> None:
        index: Any = self._index(space)
        if isinstance(index, Clearable):
            await index.clear()

    def _semantic(self) -> Semantic:
        if (semantic := self._engine.semantic) is None:
            raise StoreError("the data folder's process has no embedder and index yet")
        return semantic

    def _index(self, space: str) -> VectorIndex:
        semantic = self._semantic()
        if vector_space(semantic.embedder.model, semantic.embedder.dimensions) != space:
            raise StoreError("the index is of another embedder; the configuration is about to be read again")
        return semantic.index.port


def _vector(packed: bytes) -> Vector:
    return np.frombuffer(packed, np.float32)


def _pairs(neighbors: list[Neighbor]) -> list[tuple[str, float]]:
    return [(neighbor.key, neighbor.similarity) for neighbor in neighbors]
