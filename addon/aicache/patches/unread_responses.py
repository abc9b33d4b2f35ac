"""What a client has been sent and has not taken yet: the next hit waits for it. It sends nothing itself.

An upstream's answers come at an upstream's pace. Hits come at once, so that a client which asks and does not read would
have them pile up here. For HTTP/2 that is what flow control holds back (RFC 9113, 5.2), of all streams of a connection.
"""

from __future__ import annotations

import asyncio
import logging
import time
from asyncio import StreamWriter
from weakref import WeakKeyDictionary

from mitmproxy import ctx
from mitmproxy.connection import Client
from mitmproxy.http import HTTPFlow
from mitmproxy.proxy.layers.http import HttpLayer
from mitmproxy.proxy.layers.http._http2 import Http2Connection
from mitmproxy.proxy.mode_servers import ProxyConnectionHandler

from aicache.patches.addon_dispatch import handler_of

logger = logging.getLogger(__name__)

MOST = 1024 * 1024
"""Bytes that may be on their way to a client when another hit is sent to it."""
LOOK_EVERY = 0.05
"""Seconds between two looks at a client that is waited for; later ones are further apart."""
SELDOM = 1.0
PROMISED_FOR = 5.0
"""Seconds after which an answer that mitmproxy was given has been sent, or never will be."""
CUT_AFTER = 60.0
"""Seconds in which a client takes nothing at all, after which its connection is ended."""
PATIENCE = 5.0
"""The same, after which a request on another stream of an HTTP/2 connection is given no hit."""


class Unread:
    """Knows of each client what it has not taken."""

    def __init__(self) -> None:
        self._promised: WeakKeyDictionary[Client, dict[str, tuple[int, float]]] = WeakKeyDictionary()

    def is_behind(self, client: Client) -> bool:
        """Tell whether the next hit must wait."""
        return self.size(client) > MOST

    def size(self, client: Client) -> int:
        """Return how many bytes a client has not taken, and is about to be sent."""
        now = time.monotonic()
        promised = sum(size for size, at in self._promised.get(client, {}).values() if now - at < PROMISED_FOR)
        handler = handler_of(ctx.master.addons, client)
        return promised if handler is None else promised + _sent(handler, client)

    def promise(self, flow: HTTPFlow, size: int) -> None:
        """Note an answer that mitmproxy is about to send: until then nothing shows that it is on its way."""
        self._promised.setdefault(flow.client_conn, {})[flow.id] = size, time.monotonic()

    def kept(self, flow: HTTPFlow) -> None:
        """Note that a flow's answer is sent as soon as this turn of the loop ends, or never will be."""
        if flow.client_conn in self._promised:
            asyncio.get_running_loop().call_soon(self._forget, flow.client_conn, flow.id)

    def _forget(self, client: Client, id: str) -> None:
        if (promised := self._promised.get(client)) is not None:
            promised.pop(id, None)
            if not promised:
                del self._promised[client]

    async def taken(self, client: Client) -> bool:
        """Wait until a client has taken most of what it was sent; False where it takes nothing.

        Over HTTP/1.1, where nothing else can reach it before, such a client is disconnected. Over HTTP/2 it may have
        reasons to leave one stream unread: what it asks for goes upstream.
        """
        loop, streams = asyncio.get_running_loop(), client.alpn == b"h2"
        least, since, pause = self.size(client), loop.time(), LOOK_EVERY
        while (size := self.size(client)) > MOST:
            if size < least:
                least, since = size, loop.time()
            elif loop.time() - since > (PATIENCE if streams else CUT_AFTER):
                if not streams:
                    logger.info("a client that reads none of its answers was disconnected")
                    _cut(client)
                return False
            await asyncio.sleep(pause)
            pause = min(2 * pause, SELDOM)
        return True


def _sent(handler: ProxyConnectionHandler, client: Client) -> int:
    io = handler.transports.get(client)
    size = io.writer.transport.get_write_buffer_size() if io is not None and type(io.writer) is StreamWriter else 0
    for layer in handler.layer.context.layers:
        if isinstance(layer, HttpLayer):
            connection = layer.connections.get(client)
            if isinstance(connection, Http2Connection):
                buffers = connection.h2_conn.stream_buffers.values()
                size += sum(len(each.data) for buffer in buffers for each in buffer)
    return size


def _cut(client: Client) -> None:
    handler = handler_of(ctx.master.addons, client)
    io = None if handler is None else handler.transports.get(client)
    if io is not None and type(io.writer) is StreamWriter:
        io.writer.transport.abort()
