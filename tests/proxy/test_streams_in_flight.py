"""What another proxy says of a stream is taken only if this cache can have said it."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from aicache.adapters.memory import MemoryStore
from aicache.domain.events import ANOTHER_PROXY
from aicache.domain.in_flight import Form
from aicache.engine.backends import Backends
from aicache.engine.collapsing import Collapsing, Flight
from aicache.engine.relayed_streams import RelayedStream, StreamRequest, relay
from aicache.proxy.response_tee import Tee
from aicache.proxy.streams_in_flight import StreamInFlight, digest, fill, of_another_proxy

FORM = ("chat", "", False, None, None, ())
SSE = "text/event-stream; charset=utf-8"
CORS = (("access-control-allow-origin", "*"),)


class Proxies:
    """Two that share a store; a call of each is in flight, for the same key."""

    def __init__(self) -> None:
        self.backends = Backends()
        self.backends.use_exact(MemoryStore(), 1.0)
        self.collapsings = [Collapsing(self.backends) for _ in range(2)]

    async def flight(self, index: int) -> Flight:
        decision, _ = await self.collapsings[index].decide("k", FORM, f"flow {index}", 0.0, 1.0)
        assert isinstance(decision, Flight)
        return decision

    async def relayed(self, stream: StreamInFlight, form: Form = FORM) -> RelayedStream | None:
        """Pass a stream that has ended on, and ask for it."""
        store, offer = self.backends.exact, stream.offer(FORM, 1000)
        assert store is not None
        assert offer is not None
        await store.acquire_lease("k", "token", 5.0, "lease")
        await relay(store, "k", "token", offer)
        return await StreamRequest("k", digest(form)).find(store, "token")


async def ended(proxies: Proxies, content_type: str = SSE, cors: tuple[tuple[str, str], ...] = CORS) -> StreamInFlight:
    tee = Tee(1000)
    tee(b"data: 1\n\n")
    tee(b"")
    return StreamInFlight(tee, await proxies.flight(0), content_type, cors, "flow 0")


async def test_a_stream_has_what_its_followers_are_to_be_sent() -> None:
    proxies = Proxies()
    relayed = await proxies.relayed(await ended(proxies))
    assert relayed is not None
    stream = of_another_proxy(relayed, await proxies.flight(1), 1000)

    assert stream is not None
    assert (stream.content_type, stream.cors, stream.leader) == (SSE, CORS, ANOTHER_PROXY)
    assert stream.flight.leader == "flow 1"


async def test_a_call_that_is_sent_other_bytes_does_not_get_it() -> None:
    proxies = Proxies()

    assert await proxies.relayed(await ended(proxies), ("chat", "", True, None, None, ())) is None


@pytest.mark.parametrize(
    ("content_type", "cors"),
    [("text/html", CORS), (f"{SSE}\r\nx: y", CORS), (SSE, (("set-cookie", "a=b"),)), (SSE, (("x", "a\nb"),))],
)
async def test_headers_that_this_cache_never_sends_are_not_taken(
    content_type: str, cors: tuple[tuple[str, str], ...]
) -> None:
    proxies = Proxies()
    relayed = await proxies.relayed(await ended(proxies, content_type, cors))
    assert relayed is not None

    assert of_another_proxy(relayed, await proxies.flight(1), 1000) is None


@pytest.mark.parametrize("head", [b"", b"{}", msgspec.json.encode([SSE]), msgspec.json.encode([1, []])])
async def test_a_head_that_is_none_is_not_taken(head: bytes) -> None:
    proxies = Proxies()
    relayed = await proxies.relayed(await ended(proxies))
    assert relayed is not None
    relayed.head = head

    assert of_another_proxy(relayed, await proxies.flight(1), 1000) is None


async def test_where_the_answer_is_not_stored_the_flight_has_failed_though_its_stream_has_not() -> None:
    proxies = Proxies()
    relayed = await proxies.relayed(await ended(proxies))
    assert relayed is not None
    assert proxies.backends.exact is not None
    await proxies.backends.exact.release_lease("k", "token")
    stream = of_another_proxy(relayed, await proxies.flight(1), 1000)
    assert stream is not None
    waiting = asyncio.create_task(proxies.collapsings[1].decide("k", None, "another", 0.0, 5.0))
    await asyncio.sleep(0)
    await fill(stream, relayed)

    assert (stream.tee.body, stream.tee.ended) == (b"data: 1\n\n", True)
    assert isinstance((await waiting)[0], Flight)  # it goes upstream
