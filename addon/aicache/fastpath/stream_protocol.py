"""What comes from a client shown to the lane before mitmproxy's stream gets it: a hit is sent from there, and no task
is woken for it. Everything else goes into the stream as ever.

Only while nothing of what came before is on its way: the connection's task waits for bytes, and all that was written
has left for the network. Only where a connection's bytes are HTTP's own: nothing unwraps them before the lane.
"""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamReaderProtocol, StreamWriter
from collections.abc import Callable
from typing import Any

from mitmproxy.proxy.layers.http import HttpLayer
from mitmproxy.proxy.layers.modes import DestinationKnown, ReverseProxy, TransparentProxy
from mitmproxy.proxy.layers.tls import ServerTLSLayer
from mitmproxy.proxy.mode_servers import ProxyConnectionHandler
from mitmproxy.proxy.server import ConnectionHandler, TimeoutWatchdog

from aicache.fastpath.http_layer import FastLane
from aicache.patches.source_fingerprint import digest_of

RELIED_ON: tuple[Callable[..., Any], ...] = (
    *(ConnectionHandler.handle_connection, ConnectionHandler.drain_writers, TimeoutWatchdog.register_activity),
    DestinationKnown.finish_start,
)
"""What of mitmproxy tells that all that came before has been read, and that its layers hand bytes on as they are."""
KNOWN = frozenset({"ec1f3b5fe383256b"})
"""Digests of its source where that was read: mitmproxy 12.2.2 to 12.3.1 have but one."""
TRANSPARENT = (ReverseProxy, TransparentProxy, ServerTLSLayer, HttpLayer)
"""Layers through which a client's bytes pass as they are."""


class Tap(asyncio.Protocol):
    """Between a connection's transport and its *stream*, whose bytes *reader* gives to *handler*."""

    def __init__(
        self,
        lane: FastLane,
        handler: ProxyConnectionHandler,
        reader: StreamReader,
        stream: StreamReaderProtocol,
        transport: asyncio.Transport,
    ) -> None:
        self._lane = lane
        self._watchdog = handler.timeout_watchdog
        self._reader: Any = reader
        self._stream = stream
        self._transport = transport
        self.connection_lost = stream.connection_lost  # type: ignore[method-assign]
        self.eof_received = stream.eof_received  # type: ignore[method-assign]
        self.pause_writing = stream.pause_writing  # type: ignore[method-assign]
        self.resume_writing = stream.resume_writing  # type: ignore[method-assign]

    def data_received(self, data: bytes) -> None:
        if self._is_quiet():
            answer, data = self._lane.take(data)
            for each in answer:
                self._transport.write(each)
            self._watchdog.register_activity()  # type: ignore[no-untyped-call]
            self._lane.sent()
        if data:
            self._stream.data_received(data)

    def _is_quiet(self) -> bool:
        waiter = self._reader._waiter
        waits = waiter is not None and not waiter.done() and not self._reader._buffer
        return waits and not self._transport.get_write_buffer_size()


def put_before_stream(lane: FastLane, handler: ProxyConnectionHandler) -> bool:
    """Have the lane see a connection's bytes first; False where that cannot be."""
    if not all(type(layer) in TRANSPARENT for layer in lane.context.layers):
        return False
    if (io := handler.transports.get(handler.client)) is None:
        return False  # it has gone meanwhile
    reader, writer = io.reader, io.writer
    if type(reader) is not StreamReader or type(writer) is not StreamWriter:
        return False  # mitmproxy's own, in Rust
    transport: Any = writer.transport
    stream = transport.get_protocol()
    if type(stream) is not StreamReaderProtocol or not (hasattr(reader, "_waiter") and hasattr(reader, "_buffer")):
        return False
    transport.set_protocol(Tap(lane, handler, reader, stream, transport))
    return True


def fits() -> bool:
    """Tell whether mitmproxy reads connections as it did where that was read; if not, the lane does without."""
    return digest_of(RELIED_ON) in KNOWN
