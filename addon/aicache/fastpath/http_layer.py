"""A layer in front of mitmproxy's HTTP layer: it answers requests that the lane has answers for, and hands everything
else on as it came. What it does not understand at once is not its business.

It holds back a plain request until that is complete, and only while nothing else goes on on its connection: mitmproxy's
own layer has read all that came before and has answered it. What it sees of that layer is compared in `fits`.
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

from aicache.fastpath.request_head import END, Head, may_begin
from aicache.fastpath.request_index import Lane
from aicache.patches.source_fingerprint import digest_of

logger = logging.getLogger(__name__)

RELIED_ON: tuple[Callable[..., Any], ...] = (
    *(Layer.handle_event, NextLayer.handle_event, NextLayer._ask, TunnelLayer.event_to_child, LayerStack.__truediv__),
    *(HttpLayer._handle_event, HttpLayer.event_to_child, HttpLayer.make_stream, HttpStream.flow_done),
    *(Http1Connection._handle_event, Http1Connection.start, Http1Connection.mark_done, Http1Connection.make_pipe),
    *(Http1Server.__init__, Http1Server.read_headers, Http1Server.mark_done),
)
"""What of mitmproxy tells that nothing goes on, and hands events to a layer and its commands back."""
KNOWN = frozenset({"f8cf2b065b34bae4"})
"""Digests of its source where that was read: mitmproxy 12.2.2 to 12.3.1 have but one."""
TOGETHER = 64 * 1024
"""Bytes; a larger body is not copied to be sent with its head."""

Commands = Generator[Command, Any, None]
Taken = tuple[tuple[bytes, ...], bytes]
"""Of what came in: what is to be sent back, and what is to be handed on."""
NOTHING: Taken = ((), b"")


class FastLane(Layer):
    """Between a connection and its HTTP layer."""

    def __init__(self, http: HttpLayer, lane: Lane) -> None:
        self.context = http.context  # without a place among its layers: they do not know of this one
        self._http = http
        self._lane = lane
        self._client = http.context.client
        self._salt, self._way = b"", b""
        self._beginning = b""  # of a request whose head has not ended
        self._head: Head | None = None
        self._parts: list[bytes] = []  # of a request whose head has been read, from its first byte
        self._missing = 0  # bytes
        self._body_at = 0

    def __repr__(self) -> str:
        return repr(self._http)

    def _handle_event(self, event: Event) -> Commands:
        yield from self.handle_event(event)

    def handle_event(self, event: Event) -> Commands:
        if type(event) is DataReceived and event.connection is self._client:
            yield from self._received(event.data)
            return
        if type(event) is ConnectionClosed and event.connection is self._client and (held := self._let_go()):
            yield from self._http.handle_event(DataReceived(self._client, held))
        yield from self._http.handle_event(event)

    def _received(self, data: bytes) -> Commands:
        answer, rest = self.take(data)
        for each in answer:
            yield SendData(self._client, each)
        self.sent()
        if rest:
            yield from self._http.handle_event(DataReceived(self._client, rest))

    def take(self, data: bytes) -> Taken:
        """Take what comes next from the client. Nothing of either while a request is held back."""
        began = time.perf_counter()
        if self._head is None:
            if not self._beginning and not (self._is_idle() and self._lane.is_open()):
                return self._hand_on(data)
            data = self._beginning + data
            self._beginning = b""
            if (end := data.find(END)) < 0:
                if not may_begin(data):
                    return self._hand_on(data)
                self._beginning = data
                return NOTHING
            self._body_at = end + len(END)
            if (head := self._lane.head(data[: self._body_at])) is None:
                return self._hand_on(data)
            self._head, self._missing = head, self._body_at + head.length
        self._missing -= len(data)
        self._parts.append(data)
        return self._complete(began) if self._missing <= 0 else NOTHING

    def sent(self) -> None:
        """What was to be sent back has been. It never raises."""
        try:
            self._lane.tell()
        except Exception:
            logger.exception("a hit was not told of")

    def _complete(self, began: float) -> Taken:
        """Answer a request that is there to its last byte, or hand it on, with what came behind it."""
        head, data, more = self._head, b"".join(self._parts), self._missing < 0
        self._head, self._parts = None, []
        if head is None or more or not self._lane.is_open():
            return self._hand_on(data)
        body = data[self._body_at :]
        name, answer = self._find(head, body, began)
        if answer is not None:
            return (answer if len(answer[1]) > TOGETHER else (answer[0] + answer[1],)), b""
        if name is None:
            return self._hand_on(data)
        self._lane.pass_on(self._client, name, head, body)
        return (), data

    def _find(self, head: Head, body: bytes, began: float) -> tuple[bytes | None, tuple[bytes, bytes] | None]:
        """Return a request's name, and the answer to it where one is at hand. It never raises."""
        try:
            name = self._lane.name(self._way_here(), head, body)
            return name, self._lane.answer(name, began)
        except Exception:
            logger.exception("a request takes the ordinary way")
            return None, None

    def _let_go(self) -> bytes:
        """Return what was held back: it is handed on."""
        self._lane.pass_on_unknown(self._client)
        held = self._beginning or b"".join(self._parts)
        self._head, self._parts, self._beginning = None, [], b""
        return held

    def _hand_on(self, data: bytes) -> Taken:
        self._lane.pass_on_unknown(self._client)
        return (), data

    def _is_idle(self) -> bool:
        """Tell whether the HTTP layer waits for a request, has nothing of it yet, and nothing else to do."""
        server = self._http.connections.get(self._client)
        return (
            type(server) is Http1Server
            and server.state == server.read_headers
            and not server.buf
            and not self._http.streams
        )

    def _way_here(self) -> bytes:
        """Say where requests of this connection go, and how they came; as long as nothing changes, it is the same."""
        if self._salt != self._lane.salt:
            client, server = self._client, self.context.server
            certificates = [each.fingerprint() for each in client.certificate_list[:1]]
            way = (server.address, server.tls, client.tls, client.sni, client.proxy_mode.full_spec, certificates)
            self._salt, self._way = self._lane.salt, repr(way).encode("utf-8", "surrogateescape")
        return self._way


def fits() -> bool:
    """Tell whether mitmproxy's layers are those that were read; if not, the log says so."""
    if digest_of(RELIED_ON) in KNOWN:
        return True
    logger.info("mitmproxy %s answers all hits itself: its HTTP layer is none that was read", version.VERSION)
    return False


def put_before_http(next_layer: NextLayer, lane: Lane) -> FastLane | None:
    """Where the layers that were chosen end in HTTP that goes where its connection goes, put the lane before it."""
    above: NextLayer | TunnelLayer = next_layer
    layer = next_layer.layer
    while isinstance(layer, TunnelLayer):
        above, layer = layer, layer.child_layer
    if type(layer) is not HttpLayer or layer.mode is not HTTPMode.transparent:
        return None
    before = FastLane(layer, lane)
    if isinstance(above, NextLayer):
        above.layer = before
    else:
        above.child_layer = before
    return before
