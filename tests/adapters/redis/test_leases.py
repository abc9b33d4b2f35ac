"""A lease has one holder at a time, who alone can renew it or give it up: in memory, and on real servers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest
from redis.asyncio import Redis
from redis.crc import key_slot

from aicache.adapters.memory import MemoryStore
from aicache.adapters.redis.store import RedisStore
from aicache.domain.model import Entry, Mode
from aicache.domain.ports import StoreError
from aicache.domain.store_ports import ExactStore, LeaseState
from servers import running_redis

TTL = 30.0


SLOW = [pytest.param(kind, marks=pytest.mark.slow) for kind in ("cluster", "sentinel")]


@pytest.fixture(scope="module")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_redis(tmp_path_factory.mktemp("server")) as server:
        yield f"redis://127.0.0.1:{server.port}/0"


@pytest.fixture(params=["memory", "server", *SLOW])
def url(request: pytest.FixtureRequest) -> str | None:
    """Where a Redis of that kind runs; None for the store in memory."""
    return None if request.param == "memory" else str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
async def store(url: str | None) -> AsyncIterator[ExactStore]:
    if url is None:
        yield MemoryStore()
        return
    redis = RedisStore(url, prefix=f"{uuid4()}:", timeout=2, max_connections=4)
    yield redis
    await redis.close()


async def test_a_lease_has_one_holder_at_a_time(store: ExactStore) -> None:
    for name in ("a", "b", "c", "d"):  # on several nodes of a cluster
        assert not await store.lease_holder(name)
        took = await asyncio.gather(*(store.acquire_lease(name, f"token {number}", TTL) for number in range(8)))

        assert sum(took) == 1
        assert await store.lease_holder(name)
        await store.release_lease(name, f"token {took.index(True)}")
        assert not await store.lease_holder(name)


async def test_nobody_else_renews_it_or_gives_it_up(store: ExactStore) -> None:
    assert await store.acquire_lease("mine", "my token", TTL)

    assert await store.renew_lease("mine", "another token", TTL) is LeaseState.ENDED
    await store.release_lease("mine", "another token")
    assert await store.lease_holder("mine")
    assert await store.renew_lease("mine", "my token", TTL) is LeaseState.HELD
    await store.release_lease("mine", "my token")
    assert await store.renew_lease("mine", "my token", TTL) is LeaseState.ENDED
    assert not await store.lease_holder("mine")


async def test_it_ends_by_itself_unless_it_is_renewed(store: ExactStore) -> None:
    assert await store.acquire_lease("short", "token", 0.2)
    assert await store.acquire_lease("renewed", "token", 0.2)
    assert await store.renew_lease("renewed", "token", TTL) is LeaseState.HELD
    await asyncio.sleep(0.4)

    assert not await store.lease_holder("short")
    assert await store.acquire_lease("short", "another token", TTL)
    assert await store.lease_holder("renewed")
    await store.release_lease("short", "another token")
    await store.release_lease("renewed", "token")


async def test_an_entry_gives_up_its_own_lease_and_nobody_elses(store: ExactStore) -> None:
    now = time.time()
    for key in ("a", "b", "c", "d"):  # on several nodes of a cluster
        entry = Entry(
            *(key, "n", "chat", "m", Mode.WHOLE, False, Mode.WHOLE, "application/json", b"{}", "?", 0, 0),
            stored_at=now,
            expires_at=now + 60,
            alias=f"alias of {key}",
        )
        assert await store.acquire_lease(key, "token", TTL)

        await store.put_and_release(entry, "another token")
        assert await store.lease_holder(key)
        assert await store.put_and_release(entry, "token")
        assert not await store.lease_holder(key)
        assert await store.get(key) == entry
        assert await store.find("another", entry.alias) == (None, key)


async def test_a_stream_is_passed_on_part_by_part_once_another_proxy_asks(store: ExactStore) -> None:
    for name in ("p", "q", "r"):  # on several nodes of a cluster
        assert await store.acquire_lease(name, "token", TTL)
        assert await store.lease_holder(name) == "token"
        await store.ask_for_stream(name, TTL)
        assert await store.renew_lease(name, "token", TTL) is LeaseState.FOLLOWED

        assert await store.read_stream(name, "token", 0) == []
        await store.append_to_stream(name, "token", 0, [b"one", b""], TTL)
        await store.append_to_stream(name, "token", 2, [], TTL)
        await store.append_to_stream(name, "token", 2, [bytes(range(256))], TTL)
        assert await store.read_stream(name, "token", 0) == [b"one", b"", bytes(range(256))]
        assert await store.read_stream(name, "token", 2) == [bytes(range(256))]
        assert await store.read_stream(name, "token", 3) == []
        assert await store.read_stream(name, "another token", 0) == []

        await store.append_to_stream(name, "token", 0, [b"anew"], 0.2)
        assert await store.read_stream(name, "token", 0) == [b"anew"]
        await store.release_lease(name, "token")
    await asyncio.sleep(0.4)
    assert await store.read_stream("p", "token", 0) == []


@pytest.mark.parametrize("sign", [b"", b"key"])
async def test_a_part_that_was_tampered_with_is_no_part(server_url: str, sign: bytes) -> None:
    store = RedisStore(server_url, prefix=f"{uuid4()}:", timeout=2, max_connections=4, sign=sign)
    for command in (("RPUSH", "forged"), ("LSET", 0, "forged"), ("LPOP",), ("SET", "forged")):
        await store.append_to_stream("s", "token", 0, [b"one", b"two"], TTL)
        assert await store.read_stream("s", "token", 0) == [b"one", b"two"]
        await store.execute(command[0], store._stream("s", "token"), *command[1:])
        with pytest.raises(StoreError):
            await store.read_stream("s", "token", 0)
    await store.close()


async def test_these_rights_are_enough(server_url: str) -> None:
    rights = (
        "+set",
        "+get",
        "+eval",
        "+exists",
        "+pexpire",
        "+del",
        "+rpush",
        "+lrange",
        "+publish",
        "+subscribe",
        "+ping",
    )
    async with Redis.from_url(server_url) as admin:
        channels = "&t:proxies", "~t:*"
        await admin.execute_command("ACL", "SETUSER", "few", "reset", "on", ">pw", *channels, *rights)  # type: ignore[no-untyped-call]
    url = server_url.replace("//", "//few:pw@")
    peers = asyncio.Event()
    store, another = (
        RedisStore(url, prefix="t:", timeout=2, max_connections=4, on_peer=on_peer)
        for on_peer in (peers.set, lambda: None)
    )
    for each in (store, another):
        each.listen()
    async with asyncio.timeout(5):
        await peers.wait()
    assert await store.acquire_lease("few", "token", TTL)
    await another.ask_for_stream("few", TTL)
    assert await store.renew_lease("few", "token", TTL) is LeaseState.FOLLOWED
    await store.append_to_stream("few", "token", 0, [b"part"], TTL)
    assert await another.read_stream("few", "token", 0) == [b"part"]
    await store.release_lease("few", "token")
    assert await another.lease_holder("few") is None
    await store.close()
    await another.close()


@pytest.mark.parametrize("prefix", ["", "ai-cache:", "{app}:", "a{b}c:"])
def test_in_a_cluster_a_lease_is_where_its_entry_is(prefix: str) -> None:
    store = RedisStore("redis+cluster://127.0.0.1:1", prefix=prefix, timeout=1, max_connections=1)
    for name in ("0a", "1b", "2c"):
        lease = store._lease(name)
        assert lease.startswith(prefix)
        assert key_slot(lease.encode()) == key_slot(f"{prefix}e:{name}".encode())
