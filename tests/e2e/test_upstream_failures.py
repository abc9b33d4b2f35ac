"""Upstreams that fail, each in its own way: the client reads why in the words of its API, over HTTP/1 and HTTP/2."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import ssl
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from aicache.proxy.malformed_fields import is_safe
from certificates import a_certificate
from e2e.apis import APIS
from e2e.proxy import EXACT_ONLY, Proxy, free_port
from e2e.wire import metric

pytestmark = pytest.mark.skipif(not is_safe(), reason="mitmproxy before 12.2.2 has pages of its own")
KEY = {"authorization": "Bearer sk-test", "content-type": "application/json"}
CHAT = json.dumps(APIS["chat"].ask("Anyone there?")).encode()
Behavior = Callable[[socket.socket], Any]


def receive(client: socket.socket) -> bytes:
    if not (data := client.recv(65536)):
        raise ConnectionError("closed")
    return data


def read_request(client: socket.socket) -> None:
    """Read a whole request: what is unread when a connection is closed may take the reply with it."""
    head = b""
    while b"\r\n\r\n" not in head:
        head += receive(client)
    head, _, body = head.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    while length and len(body) < int(length[1]):
        body += receive(client)


def answers(client: socket.socket) -> None:
    read_request(client)
    body = json.dumps(APIS["chat"].answer("Here.")).encode()
    client.sendall(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body
    )


def refuses(client: socket.socket) -> None:
    """Do as most servers do with what is no HTTP."""
    client.recv(65536)
    client.sendall(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")


def closes(client: socket.socket) -> None:
    client.recv(65536)


def resets(client: socket.socket) -> None:
    client.recv(65536)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def sends(reply: bytes) -> Behavior:
    def behave(client: socket.socket) -> None:
        read_request(client)
        client.sendall(reply)

    return behave


class Server:
    """Accepts connections, each of which behaves the same."""

    def __init__(self, behave: Behavior, tls: ssl.SSLContext | None = None) -> None:
        self._behave, self._tls = behave, tls
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = self._socket.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.closing(client):
            secured = self._tls.wrap_socket(client, server_side=True) if self._tls else client
            with contextlib.closing(secured):
                self._behave(secured)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def server() -> Iterator[Callable[..., Server]]:
    with contextlib.ExitStack() as servers:
        yield lambda *how: servers.enter_context(contextlib.closing(Server(*how)))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return a_certificate(tmp_path_factory.mktemp("upstream"))


@pytest.fixture(scope="module")
def tls(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


@pytest.fixture(scope="module")
def proxy(certificate: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """A forward proxy, so that each test has an upstream of its own. It trusts 127.0.0.1's certificate only."""
    trusted = ("--set", f"ssl_verify_upstream_trusted_ca={certificate[0]}")
    home = tmp_path_factory.mktemp("failures")
    with Proxy("", home, EXACT_ONLY, options=trusted, mode="regular") as proxy:
        yield proxy
        assert "Traceback" not in proxy.log, proxy.log


def post(
    proxy: Proxy, url: str, body: bytes = CHAT, headers: dict[str, str] = KEY
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=20)
    with contextlib.closing(connection):
        connection.request("POST", url, body, KEY)
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()


def failure(proxy: Proxy, url: str) -> tuple[str, str, bool]:
    """Return the code and the message, and whether the client may try again."""
    status, headers, body = post(proxy, url)
    error = json.loads(body)["error"]
    assert status == 502, body
    assert headers["content-type"] == "application/json"
    assert headers["x-cache-status"] == "miss"
    assert headers["cache-status"] == "ai-cache; fwd=miss"
    assert error["type"] == "upstream_error"
    return error["code"], error["message"], headers.get("x-should-retry") != "false"


def test_one_that_is_not_running(proxy: Proxy) -> None:
    port = free_port()
    refused = r'not_stored_total\{reason="upstream-refused"\}'
    code, message, may_pass = failure(proxy, f"http://127.0.0.1:{port}/v1/chat/completions")

    assert (code, may_pass) == ("upstream_refused", True)
    assert f"127.0.0.1:{port}" in message
    assert message in proxy.log
    assert metric(proxy, refused) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="relies on how Linux treats a full queue of connections")
def test_a_client_that_leaves_before_there_is_a_connection_is_no_failure_of_the_upstream(proxy: Proxy) -> None:
    left, failed = (rf'not_stored_total\{{reason="{reason}"\}}' for reason in ("broken off", "upstream-failed"))
    before = metric(proxy, left)
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        client = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=20)
        client.request("POST", f"http://127.0.0.1:{full.getsockname()[1]}/v1/chat/completions", CHAT, KEY)
        time.sleep(0.3)  # it is being looked up, or waits for its connection: either is a client that leaves
        client.close()
        proxy.wait_for(lambda: metric(proxy, left) + metric(proxy, failed) > before)

    assert metric(proxy, failed) == 0
    assert "has not answered" not in proxy.log


@pytest.mark.parametrize(
    ("behave", "code", "may_pass"),
    [
        (closes, "upstream_closed", True),
        (resets, "upstream_closed", True),
        (sends(b"HTTP/1.1 200 OK\r\ncontent-length: 200\r\n\r\n{"), "upstream_closed", True),
        (sends(b"Hello there\r\n\r\n"), "upstream_not_http", False),
        (sends(b"Hello there"), "upstream_not_http", False),
        (sends(b"\x15\x03\x01\x00\x02\x02F"), "upstream_tls", False),
    ],
)
def test_one_that_does_not_answer_as_it_should(
    proxy: Proxy, server: Callable[..., Server], behave: Behavior, code: str, may_pass: bool
) -> None:
    found, message, retried = failure(proxy, f"http://127.0.0.1:{server(behave).port}/v1/chat/completions")

    assert (found, retried) == (code, may_pass)
    assert "Hello" not in message


