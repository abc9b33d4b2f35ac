"""The contract of a VectorIndex, over all of them; and what zvec must bear: kills and damage."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import random
import shutil
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aicache.adapters.damaged_files import find_set_aside
from aicache.adapters.memory import MemoryIndex
from aicache.adapters.unix_rpc.client import RpcClient
from aicache.adapters.unix_rpc.server import RpcServer
from aicache.adapters.vectors import promotion, zvec_check_main, zvec_folder, zvec_library, zvec_rewrite
from aicache.adapters.vectors.dashvector import DashVectorIndex
from aicache.adapters.vectors.pgvector import PgVectorIndex
from aicache.adapters.vectors.redis_index import RedisIndex
from aicache.adapters.vectors.remote_index import RemoteIndex
from aicache.adapters.vectors.zvec import ZvecIndex
from aicache.adapters.vectors.zvec_folder import similarity_of
from aicache.domain.model import PINNED, Neighbor, Vector
from aicache.domain.policy import Rules
from aicache.domain.ports import KnowsNamespaces, StoreError
from aicache.engine import Engine
from aicache.runtime.factories import vector_space
from aicache.runtime.shared_parts import SharedParts
from demo.cloud.dashvector import DashVector, allow_loopback
from fakes import LetterEmbedder
from query_engine import SearchServer
from sample_vectors import LATER, digest, random_vector
from servers import Postgres

DIMENSIONS = 8


def a_vector(seed: int) -> Vector:
    return random_vector(seed, DIMENSIONS)


def axis(*weights: float) -> Vector:
    vector = np.zeros(DIMENSIONS, np.float32)
    vector[: len(weights)] = weights
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


class Failing:
    """In a collection's place: every call fails, as zvec's do on what it cannot read."""

    def __init__(self, error: BaseException | None = None) -> None:
        self._error = error or RuntimeError("Read next record batch failed")

    def query(self, **_: Any) -> None:
        raise self._error

    def close(self) -> None:
        raise self._error


def empty_the_manifest(folder: Path) -> None:
    """At which zvec ends its process (SIGSEGV)."""
    [manifest] = folder.glob("manifest.*")
    manifest.write_bytes(b"")


def cut_every_file_in_half(folder: Path) -> None:
    for path in files(folder):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty_every_file(folder: Path) -> None:
    for path in files(folder):
        path.write_bytes(b"")


def flip_bits_everywhere(folder: Path) -> None:
    chance = random.Random(3)
    for path in files(folder):
        content = bytearray(path.read_bytes())
        for _ in range(20 if content else 0):
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(content)


def take_the_manifest_away(folder: Path) -> None:
    [manifest] = folder.glob("manifest.*")
    manifest.unlink()


def take_the_keys_away(folder: Path) -> None:
    shutil.rmtree(folder / "idmap.0")


def cut_the_keys_journal(folder: Path) -> None:
    """It opens, and searches find; but nothing that is found can be fetched."""
    [journal] = (folder / "idmap.0").glob("MANIFEST-*")
    journal.write_bytes(journal.read_bytes()[:90])


def blank_the_vectors(folder: Path) -> None:
    """It opens, and everything is found at no similarity at all."""
    path = folder / "0" / "vector.index.2.proxima"
    content = bytearray(path.read_bytes())
    for start in range(4096, len(content) - 8192, 4096):
        content[start : start + 4096] = bytes(4096)
    path.write_bytes(content)


def put_a_file_in_its_place(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("somebody's")


def put_a_foreign_folder_in_its_place(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()
    (folder / "notes.txt").write_text("somebody's")


HARMS = [
    *(empty_the_manifest, cut_every_file_in_half, empty_every_file, flip_bits_everywhere, take_the_manifest_away),
    *(take_the_keys_away, cut_the_keys_journal, blank_the_vectors, put_a_file_in_its_place),
    put_a_foreign_folder_in_its_place,
]


def files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


K1, K2, K3 = digest("k1"), digest("k2"), digest("k3")
ALICE, BOB = digest("alice"), digest("bob")


@pytest.fixture
async def zvec(tmp_path: Path) -> AsyncIterator[ZvecIndex]:
    index = ZvecIndex(tmp_path / "data" / "zvec", DIMENSIONS)
    await index.open()
    yield index
    await index.close()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 300 vectors in five namespaces, to be copied."""
    folder = tmp_path_factory.mktemp("filled") / "zvec"

    async def fill() -> None:
        index = ZvecIndex(folder, DIMENSIONS)
        await index.open()
        for i in range(300):
            await index.upsert(digest(i), digest(i % 5), a_vector(i), LATER)
        await index.close()

    asyncio.run(fill())
    return folder


