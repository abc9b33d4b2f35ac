"""The contract of a VectorIndex, over all of them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from aicache.adapters.memory import MemoryIndex
from aicache.adapters.unix_rpc.client import RpcClient
from aicache.adapters.unix_rpc.server import RpcServer
from aicache.adapters.vectors import promotion
from aicache.adapters.vectors.dashvector import DashVectorIndex
from aicache.adapters.vectors.pgvector import PgVectorIndex
from aicache.adapters.vectors.redis_index import RedisIndex
from aicache.adapters.vectors.remote_index import RemoteIndex
from aicache.adapters.vectors.zvec import ZvecIndex
from aicache.domain.model import Neighbor, Vector
from aicache.domain.policy import Rules
from aicache.domain.ports import KnowsNamespaces, StoreError
from aicache.engine import Engine
from aicache.runtime.factories import vector_space
from aicache.runtime.shared_parts import SharedParts
from demo.cloud.dashvector import DashVector, allow_loopback
from fakes import LetterEmbedder
from query_engine import SearchServer
from sample_vectors import ALICE, BOB, K1, K2, K3, LATER, axis, digest, random_vector
from servers import Postgres

DIMENSIONS = 8


def a_vector(seed: int) -> Vector:
    return random_vector(seed, DIMENSIONS)


class InMemory(ZvecIndex):
    """Every namespace is held in memory from its first search on."""

    async def search(self, namespace: str, vector: Vector, top_k: int) -> list[Neighbor]:
        await super().search(namespace, vector, top_k)
        await self._promotion.loading.wait()
        found, held = await self._find(namespace, vector, top_k)
        assert held
        return found


@pytest.fixture
async def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ZvecIndex]:
    monkeypatch.setattr(promotion, "PROMOTE_AFTER_SEARCHES", 1)
    monkeypatch.setattr(promotion, "PROMOTION_BATCH_SIZE", 3)
    index = InMemory(tmp_path / "data" / "zvec", DIMENSIONS)
    await index.open()
    yield index
    await index.close()


class Settled(DashVectorIndex):
    """Waits for every write to arrive; the adapter itself acknowledges them at once."""

    async def upsert(self, key: str, namespace: str, vector: Vector, expires_at: float) -> None:
        await super().upsert(key, namespace, vector, expires_at)
        assert await self._writes.flush(5)

    async def delete(self, keys: Sequence[str]) -> None:
        await super().delete(keys)
        assert await self._writes.flush(5)


@pytest.fixture
async def dashvector() -> AsyncIterator[DashVectorIndex]:
    allow_loopback()
    with DashVector() as cluster:
        # So many calls a second that none waits, and a time at which nothing has expired.
        index = Settled(
            cluster.endpoint,
            cluster.api_key,
            "questions",
            DIMENSIONS,
            timeout=5.0,
            queries_per_second=10_000,
            clock=lambda: 0.0,
        )
        await index.open()
        yield index
        await index.close()


class Swept(RemoteIndex):
    """Sweeps as the process does that has the index; the adapter itself leaves that to it."""

    def __init__(self, client: RpcClient, space: str, index: MemoryIndex) -> None:
        super().__init__(client, space)
        self._index = index

    async def sweep(self, now: float, latest: float = LATER) -> None:
        await self._index.sweep(now)


@pytest.fixture
async def remote(tmp_path: Path) -> AsyncIterator[RemoteIndex]:
    engine, index, embedder = Engine(Rules(100, 10_000, None, 0.95, 5, 400), 1.0), MemoryIndex(), LetterEmbedder()
    engine.use_semantic(embedder, index, embedder_timeout=1.0, index_timeout=1.0)
    server = RpcServer(tmp_path / "owner.sock", SharedParts(engine).procedures())
    client = RpcClient(tmp_path / "owner.sock", "the owner")
    await server.start()
    found = Swept(client, vector_space(embedder.model, embedder.dimensions), index)
    await found.open()
    yield found
    await client.close()
    await server.close()


def a_redis_index(url: str, prefix: str = "aicache:") -> RedisIndex:
    return RedisIndex(
        *(url,),
        prefix=prefix,
        space="letters-8",
        dimensions=DIMENSIONS,
        timeout=5.0,
        max_connections=4,
        clock=lambda: 0.0,  # a time at which nothing has expired
    )


@pytest.fixture
async def vector_sets(redis_8_url: str, tmp_path: Path) -> AsyncIterator[RedisIndex]:
    index = a_redis_index(redis_8_url, f"{tmp_path.name}:")
    await index.open()
    yield index
    await index.close()


@pytest.fixture
async def search_module() -> AsyncIterator[RedisIndex]:
    async with SearchServer() as server:
        index = a_redis_index(server.url)
        await index.open()
        yield index
        await index.close()


@pytest.fixture
async def pgvector(postgres: Postgres, tmp_path: Path) -> AsyncIterator[PgVectorIndex]:
    table = f"t{hashlib.sha256(str(tmp_path).encode()).hexdigest()[:20]}"
    index = PgVectorIndex(postgres.url, table, DIMENSIONS, timeout=5.0, max_connections=4)
    await index.open()
    yield index
    await index.close()


Index = ZvecIndex | DashVectorIndex | RedisIndex | PgVectorIndex | RemoteIndex | MemoryIndex


@pytest.fixture(params=["zvec", "held", "dashvector", "vector_sets", "search_module", "pgvector", "remote", "memory"])
def index(request: pytest.FixtureRequest) -> Index:
    if request.param == "memory":
        return MemoryIndex()
    made: Index = request.getfixturevalue(request.param)
    return made


class TestContract:
    async def test_the_nearest_come_first_with_their_cosine(self, index: Index) -> None:
        await index.upsert(K1, ALICE, axis(1), LATER)
        await index.upsert(K2, ALICE, axis(1, 1), LATER)
        await index.upsert(K3, ALICE, axis(-1), LATER)

        found = await index.search(ALICE, axis(1), 5)

        assert [n.key for n in found] == [K1, K2, K3]
        assert [n.similarity for n in found] == pytest.approx([1.0, 2**-0.5, -1.0], abs=1e-5)
        assert all(-1 <= n.similarity <= 1 for n in found)

    async def test_no_more_than_top_k_are_found(self, index: Index) -> None:
        for i in range(10):
            await index.upsert(digest(i), ALICE, a_vector(i), LATER)

        assert len(await index.search(ALICE, a_vector(3), 4)) == 4
        [nearest] = await index.search(ALICE, a_vector(3), 1)
        assert nearest.key == digest(3)

    async def test_a_namespace_sees_its_own_only(self, index: Index) -> None:
        for i in range(30):
            await index.upsert(digest(i), BOB, axis(1, i / 1000), LATER)
        await index.upsert(K1, ALICE, axis(0, 1), LATER)

        assert [n.key for n in await index.search(ALICE, axis(1), 5)] == [K1]
        assert await index.search(digest("nobody"), axis(1), 5) == []

    async def test_anywhere_is_in_every_namespace(self, index: Index) -> None:
        await index.upsert(K1, ALICE, axis(1), LATER)
        await index.upsert(K2, BOB, axis(1, 1), LATER)
        await index.upsert(K3, BOB, axis(-1), LATER)

        found = await index.search_all(axis(1), 2)

        assert [n.key for n in found] == [K1, K2]
        assert [n.similarity for n in found] == pytest.approx([1.0, 2**-0.5], abs=1e-5)
        assert len(await index.search_all(axis(1), 5000)) == 3

    async def test_upsert_replaces_vector_and_namespace(self, index: Index) -> None:
        await index.upsert(K1, ALICE, axis(1), LATER)
        await index.upsert(K1, BOB, axis(0, 1), LATER)

        assert await index.search(ALICE, axis(1), 5) == []
        [found] = await index.search(BOB, axis(0, 1), 5)
        assert found.similarity == pytest.approx(1.0, abs=1e-5)

    async def test_what_was_deleted_is_not_found(self, index: Index) -> None:
        await index.upsert(K1, ALICE, axis(1), LATER)
        await index.upsert(K2, ALICE, axis(1), LATER)

        await index.delete([K1, digest("never there")])
        await index.delete([])

        assert [n.key for n in await index.search(ALICE, axis(1), 5)] == [K2]

    async def test_it_tells_which_vectors_it_has_and_in_which_namespaces(self, index: Index) -> None:
        if isinstance(index, RemoteIndex):
            assert not isinstance(index, KnowsNamespaces)  # the process that has the index is asked by itself
            return
        assert isinstance(index, KnowsNamespaces)
        many = [digest(f"many {i}") for i in range(20)]
        for key in many:
            await index.upsert(key, BOB, axis(1), LATER)
        await index.upsert(K1, ALICE, axis(1), LATER)
        await index.upsert(K2, ALICE, axis(1), LATER)
        await index.upsert(K1, BOB, axis(1), LATER)
        await index.delete([K2])

        assert await index.find_namespaces([K3, K1, K2, *many]) == dict.fromkeys([K1, *many], BOB)
        assert await index.find_namespaces([K2, K3]) == await index.find_namespaces([]) == {}

    async def test_a_sweep_drops_what_has_expired(self, index: Index) -> None:
        await index.upsert(K1, ALICE, axis(1), 1000.0)
        await index.upsert(K2, ALICE, axis(1), 1000.5)
        await index.upsert(K3, ALICE, axis(1), LATER)

        await index.sweep(1000.2)
        assert {n.key for n in await index.search(ALICE, axis(1), 5)} == {K2, K3}
        await index.sweep(1001)
        assert {n.key for n in await index.search(ALICE, axis(1), 5)} == {K3}

    @pytest.mark.parametrize("bad", [float("nan"), float("inf")])
    async def test_a_vector_that_is_not_finite_is_refused(self, index: Index, bad: float) -> None:
        vector = axis(1)
        vector[2] = bad

        with pytest.raises(StoreError, match="finite"):
            await index.upsert(K1, ALICE, vector, LATER)
        with pytest.raises(StoreError, match="finite"):
            await index.search(ALICE, vector, 5)

    async def test_writes_and_searches_at_once(self, index: Index) -> None:
        async def one(i: int) -> str:
            await index.upsert(digest(i), ALICE, a_vector(i), LATER)
            return (await index.search(ALICE, a_vector(i), 1))[0].key

        assert await asyncio.gather(*(one(i) for i in range(60))) == [digest(i) for i in range(60)]
