"""A real cluster of three masters and their replicas: every key is found, and a node that is down costs its share."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from redis.crc import key_slot

from aicache.adapters.redis.store import RedisStore
from aicache.domain.model import Entry
from aicache.domain.ports import ShareError, StoreError
from servers import SLOTS, Process, RedisCluster, free_ports, plain, running

Make = Callable[..., Entry]
TIMEOUT = 0.5

pytestmark = pytest.mark.slow


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[RedisCluster]:
    each = RedisCluster(tmp_path)
    async with running(each):
        yield each


@pytest.fixture
async def store(cluster: RedisCluster) -> AsyncIterator[RedisStore]:
    each = RedisStore(cluster.url, prefix="t:", timeout=TIMEOUT, max_connections=4, near=1 << 20)
    yield each
    await each.close()


def third(key: str) -> int:
    """Return which master has the entry of *key* at first."""
    return key_slot(f"t:e:{key}".encode()) * 3 // SLOTS


def keys(count: int, of: int | None = None) -> list[str]:
    return [key for key in (f"{i:04x}" for i in range(8 * count)) if of in (None, third(key))][:count]


async def filled(store: RedisStore, an_entry: Make, count: int = 60) -> list[Entry]:
    entries = [an_entry(key=key, body=key.encode()) for key in keys(count)]
    await asyncio.gather(*(store.put(entry) for entry in entries))
    return entries


async def get_all_at_once(store: RedisStore, entries: list[Entry]) -> list[Entry | BaseException | None]:
    """Get them all at once, and check that each comes in time and none is another's."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    found = await asyncio.gather(*(store.get(entry.key) for entry in entries), return_exceptions=True)
    assert loop.time() - began < TIMEOUT + 0.25
    for entry, got in zip(entries, found, strict=True):
        assert got == entry or isinstance(got, StoreError)
    return found


async def test_keys_of_all_nodes_are_put_got_and_deleted_together(
    store: RedisStore, cluster: RedisCluster, an_entry: Make
) -> None:
    entries = await filled(store, an_entry)
    names = [entry.key for entry in entries]
    assert {third(name) for name in names} == {0, 1, 2}

    assert await get_all_at_once(store, entries) == entries
    assert await store.get("none") is None
    await store.delete([*names[:40], "none"])
    assert await asyncio.gather(*map(store.get, names)) == [None] * 40 + entries[40:]
    await store.remember("m", 60)
    assert await store.remembers("m")
    assert not await store.remembers("n")
    await store.probe()
    of_one = await cluster.nodes[0].ask("INFO", "memory")
    assert (await store.usage()).memory > 2 * int(of_one.partition(b"used_memory:")[2].split()[0])


async def test_gets_of_one_turn_travel_as_one_batch_a_node(
    store: RedisStore, cluster: RedisCluster, an_entry: Make
) -> None:
    entries = await filled(store, an_entry)

    await get_all_at_once(store, entries)

    for node in cluster.nodes[:3]:
        clients = await node.ask("CLIENT", "LIST", "TYPE", "normal")
        assert clients.count(b"cmd=set") > 0, "the puts took no connections of their own"
        assert clients.count(b"cmd=mget") == 1


async def test_a_key_in_a_slot_that_moves_is_found_all_the_while(
    store: RedisStore, cluster: RedisCluster, an_entry: Make
) -> None:
    """ASK while the slot moves, MOVED after it has."""
    entry = an_entry(key=keys(1, of=0)[0])
    await store.put(entry)
    slot = key_slot(f"t:e:{entry.key}".encode())
    source, target = cluster.nodes[:2]
    ids = [(await node.ask("CLUSTER", "MYID")).decode() for node in (source, target)]

    await target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[0])
    await source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[1])
    assert await store.get(entry.key) == entry
    await source.ask("MIGRATE", "127.0.0.1", target.port, f"t:e:{entry.key}", 0, 1000)
    assert await store.get(entry.key) == entry
    for node in (target, source):
        await node.ask("CLUSTER", "SETSLOT", slot, "NODE", ids[1])
    assert await store.get(entry.key) == entry
    assert await get_all_at_once(store, [entry]) == [entry]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "frozen"])
async def test_a_master_that_dies_costs_its_share_until_its_replica_takes_over(
    store: RedisStore, cluster: RedisCluster, an_entry: Make, how: signal.Signals
) -> None:
    entries = await filled(store, an_entry)
    lost = [entry for entry in entries if third(entry.key) == 2]
    others = [entry for entry in entries if third(entry.key) != 2]
    assert await get_all_at_once(store, entries) == entries

    cluster.nodes[2].signal(how)

    missed = 0
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(15):
        while True:
            began = loop.time()
            found, of_lost = await asyncio.gather(timed(store, others), get_all_at_once(store, lost))
            assert found[0] == others
            assert found[1] - began < TIMEOUT / 2, "others wait for the node that is down"
            failed = [each for each in of_lost if each is not None and not isinstance(each, Entry)]
            assert all(isinstance(each, ShareError) for each in failed)
            missed += len(failed)
            if not failed:
                break
            await asyncio.sleep(0.02)
    assert missed
    await store.put(an_entry(key=lost[0].key, body=b"new"))
    assert await store.get(lost[0].key) == an_entry(key=lost[0].key, body=b"new")


async def test_an_alias_on_a_node_that_hangs_delays_no_exact_hit(
    store: RedisStore, cluster: RedisCluster, an_entry: Make
) -> None:
    entry = an_entry(key=keys(1, of=0)[0])
    alias = next(name for name in map(str, range(1000)) if key_slot(f"t:a:{name}".encode()) * 3 // SLOTS == 2)
    await store.put(replace(entry, alias=alias))
    cluster.nodes[2].signal(signal.SIGSTOP)
    loop = asyncio.get_running_loop()
    began = loop.time()

    found = await store.find(entry.key, alias)

    assert found == (replace(entry, alias=alias), None)
    assert loop.time() - began < TIMEOUT / 2
    assert await store.find(keys(2, of=0)[1], alias) == (None, None)


async def timed(store: RedisStore, entries: list[Entry]) -> tuple[list[Entry | BaseException | None], float]:
    return await get_all_at_once(store, entries), asyncio.get_running_loop().time()


async def test_a_store_whose_first_host_is_down_asks_the_next(cluster: RedisCluster, an_entry: Make) -> None:
    cluster.nodes[0].kill()
    store = RedisStore(cluster.url, prefix="t:", timeout=TIMEOUT, max_connections=4)
    entry = an_entry(key=keys(1, of=1)[0])

    await store.put(entry)

    assert await store.get(entry.key) == entry
    await store.close()


async def test_a_cluster_that_is_gone_altogether_is_the_whole_stores_failure(
    store: RedisStore, cluster: RedisCluster, an_entry: Make
) -> None:
    entries = await filled(store, an_entry)
    cluster.stop()

    for _ in range(3):
        await get_all_at_once(store, entries)

    for found in await get_all_at_once(store, entries):
        assert isinstance(found, StoreError) and not isinstance(found, ShareError)


async def test_a_server_that_is_no_cluster_says_so(tmp_path: Path) -> None:
    [port] = free_ports(1)
    alone = Process(port, tmp_path, plain(port))
    alone.start()
    try:
        await alone.up()
        store = RedisStore(f"redis+cluster://127.0.0.1:{port}", prefix="t:", timeout=TIMEOUT, max_connections=4)
        with pytest.raises(StoreError, match="no cluster"):
            await store.probe()
        await store.close()
    finally:
        alone.kill()
