"""Vectors in a Redis or Valkey that can search them, in whichever way it can. It stores digests and vectors only."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from aicache.adapters.redis.connect import open_redis
from aicache.adapters.redis.server import Servers
from aicache.adapters.redis.store_base import VECTOR_KIND
from aicache.adapters.vectors.checks import check_digests, check_vector
from aicache.adapters.vectors.redis_query_engine import QueryEngine
from aicache.adapters.vectors.redis_vector_sets import VectorSets
from aicache.domain.model import Neighbor, Vector
from aicache.domain.ports import StoreError

logger = logging.getLogger(__name__)

Engine: TypeAlias = VectorSets | QueryEngine


class RedisIndex:
    """A VectorIndex in a Redis or Valkey, a sentinel's master or a cluster. `open` comes first.

    It uses the server's vector sets (Redis 8) or, if there are none, its FT commands (Redis Stack, Valkey Search and
    services with either). Several proxies may use it at once.
    """

    def __init__(
        self,
        url: str,
        *,
        prefix: str,
        space: str,
        dimensions: int,
        timeout: float,
        max_connections: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """*url* is as for `open_redis`; StoreError for another one. All keys begin with *prefix*.

        Vectors of another *space*, which names model and dimensions, are not seen. *timeout* in seconds bounds a call.
        """
        self._servers = open_redis(url, timeout=timeout, max_connections=max_connections)
        self._name = f"{prefix}{VECTOR_KIND}{space}"
        self._dimensions = dimensions
        self._clock = clock
        self._opened: Engine | None = None
        self.begun_at = 0.0
        """Unix time when the index was first opened by any proxy, or again after it was emptied."""

    def __str__(self) -> str:
        """Return the server's URL, without user and password."""
        return str(self._servers)

    async def open(self) -> None:
        """Find out how the server searches, and create what it needs for it. StoreError if it cannot."""
        try:
            engine = await self._find_engine()
            await engine.open()
            self.begun_at = await self._note_begin()
        except StoreError as exc:
            raise StoreError(f"{exc}; check semantic.index.url") from exc
        self._opened = engine
        logger.info("vector index: %s: %s", self, engine)

    async def find_problem(self) -> str | None:
        """Return why it must be opened again; None if nothing is known to be wrong."""
        if (problem := await self._engine.find_problem()) is not None:
            return problem
        # Another proxy that was faster to notice has noted another time.
        return None if await self._read_begin() == self.begun_at else "it has been emptied"

    async def search(self, namespace: str, vector: Vector, top_k: int) -> list[Neighbor]:
        check_digests("redis index", namespace)
        check_vector("redis index", vector, self._dimensions)
        return _sort(await self._engine.search(namespace, vector, top_k))

    async def search_all(self, vector: Vector, top_k: int) -> list[Neighbor]:
        check_vector("redis index", vector, self._dimensions)
        return _sort(await self._engine.search_all(vector, top_k))[:top_k]

    async def upsert(self, key: str, namespace: str, vector: Vector, expires_at: float) -> None:
        check_digests("redis index", key, namespace)
        check_vector("redis index", vector, self._dimensions)
        await self._engine.upsert(key, namespace, vector, expires_at)

    async def delete(self, keys: Sequence[str]) -> None:
        check_digests("redis index", *keys)
        if keys:
            await self._engine.delete(keys)

    async def find_namespaces(self, keys: Sequence[str]) -> dict[str, str]:
        """Return the namespace of each of these keys that has a vector."""
        check_digests("redis index", *keys)
        return await self._engine.find_namespaces(keys) if keys else {}

    async def sweep(self, now: float, latest: float = float("inf")) -> None:
        """Delete what expired before *now* (Unix seconds), some thousands of vectors at most.

        Also delete what would expire after *latest*, unless it is pinned: it was stored while a clock was ahead.
        """
        await self._engine.sweep(now, latest)

    async def close(self) -> None:
        self._opened = None
        await self._servers.close()

    @property
    def _begin(self) -> str:
        return f"{self._name}/begun"

    async def _note_begin(self) -> float:
        """Return the time that the first proxy has noted; note it, if there is none."""
        await self._servers.execute("SET", self._begin, repr(self._clock()), "NX")
        return await self._read_begin() or 0.0

    async def _read_begin(self) -> float | None:
        noted = await self._servers.execute("GET", self._begin)
        try:
            return None if noted is None else float(noted)
        except (TypeError, ValueError) as exc:
            raise StoreError(f"{self}: the value of {self._begin} is not one that this cache has written") from exc

    @property
    def _engine(self) -> Engine:
        if self._opened is None:
            raise StoreError(f"{self}: the vector index is not open")
        return self._opened

    async def _find_engine(self) -> Engine:
        """Return the better way in which the server can search. COMMAND would not tell those of every service."""
        probes = [("VCARD", f"{self._name}:0"), ("FT._LIST",)]
        sets, modules = [await self._try(*probe) for probe in probes]
        if isinstance(sets, int):
            return VectorSets(self._servers, self._name, self._clock)
        if isinstance(modules, list):
            return QueryEngine(self._servers, self._name, self._dimensions, self._clock)
        version = await _name_version(self._servers)  # raises StoreError if the server is down
        for probe, reply in zip(probes, (sets, modules), strict=True):
            if "NOPERM" in str(reply):
                raise StoreError(f"{self}: the user may not use {probe[0]}, nor other commands for vectors")
        raise StoreError(
            f"{self}: {version} cannot search vectors: it has neither vector sets (Redis 8 or newer) nor a search "
            "module (Redis Stack, Valkey Search); name such a server in semantic.index.url, or choose "
            "semantic.index.kind: zvec"
        )

    async def _try(self, *command: str) -> Any:
        """Return the reply to a command, or the error."""
        try:
            return await self._servers.execute(*command)
        except StoreError as exc:
            return exc


async def _name_version(servers: Servers) -> str:
    """Return the name and version of the server, as far as it gives them."""
    info = await servers.execute("INFO", "server")
    lines = info.decode("utf-8", "replace").splitlines() if isinstance(info, bytes) else []
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    if version := fields.get("valkey_version"):
        return f"Valkey {version}"
    return f"Redis {fields['redis_version']}" if "redis_version" in fields else "this server"


def _sort(neighbors: list[Neighbor]) -> list[Neighbor]:
    return sorted(neighbors, key=lambda n: (-n.similarity, n.key))
