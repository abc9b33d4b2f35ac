"""A layer in front of mitmproxy's HTTP layer: it answers requests that have a prepared response, and passes everything
else on unchanged.

It holds a plain request back until that is complete, and only while the connection is otherwise idle: mitmproxy's own
layer has read and answered everything before it. The mitmproxy code that this relies on is compared in `is_supported`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator
from typing import Any

from mitmproxy import version
from mitmproxy.proxy.commands import Command, SendData
from mitmproxy.proxy.events import ConnectionClosed, DataReceived, Event
from mitmproxy.proxy.layer import Layer, NextLayer
from mitmproxy.proxy.layers.http import HttpLayer, HTTPMode, HttpStream
from mitmproxy.proxy.layers.http._http1 import Http1Connection, Http1Server
from mitmproxy.proxy.tunnel import LayerStack, TunnelLayer

from aicache.fastpath.request_head import END_OF_HEAD, Head, may_become_plain
from aicache.fastpath.request_index import Reply, RequestIndex
from aicache.patches.source_fingerprint import fingerprint_source

logger = logging.getLogger(__name__)

RELIED_ON: tuple[Callable[..., Any], ...] = (
    *(Layer.handle_event, NextLayer.handle_event, NextLayer._ask, TunnelLayer.event_to_child, LayerStack.__truediv__),
    *(HttpLayer._handle_event, HttpLayer.event_to_child, HttpLayer.make_stream, HttpStream.flow_done),
    *(Http1Connection._handle_event, Http1Connection.start, Http1Connection.mark_done, Http1Connection.make_pipe),
    *(Http1Server.__init__, Http1Server.read_headers, Http1Server.mark_done),
)
"""mitmproxy functions that show whether a connection is idle, and that pass events and commands between layers."""
KNOWN_FINGERPRINTS = frozenset({"f8cf2b065b34bae4"})
"""The fingerprints of their source that were reviewed: mitmproxy 12.2.2 to 12.3.1 have the same one."""
MAX_JOINED_BYTES = 64 * 1024
"""A larger body is not copied to be sent in one write with its head."""

Commands = Generator[Command, Any, None]
Received = tuple[Reply | None, bytes]
"""The reply to send back, if any, and the bytes to pass on to mitmproxy."""
NOTHING: Received = (None, b"")


class FastPathLayer(Layer):
    """A layer between a connection and its HTTP layer."""

    def __init__(self, http: HttpLayer, index: RequestIndex) -> None:
        self.context = http.context  # without a place among its layers: they do not know of this one
        self._http = http
        self._index = index
        self._client = http.context.client
        self._salt, self._route_bytes = b"", b""
        self._start = b""  # of a request whose head is incomplete
        self._head: Head | None = None
        self._parts: list[bytes] = []  # of a request whose head has been parsed, from its first byte
        self._missing_bytes = 0
        self._body_at = 0

    def __repr__(self) -> str:
        return repr(self._http)

    def _handle_event(self, event: Event) -> Commands:
        yield from self.handle_event(event)

    def handle_event(self, event: Event) -> Commands:
        if type(event) is DataReceived and event.connection is self._client:
            yield from self._received(event.data)
            return
        if type(event) is ConnectionClosed and event.connection is self._client and (data := self._release()):
            yield from self._http.handle_event(DataReceived(self._client, data))
        yield from self._http.handle_event(event)

    def _received(self, data: bytes) -> Commands:
        reply, rest = self.receive(data)
        if reply is not None:
            for chunk in chunks_of(reply):
                yield SendData(self._client, chunk)
            self.sent(reply)
        if rest:
            yield from self._http.handle_event(DataReceived(self._client, rest))

    def receive(self, data: bytes) -> Received:
        """Take in the next bytes from the client; `NOTHING` while a request is held back."""
        began = time.perf_counter()
        if self._head is None:
            if not self._start and not (self._is_idle() and self._index.is_enabled()):
                return self._pass_on(data)
            data = self._start + data
            self._start = b""
            if (end := data.find(END_OF_HEAD)) < 0:
                if not may_become_plain(data):
                    return self._pass_on(data)
                self._start = data
                return NOTHING
            self._body_at = end + len(END_OF_HEAD)
            if (head := self._index.parse_head(data[: self._body_at])) is None:
                return self._pass_on(data)
            self._head, self._missing_bytes = head, self._body_at + head.body_length
        self._missing_bytes -= len(data)
        self._parts.append(data)
        return self._complete(began) if self._missing_bytes <= 0 else NOTHING

    def sent(self, reply: Reply) -> None:
        """Report a reply that has been sent. It never raises."""
        try:
            self._index.report(reply)
        except Exception:
            logger.exception("a hit could not be reported")

    def _complete(self, began: float) -> Received:
        """Answer a complete request, or pass it on together with the bytes behind it."""
        head, data, has_more = self._head, b"".join(self._parts), self._missing_bytes < 0
        self._head, self._parts = None, []
        if head is None or has_more or not self._index.is_enabled():
            return self._pass_on(data)
        body = data[self._body_at :]
        fingerprint, reply = self._find(head, body, began)
        if reply is not None:
            return reply, b""
        if fingerprint is None:
            return self._pass_on(data)
        self._index.pass_on(self._client, fingerprint, head, body)
        return None, data

    def _find(self, head: Head, body: bytes, began: float) -> tuple[bytes | None, Reply | None]:
        """Return a request's fingerprint, and the reply to it if there is one. It never raises."""
        try:
            fingerprint = self._index.fingerprint(self._route(), head, body)
            return fingerprint, self._index.find(fingerprint, began)
        except Exception:
            logger.exception("fast path failed; mitmproxy handles the request")
            return None, None

    def _release(self) -> bytes:
        """Return the bytes held back, to be passed on."""
        self._index.pass_on_unknown(self._client)
        data = self._start or b"".join(self._parts)
        self._head, self._parts, self._start = None, [], b""
        return data

    def _pass_on(self, data: bytes) -> Received:
        self._index.pass_on_unknown(self._client)
        return None, data

    def _is_idle(self) -> bool:
        """Tell whether the HTTP layer waits for a request, has no byte of it yet, and nothing else to do."""
        server = self._http.connections.get(self._client)
        return (
            type(server) is Http1Server
            and server.state == server.read_headers
            and not server.buf
            and not self._http.streams
        )

    def _route(self) -> bytes:
        """Describe where this connection's requests go and how they came. It changes only with the settings."""
        if self._salt != self._index.salt:
            client, server = self._client, self.context.server
            certificates = [each.fingerprint() for each in client.certificate_list[:1]]
            route = (server.address, server.tls, client.tls, client.sni, client.proxy_mode.full_spec, certificates)
            self._salt, self._route_bytes = self._index.salt, repr(route).encode("utf-8", "surrogateescape")
        return self._route_bytes


def chunks_of(reply: Reply) -> tuple[bytes, ...]:
    """Return what is written at once: head and body together, unless that would copy a large body."""
    return (reply.head, reply.body) if len(reply.body) > MAX_JOINED_BYTES else (reply.head + reply.body,)


def is_supported() -> bool:
    """Tell whether mitmproxy's layers are those that were reviewed; if not, the log says so."""
    if fingerprint_source(RELIED_ON) in KNOWN_FINGERPRINTS:
        return True
    logger.info("unknown HTTP layer in mitmproxy %s, fast path disabled", version.VERSION)
    return False


def insert_before_http(next_layer: NextLayer, index: RequestIndex) -> FastPathLayer | None:
    """Put the fast path before the HTTP layer, if the layers chosen end in one that goes where its connection goes."""
    above: NextLayer | TunnelLayer = next_layer
    layer = next_layer.layer
    while isinstance(layer, TunnelLayer):
        above, layer = layer, layer.child_layer
    if type(layer) is not HttpLayer or layer.mode is not HTTPMode.transparent:
        return None
    before = FastPathLayer(layer, index)
    if isinstance(above, NextLayer):
        above.layer = before
    else:
        above.child_layer = before
    return before