def in_files(index: ZvecIndex, *seeds: int) -> set[int]:
    """Return the seeds of those vectors whose numbers are in the index's files, in whatever order."""
    data = [path.read_bytes() for path in index._folder.path.parent.rglob("*") if path.is_file()]
    return {seed for seed in seeds if any(all(n.tobytes() in each for n in a_vector(seed)) for each in data)}


def _names(folder: Path) -> set[str]:
    """Return what is in a folder, but for the notes beside an index."""
    return {path.name for path in folder.iterdir() if not path.name.endswith((".begun", ".erased"))}


async def test_erasing_leaves_no_number_of_what_was_deleted_or_expired_and_finds_the_rest(zvec: ZvecIndex) -> None:
    """Compacting alone keeps them: fewer than a third are deleted."""
    for seed in range(90):
        await zvec.upsert(digest(seed), ALICE, a_vector(seed), 50.0 if seed == 2 else LATER)
    await zvec.delete([digest(1)])
    await zvec.sweep(100.0)
    assert in_files(zvec, 1, 2, 3) >= {1, 3}

    await zvec.erase()

    assert in_files(zvec, 1, 2, 3, 89) == {3, 89}
    assert await zvec.count() == 88
    assert [n.key for n in await zvec.search(ALICE, a_vector(3), 1)] == [digest(3)]


async def test_what_is_written_and_deleted_while_it_is_erased_is_not_lost_and_not_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zvec_rewrite, "COPY_BATCH_SIZE", 10)
    index = ZvecIndex(tmp_path / "zvec", DIMENSIONS)
    await index.open()
    for seed in range(2000):
        await index.upsert(digest(seed), ALICE, a_vector(seed), LATER)
    await index.delete([digest(0)])

    erasing = asyncio.create_task(index.erase())
    await asyncio.sleep(0.01)
    for seed in range(20):
        await index.upsert(digest(f"new {seed}"), ALICE, a_vector(5000 + seed), LATER)
        await index.delete([digest(1999 - seed)])
    assert not erasing.done()
    await erasing
    await index.erase()  # what was deleted meanwhile

    assert await index.count() == 1999
    assert [n.key for n in await index.search(ALICE, a_vector(5019), 1)] == [digest("new 19")]
    assert (await index.search(ALICE, a_vector(1999), 1))[0].similarity < 0.999
    assert in_files(index, 0, 1980, 1999, 5019) == {5019}
    await index.close()


async def test_closing_while_it_is_erased_leaves_it_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "vectors" / "space"
    index = ZvecIndex(folder, DIMENSIONS)
    await index.open()
    for seed in range(1000):
        await index.upsert(digest(seed), ALICE, a_vector(seed), LATER)
    await index.delete([digest(0)])
    erasing = asyncio.create_task(index.erase())
    await asyncio.sleep(0.01)
    await index.close()
    await asyncio.wait([erasing])
    assert erasing.exception() is not None

    again = ZvecIndex(folder, DIMENSIONS)
    await again.open()

    assert await again.count() == 999
    assert _names(folder.parent) == {"space"}
    await again.erase()  # that something is left is known over a restart
    assert in_files(again, 0, 1) == {1}
    await again.close()


