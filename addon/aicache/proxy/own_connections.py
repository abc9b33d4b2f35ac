"""Detects and refuses the proxy's connections to itself. Other connections are not touched.

A client may have the proxy connect to the proxy, by any of its names and addresses. Such a connection comes from this
machine, so that software which trusts addresses takes it for a local user's; and it may loop for ever.
It is recognized by its ends, however they are spelled: the local end of one connection is the peer of the other. One
end alone would not do, since a system gives one port to several connections with different peers.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Generator
from typing import Any
from weakref import WeakSet

from mitmproxy import ctx, platform
from mitmproxy.connection import Client, Connection, Server
from mitmproxy.http import HTTPFlow, Response
from mitmproxy.proxy.commands import CloseConnection, Command, SendData
from mitmproxy.proxy.events import DataReceived, Event
from mitmproxy.proxy.layer import Layer, NextLayer
from mitmproxy.proxy.mode_specs import UpstreamMode
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from aicache.domain.throttle import Throttle
from aicache.proxy import listeners
from aicache.proxy.addresses import Address, parse_address

logger = logging.getLogger(__name__)

LOOP_REASON = "this connection leads from the proxy back to itself"
STATUS = 508
"""Loop Detected (RFC 5842)."""
BODY = b'{"error":"%s"}' % LOOP_REASON.encode()
RESPONSE = (
    f"HTTP/1.1 {STATUS} Loop Detected\r\ncontent-type: application/json\r\ncontent-length: {len(BODY)}\r\n"
    "connection: close\r\n\r\n"
).encode() + BODY
TLS_RECORD = b"\x16"

TransportEndpoint = tuple[str, Address | None, int]
"""Transport, address and port."""


class OwnConnections:
    """The open connections by their ends, kept up to date by mitmproxy's hooks."""

    def __init__(self) -> None:
        self._clients: dict[TransportEndpoint, WeakSet[Client]] = {}  # by the peer's end
        self._servers: dict[TransportEndpoint, WeakSet[Server]] = {}  # by our own end
        self._known: WeakSet[Client] = WeakSet()
        self._warning = Throttle()

    def __contains__(self, client: Client) -> bool:
        return bool(self._known) and client in self._known

    # The hooks for the two ends may come in either order, but no data comes before both.

    def client_connected(self, client: Client) -> None:
        if (end := _end(client, client.peername)) is None:
            return
        self._clients.setdefault(end, WeakSet()).add(client)
        for server in self._servers.get(end, ()):
            self._compare(client, server)

    def server_connected(self, data: ServerConnectionHookData) -> None:
        server = data.server
        if (end := _end(server, server.sockname)) is None:
            return
        self._servers.setdefault(end, WeakSet()).add(server)
        for client in self._clients.get(end, ()):
            self._compare(client, server)

    def client_disconnected(self, client: Client) -> None:
        _drop(self._clients, _end(client, client.peername), client)

    def server_disconnected(self, data: ServerConnectionHookData) -> None:
        _drop(self._servers, _end(data.server, data.server.sockname), data.server)

    def next_layer(self, next_layer: NextLayer) -> None:
        """Have such a connection send the reason and close, before its bytes are interpreted."""
        if next_layer.context.client in self:
            next_layer.layer = RefusingLayer(next_layer.context)

    def server_connect(self, data: ServerConnectionHookData) -> Awaitable[None] | None:
        """Prevent such a connection where it is recognized in advance, and connections on behalf of such a one."""
        server = data.server
        if server.error or server.address is None:
            return None
        if data.client in self:
            server.error = LOOP_REASON
            return None
        host, port, *_ = server.address
        if all(port != own for _, own in listeners.endpoints(server.transport_protocol)):
            return None
        return self._refuse(server, host, port)

    def leads_back(self, flow: HTTPFlow) -> Awaitable[bool | None] | None:
        """Tell whether an upstream proxy would be asked to connect to this one; None if that is out of the question."""
        request = flow.request
        if not isinstance(flow.client_conn.proxy_mode, UpstreamMode):
            return None  # then it is this proxy that connects, which `server_connect` sees
        if all(request.port != own for _, own in listeners.endpoints()):
            return None
        return listeners.leads_here(request.host, request.port)

    async def http_connect(self, flow: HTTPFlow) -> None:
        """Refuse a CONNECT that leads back to this proxy."""
        leads_back = self.leads_back(flow)
        if flow.response is None and leads_back is not None and await leads_back:
            flow.response = render_refusal()

    async def _refuse(self, server: Server, host: str, port: int) -> None:
        if await listeners.leads_here(host, port, server.transport_protocol):
            server.error = LOOP_REASON

    def _compare(self, client: Client, server: Server) -> None:
        server_end = _end(server, server.peername)
        if server_end == _end(client, client.sockname) or server_end == _end(client, _asked_for(client)):
            self._known.add(client)
            if self._warning.allow(time.monotonic()):
                logger.warning("a client has the proxy connect to itself, which is refused")


def render_refusal() -> Response:
    """Return the response to a request that came over such a connection nevertheless."""
    return Response.make(STATUS, BODY, {"content-type": "application/json"})


class RefusingLayer(Layer):
    """Sends the refusal and closes the connection."""

    def _handle_event(self, event: Event) -> Generator[Command, Any, None]:
        if isinstance(event, DataReceived) and event.connection is self.context.client:
            if event.data[:1] != TLS_RECORD:
                yield SendData(self.context.client, RESPONSE)
            yield CloseConnection(self.context.client)
            self._handle_event = _silent  # type: ignore[method-assign]


def _silent(event: Event) -> Generator[Command, Any, None]:
    yield from ()


def _end(connection: Connection, name: Any) -> TransportEndpoint | None:
    return (connection.transport_protocol, parse_address(name[0]), name[1]) if name else None


def _asked_for(client: Client) -> Any:
    """Return the address of a connection before this machine's packet filter redirected it; None if it did not."""
    try:
        proxyserver: Any = ctx.master.addons.get("proxyserver")  # type: ignore[no-untyped-call]
        writer = proxyserver.connections[client.id].transports[client].writer
        return platform.original_addr(writer.get_extra_info("socket"))  # type: ignore[misc]
    except Exception:  # no such filter, or no such platform
        return None


def _drop(
    connections: dict[TransportEndpoint, WeakSet[Any]], end: TransportEndpoint | None, connection: Connection
) -> None:
    if end is not None and (at_end := connections.get(end)) is not None:
        at_end.discard(connection)
        if not at_end:
            del connections[end]
