"""The vector index of the process that owns the data folder, for the workers of `serve --workers`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from aicache.adapters.unix_rpc.client import RpcClient
from aicache.domain.bounded import BoundedDict
from aicache.domain.model import Neighbor, Vector
from aicache.domain.ports import StoreError

MAX_KNOWN_NAMESPACES = 10_000
"""Remembered namespaces that have vectors."""
MAX_CLOCK_DIFFERENCE_S = 1.0
"""Between a file's time and the clock: the index knows by either when it began."""


class RemoteIndex:
    """A VectorIndex whose vectors another process has; *space* names those of one embedder. `open` comes first."""

    def __init__(self, owner: RpcClient, space: str) -> None:
        self._owner, self._space = owner, space
        self._filled = BoundedDict[str, None](MAX_KNOWN_NAMESPACES)  # namespaces that have vectors, or had some
        self.begun_at = 0.0
        """Unix time since which no vector was lost; entries stored before may have none. 0: no loss is known."""

    def __str__(self) -> str:
        return f"{self._space} of the data folder's process"

    async def open(self) -> None:
        """Wait until the other process has the index. Raises StoreError."""
        await self._owner.call("wait_ready")
        self.begun_at = await self._begun_at()

    async def probe(self) -> None:
        """Raise StoreError unless the index responds."""
        await self._begun_at()

    async def find_problem(self) -> str | None:
        """Return why the index must be opened again; None when it need not be."""
        lost_later = await self._begun_at() - self.begun_at > MAX_CLOCK_DIFFERENCE_S
        return "vectors were lost there" if lost_later else None

    async def search(self, namespace: str, vector: Vector, top_k: int) -> list[Neighbor]:
        return _neighbors(await self._call("search", namespace, _pack(vector), top_k))

    async def search_all(self, vector: Vector, top_k: int) -> list[Neighbor]:
        return _neighbors(await self._call("search_all", _pack(vector), top_k))

    def was_filled(self, namespace: str) -> bool:
        return namespace in self._filled

    async def is_empty(self, namespace: str) -> bool:
        if namespace not in self._filled and await self._call("is_empty", namespace):
            return True
        self._filled[namespace] = None
        return False

    async def upsert(self, key: str, namespace: str, vector: Vector, expires_at: float) -> None:
        await self._call("upsert", key, namespace, _pack(vector), expires_at)
        self._filled[namespace] = None

    async def delete(self, keys: Sequence[str]) -> None:
        if keys:
            await self._call("delete", list(keys))

    async def sweep(self, now: float, latest: float) -> None:
        """Leave it to the other process."""

    async def clear(self) -> None:
        self._filled.clear()
        await self._call("clear")

    async def close(self) -> None:
        """Close nothing: the index goes on for other workers."""

    async def _begun_at(self) -> float:
        return float(await self._call("begun_at"))

    async def _call(self, procedure: str, *arguments: Any) -> Any:
        return await self._owner.call(f"index.{procedure}", self._space, *arguments)


def _pack(vector: Vector) -> bytes:
    return np.ascontiguousarray(vector, np.float32).tobytes()


def _neighbors(reply: Any) -> list[Neighbor]:
    try:
        return [Neighbor(str(key), float(similarity)) for key, similarity in reply]
    except (TypeError, ValueError) as exc:
        raise StoreError("vector index: a reply that cannot be read") from exc