@pytest.mark.parametrize("there", [("old", "new"), ("old",), ("space", "new"), ("space", "old", "new")])
async def test_a_process_that_ended_while_one_folder_took_the_others_place_costs_no_vector(
    tmp_path: Path, there: Sequence[str]
) -> None:
    index = ZvecIndex(tmp_path / "space", DIMENSIONS)
    await index.open()
    await index.upsert(K1, ALICE, a_vector(1), LATER)
    await index.close()
    whole = tmp_path / "whole"
    (tmp_path / "space").rename(whole)
    for name in there:
        shutil.copytree(whole, tmp_path / ("space" if name == "space" else f"space.{name}"))

    again = ZvecIndex(tmp_path / "space", DIMENSIONS)
    await again.open()

    assert await again.count() == 1
    assert _names(tmp_path) == {"space", "whole"}
    await again.close()


@pytest.mark.slow
async def test_what_is_new_or_erased_is_clean_and_what_was_deleted_from_is_not_also_after_a_restart(
    tmp_path: Path,
) -> None:
    clean = []
    for steps in ("", "upsert", "delete", "", "erase", ""):
        index = ZvecIndex(tmp_path / "space", DIMENSIONS)
        await index.open()
        if steps == "upsert":
            await index.upsert(K1, ALICE, a_vector(1), LATER)
        elif steps == "delete":
            await index.delete([K2])
        elif steps == "erase":
            await index.erase()
        clean.append(index.is_clean)
        await index.close()

    assert clean == [True, True, False, False, True, True]


@pytest.mark.parametrize("page_size", [7, 300])
@pytest.mark.parametrize("lifetimes", [1, 3, 200, PINNED], ids=str)
async def test_all_keys_are_told_page_by_page(zvec: ZvecIndex, page_size: int, lifetimes: float) -> None:
    for seed in range(200):
        expires = PINNED if lifetimes == PINNED else LATER + seed % lifetimes
        await zvec.upsert(digest(seed), digest(-1 - seed % 70), a_vector(seed), expires)
    await zvec.delete([digest(0)])

    pages = [page async for page in zvec.key_pages(page_size)]

    assert sorted(key for page in pages for key in page) == sorted(digest(seed) for seed in range(1, 200))
    assert max(map(len, pages)) <= page_size


async def test_one_namespace_of_one_second_is_a_page_however_large(zvec: ZvecIndex) -> None:
    for seed in range(20):
        await zvec.upsert(digest(seed), "abc" if seed % 2 else "abcd", a_vector(seed), LATER)

    pages = [page async for page in zvec.key_pages(4)]

    assert sorted(map(sorted, pages)) == sorted(
        sorted(digest(seed) for seed in range(start, 20, 2)) for start in (0, 1)
    )


async def test_emptying_leaves_nothing_and_goes_on(zvec: ZvecIndex) -> None:
    for seed in range(10):
        await zvec.upsert(digest(seed), ALICE, a_vector(seed), LATER)

    await zvec.clear()
    await zvec.upsert(K1, ALICE, a_vector(20), LATER)

    assert await zvec.count() == 1
    assert in_files(zvec, 1, 9, 20) == {20}


async def test_a_vector_of_a_clock_that_was_ahead_goes_and_a_pinned_one_stays(zvec: ZvecIndex) -> None:
    for key, until in ((K1, LATER + 10 * 365 * 86400), (K2, LATER - 5), (K3, PINNED)):
        await zvec.upsert(key, ALICE, a_vector(1), until)

    await zvec.sweep(100.0, LATER)

    assert {n.key for n in await zvec.search(ALICE, a_vector(1), 5)} == {K2, K3}


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


