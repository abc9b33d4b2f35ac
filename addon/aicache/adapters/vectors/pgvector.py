"""Vectors in a table of PostgreSQL with the extension pgvector. It stores digests and vectors and compares no texts."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Sequence
from typing import Any

from aicache.adapters.vectors.checks import check_digests, check_vector, clip_cosine
from aicache.adapters.vectors.pgvector_client import UNDEFINED_TABLE, PgClient, PgError
from aicache.adapters.vectors.pgvector_hnsw import HnswIndexes
from aicache.adapters.vectors.pgvector_table import Table
from aicache.domain.model import PINNED, Neighbor, Vector
from aicache.domain.ports import StoreError

logger = logging.getLogger(__name__)

SWEEP_BATCH_SIZE = 1000
MAX_SWEEP_ROUNDS = 20
OVERSAMPLING = 4
"""Neighbors that are fetched for each one wanted where the index has vectors of half precision."""


class PgVectorIndex:
    """A VectorIndex in a table, which `open` creates if it is missing. Several proxies may use it at once.

    A search compares all vectors of its namespace, exactly; where a namespace is large, by an HNSW index of its own.
    """

    def __init__(self, url: str, table: str, dimensions: int, *, timeout: float, max_connections: int) -> None:
        """*table* may be qualified by a schema. *timeout* in seconds bounds a search."""
        self._client = PgClient(url, max_connections=max_connections)
        self._table = Table(table, dimensions)
        self._hnsw = HnswIndexes(self._client, self._table)
        self._dimensions = dimensions
        self._timeout = timeout
        self._lost = False
        self._upkeep: asyncio.Task[None] | None = None

    def __str__(self) -> str:
        return f"{self._client}, table {self._table.name}"

    async def open(self) -> None:
        """Connect, and create a missing table. StoreError unless the table has the right columns."""
        try:
            await self._client.open()
        except StoreError as exc:
            raise StoreError(f"{exc}; check semantic.index.url") from exc
        await self._table.open(self._client)
        self._lost = False

    @property
    def begun_at(self) -> float:
        """Unix time when the table was created; 0.0 if that is not known."""
        return self._table.begun_at

    async def find_problem(self) -> str | None:
        """Return why it must be opened again; None if nothing is known to be wrong."""
        return f"table {self._table.name} has been deleted" if self._lost else None

    async def search(self, namespace: str, vector: Vector, top_k: int) -> list[Neighbor]:
        check_digests("pgvector", namespace)
        check_vector("pgvector", vector, self._dimensions)
        sql = self._render_search("WHERE namespace = $3")
        return _neighbors(await self._fetch(sql, vector.tolist(), top_k, namespace, within=self._timeout))

    async def search_all(self, vector: Vector, top_k: int) -> list[Neighbor]:
        check_vector("pgvector", vector, self._dimensions)
        return _neighbors(await self._fetch(self._render_search(""), vector.tolist(), top_k))

    async def upsert(self, key: str, namespace: str, vector: Vector, expires_at: float) -> None:
        check_digests("pgvector", key, namespace)
        check_vector("pgvector", vector, self._dimensions)
        await self._fetch(
            f"INSERT INTO {self._table.sql} AS old (key, namespace, expires, embedding) "
            f"VALUES ($1, $2, $3, $4::real[]::vector) ON CONFLICT (key) DO UPDATE SET namespace = excluded.namespace, "
            "expires = excluded.expires, embedding = excluded.embedding",
            *(key, namespace, expires_at, vector.tolist()),
        )

    async def delete(self, keys: Sequence[str]) -> None:
        check_digests("pgvector", *keys)
        if keys:
            await self._fetch(f"DELETE FROM {self._table.sql} WHERE key = ANY($1::text[])", list(keys))

    async def find_namespaces(self, keys: Sequence[str]) -> dict[str, str]:
        """Return the namespace of each of these keys that has a vector."""
        check_digests("pgvector", *keys)
        sql = f"SELECT key, namespace FROM {self._table.sql} WHERE key = ANY($1::text[])"
        return dict(await self._fetch(sql, list(keys))) if keys else {}

    async def sweep(self, now: float, latest: float = math.inf) -> None:
        """Delete what expired before *now* (Unix seconds), some thousands of vectors at most.

        Also delete what would expire after *latest*, unless it is pinned: it was stored while a clock was ahead. Then
        see to the HNSW indexes, in the background: building one may take minutes.
        """
        # Rows that another proxy is about to delete are left to it.
        sql = (
            f"DELETE FROM {self._table.sql} WHERE key IN (SELECT key FROM {self._table.sql} WHERE expires <= $1 OR "
            "(expires > $2 AND expires < $3) LIMIT $4 FOR UPDATE SKIP LOCKED) RETURNING 1"
        )
        for _ in range(MAX_SWEEP_ROUNDS):
            if len(await self._fetch(sql, now, latest, PINNED, SWEEP_BATCH_SIZE)) < SWEEP_BATCH_SIZE:
                break
        if self._upkeep is None or self._upkeep.done():
            self._upkeep = asyncio.get_running_loop().create_task(self._hnsw.keep_up())

    async def close(self) -> None:
        if self._upkeep is not None:
            self._upkeep.cancel()
            await asyncio.wait([self._upkeep])
        await self._client.close()

    def _render_search(self, where: str) -> str:
        """Return the search with parameters $1, the vector, $2, the number of neighbors, and those of *where*."""
        table, nearest = self._table, "embedding <=> $1::real[]::vector"
        source = f"{table.sql} {where}"
        if table.is_half_indexed:  # by vectors of half precision, of which too many are taken, and compared again
            half = f"halfvec({self._dimensions})"
            order = f"embedding::{half} <=> $1::real[]::vector::{half}"
            source = f"(SELECT * FROM {source} ORDER BY {order} LIMIT {OVERSAMPLING} * $2) AS candidates"
        return f"SELECT key, 1 - ({nearest}) FROM {source} ORDER BY {nearest} LIMIT $2"

    async def _fetch(self, sql: str, *arguments: object, **how: float) -> list[Any]:
        try:
            return await self._client.fetch(sql, *arguments, **how)
        except PgError as exc:
            if exc.sqlstate == UNDEFINED_TABLE:
                self._lost = True
            raise


def _neighbors(rows: Sequence[tuple[str, float]]) -> list[Neighbor]:
    """Return the neighbors of key and cosine; it is no number where a vector is zero."""
    found = [Neighbor(key, 0.0 if math.isnan(cosine) else clip_cosine(cosine)) for key, cosine in rows]
    return sorted(found, key=lambda n: (-n.similarity, n.key))
