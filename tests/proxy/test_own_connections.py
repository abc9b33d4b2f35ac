"""A connection of the proxy to itself is known by both of its ends, whichever is heard of first; no other is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from mitmproxy.connection import Client, ConnectionState, Server
from mitmproxy.options import Options
from mitmproxy.proxy.commands import CloseConnection, SendData
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.events import DataReceived, Start
from mitmproxy.proxy.layer import NextLayer
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from aicache.proxy.own_connections import OwnConnections, RefusingLayer

SOURCE, LISTENER = ("127.0.0.1", 50000), ("127.0.0.1", 8080)


def client(peer: tuple[str, int] = SOURCE, own: tuple[str, int] = LISTENER, transport: str = "tcp") -> Client:
    made = Client(peername=peer, sockname=own, state=ConnectionState.OPEN)
    made.transport_protocol = transport  # type: ignore[assignment]
    return made


def server(own: tuple[str, int] = SOURCE, peer: tuple[str, int] = LISTENER) -> ServerConnectionHookData:
    made = Server(address=("wherever", peer[1]))
    made.sockname, made.peername = own, peer
    return ServerConnectionHookData(server=made, client=client(("192.0.2.9", 1), LISTENER))


def in_order(own: OwnConnections, one: Client, other: ServerConnectionHookData, client_first: bool) -> None:
    steps: list[Callable[[], None]] = [lambda: own.client_connected(one), lambda: own.server_connected(other)]
    for step in steps if client_first else reversed(steps):
        step()


@pytest.mark.parametrize("client_first", [True, False])
@pytest.mark.parametrize(
    ("peer", "listener"),
    [
        (SOURCE, LISTENER),
        (("::ffff:127.0.0.1", 50000, 0, 0), ("::ffff:127.0.0.1", 8080, 0, 0)),
        (SOURCE, ("::ffff:127.0.0.1", 8080, 0, 0)),
    ],
)
def test_it_is_known_whichever_end_is_heard_of_first(
    peer: tuple[str, int], listener: tuple[str, int], client_first: bool
) -> None:
    own, one = OwnConnections(), client(peer, listener)

    in_order(own, one, server(), client_first)

    assert one in own


@pytest.mark.parametrize("client_first", [True, False])
@pytest.mark.parametrize(
    ("one", "other"),
    [
        (client(("127.0.0.1", 50001)), server()),
        (client(("127.0.0.2", 50000)), server()),
        # a system gives one port to connections with different peers
        (client(), server(peer=("127.0.0.1", 11434))),
        (client(), server(peer=("127.0.0.2", 8080))),
        (client(transport="udp"), server()),
    ],
)
def test_no_other_is(one: Client, other: ServerConnectionHookData, client_first: bool) -> None:
    own = OwnConnections()

    in_order(own, one, other, client_first)

    assert one not in own


def test_it_stays_known_when_its_other_end_has_gone() -> None:
    """Bytes may still be on their way then."""
    own, one, other = OwnConnections(), client(), server()
    in_order(own, one, other, True)

    own.server_disconnected(other)

    assert one in own


def test_one_that_comes_later_from_the_same_port_is_somebody_elses() -> None:
    own, first, other = OwnConnections(), client(), server()
    in_order(own, first, other, True)
    own.server_disconnected(other)
    own.client_disconnected(first)

    own.client_connected(later := client())

    assert later not in own


def test_nothing_is_kept_of_connections_that_have_ended() -> None:
    own = OwnConnections()
    for port in range(1, 100):
        one, other = client(("10.0.0.7", port)), server(("10.0.0.1", port), ("192.0.2.1", 443))
        in_order(own, one, other, True)
        own.server_disconnected(other)
        own.client_disconnected(one)

    assert own._clients == own._servers == {}


def test_it_makes_no_connection_itself() -> None:
    own, one, other = OwnConnections(), client(), server()
    in_order(own, one, other, True)
    further = ServerConnectionHookData(server=Server(address=("api.example", 443)), client=one)

    assert own.server_connect(further) is None
    assert further.server.error


@pytest.mark.parametrize(
    ("data", "answered"),
    [(b"GET\t/\tHTTP/1.1\r\n\r\n", True), (b"\x05\x01\x00", True), (b"\x16\x03\x01\x02\x00", False)],
)
def test_its_bytes_come_to_no_layer(data: bytes, answered: bool) -> None:
    own, one = OwnConnections(), client()
    in_order(own, one, server(), True)
    next_layer = NextLayer(Context(one, Options()))
    own.next_layer(next_layer)
    layer = next_layer.layer
    assert isinstance(layer, RefusingLayer)

    commands = [command for event in (Start(), DataReceived(one, data)) for command in layer.handle_event(event)]
    after = list(layer.handle_event(DataReceived(one, data)))

    assert [type(command) for command in commands] == [SendData, CloseConnection][not answered :]
    assert after == []
