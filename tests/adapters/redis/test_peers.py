"""A proxy knows when it is alone at its Redis, and is told at once when another one comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from redis.asyncio import Redis

from aicache.adapters.redis import peers, server_messages
from aicache.adapters.redis.peers import GONE_AFTER_S, Peers
from aicache.adapters.redis.store import RedisStore
from aicache.domain.model import Entry, Mode
from servers import Process, free_ports, plain
from waiting import until

ENTRY = Entry(*("a1", "b2", "chat", "m", Mode.WHOLE, False, Mode.WHOLE, "application/json", b"{}", "?", 0, 0, 0.0, 4e9))


class Watched:
    """What a proxy knows of others, at a time that the test sets."""

    def __init__(self) -> None:
        self.now, self.arrivals = 100.0, 0
        self.peers = Peers("t:", self._on_arrival, lambda: self.now)
        self.name = self.peers.name.encode()

    def _on_arrival(self) -> None:
        self.arrivals += 1

    def alone(self) -> Watched:
        self.peers.begin()
        self.peers.heard(self.name)
        self.now += GONE_AFTER_S
        assert not self.peers.may_exist
        return self


def test_there_may_be_others_until_they_have_been_silent_for_long_enough() -> None:
    proxy = Watched()
    assert proxy.peers.may_exist
    proxy.peers.begin()
    proxy.peers.heard(proxy.name)

    proxy.now += GONE_AFTER_S - 0.1
    assert proxy.peers.may_exist
    proxy.now += 0.1
    assert not proxy.peers.may_exist


def test_who_does_not_even_hear_itself_does_not_know_that_it_is_alone() -> None:
    proxy = Watched()
    proxy.peers.begin()

    proxy.now += 10 * GONE_AFTER_S
    assert proxy.peers.may_exist


def test_another_one_is_known_at_once_and_reported_once_until_it_has_gone() -> None:
    proxy = Watched().alone()
    for _ in range(3):
        proxy.peers.heard(b"another")
        assert (proxy.peers.may_exist, proxy.arrivals) == (True, 1)
        proxy.now += GONE_AFTER_S - 1

    proxy.now += 1
    assert not proxy.peers.may_exist
    proxy.peers.heard(b"another")
    assert proxy.arrivals == 2


def test_who_hears_nothing_any_more_does_not_know_that_it_is_alone() -> None:
    proxy = Watched().alone()
    proxy.peers.end()
    assert proxy.peers.may_exist

    proxy.peers.begin()
    proxy.peers.heard(proxy.name)
    assert proxy.peers.may_exist  # another one may have come meanwhile, and will say so


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Process]:
    [port] = free_ports(1)
    server = Process(port, tmp_path, plain(port))
    server.start()
    await server.up()
    yield server
    server.kill()


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "ANNOUNCE_INTERVAL_S", 0.1)
    monkeypatch.setattr(peers, "GONE_AFTER_S", 0.8)


def a_store(server: Process, on_peer: Callable[[], None] = lambda: None, near: int = 1 << 20) -> RedisStore:
    url = f"redis://127.0.0.1:{server.port}/0"
    return RedisStore(url, prefix="t:", timeout=1, max_connections=4, near=near, on_peer=on_peer)


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize("near", [0, 1 << 20])
async def test_proxies_hear_of_each_other_as_they_come_and_go(server: Process, near: int) -> None:
    arrived = asyncio.Event()
    one, two = a_store(server, arrived.set, near), a_store(server, near=near)
    one.listen()
    assert one.may_have_peers
    await until(lambda: not one.may_have_peers)
    assert not arrived.is_set()

    two.listen()
    async with asyncio.timeout(5):
        await arrived.wait()
    assert one.may_have_peers
    await asyncio.sleep(1.2)  # longer than silence lasts
    assert one.may_have_peers and two.may_have_peers

    await one.close()
    await until(lambda: not two.may_have_peers)
    await two.close()


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize("forbidden", ["-publish", "-subscribe", "resetchannels"])
async def test_who_may_not_announce_itself_is_not_alone(server: Process, forbidden: str) -> None:
    async with Redis(port=server.port) as admin:
        await admin.execute_command("ACL", "SETUSER", "default", forbidden)  # type: ignore[no-untyped-call]
    store = a_store(server)
    store.listen()

    await asyncio.sleep(1.0)
    assert store.may_have_peers
    await store.close()


@pytest.mark.usefixtures("fast")
async def test_what_a_server_forbids_of_one_kind_of_message_costs_nothing_of_the_other(server: Process) -> None:
    async with Redis(port=server.port) as admin:
        await admin.execute_command("ACL", "SETUSER", "default", "-client|tracking")  # type: ignore[no-untyped-call]
    store = a_store(server)
    store.listen()
    await until(lambda: not store.may_have_peers)
    assert store._near is not None
    assert store._near.deaf
    await store.close()

    async with Redis(port=server.port) as admin:
        await admin.execute_command("ACL", "SETUSER", "default", "+@all", "resetchannels", "&__redis__:*")  # type: ignore[no-untyped-call]
    store = a_store(server)
    await store.put(ENTRY)
    async with asyncio.timeout(5):
        while store.get_cached(ENTRY.key) is None:
            await store.get(ENTRY.key)
            await asyncio.sleep(0.02)
    assert store.may_have_peers
    await store.close()


@pytest.mark.usefixtures("fast")
async def test_messages_of_both_kinds_are_told_apart(server: Process) -> None:
    one, two = a_store(server), a_store(server)
    await one.put(ENTRY)
    for store in (one, two):
        store.listen()
        async with asyncio.timeout(5):
            while store.get_cached(ENTRY.key) is None:
                await store.get(ENTRY.key)
                await asyncio.sleep(0.02)

    await asyncio.sleep(0.5)  # both announce themselves
    assert one.get_cached(ENTRY.key) is not None
    await two.put(replace(ENTRY, body=b"new"))
    await until(lambda: one.get_cached(ENTRY.key) is None)
    assert one.may_have_peers
    await one.close()
    await two.close()


@pytest.mark.usefixtures("fast")
async def test_who_has_lost_its_server_is_not_alone(server: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_messages, "RECONNECT_INTERVAL_S", 0.2)
    store = a_store(server)
    store.listen()
    await until(lambda: not store.may_have_peers)

    server.kill()
    await until(lambda: store.may_have_peers)
    server.start()
    await server.up()
    await until(lambda: not store.may_have_peers)
    await store.close()
