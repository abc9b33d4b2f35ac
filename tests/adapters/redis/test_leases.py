"""A lease has one holder at a time, who alone can renew it or give it up: in memory, and on real servers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aicache.adapters.memory import MemoryStore
from aicache.adapters.redis.store import RedisStore
from aicache.domain.ports import LeaseStore
from servers import Process, RedisCluster, SentinelTrio, free_ports, plain, running

TTL = 30.0


SLOW = [pytest.param(kind, marks=pytest.mark.slow) for kind in ("cluster", "sentinel")]


@pytest.fixture(params=["memory", "one server", *SLOW])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[LeaseStore]:
    async with contextlib.AsyncExitStack() as ended:
        match request.param:
            case "memory":
                yield MemoryStore()
                return
            case "one server":
                [port] = free_ports(1)
                server = Process(port, tmp_path, plain(port))
                server.start()
                ended.callback(server.kill)
                await server.up()
                url = f"redis://127.0.0.1:{port}/0"
            case kind:
                servers = RedisCluster(tmp_path) if kind == "cluster" else SentinelTrio(tmp_path)
                await ended.enter_async_context(running(servers))
                url = servers.url
        redis = RedisStore(url, prefix="test:", timeout=2, max_connections=4)
        ended.push_async_callback(redis.close)
        yield redis


async def test_a_lease_has_one_holder_at_a_time(store: LeaseStore) -> None:
    for name in ("a", "b", "c", "d"):  # on several nodes of a cluster
        assert not await store.is_leased(name)
        took = await asyncio.gather(*(store.acquire_lease(name, f"token {number}", TTL) for number in range(8)))

        assert sum(took) == 1
        assert await store.is_leased(name)
        await store.release_lease(name, f"token {took.index(True)}")
        assert not await store.is_leased(name)


async def test_nobody_else_renews_it_or_gives_it_up(store: LeaseStore) -> None:
    assert await store.acquire_lease("mine", "my token", TTL)

    assert not await store.renew_lease("mine", "another token", TTL)
    await store.release_lease("mine", "another token")
    assert await store.is_leased("mine")
    assert await store.renew_lease("mine", "my token", TTL)
    await store.release_lease("mine", "my token")
    assert not await store.renew_lease("mine", "my token", TTL)
    assert not await store.is_leased("mine")


async def test_it_ends_by_itself_unless_it_is_renewed(store: LeaseStore) -> None:
    assert await store.acquire_lease("short", "token", 0.2)
    assert await store.acquire_lease("renewed", "token", 0.2)
    assert await store.renew_lease("renewed", "token", TTL)
    await asyncio.sleep(0.4)

    assert not await store.is_leased("short")
    assert await store.acquire_lease("short", "another token", TTL)
    assert await store.is_leased("renewed")
    await store.release_lease("short", "another token")
    await store.release_lease("renewed", "token")
