"""Shows a client's bytes to the fast path before mitmproxy's stream: a hit is sent from here and wakes no task.

Everything else goes into the stream. Bytes are shown only while nothing received before is being dealt with: the
connection's task waits for bytes, and everything written has left for the network. And only where a connection's bytes
are HTTP's own, with no TLS to unwrap before the HTTP layer.
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

from aicache.fastpath.http_layer import FastPathLayer, chunks_of
from aicache.patches.source_fingerprint import fingerprint_source

RELIED_ON: tuple[Callable[..., Any], ...] = (
    *(ConnectionHandler.handle_connection, ConnectionHandler.drain_writers, TimeoutWatchdog.register_activity),
    DestinationKnown.finish_start,
)
"""mitmproxy functions that ensure that everything received before has been read, and that layers pass bytes on
unchanged."""
KNOWN_FINGERPRINTS = frozenset({"ec1f3b5fe383256b"})
"""The fingerprints of their source that were reviewed: mitmproxy 12.2.2 to 12.3.1 have the same one."""
TRANSPARENT_LAYERS = (ReverseProxy, TransparentProxy, ServerTLSLayer, HttpLayer)
"""Layers that pass a client's bytes on unchanged."""


class StreamProtocol(asyncio.Protocol):
    """Sits between a connection's transport and its *stream*, whose bytes *reader* gives to *handler*."""

    def __init__(
        self,
        layer: FastPathLayer,
        handler: ProxyConnectionHandler,
        reader: StreamReader,
        stream: StreamReaderProtocol,
        transport: asyncio.Transport,
    ) -> None:
        self._layer = layer
        self._watchdog = handler.timeout_watchdog
        self._reader: Any = reader
        self._stream = stream
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._is_idle():
            reply, data = self._layer.receive(data)
            if reply is not None:
                for chunk in chunks_of(reply):
                    self._transport.write(chunk)
            self._watchdog.register_activity()  # type: ignore[no-untyped-call]
            if reply is not None:
                self._layer.sent(reply)
        if data:
            self._stream.data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stream.connection_lost(exc)

    def eof_received(self) -> bool | None:
        return self._stream.eof_received()

    def pause_writing(self) -> None:
        self._stream.pause_writing()

    def resume_writing(self) -> None:
        self._stream.resume_writing()

    def _is_idle(self) -> bool:
        waiter = self._reader._waiter
        waits = waiter is not None and not waiter.done() and not self._reader._buffer
        return waits and not self._transport.get_write_buffer_size()


def insert_before_stream(layer: FastPathLayer, handler: ProxyConnectionHandler) -> bool:
    """Have *layer* see a connection's bytes first; False if this connection does not allow that."""
    if not all(type(each) in TRANSPARENT_LAYERS for each in layer.context.layers):
        return False
    if (io := handler.transports.get(handler.client)) is None:
        return False  # the client has disconnected meanwhile
    reader, writer = io.reader, io.writer
    if type(reader) is not StreamReader or type(writer) is not StreamWriter:
        return False  # mitmproxy's own, in Rust
    transport: Any = writer.transport
    stream = transport.get_protocol()
    if type(stream) is not StreamReaderProtocol or not (hasattr(reader, "_waiter") and hasattr(reader, "_buffer")):
        return False
    transport.set_protocol(StreamProtocol(layer, handler, reader, stream, transport))
    return True


def is_supported() -> bool:
    """Tell whether this mitmproxy reads connections as those reviewed do."""
    return fingerprint_source(RELIED_ON) in KNOWN_FINGERPRINTS
