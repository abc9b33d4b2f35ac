"""Keeps an HNSW index for each large namespace of a table. It is never needed for a right answer, only for a fast one.

One index over all namespaces would find too little in a small one, where the neighbors are mostly others' vectors.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from typing import Any

from aicache.adapters.vectors.checks import check_digests
from aicache.adapters.vectors.pgvector_client import PgClient
from aicache.adapters.vectors.pgvector_table import MAX_HALF_HNSW_DIMENSIONS, Table
from aicache.domain.ports import StoreError

logger = logging.getLogger(__name__)

MIN_ROWS = 5000
"""Vectors of a namespace above which an index pays: comparing all of them takes longer than 10 ms, by it two."""
MAX_INDEXES = 16


class HnswIndexes:
    """Partial indexes, each named after the table and the first characters of its namespace."""

    def __init__(self, client: PgClient, table: Table, *, min_rows: int = MIN_ROWS) -> None:
        self._client = client
        self._table = table
        self._min_rows = min_rows
        self._said = ""

    async def keep_up(self) -> None:
        """Create what is missing, drop what is broken or pays no longer. Failures are logged."""
        if self._table.dimensions > MAX_HALF_HNSW_DIMENSIONS:
            return
        try:
            async with self._client.connection(math.inf) as connection:
                try:
                    await self._keep_up(connection)
                except BaseException:
                    connection.terminate()  # with its settings and its lock
                    raise
            self._said = ""
        except StoreError as exc:
            level = logging.DEBUG if self._said == str(exc) else logging.WARNING
            logger.log(level, "%s (no HNSW index: searches in large namespaces take longer; it is tried again)", exc)
            self._said = str(exc)
        except Exception:
            logger.exception("pgvector: seeing to the HNSW indexes failed")

    async def _keep_up(self, connection: Any) -> None:
        lock = f"ai-cache hnsw {self._table.name}"
        if not await connection.fetchval("SELECT pg_try_advisory_lock(hashtext($1))", lock):
            return  # another proxy sees to it
        await connection.execute("SET statement_timeout = 0")
        there = await self._find_indexes(connection)
        wanted = {self._name(namespace): namespace for namespace in await self._find_large(connection, there)}
        for name, usable in there.items():
            if not usable or name not in wanted:
                await connection.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {self._qualified(name)}")
        for name, namespace in wanted.items():
            if not there.get(name):
                await self._create(connection, name, namespace)
        await connection.execute("RESET statement_timeout")
        await connection.execute("SELECT pg_advisory_unlock(hashtext($1))", lock)

    async def _find_large(self, connection: Any, there: Mapping[str, bool]) -> list[str]:
        """Return the large namespaces, the largest first, as far as the table's statistics tell.

        There are none for a pgvector whose searches end where enough deleted vectors are found.
        """
        version = await connection.fetchval("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
        if not has_iterative_scan(str(version)):
            return []
        rows = await connection.fetch(
            "SELECT value FROM pg_class AS t JOIN pg_namespace AS n ON n.oid = t.relnamespace "
            "JOIN pg_stats AS s ON s.schemaname = n.nspname AND s.tablename = t.relname AND s.attname = 'namespace', "
            "unnest(s.most_common_vals::text::text[], s.most_common_freqs) AS common (value, share) "
            "WHERE t.oid = to_regclass($1) AND share * t.reltuples >= $2 ORDER BY share DESC LIMIT $3",
            *(self._table.sql, self._min_rows / 2, MAX_INDEXES),
        )
        large = []
        for (namespace,) in rows:
            check_digests("pgvector", namespace)
            count = await connection.fetchval(f"SELECT count(*) FROM {self._table.sql} WHERE namespace = $1", namespace)
            # One that is there stays until its namespace has shrunk by half.
            if count >= (self._min_rows / 2 if self._name(namespace) in there else self._min_rows):
                large.append(namespace)
        return large

    async def _find_indexes(self, connection: Any) -> dict[str, bool]:
        """Return for each of our HNSW indexes whether it was built to the end."""
        rows = await connection.fetch(
            "SELECT c.relname, i.indisvalid FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid "
            "WHERE i.indrelid = to_regclass($1) AND starts_with(c.relname, $2)",
            *(self._table.sql, self._name("")),
        )
        return dict(rows)

    async def _create(self, connection: Any, name: str, namespace: str) -> None:
        column = "embedding vector_cosine_ops"
        if self._table.is_half_indexed:
            column = f"(embedding::halfvec({self._table.dimensions})) halfvec_cosine_ops"
        logger.info("pgvector: table %s: building an HNSW index for a large namespace", self._table.name)
        await connection.execute(
            f'CREATE INDEX CONCURRENTLY "{name}" ON {self._table.sql} USING hnsw ({column}) '
            f"WHERE namespace = '{namespace}'"
        )
        logger.info("pgvector: table %s: the HNSW index is ready", self._table.name)

    def _name(self, namespace: str) -> str:
        return f"{self._table.bare_name}_hnsw_{namespace[:16]}"

    def _qualified(self, name: str) -> str:
        return f'"{self._table.schema}"."{name}"' if self._table.schema else f'"{name}"'


def has_iterative_scan(version: str) -> bool:
    """Tell whether a version of pgvector goes on searching until it has found enough: 0.8 or newer."""
    major, _, rest = version.partition(".")
    minor = rest.partition(".")[0]
    return major.isdecimal() and minor.isdecimal() and (int(major), int(minor)) >= (0, 8)
