"""A real master and replica under three sentinels: the master is followed, and entries survive its end."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from aicache.adapters.redis import RedisStore
from aicache.model import Entry
from aicache.ports import StoreError
from servers import SentinelTrio, running

Make = Callable[..., Entry]
TIMEOUT = 0.5


@pytest.fixture
async def trio(tmp_path: Path) -> AsyncIterator[SentinelTrio]:
    each = SentinelTrio(tmp_path)
    async with running(each):
        yield each


@pytest.fixture
async def store(trio: SentinelTrio) -> AsyncIterator[RedisStore]:
    each = a_store(trio)
    yield each
    await each.close()


def a_store(trio: SentinelTrio, near: int = 0) -> RedisStore:
    return RedisStore(trio.url, prefix="t:", timeout=TIMEOUT, max_connections=8, near=near)


async def in_time(store: RedisStore, key: str) -> Entry | StoreError | None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        return await store.get(key)
    except StoreError as exc:
        return exc
    finally:
        assert loop.time() - began < TIMEOUT + 0.25


async def until_got(store: RedisStore, entry: Entry, within: float = 15) -> int:
    """Ask until the entry comes; return how often it did not. Nothing else may come."""
    failed = 0
    async with asyncio.timeout(within):
        while (found := await in_time(store, entry.key)) != entry:
            assert isinstance(found, StoreError)
            failed += 1
            await asyncio.sleep(0.02)
    return failed


async def test_the_master_is_found_and_used(store: RedisStore, trio: SentinelTrio, an_entry: Make) -> None:
    entries = [an_entry(key=f"{i:02x}") for i in range(30)]
    await asyncio.gather(*(store.put(entry) for entry in entries))

    assert await asyncio.gather(*(store.get(entry.key) for entry in entries)) == entries
    await store.ping()
    assert await trio.master.ask("DBSIZE") == 30


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "frozen"])
async def test_entries_survive_their_master(
    store: RedisStore, trio: SentinelTrio, an_entry: Make, how: signal.Signals
) -> None:
    entry = an_entry()
    await store.put(entry)
    await trio.copied()

    trio.master.signal(how)

    assert await until_got(store, entry)
    await store.put(an_entry(key="02"))
    assert await store.get("02") == an_entry(key="02")


async def test_sentinels_that_are_mute_cost_no_answer(trio: SentinelTrio, an_entry: Make) -> None:
    for each in trio.sentinels[:2]:
        each.signal(signal.SIGSTOP)
    store = a_store(trio)

    await store.put(an_entry())

    assert await store.get(an_entry().key) == an_entry()
    await store.close()


async def test_a_service_that_the_sentinels_do_not_know_is_named_as_the_fault(trio: SentinelTrio) -> None:
    store = RedisStore(trio.url.replace("mymaster", "other"), prefix="", timeout=TIMEOUT, max_connections=1)

    with pytest.raises(StoreError, match="the sentinels name no master"):
        await store.ping()
    assert "/other/0" in str(store)
    await store.close()


async def test_the_near_cache_follows_the_master(trio: SentinelTrio, an_entry: Make) -> None:
    store, other = a_store(trio, near=1 << 20), a_store(trio)
    await store.put(an_entry())
    await held(store, an_entry())
    await trio.copied()

    trio.master.kill()
    await until_got(store, an_entry())
    await held(store, an_entry(), within=12)
    await until_got(other, an_entry())
    await other.put(an_entry(body=b"new"))

    async with asyncio.timeout(2):
        while await store.get(an_entry().key) != an_entry(body=b"new"):
            await asyncio.sleep(0.01)
    await store.close()
    await other.close()


async def held(store: RedisStore, entry: Entry, within: float = 5) -> None:
    assert store._near is not None
    async with asyncio.timeout(within):
        while store._near.get(entry.key) is None:
            await in_time(store, entry.key)
            await asyncio.sleep(0.02)
