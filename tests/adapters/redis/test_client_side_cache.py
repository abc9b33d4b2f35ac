"""The near cache: nothing in it is older than what Redis has said, and nothing stays when Redis is not heard."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection

from aicache.adapters.redis import server_messages
from aicache.adapters.redis.client_side_cache import ENTRY_OVERHEAD_BYTES, MAX_AGE_S, MAX_CHANGED_KEYS, NearCache
from aicache.adapters.redis.store import RedisStore
from aicache.adapters.valkey.server import EmbeddedValkey
from aicache.domain.model import Entry, Mode
from aicache.domain.store_ports import EVICTED_PREFIX
from aicache.engine.backends import withdrawn

NOW = time.time()
ENTRY = Entry(
    "a1", "b2", "chat", "m", Mode.WHOLE, False, Mode.WHOLE, "application/json", b"{}", "?", 0, 0, NOW, NOW + 3600
)


def hearing(limit: int = 10_000, clock: Callable[[], float] = time.monotonic) -> NearCache:
    near = NearCache(limit, clock)
    near.deaf = False
    return near


def test_it_holds_what_was_used_last_within_its_limit() -> None:
    near = hearing(limit=2 * (ENTRY_OVERHEAD_BYTES + 2))
    for key in ("a", "b"):
        near.put(replace(ENTRY, key=key), near.epoch)
    near.get("a")
    near.put(replace(ENTRY, key="c"), near.epoch)

    assert [near.get(key) is not None for key in ("a", "b", "c")] == [True, False, True]


def test_it_holds_nothing_for_long() -> None:
    now = 0.0
    near = hearing(clock=lambda: now)
    near.put(ENTRY, near.epoch)

    now = MAX_AGE_S

    assert near.get(ENTRY.key) is None


def test_it_holds_nothing_while_it_is_not_told_of_changes() -> None:
    near = NearCache(10_000)
    near.put(ENTRY, near.epoch)

    assert near.get(ENTRY.key) is None


def test_a_reply_that_a_change_has_overtaken_is_not_cached() -> None:
    near = hearing()
    epoch = near.epoch
    near.forget([ENTRY.key])
    near.put(ENTRY, epoch)

    assert near.get(ENTRY.key) is None


class Near:
    """A store with a near cache on a real Valkey, and another client that changes things behind its back."""

    def __init__(self, valkey: EmbeddedValkey) -> None:
        self.valkey = valkey
        self.store = RedisStore(valkey.url, prefix="t:", timeout=1, max_connections=4, near=1 << 20)
        self.other = Redis.from_url(valkey.url)

    async def hold(self, entry: Entry, within: float = 5.0) -> None:
        """Wait until the near cache has the entry."""
        await self.store.put(entry)
        assert self.store._near is not None
        async with asyncio.timeout(within):
            while self.store._near.get(entry.key) is None:
                await self.store.get(entry.key)
                await asyncio.sleep(0.01)

    async def gone(self, entry: Entry, within: float = 1.0) -> None:
        async with asyncio.timeout(within):
            while await self.store.get(entry.key) is not None:
                await asyncio.sleep(0.005)


@pytest.fixture
async def near(tmp_path: Path) -> AsyncIterator[Near]:
    valkey = EmbeddedValkey(tmp_path, 64 << 20)
    await valkey.start()
    each = Near(valkey)
    yield each
    await each.store.close()
    await each.other.aclose()
    await valkey.stop()


async def test_what_another_process_writes_is_seen_at_once(near: Near) -> None:
    await near.hold(ENTRY)
    other = RedisStore(near.valkey.url, prefix="t:", timeout=1, max_connections=1)

    await other.put(replace(ENTRY, body=b"new"))

    async with asyncio.timeout(1):
        while (found := await near.store.get(ENTRY.key)) is None or found.body != b"new":
            await asyncio.sleep(0.005)
    await other.close()


@pytest.mark.parametrize("command", [("DEL", "t:e:a1"), ("FLUSHALL",), ("PEXPIRE", "t:e:a1", "1")], ids=" ".join)
async def test_what_another_process_removes_is_gone_at_once(near: Near, command: tuple[str, ...]) -> None:
    await near.hold(ENTRY)

    await near.other.execute_command(*command)  # type: ignore[no-untyped-call]

    await near.gone(ENTRY)


@pytest.mark.parametrize("flag", [withdrawn(ENTRY.key), EVICTED_PREFIX + ENTRY.key])
async def test_what_another_process_withdraws_is_read_again_with_what_was_derived_from_it(
    near: Near, flag: str
) -> None:
    await near.hold(ENTRY)
    await near.hold(replace(ENTRY, key="a2"))
    for key in (ENTRY.key, "a2"):
        held = near.store.get_cached(key)
        assert held is not None
        near.store.put_derived(key.encode(), held, "a response by meaning", 1, "another question's key")
    other = RedisStore(near.valkey.url, prefix="t:", timeout=1, max_connections=1)

    await other.remember(flag, 60)

    async with asyncio.timeout(1):
        while near.store.get_derived(ENTRY.key.encode()) is not None:
            await asyncio.sleep(0.005)
    assert await near.store.get(ENTRY.key) == ENTRY
    assert near.store.get_derived(b"a2") == "a response by meaning"
    await other.close()


async def test_what_this_process_removes_is_gone_for_the_very_next_get(near: Near) -> None:
    await near.hold(ENTRY)

    await near.store.delete([ENTRY.key])

    assert await near.store.get(ENTRY.key) is None


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
async def test_nothing_is_cached_once_redis_has_died_or_fallen_silent(near: Near, how: signal.Signals) -> None:
    await near.hold(ENTRY)
    assert near.valkey.pid is not None
    assert near.store._near is not None

    os.kill(near.valkey.pid, how)

    async with asyncio.timeout(5):
        while near.store._near.get(ENTRY.key) is not None:
            await asyncio.sleep(0.02)
    if how is signal.SIGSTOP:
        os.kill(near.valkey.pid, signal.SIGCONT)


async def test_what_is_cached_stays_while_only_this_loop_is_late(near: Near, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_messages, "SILENCE_S", 0.1)
    await near.hold(ENTRY)
    held = near.store.get_cached(ENTRY.key)

    for _ in range(8):
        time.sleep(0.15)  # noqa: ASYNC251  # as a machine does that has other work
        for _ in range(3):
            await asyncio.sleep(0)

    assert held is near.store.get_cached(ENTRY.key) is not None


async def test_a_connection_that_is_lost_is_opened_again_at_once(near: Near) -> None:
    await near.hold(ENTRY)

    killed = await near.other.execute_command("CLIENT", "KILL", "TYPE", "PUBSUB")  # type: ignore[no-untyped-call]

    assert killed == 1
    await near.hold(replace(ENTRY, key="a2"), within=3)  # five seconds, where the server stays away


async def test_a_connection_that_asyncio_has_closed_meanwhile_is_opened_again(near: Near) -> None:
    servers = near.store._servers
    connect = servers.connect
    assert connect is not None
    refused: list[AbstractConnection] = []

    async def refuse() -> None:
        raise RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed")

    def open_connection() -> AbstractConnection:
        connection = connect()
        if not refused:
            refused.append(connection)
            connection.connect = refuse  # type: ignore[method-assign]
        return connection

    servers.connect = open_connection

    await near.hold(ENTRY, within=3)

    assert refused


async def test_a_server_that_knows_no_tracking_costs_the_near_cache_only(near: Near) -> None:
    await near.other.execute_command("ACL", "SETUSER", "default", "-client|tracking")  # type: ignore[no-untyped-call]

    await near.store.put(ENTRY)

    for _ in range(5):
        assert await near.store.get(ENTRY.key) == ENTRY
        await asyncio.sleep(0.01)
    assert near.store._near is not None
    assert near.store._near.deaf


def test_what_was_made_of_an_entry_goes_with_it() -> None:
    near = hearing()
    near.put(ENTRY, near.epoch)
    near.put_derived(b"name", ENTRY, "made", 10, ENTRY.key)
    made = near.get_derived(b"name")

    near.forget([ENTRY.key])
    near.put(ENTRY, near.epoch)

    assert (made, near.get_derived(b"name")) == ("made", None)


def test_what_was_made_of_an_entry_that_was_replaced_is_not_kept() -> None:
    near = hearing()
    near.put(replace(ENTRY, body=b"new"), near.epoch)

    near.put_derived(b"name", ENTRY, "made", 10, ENTRY.key)

    assert near.get_derived(b"name") is None


def test_what_was_made_counts_into_the_limit() -> None:
    near = hearing(limit=4 * ENTRY_OVERHEAD_BYTES)
    for key in ("a", "b"):
        near.put(entry := replace(ENTRY, key=key), near.epoch)
        near.put_derived(key.encode(), entry, key, ENTRY_OVERHEAD_BYTES, key)

    assert (near.get_derived(b"a"), near.get("a"), near.get_derived(b"b")) == (None, None, "b")


def test_what_was_made_is_cached_no_longer_than_its_entry() -> None:
    now = 0.0
    near = hearing(clock=lambda: now)
    near.put(ENTRY, near.epoch)
    near.put_derived(b"name", ENTRY, "made", 10, ENTRY.key)

    now = MAX_AGE_S

    assert near.get_derived(b"name") is None


def test_nothing_made_stays_when_everything_is_forgotten() -> None:
    near = hearing()
    near.put(ENTRY, near.epoch)
    near.put_derived(b"name", ENTRY, "made", 10, ENTRY.key)

    near.forget()
    near.put(ENTRY, near.epoch)

    assert near.get_derived(b"name") is None


def test_what_was_made_for_another_request_ends_when_that_has_an_entry_of_its_own() -> None:
    now = 0.0
    near = hearing(clock=lambda: now)
    near.put(ENTRY, near.epoch)
    near.put_derived(b"name", ENTRY, "made", 10, "own")
    made = near.get_derived(b"name")

    near.forget(["own"])

    assert (made, near.get_derived(b"name"), near.get(ENTRY.key)) == ("made", None, ENTRY)
    near.put_derived(b"name", ENTRY, "made before that one came", 10, "own")
    assert near.get_derived(b"name") is None

    now = MAX_AGE_S  # what had begun before has long ended
    near.put(ENTRY, near.epoch)
    near.put_derived(b"name", ENTRY, "made after that one had gone", 10, "own")
    assert near.get_derived(b"name") == "made after that one had gone"


def test_of_what_has_ended_nothing_is_left() -> None:
    near = hearing()
    for _ in range(3):
        near.put(ENTRY, near.epoch)
        near.put_derived(b"name", ENTRY, "made", 10, "own")
        near.put_derived(b"other", ENTRY, "made", 10, ENTRY.key)
        near.forget([ENTRY.key])
    near.put(ENTRY, near.epoch)
    near.put_derived(b"name", ENTRY, "made", 10, "own")
    near.forget(["own"])
    near.forget(str(each) for each in range(5000))

    assert not near._derived and not near._ending
    assert len(near._changed) == MAX_CHANGED_KEYS
