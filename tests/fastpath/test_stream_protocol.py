"""Which bytes the fast path sees before a connection's stream, and which it does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

from mitmproxy.proxy.layers.http import HttpLayer
from mitmproxy.proxy.layers.modes import ReverseProxy
from mitmproxy.proxy.layers.tls import ClientTLSLayer
from mitmproxy.proxy.server import ConnectionIO, TimeoutWatchdog

from aicache.fastpath.http_layer import NOTHING, Received
from aicache.fastpath.request_index import Reply
from aicache.fastpath.stream_protocol import insert_before_stream

WITHIN = 5.0


class FakeLayer:
    """Answers what begins with "hit", holds back what ends with "...", and hands on the rest."""

    def __init__(self, *layers: type) -> None:
        self.pieces: list[bytes] = []
        self.held = b""
        self.reported = 0
        self.answer = b"answer;"
        self.context = SimpleNamespace(layers=[object.__new__(each) for each in layers])

    def receive(self, data: bytes) -> Received:
        self.pieces.append(data)
        if data.endswith(b"..."):
            self.held += data
            return NOTHING
        data, self.held = self.held + data, b""
        return (self.reply(), b"") if data.startswith(b"hit") else (None, data)

    def reply(self) -> Reply:
        return Reply(self.answer, b"", object(), 0.0, 0.0)  # type: ignore[arg-type]

    def sent(self, reply: Reply) -> None:
        self.reported += 1


class Connection:
    """A connection between two real sockets, with the protocol inserted where that is possible."""

    def __init__(self, layer: FakeLayer) -> None:
        self.layer = layer
        self.arrived: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.is_inserted = False

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server, self.to_client = reader, writer
        self.watchdog = TimeoutWatchdog(600, self.accept)  # type: ignore[arg-type]
        self.watchdog.last_activity = 0.0
        handler: Any = SimpleNamespace(
            client=self, transports={self: ConnectionIO(None, reader, writer)}, timeout_watchdog=self.watchdog
        )
        self.is_inserted = insert_before_stream(self.layer, handler)  # type: ignore[arg-type]
        self.arrived.set_result(None)

    async def say(self, data: bytes) -> None:
        """Send it, and wait until the other side has it."""
        self.to_server.write(data)
        await self.to_server.drain()
        await asyncio.sleep(0.05)


@asynccontextmanager
async def connected(layer: FakeLayer) -> AsyncIterator[Connection]:
    connection = Connection(layer)
    server = await asyncio.start_server(connection.accept, "127.0.0.1", 0)
    async with asyncio.timeout(WITHIN):
        connection.client, connection.to_server = await asyncio.open_connection(*server.sockets[0].getsockname())
        await connection.arrived
        try:
            yield connection
        finally:
            connection.to_server.close()
            connection.to_client.close()
            server.close()


async def test_a_hit_is_answered_and_nobody_is_woken() -> None:
    async with connected(FakeLayer(ReverseProxy, HttpLayer)) as connection:
        reading = asyncio.create_task(connection.server.read(100))
        await asyncio.sleep(0)

        for _ in range(3):
            await connection.say(b"hit")
            assert await connection.client.readexactly(7) == b"answer;"

        assert connection.is_inserted and not reading.done()
        assert connection.layer.reported == 3
        assert connection.watchdog.last_activity > 0  # or mitmproxy would close it after ten minutes
        reading.cancel()


async def test_what_is_held_back_is_handed_on_with_what_follows_and_then_the_end() -> None:
    async with connected(FakeLayer(ReverseProxy, HttpLayer)) as connection:
        reading = asyncio.create_task(connection.server.read(100))

        await connection.say(b"mi...")
        assert not reading.done()
        await connection.say(b"ss")
        assert await reading == b"mi...ss"

        connection.to_server.write_eof()
        assert await connection.server.read(100) == b""


async def test_while_what_came_before_is_not_read_all_goes_into_the_stream() -> None:
    async with connected(FakeLayer(ReverseProxy, HttpLayer)) as connection:
        await connection.say(b"miss;")
        await connection.say(b"hit")

        assert connection.layer.pieces == []
        assert await connection.server.read(100) == b"miss;hit"


async def test_while_what_came_before_is_worked_on_all_goes_into_the_stream() -> None:
    async with connected(FakeLayer(ReverseProxy, HttpLayer)) as connection:
        reading = asyncio.create_task(connection.server.read(100))
        await connection.say(b"miss")
        assert await reading == b"miss"

        await connection.say(b"hit")  # nobody waits for bytes now

        assert connection.layer.pieces == [b"miss"]
        assert await connection.server.read(100) == b"hit"


async def test_a_client_that_does_not_read_is_left_to_the_stream() -> None:
    layer = FakeLayer(ReverseProxy, HttpLayer)
    layer.answer = b"x" * (16 << 20)  # more than sockets hold
    async with connected(layer) as connection:
        reading = asyncio.create_task(connection.server.read(100))
        await asyncio.sleep(0)

        await connection.say(b"hit 1")
        await connection.say(b"hit 2")

        assert layer.pieces == [b"hit 1"]
        assert await reading == b"hit 2"
        draining = asyncio.create_task(connection.to_client.drain())
        await asyncio.sleep(0.05)
        assert not draining.done()  # so mitmproxy does not read on
        assert len(await connection.client.readexactly(16 << 20)) == 16 << 20
        await draining


async def test_what_is_unwrapped_before_the_layer_is_left_alone() -> None:
    async with connected(FakeLayer(ReverseProxy, ClientTLSLayer, HttpLayer)) as connection:
        await connection.say(b"hit")

        assert not connection.is_inserted and connection.layer.pieces == []
        assert await connection.server.read(100) == b"hit"


async def test_a_client_that_has_gone_meanwhile_gets_no_protocol() -> None:
    handler: Any = SimpleNamespace(client=object(), transports={})

    assert not insert_before_stream(FakeLayer(ReverseProxy, HttpLayer), handler)  # type: ignore[arg-type]
