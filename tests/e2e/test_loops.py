"""A proxy that is led to itself refuses that; proxies that are led to one another are none of its business."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from e2e.page_visitor import Visitor, bearer
from e2e.proxy import READY_EXACT, Proxy, free_port

if TYPE_CHECKING:
    from e2e.conftest import Upstream

Start = Callable[..., Proxy]

EXACT_ONLY = "semantic: {enabled: false}\n"


def through(proxy: Proxy, tunnel_to: str, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", proxy.port), 10) as connection:
        connection.sendall(f"CONNECT {tunnel_to} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        seen = connection.recv(65536)
        if b" 200 " in seen.split(b"\r\n")[0]:
            connection.sendall(request)
            while data := connection.recv(65536):
                seen += data
        return seen


@pytest.mark.parametrize("strategy", ["eager", "lazy"])
@pytest.mark.parametrize("name", ["127.0.0.1", "127.1", "2130706433", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0"])
def test_there_is_no_way_from_the_proxy_to_itself(loop: dict[str, Proxy], strategy: str, name: str) -> None:
    proxy = loop[strategy]
    ask = f"GET\t/_ai_cache/api/overview\tHTTP/1.1\r\nHost: 127.0.0.1:{proxy.port}\r\nSec-Fetch-Site: same-origin\r\n"

    seen = through(proxy, f"{name}:{proxy.port}", f"{ask}Authorization: Bearer {proxy.token}\r\n\r\n".encode())

    assert b'"since"' not in seen
    assert "Traceback" not in proxy.log


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Proxy]]:
    with contextlib.ExitStack() as stack:
        yield {
            strategy: stack.enter_context(
                Proxy(
                    "",
                    tmp_path_factory.mktemp(strategy),
                    EXACT_ONLY,
                    mode="regular",
                    options=("--set", f"connection_strategy={strategy}"),
                ).start(wait_for=READY_EXACT)
            )
            for strategy in ("eager", "lazy")
        }


def test_proxies_may_be_chained_on_one_machine(start: Start) -> None:
    behind = start(EXACT_ONLY, data="behind", wait_for=READY_EXACT)
    before = start(EXACT_ONLY, data="before", wait_for=READY_EXACT, mode=f"reverse:{behind.url}")

    assert before.ask("Is it a chain?").status == 200
    assert before.ask_until("exact", "Is it a chain?").status == 200


def test_a_proxy_may_be_anothers_upstream_proxy(start: Start, upstream: Upstream) -> None:
    behind = start(EXACT_ONLY, data="behind", wait_for=READY_EXACT, mode="regular")
    before = start(EXACT_ONLY, data="before", wait_for=READY_EXACT, mode=f"upstream:{behind.url}")
    calls = upstream.calls

    shown = Visitor(before.port, {}).ask("GET", f"{upstream.url}/v1/models")

    assert upstream.calls == calls + 1
    assert shown.status != 508


def test_one_may_listen_at_another_address_with_the_same_port(start: Start) -> None:
    port = str(free_port())
    at = ("--listen-port", port, "--listen-host")
    behind = start(EXACT_ONLY, data="behind", wait_for=None, options=(*at, "127.0.0.2"))
    behind.wait_log(READY_EXACT)
    before = start(
        EXACT_ONLY, data="before", wait_for=None, mode=f"reverse:http://127.0.0.2:{port}", options=(*at, "127.0.0.1")
    )
    before.port = int(port)
    before.wait_log(READY_EXACT)

    assert before.ask("Is it another one?").status == 200
    assert Visitor(before.port, bearer(before.token)).get("api/overview").status == 200


@pytest.mark.parametrize("how", ["absolute form", "tunnel"])
@pytest.mark.parametrize("name", ["127.0.0.1", "127.1", "localhost", "2130706433"])
def test_another_proxy_is_not_asked_for_this_one(relayed: Proxy, name: str, how: str) -> None:
    if how == "tunnel":
        seen = through(relayed, f"{name}:{relayed.port}", b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    else:
        with socket.create_connection(("127.0.0.1", relayed.port), 10) as connection:
            target = f"http://{name}:{relayed.port}/x"
            connection.sendall(f"GET {target} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
            seen = b"".join(iter(lambda: connection.recv(65536), b""))

    assert b" 508 " in seen.split(b"\r\n")[0]
    assert "Traceback" not in relayed.log


@pytest.fixture(scope="module")
def relayed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """A proxy that has an ordinary one connect for it."""
    home = tmp_path_factory.mktemp("relayed")
    off = "enabled: false\n"
    with Proxy("", home, off, data="other", mode="regular").start(wait_for="listening") as other:
        mode = f"upstream:{other.url}"
        with Proxy("", home, EXACT_ONLY, mode=mode).start(wait_for=READY_EXACT) as proxy:
            yield proxy
