"""Tracks the response bytes that clients have not read yet: the next hit waits for them. It sends nothing itself.

An upstream's answers come at an upstream's pace. Hits come at once, so that they would pile up here for a client that
sends requests and does not read. For HTTP/2 this counts what flow control holds back (RFC 9113, 5.2), over all streams
of a connection.
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

MAX_UNREAD_BYTES = 1024 * 1024
"""Bytes that a client may not have read when another hit is sent to it."""
POLL_INTERVAL_S = 0.05
"""Pause between the first two checks of a client that is waited for; later ones are further apart ..."""
MAX_POLL_INTERVAL_S = 1.0
"""... by at most this much."""
EXPECTED_FOR_S = 5.0
"""Time after which a response given to mitmproxy has been sent, or never will be."""
DISCONNECT_AFTER_S = 60.0
"""Time in which a client reads nothing at all, after which it is disconnected."""
HTTP2_BYPASS_AFTER_S = 5.0
"""The same, after which a request on another stream of an HTTP/2 connection goes upstream."""


class UnreadResponses:
    """Counts the bytes that each client has not read."""

    def __init__(self) -> None:
        self._expected: WeakKeyDictionary[Client, dict[str, tuple[int, float]]] = WeakKeyDictionary()

    def is_behind(self, client: Client) -> bool:
        """Tell whether the next hit must wait."""
        return self.count(client) > MAX_UNREAD_BYTES

    def count(self, client: Client) -> int:
        """Return how many bytes a client has not read or is about to be sent."""
        now = time.monotonic()
        sizes = self._expected.get(client, {}).values()
        expected = sum(size for size, at in sizes if now - at < EXPECTED_FOR_S)
        handler = handler_of(ctx.master.addons, client)
        return expected if handler is None else expected + _count_buffered(handler, client)

    def expect(self, flow: HTTPFlow, size: int) -> None:
        """Count a response that mitmproxy is about to send: no buffer shows it before."""
        self._expected.setdefault(flow.client_conn, {})[flow.id] = size, time.monotonic()

    def sent(self, flow: HTTPFlow) -> None:
        """Count a flow's response no more once this turn of the event loop has put it into a buffer, or never will."""
        if flow.client_conn in self._expected:
            asyncio.get_running_loop().call_soon(self._forget, flow.client_conn, flow.id)

    def _forget(self, client: Client, id: str) -> None:
        if (expected := self._expected.get(client)) is not None:
            expected.pop(id, None)
            if not expected:
                del self._expected[client]

    async def wait_until_read(self, client: Client) -> bool:
        """Wait until a client has read most of what it was sent; False if it reads nothing.

        Over HTTP/1.1, where nothing else could reach it before, such a client is disconnected. Over HTTP/2 it may have
        reasons to leave one stream unread: its request is to go upstream.
        """
        loop, is_http2 = asyncio.get_running_loop(), client.alpn == b"h2"
        least, since, pause = self.count(client), loop.time(), POLL_INTERVAL_S
        while (count := self.count(client)) > MAX_UNREAD_BYTES:
            if count < least:
                least, since = count, loop.time()
            elif loop.time() - since > (HTTP2_BYPASS_AFTER_S if is_http2 else DISCONNECT_AFTER_S):
                if not is_http2:
                    logger.info("a client that reads none of its answers was disconnected")
                    _disconnect(client)
                return False
            await asyncio.sleep(pause)
            pause = min(2 * pause, MAX_POLL_INTERVAL_S)
        return True


def _count_buffered(handler: ProxyConnectionHandler, client: Client) -> int:
    io = handler.transports.get(client)
    size = io.writer.transport.get_write_buffer_size() if io is not None and type(io.writer) is StreamWriter else 0
    for layer in handler.layer.context.layers:
        if isinstance(layer, HttpLayer):
            connection = layer.connections.get(client)
            if isinstance(connection, Http2Connection):
                buffers = connection.h2_conn.stream_buffers.values()
                size += sum(len(each.data) for buffer in buffers for each in buffer)
    return size


def _disconnect(client: Client) -> None:
    handler = handler_of(ctx.master.addons, client)
    io = None if handler is None else handler.transports.get(client)
    if io is not None and type(io.writer) is StreamWriter:
        io.writer.transport.abort()
