"""HTTP/2 requests whose heads hold what ends a line in HTTP/1: none becomes two requests, or another question."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, Event, ResponseReceived, StreamEnded, StreamReset

from e2e.proxy import READY_EXACT, Proxy
from e2e.wire import body_of

if TYPE_CHECKING:
    from e2e.conftest import Upstream

BODY = body_of("The victim's question?")
SMUGGLED = "x\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n"
REPLACED = f"x\r\ncontent-length: 92\r\n\r\n{body_of('The attacker’s?').decode()}"


@pytest.fixture(scope="module")
def proxy(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    home = tmp_path_factory.mktemp("malformed")
    config = "semantic: {enabled: false}\n"
    with Proxy(module_upstream.url, home, config).start(wait_for=READY_EXACT) as proxy:
        yield proxy


def ask(port: int, changed: dict[str, str]) -> str:
    """Send one HTTP/2 request over TLS, and return its status, or that it was refused otherwise."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    headers = {
        ":method": "POST",
        ":scheme": "https",
        ":authority": "127.0.0.1",
        ":path": "/v1/chat/completions",
        "authorization": "Bearer sk-test",
        "content-type": "application/json",
    } | changed
    with (
        socket.create_connection(("127.0.0.1", port), 5) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as tls,
    ):
        config = H2Configuration(validate_outbound_headers=False, normalize_outbound_headers=False)
        connection = H2Connection(config)
        connection.initiate_connection()
        connection.send_headers(1, list(headers.items()))
        connection.send_data(1, BODY, end_stream=True)
        tls.sendall(connection.data_to_send())
        status = ""
        while data := tls.recv(65536):
            events: list[Event] = connection.receive_data(data)
            for event in events:
                match event:
                    case ResponseReceived():
                        fields = {_text(name): _text(value) for name, value in event.headers or ()}
                        status = fields[":status"]
                    case StreamEnded():
                        return status
                    case StreamReset() | ConnectionTerminated():
                        return "refused"
            tls.sendall(connection.data_to_send())
        return status or "refused"


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


@pytest.mark.parametrize(
    "changed",
    [
        *({"x-a": value} for value in (SMUGGLED, REPLACED, "a\nb: c", "a\rb", "a\0b")),
        *({name: "x"} for name in ("x-a\r\nb", "x\0", "x\n")),
        *({":path": path} for path in ("/v1/chat/completions HTTP/1.1\r\nx: y\r\n\r\n", "/a\nb")),
        *({":method": method} for method in ("POST / HTTP/1.1\r\nx: y\r\n\r\nPOST", "P\nOST")),
        {":authority": "a\r\nx: y"},
    ],
    ids=repr,
)
def test_a_line_end_in_a_head_is_refused(proxy: Proxy, upstream: Upstream, changed: dict[str, str]) -> None:
    before = upstream.calls

    assert ask(proxy.port, changed) in ("400", "refused")
    assert upstream.calls == before
    assert "Traceback" not in proxy.log


def test_an_ordinary_request_is_answered(proxy: Proxy, upstream: Upstream) -> None:
    assert ask(proxy.port, {"x-a": "a\tb"}) == "200"
