"""Proxies that share a store agree on who goes upstream, and a failing store costs no answer."""

from __future__ import annotations

import asyncio
import time

import pytest

from aicache.adapters.memory import MemoryStore
from aicache.domain.model import Entry, Mode
from aicache.engine import leases
from aicache.engine.backends import Backends
from aicache.engine.leases import Leases
from fakes import BrokenStore, HangingStore

WAIT_S = 5.0


def an_entry(key: str) -> Entry:
    return Entry(
        *(key, "n", "chat", "m", Mode.WHOLE, False, Mode.WHOLE, "application/json", b"{}", None, 0, 0),
        stored_at=0.0,
        expires_at=4e9,
    )


class Proxy:
    """The leases of one proxy, and the calls that are in flight there."""

    def __init__(self, store: MemoryStore) -> None:
        self.in_flight = {"k"}
        backends = Backends()
        backends.use_exact(store, 1.0)
        self.leases = Leases(backends, lambda key: key in self.in_flight)

    async def ask(self, within: float = WAIT_S) -> Entry | None:
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
    assert await store.is_leased("k")

    proxy.in_flight.clear()  # and nobody gives it up
    await asyncio.sleep(0.8)
    assert not await store.is_leased("k")
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
    assert time.monotonic() - began < 1.0


async def test_a_wait_is_bounded() -> None:
    store = MemoryStore()
    first, second = Proxy(store), Proxy(store)
    await first.ask()
    began = time.monotonic()

    assert await second.ask(0.3) is None
    assert time.monotonic() - began < 2.0


async def test_at_the_end_all_leases_are_given_up() -> None:
    store = MemoryStore()
    proxy = Proxy(store)
    await proxy.ask()

    await proxy.leases.close(1.0)
    assert not store.leases
    await asyncio.sleep(0)
    assert not len(proxy.leases._renewals)
