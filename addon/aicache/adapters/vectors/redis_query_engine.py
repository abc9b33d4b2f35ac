"""Vectors in hashes that a search module indexes: Redis' query engine or Valkey Search, by what both understand.

https://redis.io/docs/latest/develop/ai/search-and-query/, https://valkey.io/topics/search/
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from aicache.adapters.redis.server import Command, Servers, check_replies
from aicache.adapters.vectors.checks import clip_cosine
from aicache.domain.model import PINNED, Neighbor, Vector
from aicache.domain.ports import StoreError

logger = logging.getLogger(__name__)

MAX_RESULTS = 1000
SEARCH_EF = 100
"""Vectors that a search considers; the default of both modules is 10."""
MAX_SWEEP_ROUNDS = 10
ADVICE = "name another prefix in semantic.index.prefix, or drop that index"


class QueryEngine:
    """An index *name* of the hashes ``name:KEY``: ``namespace``, ``expires`` (Unix seconds) and ``vector``.

    The server deletes hashes that have expired. In a cluster, its nodes must search together, as those of the services
    and of Valkey Search do.
    """

    def __init__(self, servers: Servers, name: str, dimensions: int, clock: Callable[[], float]) -> None:
        self._servers = servers
        self._name = name
        self._dimensions = dimensions
        self._clock = clock
        self._failed = False

    def __str__(self) -> str:
        return f"search index {self._name}"

    async def open(self) -> None:
        """Create a missing index; StoreError for one with another schema."""
        if not await self._exists():
            try:
                await self._create()
            except StoreError:
                if not await self._exists():  # else another proxy was faster
                    raise
        check_schema(self._name, await self._servers.execute("FT.INFO", self._name), self._dimensions)

    async def find_problem(self) -> str | None:
        """After a search that failed, tell whether the index is still there."""
        if not self._failed:
            return None
        exists = await self._exists()
        self._failed = False
        return None if exists else f"index {self._name} has been deleted"

    async def search(self, namespace: str, vector: Vector, top_k: int) -> list[Neighbor]:
        return await self._nearest(f"(@namespace:{{{namespace}}})", namespace, vector, top_k)

    async def search_all(self, vector: Vector, top_k: int) -> list[Neighbor]:
        return await self._nearest("*", None, vector, top_k)

    async def upsert(self, key: str, namespace: str, vector: Vector, expires_at: float) -> None:
        name = self._hash(key)
        ttl_ms = max(1, round((expires_at - self._clock()) * 1000))  # is independent of the server's clock
        fields = ("namespace", namespace, "expires", repr(expires_at), "vector", _render(vector))
        check_replies(await self._servers.execute_all([("HSET", name, *fields), ("PEXPIRE", name, ttl_ms)]))

    async def delete(self, keys: Sequence[str]) -> None:
        await self._servers.unlink([self._hash(key) for key in keys])

    async def find_namespaces(self, keys: Sequence[str]) -> dict[str, str]:
        found = check_replies(await self._servers.execute_all([("HGET", self._hash(key), "namespace") for key in keys]))
        return {
            key: each.decode("utf-8", "replace")
            for key, each in zip(keys, found, strict=True)
            if isinstance(each, bytes)
        }

    async def sweep(self, now: float, latest: float) -> None:
        ranges = [f"-inf {now!r}"]
        if latest < PINNED:
            ranges.append(f"({latest!r} ({PINNED!r}")
        # A search by vector: Valkey Search has others since 1.1 only.
        anything = np.ones(self._dimensions, np.float32)
        for each in ranges:
            for _ in range(MAX_SWEEP_ROUNDS):
                reply = await self._servers.execute(
                    *self._render_search(f"(@expires:[{each}])", anything, MAX_RESULTS, ("expires",))
                )
                found = [(key, float(fields[b"expires"])) for key, fields in self._parse(reply) if b"expires" in fields]
                keys = [key for key, expires in found if expires <= now or latest < expires < PINNED]
                if not keys:
                    break
                await self.delete(keys)

    async def _exists(self) -> bool:
        names = await self._servers.execute("FT._LIST")
        return isinstance(names, list) and self._name.encode() in names

    async def _create(self) -> None:
        vector: Command = (
            "TYPE",
            "FLOAT32",
            "DIM",
            self._dimensions,
            "DISTANCE_METRIC",
            "COSINE",
            "EF_RUNTIME",
            SEARCH_EF,
        )
        await self._servers.execute(
            *("FT.CREATE", self._name, "ON", "HASH", "PREFIX", 1, self._hash("")),
            *("SCHEMA", "namespace", "TAG", "expires", "NUMERIC", "vector", "VECTOR", "HNSW", len(vector), *vector),
        )
        logger.info("vector index: created the search index %s, for %s dimensions", self._name, self._dimensions)

    async def _nearest(self, where: str, namespace: str | None, vector: Vector, top_k: int) -> list[Neighbor]:
        """Return neighbors; with a *namespace*, whatever the engine returns of another one is dropped."""
        top_k = min(top_k, MAX_RESULTS)
        try:
            reply = await self._servers.execute(*self._render_search(where, vector, top_k, ("namespace", "vector")))
        except StoreError:
            self._failed = True
            raise
        return [
            Neighbor(key, self._similarity(vector, fields[b"vector"]))
            for key, fields in self._parse(reply)
            if b"vector" in fields and (namespace is None or fields.get(b"namespace") == namespace.encode())
        ]

    def _render_search(self, where: str, vector: Vector, top_k: int, fields: Sequence[str]) -> Command:
        search = ("FT.SEARCH", self._name, f"{where}=>[KNN {top_k} @vector $vector AS distance]")
        parameters = ("PARAMS", 2, "vector", _render(vector))
        returned: Command = ("RETURN", len(fields), *fields, "LIMIT", 0, top_k, "DIALECT", 2)
        return (*search, *parameters, *returned)

    def _parse(self, reply: Any) -> list[tuple[str, Mapping[bytes, bytes]]]:
        """Parse a reply to FT.SEARCH in RESP2: a count, then names and lists of fields and values in turn.

        A hash that has just expired may have no fields.
        """
        try:
            found = zip(reply[1::2], reply[2::2], strict=True)
            start = len(self._hash(""))
            return [(name.decode()[start:], dict(_pairs(fields or ()))) for name, fields in found]
        except (TypeError, ValueError, AttributeError) as exc:
            raise StoreError(f"{self._servers}: a reply that does not belong to its command") from exc

    def _similarity(self, question: Vector, found: bytes) -> float:
        """Return the cosine, computed here: the distance of each engine is rounded in its own way."""
        vector = np.frombuffer(found, "<f4") if len(found) == 4 * self._dimensions else np.empty(0, np.float32)
        if vector.shape != question.shape or not np.isfinite(vector).all():
            raise StoreError(f"{self._servers}: a neighbor came without its vector")
        lengths = float(np.linalg.norm(question)) * float(np.linalg.norm(vector))
        return clip_cosine(float(question @ vector) / lengths) if lengths else 0.0

    def _hash(self, key: str) -> str:
        return f"{self._name}:{key}"


def check_schema(name: str, info: Any, dimensions: int) -> None:
    """Raise StoreError if a reply to FT.INFO names another dimension or metric. Engines nest it in different ways."""
    found = {key.lower(): value for key, value in _properties(info)}
    dimension = found.get(b"dim", found.get(b"dimensions"))
    if dimension is not None and int(dimension) != dimensions:
        raise StoreError(f"redis index: {name} has {int(dimension)} dimensions, not {dimensions}; {ADVICE}")
    metric = found.get(b"distance_metric")
    if metric is not None and metric.upper() != b"COSINE":
        raise StoreError(
            f"redis index: {name} has the metric {metric.decode('ascii', 'replace')}, not COSINE; {ADVICE}"
        )


def _properties(info: Any) -> Iterator[tuple[bytes, Any]]:
    """Yield every value that follows a name in nested lists."""
    for name, value in pairwise(info):
        if isinstance(name, bytes) and isinstance(value, bytes | int):
            yield name, value
    for each in info:
        if isinstance(each, list):
            yield from _properties(each)


def _pairs(items: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
    return zip(items[::2], items[1::2], strict=True)


def _render(vector: Vector) -> bytes:
    return vector.astype(np.dtype("<f4")).tobytes()
