"""Proxies that share a store agree on who goes upstream, and a failing store costs no answer."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from pathlib import Path

import pytest

from aicache.adapters.memory import MemoryStore
from aicache.adapters.redis.store import RedisStore
from aicache.domain.model import Entry, Mode
from aicache.domain.ports import StoreError
from aicache.engine import leases
from aicache.engine.backends import Backends
from aicache.engine.leases import ACQUIRE_TIMEOUT_S, LEASE_S, Leases
from aicache.engine.relayed_streams import RelayedStream
from fakes import BrokenStore, HangingStore
from servers import Process, free_ports, plain

WAIT_S = 5.0


def an_entry(key: str) -> Entry:
    return Entry(
        *(key, "n", "chat", "m", Mode.WHOLE, False, Mode.WHOLE, "application/json", b"{}", None, 0, 0),
        stored_at=0.0,
        expires_at=4e9,
    )


class Proxy:
    """The leases of one proxy, and the calls that are in flight there."""

    def __init__(self, store: MemoryStore | RedisStore) -> None:
        self.in_flight = {"k"}
        backends = Backends()
        backends.use_exact(store, 1.0)
        self.store = backends.exact
        self.leases = Leases(backends, self.in_flight)

    async def ask(self, within: float = WAIT_S) -> Entry | RelayedStream | None:
        return await self.leases.lead_or_wait("k", "label", within)


async def test_the_first_proxy_goes_upstream_and_the_others_have_its_answer() -> None:
    store, entry = MemoryStore(), an_entry("k")
    first, second, third = (Proxy(store) for _ in range(3))

    assert await first.ask() is None
    waiting = [asyncio.ensure_future(each.ask()) for each in (second, third)]
    await asyncio.sleep(0.2)
    assert not any(each.done() for each in waiting)
    await store.put(entry)
    first.leases.release_soon("k")

    assert await asyncio.gather(*waiting) == [entry, entry]
    assert not store.leases


async def test_where_there_is_no_answer_another_one_goes_upstream() -> None:
    store = MemoryStore()
    first, second, third = (Proxy(store) for _ in range(3))
    assert await first.ask() is None
    waiting = [asyncio.ensure_future(each.ask()) for each in (second, third)]
    await asyncio.sleep(0.1)
    first.leases.release_soon("k")
    done, pending = await asyncio.wait(waiting, timeout=0.5)

    assert (len(done), len(pending)) == (1, 1)
    assert await done.pop() is None
    for each in (second, third):
        each.leases.release_soon("k")
    assert await pending.pop() is None


async def test_a_proxy_that_has_crashed_is_waited_for_no_longer_than_its_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "LEASE_S", 0.3)
    store = MemoryStore()
    crashed, other = Proxy(store), Proxy(store)
    assert await crashed.ask() is None
    crashed.leases._held["k"][1].cancel()
    began = time.monotonic()

    assert await other.ask() is None
    assert 0.1 < time.monotonic() - began < 2.0
    assert other.leases._held


async def test_a_lease_lasts_as_long_as_its_call_is_in_flight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "LEASE_S", 0.3)
    monkeypatch.setattr(leases, "RENEW_INTERVAL_S", 0.1)
    store = MemoryStore()
    proxy = Proxy(store)
    assert await proxy.ask() is None
    await asyncio.sleep(0.6)
    assert await store.lease_holder("k")

    proxy.in_flight.clear()  # and nobody gives it up
    await asyncio.sleep(0.8)
    assert not await store.lease_holder("k")
    assert not proxy.leases._held
    assert not len(proxy.leases._renewals)


async def test_the_next_leader_of_a_proxy_has_the_lease_of_the_one_before() -> None:
    store = MemoryStore()
    proxy = Proxy(store)

    assert await proxy.ask() is None
    assert await proxy.ask() is None
    assert len(proxy.leases._held) == len(store.leases) == 1


@pytest.mark.parametrize("kind", [BrokenStore, HangingStore])
async def test_without_a_store_each_goes_its_own_way_at_once(kind: type[MemoryStore]) -> None:
    began = time.monotonic()

    assert await Proxy(kind()).ask() is None
    assert time.monotonic() - began < 20 * ACQUIRE_TIMEOUT_S


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
async def test_a_redis_that_goes_away_meanwhile_holds_nobody_up(tmp_path: Path, how: signal.Signals) -> None:
    [port] = free_ports(1)
    redis = Process(port, tmp_path, plain(port))
    redis.start()
    await redis.up()
    url = f"redis://127.0.0.1:{port}/0"
    stores = [RedisStore(url, prefix="t:", timeout=0.25, max_connections=4) for _ in range(2)]
    leader, follower = (Proxy(store) for store in stores)
    assert await leader.ask() is None
    waiting = asyncio.create_task(follower.ask(20.0))
    await asyncio.sleep(0.2)
    assert not waiting.done()

    assert redis.process is not None
    redis.process.send_signal(how)
    began = time.monotonic()
    assert await waiting is None
    assert time.monotonic() - began < LEASE_S
    began = time.monotonic()
    assert await follower.ask() is None  # a later one is not held up, either
    leader.leases.release_soon("k")
    await leader.leases.close(1.0)
    assert time.monotonic() - began < 3.0
    redis.kill()
    await asyncio.gather(*(store.close() for store in stores))


async def test_a_store_that_is_slow_costs_a_request_no_more_than_a_moment() -> None:
    class Slow(MemoryStore):
        async def acquire_lease(self, name: str, token: str, ttl: float) -> bool:
            await asyncio.sleep(30.0)
            return await super().acquire_lease(name, token, ttl)

    began = time.monotonic()
    assert await Proxy(Slow()).ask() is None
    assert time.monotonic() - began < 20 * ACQUIRE_TIMEOUT_S


async def test_a_wait_is_bounded() -> None:
    store = MemoryStore()
    first, second = Proxy(store), Proxy(store)
    await first.ask()
    began = time.monotonic()

    assert await second.ask(0.3) is None
    assert time.monotonic() - began < 2.0


class Counting(MemoryStore):
    """Counts the calls that are commands to Redis of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    async def acquire_lease(self, name: str, token: str, ttl: float) -> bool:
        self.calls.append("acquire")
        return await super().acquire_lease(name, token, ttl)

    async def release_lease(self, name: str, token: str) -> None:
        self.calls.append("release")
        await super().release_lease(name, token)

    async def put_and_release(self, entry: Entry, token: str) -> bool:
        await self.put(entry)
        await super().release_lease(entry.key, token)
        return True


