"""A stream reaches other proxies through the store as it comes, whole and in order, or breaks off."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import pytest

from aicache.adapters.memory import MemoryStore
from aicache.domain.model import Entry, Mode
from aicache.domain.ports import StoreError
from aicache.engine import leases as leases_module
from aicache.engine import relayed_streams
from aicache.engine.backends import Backends
from aicache.engine.leases import Leases
from aicache.engine.relayed_streams import Offer, RelayedStream
from aicache.proxy.response_tee import Tee

ENTRY = Entry(
    *("k", "n", "chat", "m", Mode.STREAM, False, Mode.STREAM, "text/event-stream", b"one two three", None, 0, 0),
    stored_at=0.0,
    expires_at=4e9,
)
FORM = b"f" * 32


class Proxy:
    """The leases of one proxy, and the stream that it receives from upstream."""

    def __init__(self, store: MemoryStore) -> None:
        self.in_flight = {"k"}
        self.backends = Backends()
        self.backends.use_exact(store, 1.0)
        self.leases = Leases(self.backends, self.in_flight)
        self.tee = Tee(1000)

    async def ask(self, form: bytes | None = FORM) -> Entry | RelayedStream | None:
        return await self.leases.lead_or_wait("k", "", 10.0, form)

    def offer(self, form: bytes = FORM, max_bytes: int = 1000) -> None:
        self.leases.offer_stream("k", Offer(form, b"head", max_bytes, self.tee.follow))

    async def end(self) -> None:
        """End the stream, and store the answer."""
        self.tee(b"")
        self.in_flight.clear()
        assert self.backends.exact is not None
        await self.leases.put(self.backends.exact, ENTRY)


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases_module, "RENEW_INTERVAL_S", 0.1)
    monkeypatch.setattr(relayed_streams, "RELAY_INTERVAL_S", 0.02)
    monkeypatch.setattr(relayed_streams, "LEASE_CHECK_INTERVAL_S", 0.1)
    monkeypatch.setattr(relayed_streams, "LAST_PARTS_S", 0.4)


async def joined(leader: Proxy, follower: Proxy) -> RelayedStream:
    assert await leader.ask() is None
    asking = asyncio.create_task(follower.ask())
    await asyncio.sleep(0.2)
    leader.offer()
    async with asyncio.timeout(5):
        stream = await asking
    assert isinstance(stream, RelayedStream)
    return stream


async def test_another_proxy_gets_what_has_come_and_then_each_chunk_as_it_comes() -> None:
    store = MemoryStore()
    leader, follower = Proxy(store), Proxy(store)
    leader.tee(b"one ")
    stream = await joined(leader, follower)
    chunks = stream.chunks()
    async with asyncio.timeout(5):
        assert (stream.head, await anext(chunks)) == (b"head", b"one ")
        leader.tee(b"two ")
        assert await anext(chunks) == b"two "
        leader.tee(b"three")
        await leader.end()
        assert [chunk async for chunk in chunks] == [b"three"]
        assert await stream.entry() == ENTRY
    assert not leader.tee.is_followed


async def test_nobody_asks_and_nothing_is_written() -> None:
    store = MemoryStore()
    leader = Proxy(store)
    assert await leader.ask() is None
    leader.offer()
    leader.tee(b"one")
    await asyncio.sleep(0.3)
    await leader.end()

    assert not store.streams
    assert not leader.leases._offers


async def test_a_stream_of_another_form_is_waited_for_to_its_end() -> None:
    store = MemoryStore()
    leader, follower, whole = Proxy(store), Proxy(store), Proxy(store)
    assert await leader.ask() is None
    asking = [asyncio.create_task(follower.ask(b"another form")), asyncio.create_task(whole.ask(None))]
    leader.offer()
    leader.tee(b"one")
    await asyncio.sleep(0.4)
    assert not any(each.done() for each in asking)
    await leader.end()

    async with asyncio.timeout(5):
        assert await asyncio.gather(*asking) == [ENTRY, ENTRY]


@pytest.mark.parametrize("how", ["upstream", "too large", "crashed"])
async def test_a_stream_that_breaks_off_does_so_for_its_followers(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases_module, "LEASE_S", 0.5)
    store = MemoryStore()
    leader, follower = Proxy(store), Proxy(store)
    leader.tee(b"one ")
    stream = await joined(leader, follower)
    chunks = stream.chunks()
    assert await anext(chunks) == b"one "
    match how:
        case "upstream":
            leader.tee(b"two")
            leader.tee.break_off("reset")
        case "too large":
            leader.tee(b"x" * 1000)
        case "crashed":
            leader.leases._relays.cancel()
            leader.leases._renewals.cancel()

    async with asyncio.timeout(5):
        with pytest.raises(StoreError):
            assert [chunk async for chunk in chunks] == [b"two"]


async def test_a_stream_that_has_broken_off_is_not_joined_and_the_next_one_is() -> None:
    store = MemoryStore()
    leader, first, second = Proxy(store), Proxy(store), Proxy(store)
    leader.tee(b"one ")
    await joined(leader, first)
    leader.tee.break_off("reset")
    await leader.leases._relays.wait()
    asking = asyncio.create_task(second.ask())
    await asyncio.sleep(0.3)
    assert not asking.done()

    leader.tee = Tee(1000)  # of the next leader, with the same lease
    leader.tee(b"better")
    leader.offer()
    async with asyncio.timeout(5):
        stream = await asking
        assert isinstance(stream, RelayedStream)
        assert await anext(stream.chunks()) == b"better"


class Unreliable(MemoryStore):
    works = True

    async def read_stream(self, name: str, token: str, first: int) -> list[bytes]:
        if not self.works:
            raise StoreError("down")
        return await super().read_stream(name, token, first)

    async def append_to_stream(self, name: str, token: str, first: int, parts: Sequence[bytes], ttl: float) -> None:
        if not self.works:
            raise StoreError("down")
        await super().append_to_stream(name, token, first, parts, ttl)


async def test_where_the_store_passes_no_streams_on_the_answer_is_waited_for() -> None:
    store = Unreliable()
    store.works = False
    leader, follower = Proxy(store), Proxy(store)
    assert await leader.ask() is None
    asking = asyncio.create_task(follower.ask())
    leader.offer()
    await asyncio.sleep(0.3)
    assert not asking.done()
    await leader.end()

    assert await asyncio.wait_for(asking, 5) == ENTRY


@pytest.mark.parametrize("recovers", [True, False])
async def test_only_a_store_that_fails_for_long_breaks_a_stream_off(
    recovers: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relayed_streams, "MAX_OUTAGE_S", 0.5)
    monkeypatch.setattr(relayed_streams, "RETRY_INTERVAL_S", 0.15)
    store = Unreliable()
    leader, follower = Proxy(store), Proxy(store)
    leader.tee(b"one ")
    stream = await joined(leader, follower)
    chunks = stream.chunks()
    assert await anext(chunks) == b"one "
    store.works = False
    following = asyncio.create_task(anext(chunks))  # type: ignore[arg-type, var-annotated]
    leader.tee(b"two")
    await asyncio.sleep(0.2)
    if recovers:
        store.works = True
        assert await asyncio.wait_for(following, 5) == b"two"
    else:
        began = time.monotonic()
        with pytest.raises(StoreError):
            await asyncio.wait_for(following, 5)
        assert time.monotonic() - began < 2.0
