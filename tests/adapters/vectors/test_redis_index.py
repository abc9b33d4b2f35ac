"""What the two ways of searching in Redis must do beside the contract: refuse, clean up, live in a cluster."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from redis.asyncio import Redis

from adapters.vectors.vector_checks import check_similarities_are_exact, keys_of
from aicache.adapters.vectors import redis_vector_sets
from aicache.adapters.vectors.redis_index import RedisIndex
from aicache.adapters.vectors.redis_vector_sets import similarity
from aicache.domain.model import PINNED
from aicache.domain.ports import StoreError
from query_engine import SearchServer
from sample_vectors import ALICE, BOB, K1, K2, K3, LATER, axis, digest
from servers import Process, free_ports, plain, redis_8, until

DIMENSIONS = 8


def an_index(url: str, prefix: str = "aicache:", dimensions: int = DIMENSIONS, timeout: float = 5.0) -> RedisIndex:
    return RedisIndex(url, prefix=prefix, space="letters-8", dimensions=dimensions, timeout=timeout, max_connections=4)


@pytest.fixture
def prefix(tmp_path: Path) -> str:
    return f"{tmp_path.name}[*]:"  # with characters that mean something in a pattern


@pytest.fixture
async def sets(redis_8_url: str, prefix: str) -> AsyncIterator[RedisIndex]:
    index = an_index(redis_8_url, prefix)
    await index.open()
    yield index
    await index.close()


@pytest.fixture
async def server() -> AsyncIterator[SearchServer]:
    async with SearchServer() as running:
        yield running


@pytest.fixture
async def searched(server: SearchServer) -> AsyncIterator[RedisIndex]:
    index = an_index(server.url)
    await index.open()
    yield index
    await index.close()


async def ask(url: str, *command: object) -> Any:
    async with Redis.from_url(url, protocol=2) as client:
        return await client.execute_command(*command)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(("score", "cosine"), [(1.0, 1.0), (0.5, 0.0), (0.0, -1.0), (1.0000001, 1.0)])
def test_a_score_of_a_vector_set_is_half_of_one_more_than_the_cosine(score: float, cosine: float) -> None:
    assert similarity(score) == cosine


async def check_foreign_namespace(index: RedisIndex, url: str, *place: str) -> None:
    """Others may write to a Redis that is shared: the namespace at this *place* is no text then."""
    await index.upsert(K1, ALICE, axis(1), LATER)
    await ask(url, "HSET", *place, b"\xff")

    assert (await index.find_namespaces([K1])).get(K1) != ALICE
    await index.upsert(K1, BOB, axis(1), LATER)
    await index.delete([K1])

    assert await index.find_namespaces([K1]) == {}


async def test_a_namespace_that_is_no_text_is_none_of_the_sets(sets: RedisIndex, redis_8_url: str) -> None:
    engine: Any = sets._engine
    await check_foreign_namespace(sets, redis_8_url, engine._namespaces(K1), K1)


async def test_a_namespace_that_is_no_text_is_none_that_is_searched(searched: RedisIndex, server: SearchServer) -> None:
    engine: Any = searched._engine
    await check_foreign_namespace(searched, server.url, engine._hash(K1), "namespace")


class TestAnyServer:
    @pytest.mark.parametrize(("module", "named"), [("redis", "Redis 7.2.4"), ("valkey", "Valkey 8.1.0")])
    async def test_one_that_cannot_search_is_named_with_the_way_out(
        self, module: Literal["redis", "valkey"], named: str
    ) -> None:
        async with SearchServer(module, refusal="unknown command 'FT._LIST'") as server:
            index = an_index(server.url)

            with pytest.raises(StoreError, match=f"{named} cannot search vectors.*semantic.index.kind: zvec"):
                await index.open()

            await index.close()

    async def test_one_that_forbids_its_commands_is_told_from_one_that_has_none(self) -> None:
        async with SearchServer(refusal="NOPERM User me has no permissions to run the 'ft._list' command") as server:
            index = an_index(server.url)

            with pytest.raises(StoreError, match=r"the user may not use FT\._LIST"):
                await index.open()

            await index.close()

    async def test_one_that_cannot_be_reached_is_named_without_the_password(self) -> None:
        [port] = free_ports(1)
        index = an_index(f"redis://me:hush-hush@127.0.0.1:{port}/0")

        with pytest.raises(StoreError, match=f"127.0.0.1:{port}.*check semantic.index.url") as raised:
            await index.open()

        assert "hush" not in f"{raised.value!r} {index} {raised.value.__cause__!r}"
        await index.close()

    async def test_before_open_and_after_close_every_call_is_refused(self, server: SearchServer) -> None:
        index = an_index(server.url)
        with pytest.raises(StoreError, match="not open"):
            await index.search(ALICE, axis(1), 5)
        await index.open()
        await index.close()
        with pytest.raises(StoreError, match="not open"):
            await index.upsert(K1, ALICE, axis(1), LATER)

    @pytest.mark.parametrize("name", ["", "xyz", "AB", "a}|b", "ab\n", "a b", "*"])
    async def test_only_hex_digests_become_names_and_filters(
        self, server: SearchServer, searched: RedisIndex, name: str
    ) -> None:
        seen = len(server.seen)
        for call in (
            searched.search(name, axis(1), 5),
            searched.upsert(name, ALICE, axis(1), LATER),
            searched.upsert(K1, name, axis(1), LATER),
            searched.delete([name]),
        ):
            with pytest.raises(StoreError, match="hex digest"):
                await call
        assert len(server.seen) == seen

    @pytest.mark.parametrize("shape", [(7,), (9,), (1, 8), ()])
    async def test_a_vector_of_another_shape_is_refused(self, searched: RedisIndex, shape: tuple[int, ...]) -> None:
        for call in (
            searched.search(ALICE, np.ones(shape, np.float32), 5),
            searched.search_all(np.ones(shape, np.float32), 5),
            searched.upsert(K1, ALICE, np.ones(shape, np.float32), LATER),
        ):
            with pytest.raises(StoreError, match="shape"):
                await call

    async def test_one_that_does_not_answer_costs_the_timeout(self) -> None:
        async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        async with await asyncio.start_server(hang, "127.0.0.1", 0) as hanging:
            index = an_index(f"redis://127.0.0.1:{hanging.sockets[0].getsockname()[1]}", timeout=0.05)
            began = time.monotonic()

            with pytest.raises(StoreError, match=r"no answer within 0.05 s|too busy"):
                await index.open()

            assert time.monotonic() - began < 2
            await index.close()


class TestVectorSets:
    async def test_similarities_are_exact(self, redis_8_url: str, prefix: str) -> None:
        index = an_index(redis_8_url, prefix, dimensions=512)
        await index.open()

        await check_similarities_are_exact(index)

        await index.close()

    async def test_what_is_deleted_or_moved_leaves_nothing_on_the_server(
        self, sets: RedisIndex, redis_8_url: str, tmp_path: Path, prefix: str
    ) -> None:
        await sets.upsert(K1, ALICE, axis(1), LATER)
        await sets.upsert(K1, BOB, axis(1), LATER)
        await sets.upsert(K2, ALICE, axis(1), LATER)
        await sets.upsert(K3, ALICE, axis(1), 1000.0)

        await sets.sweep(1000.0)
        await sets.delete([K1, K2])

        assert await ask(redis_8_url, "KEYS", f"{tmp_path.name}*") == [f"{prefix}v:letters-8/begun".encode()]

    async def test_more_than_a_batch_is_swept(self, sets: RedisIndex, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(redis_vector_sets, "SWEEP_BATCH_SIZE", 2)
        for i in range(40):
            await sets.upsert(digest(i), ALICE, axis(1, i), LATER if i == 7 else 1000.0)

        await sets.sweep(1000.0)

        assert await keys_of(sets, ALICE) == [digest(7)]

    async def test_a_vector_of_a_clock_that_was_ahead_goes_and_a_pinned_one_stays(self, sets: RedisIndex) -> None:
        for key, expires_at in ((K1, LATER + 10 * 365 * 86400), (K2, LATER - 5), (K3, PINNED)):
            await sets.upsert(key, ALICE, axis(1), expires_at)

        await sets.sweep(100.0, LATER)

        assert set(await keys_of(sets, ALICE)) == {K2, K3}

    async def test_a_namespace_that_nobody_sweeps_goes_after_its_last_vector(
        self, sets: RedisIndex, redis_8_url: str, tmp_path: Path
    ) -> None:
        now = time.time()
        for key, expires_at in ((K1, now + 100), (K2, now + 5000), (K3, now + 200)):
            await sets.upsert(key, ALICE, axis(1), expires_at)

        keys = [key for key in await ask(redis_8_url, "KEYS", f"{tmp_path.name}*") if not key.endswith(b"/begun")]
        lives = [await ask(redis_8_url, "TTL", key) for key in keys]

        assert max(lives) == pytest.approx(5000 + redis_vector_sets.GRACE_S, abs=60)
        assert min(lives) >= 100 + redis_vector_sets.GRACE_S - 60

    @pytest.mark.slow
    async def test_a_server_that_was_killed_loads_them_from_its_append_only_file(self, tmp_path: Path) -> None:
        [port] = free_ports(1)
        server = Process(port, tmp_path / "kept", plain(port, "--appendonly", "yes"), program=redis_8())
        server.start()
        try:
            await server.up()
            index = an_index(f"redis://127.0.0.1:{port}/0")
            await index.open()
            for key, weights in ((K1, (1.0,)), (K2, (1.0, 0.5)), (K3, (1.0, 1.0))):
                await index.upsert(key, ALICE, axis(*weights), LATER)
            await index.delete([K3])

            server.kill()
            server.start()
            await server.up()

            assert await keys_of(index, ALICE) == [K1, K2]
            await index.close()
        finally:
            server.kill()

    async def test_another_prefix_sees_nothing(self, sets: RedisIndex, redis_8_url: str, prefix: str) -> None:
        other = an_index(redis_8_url, prefix + "x")
        await other.open()
        await sets.upsert(K1, ALICE, axis(1), LATER)

        assert await keys_of(other, ALICE) == []
        assert await other.search_all(axis(1), 5) == []
        await other.close()

    async def test_a_cluster_has_each_namespace_at_its_own_node(self, tmp_path: Path) -> None:
        """One node is enough: it refuses a command with keys of several slots."""
        program, [port] = redis_8(), free_ports(1)
        node = Process(port, tmp_path, plain(port, "--cluster-enabled", "yes"), program=program)
        index = an_index(f"redis+cluster://127.0.0.1:{port}")
        try:
            node.start()
            await node.up()
            await node.ask("CLUSTER", "ADDSLOTSRANGE", 0, 16383)

            async def joined() -> bool:
                return b"cluster_state:ok" in await node.ask("CLUSTER", "INFO")

            await until(joined, 20)
            await index.open()
            for key, namespace, expires_at in ((K1, ALICE, LATER), (K2, BOB, LATER), (K3, BOB, 1000.0)):
                await index.upsert(key, namespace, axis(1), expires_at)
            everywhere = {n.key for n in await index.search_all(axis(1), 5)}
            await index.sweep(1000.0)
            swept = await keys_of(index, BOB)
            await index.delete([K1, K2])

            assert everywhere == {K1, K2, K3}
            assert swept == [K2]
            assert await node.ask("KEYS", "*") == [b"aicache:v:letters-8/begun"]
        finally:
            await index.close()
            node.kill()

    async def test_it_tells_since_when_it_has_vectors_and_when_it_was_emptied(
        self, sets: RedisIndex, redis_8_url: str, prefix: str
    ) -> None:
        """Proxies then give older answers their vectors again."""
        other = an_index(redis_8_url, prefix)
        await other.open()
        begun, problems = (sets.begun_at, other.begun_at), [await sets.find_problem()]
        await ask(redis_8_url, "UNLINK", f"{prefix}v:letters-8/begun")
        problems.append(await sets.find_problem())
        await sets.open()
        problems.append(await sets.find_problem())

        assert begun[0] == begun[1] == pytest.approx(time.time(), abs=60)
        assert begun[0] < sets.begun_at
        assert problems == [None, "it has been emptied", None]
        await other.close()

    async def test_a_foreign_value_in_the_place_of_that_time_is_an_error(
        self, sets: RedisIndex, redis_8_url: str, prefix: str
    ) -> None:
        await ask(redis_8_url, "SET", f"{prefix}v:letters-8/begun", "yesterday")

        with pytest.raises(StoreError, match="not one that this cache has written"):
            await sets.open()


class TestSearchModule:
    async def test_the_commands_are_those_of_the_documents(self, server: SearchServer, searched: RedisIndex) -> None:
        await searched.upsert(K1, ALICE, axis(1), LATER)
        await searched.search(ALICE, axis(1), 5)

        said = [b" ".join(command) for command in server.seen]

        create = (
            b"FT.CREATE aicache:v:letters-8 ON HASH PREFIX 1 aicache:v:letters-8: SCHEMA namespace TAG expires NUMERIC "
            b"vector VECTOR HNSW 8 TYPE FLOAT32 DIM 8 DISTANCE_METRIC COSINE EF_RUNTIME 100"
        )
        search = b"FT.SEARCH aicache:v:letters-8 (@namespace:{%s})=>[KNN 5 @vector $vector AS distance] PARAMS 2 vector"
        assert create in said
        assert said[-1].startswith(search % ALICE.encode())
        assert said[-1].endswith(b"RETURN 2 namespace vector LIMIT 0 5 DIALECT 2")

    async def test_a_neighbor_of_another_namespace_is_dropped_whatever_the_engine_says(
        self, server: SearchServer, searched: RedisIndex
    ) -> None:
        await searched.upsert(K1, ALICE, axis(1), LATER)
        server.leak = True

        assert await keys_of(searched, BOB) == []
        assert await keys_of(searched, ALICE) == [K1]

    async def test_a_hash_that_has_just_expired_is_no_neighbor(
        self, server: SearchServer, searched: RedisIndex
    ) -> None:
        await searched.upsert(K1, ALICE, axis(1), LATER)
        server.forget_fields = True

        assert await keys_of(searched, ALICE) == []

    async def test_the_server_drops_what_has_expired(self, server: SearchServer, searched: RedisIndex) -> None:
        now = time.time()
        for key, seconds in ((K1, 50), (K2, 500), (K3, -50)):
            await searched.upsert(key, ALICE, axis(1), now + seconds)
        server.clock = lambda: now + 100

        assert await keys_of(searched, ALICE) == [K2]

    async def test_a_vector_of_a_clock_that_was_ahead_goes_and_a_pinned_one_stays(self, searched: RedisIndex) -> None:
        for key, expires_at in ((K1, LATER + 10 * 365 * 86400), (K2, LATER - 5), (K3, PINNED)):
            await searched.upsert(key, ALICE, axis(1), expires_at)

        await searched.sweep(100.0, LATER)

        assert set(await keys_of(searched, ALICE)) == {K2, K3}

    async def test_an_index_that_is_deleted_is_created_again(self, server: SearchServer, searched: RedisIndex) -> None:
        assert await searched.find_problem() is None
        server.indexes.clear()
        with pytest.raises(StoreError, match="refused"):
            await searched.search(ALICE, axis(1), 5)

        assert await searched.find_problem() == "index aicache:v:letters-8 has been deleted"

        await searched.open()
        assert await keys_of(searched, ALICE) == []
        assert await searched.find_problem() is None

    async def test_a_cluster_is_asked_at_any_node(self, server: SearchServer) -> None:
        index = an_index(f"redis+cluster://127.0.0.1:{server.port}")
        await index.open()
        for key, namespace in ((K1, ALICE), (K2, BOB), (K3, BOB)):
            await index.upsert(key, namespace, axis(1), LATER)
        await index.delete([K3])

        assert await keys_of(index, BOB) == [K2]
        assert {n.key for n in await index.search_all(axis(1), 5)} == {K1, K2}
        await index.close()

    async def test_proxies_that_start_at_the_same_time_share_one_index(self, server: SearchServer) -> None:
        indexes = [an_index(server.url) for _ in range(5)]

        await asyncio.gather(*(index.open() for index in indexes))

        assert list(server.indexes) == [b"aicache:v:letters-8"]
        await asyncio.gather(*(index.close() for index in indexes))

    @pytest.mark.parametrize("module", ["redis", "valkey"])
    @pytest.mark.parametrize(
        ("changes", "said"),
        [({"dimensions": 16}, "has 16 dimensions, not 8"), ({"metric": b"L2"}, "has the metric L2, not COSINE")],
    )
    async def test_an_index_with_another_schema_is_refused_with_the_way_out(
        self, module: Literal["redis", "valkey"], changes: dict[str, Any], said: str
    ) -> None:
        async with SearchServer(module) as server:
            index = an_index(server.url)
            await index.open()
            [(name, there)] = server.indexes.items()
            server.indexes[name] = replace(there, **changes)

            with pytest.raises(StoreError, match=f"{said}; name another prefix in semantic.index.prefix"):
                await index.open()

            await index.close()

    @pytest.mark.parametrize("vector", [b"", b"\0" * 16, np.full(8, np.nan, np.float32).tobytes()])
    async def test_a_neighbor_with_another_vector_than_ours_is_an_error(
        self, server: SearchServer, searched: RedisIndex, vector: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await searched.upsert(K1, ALICE, axis(1), LATER)
        server.hashes[f"aicache:v:letters-8:{K1}".encode()][b"vector"] = vector
        monkeypatch.setattr(SearchServer, "_distance", lambda *_: 0.0)

        with pytest.raises(StoreError, match="without its vector"):
            await searched.search(ALICE, axis(1), 5)


@pytest.mark.parametrize("reply", [None, [b"a"], [b"a", b"b", b"c"], [1, 2], b"PONG", [b"a", b"not a number"]])
async def test_a_reply_to_another_command_is_an_error(reply: Any) -> None:
    class Wrong(SearchServer):
        def _execute(self, command: list[bytes]) -> Any:
            if command[0] == b"VSIM":
                return reply
            return 0 if command[0] == b"VCARD" else super()._execute(command)

    async with Wrong() as server:
        index = an_index(server.url)
        await index.open()

        with pytest.raises(StoreError, match="does not belong"):
            await index.search(ALICE, axis(1), 5)

        await index.close()
