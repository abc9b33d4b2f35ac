"""A real master and replica under three sentinels: the master is followed, and entries survive its end."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from aicache.adapters.redis.store import RedisStore
from aicache.domain.model import Entry
from aicache.domain.ports import StoreError
from servers import WAIT, SentinelTrio, running
from stalls import fair_clock

T = TypeVar("T")
pytestmark = pytest.mark.slow
Make = Callable[..., Entry]
TIMEOUT = 0.5
PATIENT = 10.0
"""The timeout where it is not what is tested: a first call finds the master and connects, also on a busy machine."""


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


def a_store(trio: SentinelTrio, near: int = 0, timeout: float = TIMEOUT, url: str = "") -> RedisStore:
    return RedisStore(url or trio.url, prefix="t:", timeout=timeout, max_connections=8, near=near)


async def at_last(call: Callable[[], Awaitable[T]]) -> T:
    """Repeat a call of a store until it goes well; each time it answers or fails in time."""
    async with asyncio.timeout(WAIT):
        with fair_clock() as clock:
            while True:
                began = clock()
                try:
                    return await call()
                except StoreError:
                    pass
                finally:
                    assert clock() - began < TIMEOUT + 0.25
                await asyncio.sleep(0.02)


async def test_the_master_is_found_and_used(trio: SentinelTrio, an_entry: Make) -> None:
    store = a_store(trio, timeout=PATIENT)
    entries = [an_entry(key=f"{i:02x}") for i in range(30)]
    await asyncio.gather(*(store.put(entry) for entry in entries))

    assert await asyncio.gather(*(store.get(entry.key) for entry in entries)) == entries
    await store.probe()
    assert await (await trio.leader()).ask("DBSIZE") == 30
    await store.close()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "frozen"])
async def test_entries_survive_their_master(
    store: RedisStore, trio: SentinelTrio, an_entry: Make, how: signal.Signals
) -> None:
    entry, later = an_entry(), an_entry(key="02")
    await at_last(lambda: store.put(entry))
    await trio.copied()
    master = await trio.leader()

    master.signal(how)

    assert await at_last(lambda: store.get(entry.key)) == entry
    assert await trio.leader() is not master
    await at_last(lambda: store.put(later))
    assert await at_last(lambda: store.get(later.key)) == later


async def test_sentinels_that_are_mute_cost_no_answer(trio: SentinelTrio, an_entry: Make) -> None:
    """Were they waited for, a store would not find its master within the timeout, however often it is tried."""
    for each in trio.sentinels[:2]:
        each.signal(signal.SIGSTOP)

    async def first_calls() -> Entry | None:
        store = a_store(trio)
        try:
            await store.put(an_entry())
            return await store.get(an_entry().key)
        finally:
            await store.close()

    for attempt in range(3):  # a busy machine is slow at times
        try:
            assert await first_calls() == an_entry()
            break
        except StoreError:
            if attempt == 2:
                raise


async def test_a_service_that_the_sentinels_do_not_know_is_named_as_the_fault(trio: SentinelTrio) -> None:
    store = a_store(trio, timeout=PATIENT, url=trio.url.replace("mymaster", "other"))

    with pytest.raises(StoreError, match="the sentinels name no master"):
        await store.probe()
    assert "/other/0" in str(store)
    await store.close()


async def test_the_near_cache_follows_the_master(trio: SentinelTrio, an_entry: Make) -> None:
    store, other = a_store(trio, near=1 << 20), a_store(trio)
    old, new = an_entry(), an_entry(body=b"new")
    await at_last(lambda: store.put(old))
    await until_held(store, old)
    await trio.copied()

    (await trio.leader()).kill()
    async with asyncio.timeout(WAIT):
        while not deaf(store):
            await asyncio.sleep(0.01)
    assert await at_last(lambda: store.get(old.key)) == old
    await until_held(store, old)  # and so told of changes by the new master
    await at_last(lambda: other.put(new))

    async with asyncio.timeout(5):  # held entries last longer: it is the news of the change that ends this one
        while await at_last(lambda: store.get(old.key)) != new:
            await asyncio.sleep(0.01)
    await store.close()
    await other.close()


async def until_held(store: RedisStore, entry: Entry) -> None:
    """Ask until the entry is in the process's own memory."""
    assert store._near is not None
    async with asyncio.timeout(WAIT):
        while store._near.get(entry.key) is None:
            await at_last(lambda: store.get(entry.key))
            await asyncio.sleep(0.02)


def deaf(store: RedisStore) -> bool:
    assert store._near is not None
    return store._near.deaf
