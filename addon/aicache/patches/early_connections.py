"""Opens a request's connection to its upstream before the request itself needs it. Nothing is sent on it.

mitmproxy's HTTP layer opens a connection when a request asks it to, has later requests wait for it or use it, and keeps
it as long as the client's own connection. Here nobody asks for one in the same way, ahead of the request.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Any

from mitmproxy import ctx, version
from mitmproxy.connection import Connection, ConnectionState
from mitmproxy.http import HTTPFlow
from mitmproxy.proxy.commands import Command
from mitmproxy.proxy.events import Event
from mitmproxy.proxy.layer import Layer
from mitmproxy.proxy.layers.http import GetHttpConnection, GetHttpConnectionCompleted, HttpClient, HttpLayer, HttpStream
from mitmproxy.proxy.mode_servers import ProxyConnectionHandler
from mitmproxy.proxy.tunnel import TunnelLayer

from aicache.patches.addon_dispatch import handler_of
from aicache.patches.source_fingerprint import fingerprint_source

logger = logging.getLogger(__name__)

RELIED_ON: tuple[Callable[..., Any], ...] = (
    *(HttpLayer._handle_event, HttpLayer.event_to_child, HttpLayer.get_connection, HttpLayer.register_connection),
    *(HttpStream.make_server_connection, HttpStream.passthrough, HttpClient._handle_event),
    *(Layer.handle_event, TunnelLayer._handle_event, ProxyConnectionHandler.server_event),
)
"""mitmproxy functions that share connections among requests, and that pass events to the layers."""
KNOWN_FINGERPRINTS = frozenset({"f0577bb97d3f8d4e"})
"""The fingerprints of their source that were reviewed: mitmproxy 12.2.2 to 12.3.1 have the same one."""

Commands = Generator[Command, Any, None]
Path = tuple[tuple[HttpLayer, HttpStream], ...]
"""The layers of a request with its stream in each; all but the last are tunnels (CONNECT) around it."""


def is_supported() -> bool:
    """Tell whether mitmproxy's layers are those that were reviewed; if not, the log says so."""
    if fingerprint_source(RELIED_ON) in KNOWN_FINGERPRINTS:
        return True
    logger.info("unknown HTTP layer in mitmproxy %s, no early connections", version.VERSION)
    return False


@dataclass(eq=False)
class ConnectEarly(Event):
    """Asks the HTTP layer for the connection that the last stream of *path* would ask for."""

    path: Path
    on_opening: Callable[[], None]
    """Called if one is opened, and not when there is one, or one on its way."""

    async def send(self, handler: ProxyConnectionHandler) -> None:
        """Have a client's connection handle this. *path* is one of `find_path`."""
        for http, _ in self.path:
            _Entrance.of(http)
        await handler.server_event(self)


def find_path(flow: HTTPFlow) -> tuple[ProxyConnectionHandler, Path] | None:
    """Return the handler of a request's client, and the request's layers; None where nothing is to be opened for it.

    That is where the client has left, where the flow is no client's, for UDP, and where an open connection is there.
    """
    handler = handler_of(ctx.master.addons, flow.client_conn)
    if handler is None or flow.server_conn.transport_protocol != "tcp":
        return None
    path = tuple(_find(handler.layer.context.layers, flow))
    return (handler, path) if path and not _has_connection(path[-1][0], flow) else None


def _has_connection(http: HttpLayer, flow: HTTPFlow) -> bool:
    """Tell whether a request will be given a connection that is open, as far as that is certain."""
    if http.context.client.alpn == b"h2":  # then it depends on the upstream's protocol
        return False
    wanted = _wanted(flow)
    return any(each.connected and not each.error and wanted.connection_spec_matches(each) for each in http.connections)


def _wanted(flow: HTTPFlow) -> GetHttpConnection:
    """Return what a request asks its HTTP layer for."""
    request, server = flow.request, flow.server_conn
    return GetHttpConnection(
        (request.host, request.port), request.scheme == "https", server.via, server.transport_protocol
    )