def test_one_that_speaks_tls_where_it_should_not_and_the_reverse(
    proxy: Proxy, server: Callable[..., Server], tls: ssl.SSLContext
) -> None:
    with_tls, without = server(answers, tls).port, server(refuses).port

    code, message, _ = failure(proxy, f"http://127.0.0.1:{with_tls}/v1/chat/completions")
    assert (code, "https://" in message) == ("upstream_closed", True)
    code, message, may_pass = failure(proxy, f"https://127.0.0.1:{without}/v1/chat/completions")
    assert (code, may_pass, "http://" in message) == ("upstream_no_tls", False, True)
    assert post(proxy, f"https://127.0.0.1:{with_tls}/v1/chat/completions")[0] == 200


def test_one_whose_certificate_is_not_accepted(
    proxy: Proxy, server: Callable[..., Server], tls: ssl.SSLContext, tmp_path: Path
) -> None:
    unknown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    unknown.load_cert_chain(*a_certificate(tmp_path))

    code, message, may_pass = failure(proxy, f"https://127.0.0.1:{server(answers, unknown).port}/v1/chat/completions")
    assert (code, may_pass) == ("upstream_certificate", False)
    assert "--set ssl_verify_upstream_trusted_ca=FILE" in message
    code, message, _ = failure(proxy, f"https://localhost:{server(answers, tls).port}/v1/chat/completions")
    assert code == "upstream_certificate"
    assert "name the upstream as its certificate does" in message


@pytest.mark.parametrize("name", APIS)
def test_the_error_has_the_shape_of_the_api(proxy: Proxy, name: str) -> None:
    api, port = APIS[name], free_port()
    status, _, body = post(proxy, f"http://127.0.0.1:{port}{api.path}", json.dumps(api.ask("Hm?")).encode())
    document = json.loads(body)
    error = document.get("error", document)

    assert status == 502
    assert f"127.0.0.1:{port} refuses connections" in (error if isinstance(error, str) else error["message"])


def test_embeddings_too(proxy: Proxy) -> None:
    status, _, body = post(proxy, f"http://127.0.0.1:{free_port()}/v1/embeddings", b'{"model": "m", "input": "a"}')

    assert (status, json.loads(body)["error"]["code"]) == (502, "upstream_refused")


def test_other_requests_get_mitmproxy_s_page(proxy: Proxy) -> None:
    status, headers, body = post(proxy, f"http://127.0.0.1:{free_port()}/index", b"{}")

    assert (status, headers["content-type"]) == (502, "text/html")
    assert b"Bad Gateway" in body


def test_the_connection_goes_on_being_used(proxy: Proxy, server: Callable[..., Server]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=20)
    with contextlib.closing(connection):
        statuses = []
        for port in (free_port(), server(answers).port, free_port()):
            connection.request("POST", f"http://127.0.0.1:{port}/v1/chat/completions", CHAT, KEY)
            response = connection.getresponse()
            response.read()
            statuses.append((response.status, connection.sock is not None))

    assert statuses == [(502, True), (200, True), (502, True)]


def test_a_request_that_is_still_being_sent_is_answered_and_its_connection_closed(proxy: Proxy) -> None:
    head = (
        f"POST http://127.0.0.1:{free_port()}/v1/chat/completions HTTP/1.1\r\nhost: x\r\n"
        "content-type: application/json\r\ncontent-length: 99000000\r\n\r\n{"
    )
    with socket.create_connection(("127.0.0.1", proxy.port), 20) as client:
        client.sendall(head.encode())
        received = b""
        while more := client.recv(65536):
            received += more

    assert received.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
    assert b"connection: close" in received
    assert json.loads(received.partition(b"\r\n\r\n")[2])["error"]["code"] == "upstream_refused"


def test_a_stream_that_breaks_in_the_middle_breaks_off(proxy: Proxy, server: Callable[..., Server]) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    port = server(sends(head + b"9\r\ndata: {}\n\r\n")).port

    with pytest.raises(http.client.IncompleteRead) as broken:
        post(proxy, f"http://127.0.0.1:{port}/v1/chat/completions")

    assert broken.value.partial == b"data: {}\n"


def test_over_http2(proxy: Proxy, server: Callable[..., Server], certificate: tuple[Path, Path]) -> None:
    """Several on one connection, and one whose body has not all been sent."""
    speaks_http2 = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    speaks_http2.load_cert_chain(*certificate)
    speaks_http2.set_alpn_protocols(["h2"])
    url = f"https://127.0.0.1:{server(closes, speaks_http2).port}/v1/chat/completions"
    with httpx.Client(http2=True, proxy=proxy.url, verify=False, timeout=20) as client:
        replies = [client.post(url, content=CHAT, headers=KEY) for _ in range(2)]
        large = client.post(url, content=iter([b"{", *[b" " * 60_000] * 120]), headers=KEY)

    for reply in (*replies, large):
        assert (reply.http_version, reply.status_code) == ("HTTP/2", 502)
        assert reply.json()["error"]["code"] == "upstream_closed"
        assert reply.headers["content-type"] == "application/json"
