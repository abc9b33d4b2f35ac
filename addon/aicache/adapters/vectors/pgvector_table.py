"""Opens the table of a pgvector index: creates a missing one, refuses one with other columns. It writes no vectors."""

from __future__ import annotations

import logging
import re
import time
from typing import Any

from aicache.adapters.vectors.pgvector_client import PgClient, PgError
from aicache.domain.ports import StoreError

logger = logging.getLogger(__name__)

MAX_DIMENSIONS = 16_000
"""pgvector's limit for the type vector ..."""
MAX_HNSW_DIMENSIONS = 2000
"""... for an HNSW index of it ..."""
MAX_HALF_HNSW_DIMENSIONS = 4000
"""... and for one of vectors of half precision (https://github.com/pgvector/pgvector#hnsw)."""
MAX_INLINE_DIMENSIONS = 1900
"""Vectors that fit into a page of 8 KB are kept in it: comparing those that are not takes several times as long."""
_BEGUN = re.compile(r"ai-cache, begun at ([0-9]+(?:\.[0-9]+)?)")
COLUMNS = {"key": "text", "namespace": "text", "expires": "double precision"}


class Table:
    """A table of the columns key, namespace, expires (Unix seconds) and embedding, all vectors of one dimension."""

    def __init__(self, name: str, dimensions: int) -> None:
        """*name* is an identifier in lower case, or two of them: ``schema.table``."""
        self.name = name
        self.schema, _, self.bare_name = name.rpartition(".")
        self.dimensions = dimensions
        self.begun_at = 0.0
        """Unix time when the table was created; 0.0 if that is not known."""
        self.sql = ".".join(f'"{part}"' for part in name.split("."))

    @property
    def is_half_indexed(self) -> bool:
        """Whether its HNSW indexes are of vectors of half precision."""
        return MAX_HNSW_DIMENSIONS < self.dimensions <= MAX_HALF_HNSW_DIMENSIONS

    @property
    def columns(self) -> dict[str, str]:
        return COLUMNS | {"embedding": f"vector({self.dimensions})"}

    async def open(self, client: PgClient) -> None:
        """Create the table if it is missing, and check its columns. Raises StoreError."""
        if self.dimensions > MAX_DIMENSIONS:
            raise StoreError(
                f"pgvector: vectors of {self.dimensions} dimensions: pgvector has {MAX_DIMENSIONS} at most; choose "
                "fewer in semantic.embedder.dimensions, or another semantic.index.kind"
            )
        if not await self._find_columns(client):
            await self._create(client)
        self.check(await self._find_columns(client))
        [(comment,)] = await client.fetch("SELECT obj_description(to_regclass($1), 'pg_class')", self.sql)
        begun = _BEGUN.fullmatch(comment or "")
        self.begun_at = float(begun[1]) if begun else 0.0

    def check(self, columns: dict[str, str]) -> None:
        """Raise StoreError unless a table with these columns, name to type, can be used."""
        wrong = [
            f"{name} {columns.get(name, 'missing')}, not {wanted}"
            for name, wanted in self.columns.items()
            if columns.get(name) != wanted
        ]
        if wrong:
            raise StoreError(
                f"pgvector: table {self.name} has {' and '.join(wrong)}; name another in semantic.index.table, or drop "
                "this one"
            )

    async def _find_columns(self, client: PgClient) -> dict[str, str]:
        """Return the types of the columns by their names; none of a missing table."""
        rows = await client.fetch(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
            "WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped",
            self.sql,
        )
        return {name: type_.rpartition(".")[2] for name, type_ in rows}  # the extension may be in a schema of its own

    async def _create(self, client: PgClient) -> None:
        inline = self.dimensions <= MAX_INLINE_DIMENSIONS
        statements = [
            f'CREATE TABLE {self.sql} (key text COLLATE "C" PRIMARY KEY, '
            f'namespace text COLLATE "C" NOT NULL, expires double precision NOT NULL, '
            f"embedding vector({self.dimensions}) NOT NULL)",
            *([f"ALTER TABLE {self.sql} ALTER COLUMN embedding SET STORAGE PLAIN"] if inline else []),
            f"COMMENT ON TABLE {self.sql} IS 'ai-cache, begun at {time.time()!r}'",
            f'CREATE INDEX "{self.bare_name}_namespace" ON {self.sql} (namespace)',
            f'CREATE INDEX "{self.bare_name}_expires" ON {self.sql} (expires)',
        ]
        async with client.connection() as connection, connection.transaction():
            # Proxies that start at the same time come here one after the other.
            await connection.execute("SELECT pg_advisory_xact_lock(hashtext($1))", f"ai-cache {self.name}")
            # Not by to_regclass, which remembers that there was none before another proxy was faster.
            there = (
                "SELECT 1 FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
                "WHERE c.relname = $1 AND n.nspname = coalesce(nullif($2, ''), current_schema())"
            )
            if not await connection.fetchval(there, self.bare_name, self.schema):
                await self._create_extension(connection, client)
                for statement in statements:
                    await connection.execute(statement)
        logger.info("pgvector: created the table %s, for %s dimensions", self.name, self.dimensions)

    async def _create_extension(self, connection: Any, client: PgClient) -> None:
        if await connection.fetchval("SELECT 1 FROM pg_extension WHERE extname = 'vector'"):
            return
        try:
            with client.translated():
                await connection.execute("CREATE EXTENSION vector")
        except PgError as exc:
            raise StoreError(
                f"pgvector: {client} does not have the extension vector, and it cannot be created ({exc.sqlstate}): "
                "install pgvector at the server, and have its administrator run CREATE EXTENSION vector in this "
                "database"
            ) from exc