async def test_who_is_alone_takes_no_lease() -> None:
    store = Counting()
    store.may_have_peers = False
    proxy = Proxy(store)

    assert await proxy.ask() is None
    proxy.leases.release_soon("k")
    await proxy.leases.close(1.0)
    assert not store.calls


async def test_who_is_not_alone_any_more_takes_leases_for_what_is_in_flight() -> None:
    store = Counting()
    store.may_have_peers = False
    proxy = Proxy(store)
    assert await proxy.ask() is None

    store.may_have_peers = True
    proxy.leases.cover_flights()
    await proxy.leases._covering.wait()
    assert await store.lease_holder("k")
    assert list(proxy.leases._held) == ["k"]


class SlowReplies(MemoryStore):
    async def acquire_lease(self, name: str, token: str, ttl: float) -> bool:
        acquired = await super().acquire_lease(name, token, ttl)
        await asyncio.sleep(0.02)
        return acquired


async def test_a_leader_does_not_wait_for_the_lease_that_its_own_proxy_acquires() -> None:
    proxy = Proxy(SlowReplies())
    proxy.leases.cover_flights()
    await asyncio.sleep(0)

    async with asyncio.timeout(WAIT_S / 2):
        assert await proxy.ask() is None
    await proxy.leases.close(1.0)


async def test_what_has_ended_meanwhile_keeps_no_lease() -> None:
    class Slow(Counting):
        async def acquire_lease(self, name: str, token: str, ttl: float) -> bool:
            taken = await super().acquire_lease(name, token, ttl)
            proxy.in_flight.clear()
            proxy.leases.release_soon(name)
            return taken

    store = Slow()
    proxy = Proxy(store)
    proxy.leases.cover_flights()
    await proxy.leases._covering.wait()
    await proxy.leases._releases.wait()

    assert not store.leases
    assert not proxy.leases._held


async def test_a_lease_is_given_up_with_its_answer() -> None:
    store = Counting()
    proxy = Proxy(store)
    await proxy.ask()
    proxy.in_flight.clear()
    assert proxy.store is not None
    await proxy.leases.put(proxy.store, an_entry("k"))
    proxy.leases.release_soon("k")
    await proxy.leases.close(1.0)

    assert not store.leases
    assert store.calls == ["acquire"]


async def test_an_answer_does_not_give_up_the_lease_of_the_next_leader() -> None:
    store = Counting()
    proxy = Proxy(store)
    await proxy.ask()
    assert proxy.store is not None
    await proxy.leases.put(proxy.store, an_entry("k"))

    assert await store.lease_holder("k")
    assert store.entries


@pytest.mark.parametrize("fails", ["to store", "to release"])
async def test_a_lease_is_given_up_where_that_failed_with_its_answer(fails: str) -> None:
    class Failing(Counting):
        async def put_and_release(self, entry: Entry, token: str) -> bool:
            if fails == "to store":
                raise StoreError("full")
            return False

    store = Failing()
    proxy = Proxy(store)
    await proxy.ask()
    proxy.in_flight.clear()
    assert proxy.store is not None
    with pytest.raises(StoreError) if fails == "to store" else contextlib.nullcontext():
        await proxy.leases.put(proxy.store, an_entry("k"))
    await proxy.leases._releases.wait()

    assert store.calls == ["acquire", "release"]
    assert not store.leases


@pytest.mark.parametrize("why", ["late", "client left"])
async def test_a_lease_that_came_too_late_is_given_up(why: str) -> None:
    class Slow(MemoryStore):
        async def acquire_lease(self, name: str, token: str, ttl: float) -> bool:
            taken = await super().acquire_lease(name, token, ttl)
            await asyncio.Event().wait()
            return taken

    store = Slow()
    proxy = Proxy(store)
    asking = asyncio.create_task(proxy.ask())
    await asyncio.sleep(0.02)
    assert await store.lease_holder("k")
    if why == "client left":
        asking.cancel()
    await asyncio.wait([asking])
    await proxy.leases._releases.wait()

    assert asking.cancelled() or asking.result() is None
    assert not await store.lease_holder("k")


async def test_at_the_end_all_leases_are_given_up() -> None:
    store = MemoryStore()
    proxy = Proxy(store)
    await proxy.ask()

    await proxy.leases.close(1.0)
    assert not store.leases
    await asyncio.sleep(0)
    assert not len(proxy.leases._renewals)
