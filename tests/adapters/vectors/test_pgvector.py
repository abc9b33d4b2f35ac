"""What a pgvector index must do beside the contract, on a real PostgreSQL: refuse, stand failures, index."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest

from adapters.vectors.vector_checks import check_similarities_are_exact, keys_of
from aicache.adapters.vectors.pgvector import PgVectorIndex
from aicache.adapters.vectors.pgvector_client import PgClient
from aicache.adapters.vectors.pgvector_hnsw import HnswIndexes, has_iterative_scan
from aicache.adapters.vectors.pgvector_table import Table
from aicache.domain.model import PINNED
from aicache.domain.ports import StoreError
from sample_vectors import ALICE, K1, K2, K3, LATER, axis, digest
from servers import Postgres, free_ports

DIMENSIONS = 8


def an_index(url: str, table: str, dimensions: int = DIMENSIONS, *, timeout: float = 5.0) -> PgVectorIndex:
    return PgVectorIndex(url, table, dimensions, timeout=timeout, max_connections=3)


@pytest.fixture
def table(tmp_path: Path) -> str:
    return f"t{digest(tmp_path)[:20]}"


@pytest.fixture
async def index(postgres: Postgres, table: str) -> AsyncIterator[PgVectorIndex]:
    index = an_index(postgres.url, table)
    await index.open()
    yield index
    await index.close()


async def test_similarities_are_exact(postgres: Postgres, table: str) -> None:
    index = an_index(postgres.url, table, 512)
    await index.open()

    await check_similarities_are_exact(index)

    await index.close()


async def test_a_zero_vector_is_like_nothing(index: PgVectorIndex) -> None:
    await index.upsert(K1, ALICE, axis(), LATER)
    await index.upsert(K2, ALICE, axis(1), LATER)

    assert [(n.key, n.similarity) for n in await index.search(ALICE, axis(1), 5)] == [(K2, 1.0), (K1, 0.0)]


async def test_a_vector_of_a_clock_that_was_ahead_goes_and_a_pinned_one_stays(index: PgVectorIndex) -> None:
    for key, expires_at in ((K1, LATER + 10 * 365 * 86400), (K2, LATER - 5), (K3, PINNED)):
        await index.upsert(key, ALICE, axis(1), expires_at)

    await index.sweep(100.0, LATER)

    assert set(await keys_of(index, ALICE)) == {K2, K3}


@pytest.mark.parametrize("name", ["", "xyz", "AB", "a' OR 1=1 --", "ab\n", "a b"])
async def test_only_hex_digests_are_keys_and_namespaces(index: PgVectorIndex, name: str) -> None:
    for call in (
        index.search(name, axis(1), 5),
        index.upsert(name, ALICE, axis(1), LATER),
        index.upsert(K1, name, axis(1), LATER),
        index.delete([name]),
    ):
        with pytest.raises(StoreError, match="hex digest"):
            await call


@pytest.mark.parametrize("shape", [(7,), (9,), (1, 8), ()])
async def test_a_vector_of_another_shape_is_refused(index: PgVectorIndex, shape: tuple[int, ...]) -> None:
    for call in (
        index.search(ALICE, np.ones(shape, np.float32), 5),
        index.search_all(np.ones(shape, np.float32), 5),
        index.upsert(K1, ALICE, np.ones(shape, np.float32), LATER),
    ):
        with pytest.raises(StoreError, match="shape"):
            await call


async def test_before_open_and_after_close_every_call_is_refused(postgres: Postgres, table: str) -> None:
    index = an_index(postgres.url, table)
    with pytest.raises(StoreError, match="not open"):
        await index.search(ALICE, axis(1), 5)
    await index.open()
    await index.close()
    with pytest.raises(StoreError, match="not open"):
        await index.upsert(K1, ALICE, axis(1), LATER)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (
            'CREATE TABLE "{}" (key text, namespace text, expires double precision, embedding vector(16))',
            "embedding vector(16), not vector(8)",
        ),
        (
            'CREATE TABLE "{}" (key integer, namespace text, expires double precision, embedding halfvec(8))',
            "key integer, not text and embedding halfvec(8), not vector(8)",
        ),
        (
            'CREATE TABLE "{}" (embedding vector(8))',
            "key missing, not text and namespace missing, not text and expires",
        ),
    ],
    ids=["another dimension", "other types", "missing columns"],
)
async def test_a_table_with_other_columns_is_refused_with_the_way_out(
    index: PgVectorIndex, postgres: Postgres, table: str, sql: str, said: str
) -> None:
    await postgres.ask(sql.format(f"{table}_other"))
    other = an_index(postgres.url, f"{table}_other")

    with pytest.raises(StoreError, match=r"name another in semantic.index.table, or drop this one") as raised:
        await other.open()

    assert f"table {table}_other has {said}" in str(raised.value)
    await other.close()


async def test_more_dimensions_than_pgvector_has_are_refused_with_the_way_out(postgres: Postgres, table: str) -> None:
    index = an_index(postgres.url, table, 20_000)

    with pytest.raises(StoreError, match=r"16000 at most; choose fewer in semantic.embedder.dimensions"):
        await index.open()

    await index.close()


async def test_a_database_without_the_extension_is_refused_with_the_way_out(postgres: Postgres, table: str) -> None:
    await postgres.ask(f"CREATE DATABASE {table}")
    await postgres.ask(f"CREATE ROLE {table} LOGIN PASSWORD 'hush-hush'")
    url = postgres.url.replace("postgres:hush-hush@", f"{table}:hush-hush@").replace("/postgres", f"/{table}")
    index = an_index(url, table)

    with pytest.raises(StoreError, match=r"does not have the extension vector.*\(42501\).*CREATE EXTENSION vector"):
        await index.open()

    await index.close()


async def test_a_table_in_a_schema_of_its_own_needs_no_right_to_create_one(postgres: Postgres, table: str) -> None:
    await postgres.ask(f"CREATE SCHEMA {table}")
    name = f"{table}.questions"
    owner = an_index(postgres.url, name)
    await owner.open()
    await owner.upsert(K1, ALICE, axis(1), LATER)
    await postgres.ask(f"CREATE ROLE {table} LOGIN PASSWORD 'hush-hush'")
    await postgres.ask(f"GRANT USAGE ON SCHEMA {table} TO {table}")
    await postgres.ask(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {table}")
    user = an_index(postgres.url.replace("postgres:hush-hush@", f"{table}:hush-hush@"), name)
    await user.open()

    await user.upsert(K2, ALICE, axis(1), LATER)

    assert await keys_of(user, ALICE) == sorted([K1, K2])
    for each in (user, owner):
        await each.close()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"hush-hush": "wrong-word"}, "the user or password is refused"),
        ({"/postgres?": "/nowhere?"}, "there is no such database"),
        ({"PORT": "FREE"}, "Connection"),
        ({"sslmode=prefer": "sslmode=require"}, "offers no TLS, which sslmode asks for"),
        (
            {"sslmode=prefer": "sslrootcert=/nowhere/ca.pem&sslmode=verify-full"},
            "a file that the URL names is not there",
        ),
    ],
)
async def test_what_cannot_be_reached_is_named_without_the_password(
    postgres: Postgres, table: str, changes: dict[str, str], said: str
) -> None:
    url = f"{postgres.url}?sslmode=prefer"
    for old, new in changes.items():
        url = url.replace(old.replace("PORT", str(postgres.port)), new.replace("FREE", str(free_ports(1)[0])))
    index = an_index(url, table)

    with pytest.raises(StoreError, match=f"{said}.*check semantic.index.url") as raised:
        await index.open()

    shown = f"{raised.value!r} {raised.value.__cause__!r} {index}"
    assert "hush" not in shown
    assert "wrong" not in shown
    assert f"postgresql://127.0.0.1:{urlsplit(url).port}/" in shown
    await index.close()


async def test_a_search_that_takes_too_long_is_given_up_and_its_connection_works_again(
    postgres: Postgres, table: str
) -> None:
    index = an_index(postgres.url, table, timeout=0.2)
    await index.open()
    await index.upsert(K1, ALICE, axis(1), LATER)
    locking = await postgres.connect()
    began = time.monotonic()

    async with locking.transaction():
        await locking.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        searches = (index.search(ALICE, axis(1), 5) for _ in range(6))  # twice as many as connections
        outcomes = await asyncio.gather(*searches, return_exceptions=True)
        took = time.monotonic() - began

    assert [isinstance(outcome, StoreError) for outcome in outcomes] == [True] * 6
    assert took < 8  # not the ten seconds of the server's own limit

    async def found() -> list[str]:
        try:
            return await keys_of(index, ALICE)
        except StoreError:
            return []

    async with asyncio.timeout(20):
        while await found() != [K1]:
            await asyncio.sleep(0.05)
    await locking.close()
    await index.close()


async def test_no_more_connections_are_open_than_allowed_and_each_has_a_limit_of_time(
    index: PgVectorIndex, postgres: Postgres, table: str
) -> None:
    named = f"SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ai-cache' AND query ~ '{table}'"

    await asyncio.gather(*(index.upsert(digest(i), ALICE, axis(1, i), LATER) for i in range(30)))

    assert [tuple(row) for row in await postgres.ask(named)] == [(3,)]
    assert [tuple(row) for row in await index._client.fetch("SHOW statement_timeout")] == [("10s",)]


async def test_a_table_that_is_dropped_is_created_again(index: PgVectorIndex, postgres: Postgres, table: str) -> None:
    assert await index.find_problem() is None
    await postgres.ask(f"DROP TABLE {table}")
    with pytest.raises(StoreError, match="the table is not there"):
        await index.search(ALICE, axis(1), 5)

    assert await index.find_problem() == f"table {table} has been deleted"

    await index.open()
    await index.upsert(K1, ALICE, axis(1), LATER)
    assert await keys_of(index, ALICE) == [K1]
    assert await index.find_problem() is None


async def test_proxies_that_start_at_the_same_time_share_one_table(postgres: Postgres, table: str) -> None:
    indexes = [an_index(postgres.url, table) for _ in range(5)]

    await asyncio.gather(*(index.open() for index in indexes))

    await indexes[0].upsert(K1, ALICE, axis(1), LATER)
    assert await keys_of(indexes[4], ALICE) == [K1]
    await asyncio.gather(*(index.close() for index in indexes))


async def test_it_tells_since_when_it_has_vectors(index: PgVectorIndex, postgres: Postgres, table: str) -> None:
    """Proxies then give older answers their vectors. A table that was made by hand does not tell."""
    again = an_index(postgres.url, table)
    await again.open()
    await postgres.ask(f"CREATE TABLE {table}_by_hand (LIKE {table})")
    by_hand = an_index(postgres.url, f"{table}_by_hand")
    await by_hand.open()

    assert index.begun_at == again.begun_at == pytest.approx(time.time(), abs=60)
    assert by_hand.begun_at == 0.0
    for each in (again, by_hand):
        await each.close()


class TestHnsw:
    @pytest.mark.parametrize("dimensions", [DIMENSIONS, 2500], ids=["full precision", "half precision"])
    async def test_a_large_namespace_has_an_index_and_a_small_one_none(
        self, postgres: Postgres, table: str, dimensions: int
    ) -> None:
        index = an_index(postgres.url, table, dimensions)
        await index.open()
        rng = np.random.default_rng(2)
        vectors = rng.standard_normal((60, dimensions)).astype(np.float32)
        for i, vector in enumerate(vectors):
            await index.upsert(digest(i), ALICE if i < 40 else digest(i % 4), vector, LATER)
        await postgres.ask(f"ANALYZE {table}")
        await HnswIndexes(index._client, Table(table, dimensions), min_rows=30).keep_up()

        async with index._client.connection() as connection:
            await connection.execute("SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off")
            query = index._render_search("WHERE namespace = $3")
            plan = await connection.fetch(f"EXPLAIN {query}", vectors[0].tolist(), 3, ALICE)
            found = await connection.fetch(query, vectors[0].tolist(), 3, ALICE)
            await connection.execute("RESET enable_seqscan; RESET enable_bitmapscan; RESET enable_sort")

        assert await hnsw_indexes(postgres, table) == {f"{table}_hnsw_{ALICE[:16]}"}
        assert f"{table}_hnsw_{ALICE[:16]}" in str(plan)
        unit = vectors[:40] / np.linalg.norm(vectors[:40], axis=1, keepdims=True)
        cosines = unit @ unit[0]
        nearest = np.argsort(-cosines)[:3]
        assert [row[0] for row in found] == [digest(i) for i in nearest]
        assert [row[1] for row in found] == pytest.approx(cosines[nearest].tolist(), abs=2e-6)
        await index.close()

    async def test_deleted_vectors_near_by_do_not_hide_those_behind_them(
        self, index: PgVectorIndex, postgres: Postgres, table: str
    ) -> None:
        """Also before the server has cleaned up after them, when a search still meets them in its index."""
        for i in range(300):
            await index.upsert(digest(i), ALICE, axis(1, i / 1000), LATER)
        await postgres.ask(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")
        await postgres.ask(f"ANALYZE {table}")
        await HnswIndexes(index._client, Table(table, DIMENSIONS), min_rows=30).keep_up()
        await index.delete([digest(i) for i in range(250)])

        async with index._client.connection() as connection:
            await connection.execute("SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off")
            found = await connection.fetch(index._render_search("WHERE namespace = $3"), axis(1).tolist(), 3, ALICE)
            await connection.execute("RESET enable_seqscan; RESET enable_bitmapscan; RESET enable_sort")

        assert [row[0] for row in found] == [digest(i) for i in (250, 251, 252)]

    @pytest.mark.parametrize(
        ("version", "has"),
        [
            ("0.8.0", True),
            ("0.10", True),
            ("1.0.0", True),
            ("0.7.4", False),
            ("0.5.1", False),
            ("None", False),
            ("", False),
        ],
    )
    def test_an_older_pgvector_would_miss_neighbors_and_has_none(self, version: str, has: bool) -> None:
        assert has_iterative_scan(version) is has

    async def test_one_of_an_older_pgvector_is_dropped(
        self, index: PgVectorIndex, postgres: Postgres, table: str
    ) -> None:
        hnsw = HnswIndexes(index._client, Table(table, DIMENSIONS), min_rows=30)
        for i in range(40):
            await index.upsert(digest(i), ALICE, axis(1, i), LATER)
        await postgres.ask(f"ANALYZE {table}")
        await hnsw.keep_up()
        before = await hnsw_indexes(postgres, table)
        await postgres.ask("UPDATE pg_extension SET extversion = '0.7.4' WHERE extname = 'vector'")
        try:
            await hnsw.keep_up()
        finally:
            await postgres.ask("UPDATE pg_extension SET extversion = '0.8.5' WHERE extname = 'vector'")

        assert len(before) == 1
        assert await hnsw_indexes(postgres, table) == set()

    async def test_one_that_is_broken_is_built_again_and_one_that_pays_no_longer_goes(
        self, index: PgVectorIndex, postgres: Postgres, table: str
    ) -> None:
        hnsw = HnswIndexes(index._client, Table(table, DIMENSIONS), min_rows=30)
        for i in range(40):
            await index.upsert(digest(i), ALICE, axis(1, i), LATER)
        await postgres.ask(f"ANALYZE {table}")
        await hnsw.keep_up()
        await postgres.ask(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = $1::text::regclass",
            f"{table}_hnsw_{ALICE[:16]}",
        )

        await hnsw.keep_up()
        rebuilt = await hnsw_indexes(postgres, table)
        await index.delete([digest(i) for i in range(20)])  # half of them are left
        await postgres.ask(f"ANALYZE {table}")
        await hnsw.keep_up()
        kept = await hnsw_indexes(postgres, table)
        await index.delete([digest(i) for i in range(30)])
        await postgres.ask(f"ANALYZE {table}")
        await hnsw.keep_up()

        assert rebuilt == kept == {f"{table}_hnsw_{ALICE[:16]}"}
        assert await hnsw_indexes(postgres, table) == set()

    async def test_while_another_proxy_builds_one_this_one_does_not(
        self, index: PgVectorIndex, postgres: Postgres, table: str
    ) -> None:
        for i in range(40):
            await index.upsert(digest(i), ALICE, axis(1, i), LATER)
        await postgres.ask(f"ANALYZE {table}")
        clients = [PgClient(postgres.url, max_connections=2) for _ in range(3)]
        for client in clients:
            await client.open()

        await asyncio.gather(
            *(HnswIndexes(client, Table(table, DIMENSIONS), min_rows=30).keep_up() for client in clients)
        )

        assert await hnsw_indexes(postgres, table) == {f"{table}_hnsw_{ALICE[:16]}"}
        for client in clients:
            await client.close()


async def hnsw_indexes(postgres: Postgres, table: str) -> set[str]:
    """Return the names of the valid HNSW indexes of a table."""
    rows = await postgres.ask(
        "SELECT c.relname FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid "
        "JOIN pg_am ON pg_am.oid = c.relam WHERE i.indrelid = $1::text::regclass AND amname = 'hnsw' AND indisvalid",
        table,
    )
    return {row[0] for row in rows}