@pytest.mark.slow
class TestZvec:
    @pytest.mark.parametrize("name", ["", "xyz", "AB", "a' OR 1=1 --", "ab\n", "a b"])
    async def test_only_hex_digests_get_into_filters(self, zvec: ZvecIndex, name: str) -> None:
        for call in (
            zvec.search(name, axis(1), 5),
            zvec.upsert(name, ALICE, axis(1), LATER),
            zvec.upsert(K1, name, axis(1), LATER),
            zvec.delete([name]),
        ):
            with pytest.raises(StoreError, match="hex digest"):
                await call

    @pytest.mark.parametrize("shape", [(7,), (9,), (1, 8), ()])
    async def test_a_vector_of_another_shape_is_refused(self, zvec: ZvecIndex, shape: tuple[int, ...]) -> None:
        with pytest.raises(StoreError, match="shape"):
            await zvec.search(ALICE, np.ones(shape, np.float32), 5)

    async def test_the_callers_array_is_its_own_again(self, zvec: ZvecIndex) -> None:
        vector = axis(1)
        writing = asyncio.create_task(zvec.upsert(K1, ALICE, vector, LATER))
        await asyncio.sleep(0)
        vector[:] = axis(0, 1)
        await writing

        assert (await zvec.search(ALICE, axis(1), 1))[0].similarity == pytest.approx(1.0, abs=1e-5)

    async def test_it_knows_again_what_it_knew(self, zvec: ZvecIndex, tmp_path: Path) -> None:
        await zvec.upsert(K1, ALICE, axis(1), LATER)
        await zvec.close()

        again = ZvecIndex(tmp_path / "data" / "zvec", DIMENSIONS)
        await again.open()

        assert [n.key for n in await again.search(ALICE, axis(1), 5)] == [K1]
        assert await again.count() == 1
        await again.close()

    async def test_a_kill_loses_nothing_that_was_acknowledged(self, child: Callable[..., Any], tmp_path: Path) -> None:
        writer = child(
            """
import asyncio, hashlib, sys
from pathlib import Path
import numpy as np
from aicache.adapters.vectors.zvec import ZvecIndex

async def main():
    index = ZvecIndex(Path(sys.argv[1]), 8)
    await index.open()
    i = 0
    while True:
        vector = np.random.default_rng(i).standard_normal(8).astype(np.float32)
        key = hashlib.sha256(str(i).encode()).hexdigest()
        await index.upsert(key, "a1", vector / np.linalg.norm(vector), 4e9 if i % 2 else 1e9)
        if i == 50:
            await index.sweep(2e9)
        i += 1
        print(i, flush=True)

asyncio.run(main())
""",
            tmp_path / "zvec",
        )
        while (written := int(await writer.line())) < 200:
            pass

        writer.kill()

        index = ZvecIndex(tmp_path / "zvec", DIMENSIONS)
        await index.open()
        for i in range(written):
            found = await index.search("a1", a_vector(i), 1)
            assert (found[0].key == digest(i)) == (i % 2 == 1 or i > 50), i
        await index.close()

    async def test_a_folder_that_is_open_already_is_told_apart(
        self, zvec: ZvecIndex, child: Callable[..., Any], tmp_path: Path
    ) -> None:
        same_process = ZvecIndex(tmp_path / "data" / "zvec", DIMENSIONS)
        with pytest.raises(StoreError, match="is open already"):
            await same_process.open()
        await same_process.close()

        other_process = child(
            """
import asyncio, sys
from pathlib import Path
from aicache.adapters.vectors.zvec import ZvecIndex
from aicache.domain.ports import StoreError

try:
    asyncio.run(ZvecIndex(Path(sys.argv[1]), 8).open())
except StoreError as exc:
    print(exc, flush=True)
""",
            tmp_path / "data" / "zvec",
        )
        assert "is open already" in await other_process.line()

    @pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__)
    async def test_a_damaged_folder_is_set_aside_and_begun_anew(
        self, filled: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, harm: Callable[[Path], None]
    ) -> None:
        folder = tmp_path / "vectors" / "zvec"
        shutil.copytree(filled, folder)
        harm(folder)
        index = ZvecIndex(folder, DIMENSIONS)

        await index.open()

        [aside] = find_set_aside(folder)
        assert aside.stat().st_mode & 0o777 == 0o700 or not aside.is_dir()
        assert [record.levelname for record in caplog.records if aside.name in record.message] == ["WARNING"]
        assert await index.count() == 0
        await index.upsert(K1, ALICE, axis(1), LATER)
        assert [n.key for n in await index.search(ALICE, axis(1), 5)] == [K1]
        assert index.begun_at == pytest.approx(time.time(), abs=60)
        await index.close()

    async def test_a_sound_folder_is_left_as_it_is(self, filled: Path, tmp_path: Path) -> None:
        """One of which most was deleted again, and one that was copied while nothing had it open, too."""
        folder = tmp_path / "vectors" / "zvec"
        shutil.copytree(filled, folder)
        for there, kept in ((300, 300), (300, 10), (10, 0), (0, 0)):
            index = ZvecIndex(folder, DIMENSIONS, max_slack_bytes=0)
            await index.open()
            assert await index.count() == there
            await index.delete([digest(i) for i in range(kept, 300)])
            await index.close()

        assert find_set_aside(folder) == []

    async def test_only_one_is_kept(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = tmp_path / "vectors" / "zvec"
        older = folder.with_name("zvec.damaged-20200101T000000Z")
        (older / "0").mkdir(parents=True)
        folder.mkdir()
        (folder / "notes.txt").write_text("somebody's")
        index = ZvecIndex(folder, DIMENSIONS)

        await index.open()

        [aside] = find_set_aside(folder)
        assert aside != older
        assert (aside / "notes.txt").read_text() == "somebody's"
        await index.close()

    async def test_a_folder_of_other_dimensions_is_set_aside(self, zvec: ZvecIndex, tmp_path: Path) -> None:
        await zvec.close()
        other = ZvecIndex(tmp_path / "data" / "zvec", 16)

        await other.open()

        assert find_set_aside(tmp_path / "data" / "zvec")
        await other.close()

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
    async def test_files_that_may_not_be_read_are_not_damaged(self, filled: Path, tmp_path: Path) -> None:
        folder = tmp_path / "vectors" / "zvec"
        shutil.copytree(filled, folder)
        for path in folder.glob("manifest.*"):
            path.chmod(0)

        with pytest.raises(StoreError, match="Permission denied"):
            await ZvecIndex(folder, DIMENSIONS).open()

        assert find_set_aside(folder) == []

    async def test_a_damaged_folder_stays_where_no_new_one_could_be_made(
        self, filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Then something else may be wrong, and it is tried again."""
        folder = tmp_path / "vectors" / "zvec"
        shutil.copytree(filled, folder)
        empty_the_manifest(folder)
        monkeypatch.setattr(zvec_check_main, "__file__", str(tmp_path / "fails.py"))
        (tmp_path / "fails.py").write_text("import sys; print('no'); sys.exit(10)")

        with pytest.raises(StoreError, match="nor can a new one be made"):
            await ZvecIndex(folder, DIMENSIONS).open()

        assert find_set_aside(folder) == []

    @pytest.mark.parametrize("status", ["12", "-signal.SIGKILL", "-signal.SIGTERM"])
    async def test_an_examination_that_somebody_ends_says_nothing(
        self, filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: str
    ) -> None:
        folder = tmp_path / "vectors" / "zvec"
        shutil.copytree(filled, folder)
        program = f"import os, signal, sys\nif {status} > 0: sys.exit({status})\nos.kill(os.getpid(), -({status}))"
        monkeypatch.setattr(zvec_check_main, "__file__", str(tmp_path / "ends.py"))
        (tmp_path / "ends.py").write_text(program)

        with pytest.raises(StoreError, match="cannot be examined"):
            await ZvecIndex(folder, DIMENSIONS).open()

        assert find_set_aside(folder) == []

    async def test_a_folder_that_goes_while_it_is_open_is_trouble(self, zvec: ZvecIndex, tmp_path: Path) -> None:
        await zvec.upsert(K1, ALICE, axis(1), LATER)
        assert await zvec.find_problem() is None
        shutil.rmtree(tmp_path / "data")

        assert "removed" in (await zvec.find_problem() or "")

        with contextlib.suppress(StoreError):  # whatever zvec says to it
            await zvec.close()
        again = ZvecIndex(tmp_path / "data" / "zvec", DIMENSIONS)
        await again.open()
        await again.upsert(K1, ALICE, axis(1), LATER)
        assert await again.find_problem() is None
        await again.close()

    async def test_what_fails_again_and_again_is_trouble_once(self, zvec: ZvecIndex) -> None:
        working = zvec._folder._collection
        zvec._folder._collection = Failing()
        for _ in range(3):
            with pytest.raises(StoreError, match="RuntimeError"):
                await zvec.search(ALICE, axis(1), 5)

        assert "fails again and again in search" in (await zvec.find_problem() or "")
        assert await zvec.find_problem() is None
        zvec._folder._collection = working

    async def test_now_and_then_a_failure_is_no_trouble(self, zvec: ZvecIndex) -> None:
        working = zvec._folder._collection
        for collection in (Failing(), working) * 5:
            zvec._folder._collection = collection
            with contextlib.suppress(StoreError):
                await zvec.search(ALICE, axis(1), 5)

        assert await zvec.find_problem() is None

    async def test_nothing_is_written_to_a_full_disk(
        self, zvec: ZvecIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """zvec would leave a folder there that it cannot open any more."""
        await zvec.upsert(K1, ALICE, axis(1), LATER)
        monkeypatch.setattr(zvec_folder, "MIN_FREE_BYTES", 1 << 60)

        with pytest.raises(StoreError, match="MB are free"):
            await zvec.upsert(K2, ALICE, axis(2), LATER)
        with pytest.raises(StoreError, match="MB are free"):
            await zvec.sweep(1000)

        assert [n.key for n in await zvec.search(ALICE, axis(1), 5)] == [K1]
        assert await zvec.find_problem() is None

    @pytest.mark.parametrize("error", [RuntimeError("IO error"), SystemExit(1), KeyError(1), StopIteration()])
    async def test_whatever_a_close_fails_with_is_a_store_error(self, tmp_path: Path, error: BaseException) -> None:
        index = ZvecIndex(tmp_path / "zvec", DIMENSIONS)
        await index.open()
        collection, index._folder._collection = index._folder._collection, Failing(error)

        with pytest.raises(StoreError):
            await index.close()

        collection.close()

    async def test_its_files_are_their_owners_alone(self, filled: Path, tmp_path: Path) -> None:
        """Also in a folder that was there before, for anybody to see."""
        folder = tmp_path / "vectors" / "zvec"
        shutil.copytree(filled, folder)
        folder.parent.chmod(0o755)
        folder.chmod(0o755)
        index = ZvecIndex(folder, DIMENSIONS, max_slack_bytes=0)

        await index.open()

        assert modes(folder.parent) == {0o700, 0o600}
        await index.upsert(K1, ALICE, axis(1), LATER)
        await index.sweep(1000)
        assert folder.parent.stat().st_mode & 0o777 == 0o700
        await index.close()

    async def test_a_folder_that_cannot_be_made_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        index = ZvecIndex(tmp_path / "file" / "zvec", DIMENSIONS)

        with pytest.raises(StoreError, match="file"):
            await index.open()

        await index.close()

    async def test_an_empty_folder_will_do(self, tmp_path: Path) -> None:
        (tmp_path / "zvec").mkdir()
        index = ZvecIndex(tmp_path / "zvec", DIMENSIONS)

        await index.open()
        await index.open()

        assert await index.search(ALICE, axis(1), 5) == []
        await index.close()

    async def test_before_open_and_after_close_every_call_is_refused(self, tmp_path: Path) -> None:
        index = ZvecIndex(tmp_path / "zvec", DIMENSIONS)
        with pytest.raises(StoreError, match="not open"):
            await index.search(ALICE, axis(1), 5)
        await index.open()
        await index.close()
        with pytest.raises(StoreError, match="closed"):
            await index.search(ALICE, axis(1), 5)
        await index.close()

    async def test_space_of_the_dead_is_given_back_and_the_living_stay(self, tmp_path: Path) -> None:
        index = ZvecIndex(tmp_path / "zvec", 512, max_slack_bytes=1 << 20)
        await index.open()
        vectors = np.eye(512, dtype=np.float32)[np.arange(5000) % 512]
        for i, vector in enumerate(vectors):
            await index.upsert(digest(i), digest(i % 7), vector, LATER if i < 100 else 1000.0)
        await index.sweep(999)
        full = size(tmp_path / "zvec")

        await index.sweep(1000)

        assert size(tmp_path / "zvec") < full / 2
        assert await index.count() == 100
        for i in range(100):
            [nearest] = await index.search(digest(i % 7), vectors[i], 1)
            assert nearest.key == digest(i)
        await index.close()

    async def test_what_expires_after_a_compaction_is_dropped_too(self, tmp_path: Path) -> None:
        index = ZvecIndex(tmp_path / "zvec", DIMENSIONS, max_slack_bytes=0)
        await index.open()
        await index.upsert(digest("stays"), ALICE, axis(1), LATER)

        for second in range(1000, 1005):  # each sweep compacts
            await index.upsert(digest(second), ALICE, axis(2), second)
            await index.sweep(second)
            assert await index.count() == 1
        await index.close()

    async def test_an_index_that_kept_what_expired_is_taken_from_a_folder_that_has_one(self, tmp_path: Path) -> None:
        """Of an older version: with an index for ranges zvec answers no filter any more once it has compacted."""
        zvec = zvec_library.import_zvec()
        schema = zvec_check_main.schema(zvec, DIMENSIONS)
        ranged = zvec.InvertIndexParam(enable_range_optimization=True)
        fields = [
            *(each for each in schema.fields if each.name != "expires"),
            zvec.FieldSchema("expires", zvec.DataType.INT64, nullable=False, index_param=ranged),
        ]
        schema = zvec.CollectionSchema(name=schema.name, fields=fields, vectors=schema.vectors)
        before = zvec.create_and_open(str(tmp_path / "zvec"), schema)
        for name, expires in (("stays", 1 << 40), ("goes", 1000)):
            about = {"namespace": ALICE, "expires": expires}
            before.optimize()
            before.upsert(zvec.Doc(id=digest(name), vectors={"vector": axis(1)}, fields=about))
        with pytest.raises(RuntimeError):
            before.delete_by_filter("expires <= 1000")
        before.close()
        del before

        for second in (1000, 1001):
            index = ZvecIndex(tmp_path / "zvec", DIMENSIONS, max_slack_bytes=0)
            await index.open()
            await index.upsert(digest(second), ALICE, axis(3), second)
            await index.sweep(second)

            assert await index.count() == 1
            assert [each.key for each in await index.search(ALICE, axis(1), 5)] == [digest("stays")]
            await index.close()


def modes(folder: Path) -> set[int]:
    return {path.stat().st_mode & 0o777 for path in (folder, *folder.rglob("*"))}


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(("distance", "cosine"), [(0.0, 1.0), (1.0, 0.0), (2.0, -1.0), (-1e-7, 1.0), (2.1, -1.0)])
def test_a_distance_is_one_less_the_cosine(distance: float, cosine: float) -> None:
    assert similarity_of(distance) == cosine


async def test_zvec_tells_an_empty_namespace_from_one_that_holds_something(tmp_path: Path) -> None:
    folder = tmp_path / "zvec"
    index = ZvecIndex(folder, DIMENSIONS)
    await index.open()
    before = await index.is_empty(ALICE)
    await index.upsert(K1, ALICE, axis(1), LATER)
    after = [await index.is_empty(name) for name in (ALICE, BOB)]
    await index.close()

    again = ZvecIndex(folder, DIMENSIONS)
    await again.open()
    opened_again = [await again.is_empty(name) for name in (ALICE, BOB)]
    await again.delete([K1])
    emptied = await again.is_empty(ALICE)  # it may say no where there was something
    await again.close()

    assert before
    assert after == opened_again == [False, True]
    assert not emptied