def _find(layers: Iterable[Layer], flow: HTTPFlow) -> list[tuple[HttpLayer, HttpStream]]:
    for http in (each for each in layers if isinstance(each, HttpLayer)):
        for stream in http.streams.values():
            if getattr(stream, "flow", None) is flow:  # a stream has one from its headers on
                return [(http, stream)]
            inner = stream.context.layers[stream.context.layers.index(stream) + 1 :]
            if found := _find(inner, flow):
                return [(http, stream), *found]
    return []


class _Nobody:
    """Takes delivery of a connection in the place of a stream."""

    def __init__(self, entrance: _Entrance) -> None:
        self._entrance = entrance
        self.opened: Connection | None = None
        """The connection, if it was not there or on its way before."""

    def handle_event(self, event: Event) -> Commands:
        if isinstance(event, GetHttpConnectionCompleted) and self.opened is not None:
            self._entrance.opened(self.opened, event.reply[1])
        yield from ()


class _Entrance:
    """Stands before one HTTP layer's handling of events: to take those of ours, and to give away what it opened."""

    def __init__(self, http: HttpLayer) -> None:
        self._http = http
        self._handle_event, self._get_connection = http._handle_event, http.get_connection
        self._for_one_request: list[Connection] = []

    @classmethod
    def of(cls, http: HttpLayer) -> None:
        """Put one before the layer, unless there is one."""
        if "get_connection" not in vars(http):
            entrance = cls(http)
            http._handle_event = entrance.handle_event  # type: ignore[method-assign]
            http.get_connection = entrance.get_connection  # type: ignore[method-assign]

    def handle_event(self, event: Event) -> Commands:
        if not isinstance(event, ConnectEarly):
            yield from self._handle_event(event)
            return
        streams = self._http.streams.values()
        for http, stream in event.path:
            if http is self._http and stream in streams:
                if stream is event.path[-1][1]:
                    yield from self._connect(stream.flow, event.on_opening)
                else:
                    yield from http.event_to_child(stream, event)

    def _connect(self, flow: HTTPFlow, on_opening: Callable[[], None]) -> Commands:
        http = self._http
        if http.context.client.state is not ConnectionState.OPEN:
            return
        command = _wanted(flow)
        if any(command.connection_spec_matches(each) for each in self._for_one_request):
            return
        before = set(http.connections)
        http.command_sources[command] = nobody = _Nobody(self)  # type: ignore[assignment]
        for step in http.get_connection(command):
            if nobody.opened is None:
                nobody.opened = next((each for each in http.connections if each not in before), None)
                on_opening()
            yield step

    def opened(self, connection: Connection, error: str | None) -> None:
        """Take delivery of a connection, or of the failure to open it."""
        if error is not None:
            # Left with its error, it would answer the request. That one tries for itself.
            connection.error = None
        elif self._http.context.client.alpn == b"h2" and connection.alpn != b"h2":
            # mitmproxy opens a new one for each request then: this one is for the first.
            self._for_one_request.append(connection)

    def get_connection(self, event: GetHttpConnection, *, reuse: bool = True) -> Commands:
        """Give a request the connection that was opened for one request, or let mitmproxy find or open one."""
        http = self._http
        is_early = isinstance(http.command_sources.get(event), _Nobody)
        if is_early and not reuse:  # mitmproxy opens one for each of those who waited for this one
            del http.command_sources[event]
            return
        self._for_one_request = [each for each in self._for_one_request if each.connected]
        given = next((each for each in self._for_one_request if event.connection_spec_matches(each)), None)
        if given is None or is_early:
            yield from self._get_connection(event, reuse=reuse)
            return
        self._for_one_request.remove(given)
        stream = http.command_sources.pop(event)
        yield from http.event_to_child(stream, GetHttpConnectionCompleted(event, (given, None)))
