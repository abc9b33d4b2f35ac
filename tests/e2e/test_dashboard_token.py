"""Who is at another address: no way in without the token, however the proxy is made to visit itself. In a network
namespace: every mode of one proxy, by every spelling of its own address, in every form that a request may have."""

from __future__ import annotations

import asyncio
import itertools
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, StreamEnded
from h2.events import DataReceived as H2Data
from h2.exceptions import H2Error

from e2e.page_visitor import bearer
from e2e.proxy import READY_EXACT, Proxy
from namespaces import GATEWAY, Lan, entered, lan

REGULAR, SOCKS, REVERSE, UPSTREAM, TRANSPARENT, OTHER = 8080, 8081, 8082, 8083, 8084, 8090
MODES = (f"socks5@{SOCKS}", f"reverse:http://127.0.0.1:9@{REVERSE}", f"upstream:http://127.0.0.1:{OTHER}@{UPSTREAM}")
OWN, REDIRECTED = "proxy.test", "203.0.113.77"
"""A name of the proxy's, and an address that its machine's packet filter leads to it."""
SPELLINGS = (
    *(
        "127.0.0.1",
        "localhost",
        "127.0.0.2",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "0.0.0.0",
        "127.255.255.254",
    ),
    *("[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:2]", "[0:0:0:0:0:0:0:1]", "[fd77::1]", "[::ffff:10.77.0.1]"),
    *(GATEWAY[0], "10.77.1", OWN, "PROXY.test", "203.0.113.1", REDIRECTED),
)
PATHS = ("/_ai_cache/api/overview", "/_ai_cache/metrics")
SHOWN = (b'"since"', b"aicache_requests")
"""What is in the answers of those, and in no other."""
Try = Callable[[], Awaitable[bytes]]
AT_ONCE, WITHIN = 24, 8.0


class OnGateway(Proxy):
    """A proxy on the machine between the client and the rest, which listens on all of its addresses."""

    def __init__(self, net: Lan, home: Path, port: int, config: str | None, *options: str, mode: str) -> None:
        super().__init__("", home, config, mode=f"{mode}@{port}", options=("--listen-host", "", *options))
        self._net = net

    def command(self) -> list[str]:
        command = super().command()
        if self.data.name == "bare":
            command[1:3] = []
        return self._net.gateway.command(*command)


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lan]:
    with lan(tmp_path_factory.mktemp("net"), {OWN: GATEWAY}) as net:
        to_port = ("-p", "tcp", "--dport", "80", "-j", "REDIRECT", "--to-ports")
        for chain, port in (("PREROUTING", TRANSPARENT), ("OUTPUT", REGULAR)):
            net.gateway.run("iptables", "-t", "nat", "-A", chain, "-d", REDIRECTED, *to_port, port)
        yield net


@pytest.fixture(scope="module")
def proxy(net: Lan, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    home = tmp_path_factory.mktemp("door")
    options = [word for mode in (*MODES, f"transparent@{TRANSPARENT}") for word in ("--mode", mode)]
    options += ["--set", "connection_strategy=lazy", "--set", "flow_detail=0"]
    other = OnGateway(net, home, OTHER, None, mode="regular")
    other.data = home / "bare"  # which is mitmproxy without the cache
    proxy = OnGateway(net, home, REGULAR, "semantic: {enabled: false}\n", *options, mode="regular")
    with other.start(wait_for=None), proxy.start(wait_for=None):
        proxy.wait_log(READY_EXACT)
        other.wait_log("listening at")
        yield proxy


class Raw:
    """A connection whose bytes are a test's own."""

    refused = False
    """Whether the tunnel that was asked for is none."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def to(cls, port: int) -> Raw:
        return cls(*await asyncio.open_connection(GATEWAY[0], port))

    async def say(self, data: bytes, until: bytes | None = None) -> bytes:
        """Return what is said to that up to its end."""
        self.writer.write(data)
        return await self.reader.readuntil(until) if until else await self.reader.read()

    async def start_tls(self, *protocols: str) -> None:
        if self.refused:  # a handshake would wait for the answer of who speaks HTTP
            raise ConnectionRefusedError
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if protocols:
            context.set_alpn_protocols(protocols)
        await self.writer.start_tls(context, server_hostname=OWN)


def head(target: str, host: str, *, tabs: bool = False, token: str = "", method: str = "GET") -> bytes:
    gap = "\t" if tabs else " "
    given = f"Authorization: Bearer {token}\r\n" if token else ""
    fields = f"Host: {host}\r\nSec-Fetch-Site: same-origin\r\nX-Ai-Cache-Dashboard: 1\r\n{given}Connection: close"
    return f"{method}{gap}{target}{gap}HTTP/1.1\r\n{fields}\r\n\r\n".encode()


async def connected(port: int, host: str, to: int) -> Raw:
    raw = await Raw.to(port)
    reply = await raw.say(f"CONNECT {host}:{to} HTTP/1.1\r\nHost: x\r\n\r\n".encode(), b"\r\n\r\n")
    raw.refused = b" 200 " not in reply
    return raw


async def socks(port: int, host: str, to: int) -> Raw:
    raw = await Raw.to(port)
    await raw.say(b"\5\1\0", b"\5\0")
    plain = host.strip("[]")
    if ":" in plain:
        address = b"\4" + socket.inet_pton(socket.AF_INET6, plain)
    elif plain.count(".") == 3 and plain.replace(".", "").isdigit() and not plain.startswith("0177"):
        address = b"\1" + socket.inet_aton(plain)
    else:
        address = b"\3" + bytes([len(plain)]) + plain.encode()
    raw.writer.write(b"\5\1\0" + address + struct.pack(">H", to))
    await raw.reader.readexactly(10)
    return raw


async def by_tunnel(port: int, host: str, to: int, path: str, *, tabs: bool, token: str, times: int = 1) -> bytes:
    raw = await (socks if port == SOCKS else connected)(port, host, to)
    for _ in range(times - 1):  # through the tunnel, once more
        await raw.say(f"CONNECT\t{host}:{to}\tHTTP/1.1\r\nHost: x\r\n\r\n".encode(), b"\r\n\r\n")
    named = "127.0.0.1" if tabs else host
    return await raw.say(head(path, f"{named}:{to}", tabs=tabs, token=token))


async def by_tls(port: int, host: str, to: int, path: str, *, tabs: bool, token: str) -> bytes:
    raw = await (socks if port == SOCKS else connected)(port, host, to)
    await raw.start_tls()
    return await raw.say(head(path, f"{host}:{to}", tabs=tabs, token=token))


async def by_http2(port: int, host: str, to: int, path: str, *, token: str) -> bytes:
    raw = await (socks if port == SOCKS else connected)(port, host, to)
    await raw.start_tls("h2")
    http = H2Connection()
    http.initiate_connection()
    asked = {":method": "GET", ":scheme": "https", ":authority": f"{host}:{to}", ":path": path}
    given = {"sec-fetch-site": "same-origin"} | (bearer(token) if token else {})
    http.send_headers(1, [*asked.items(), *given.items()], end_stream=True)
    seen = b""
    while True:
        raw.writer.write(http.data_to_send())
        data = await raw.reader.read(1 << 16)
        events = http.receive_data(data) if data else [StreamEnded()]
        seen += b"".join(event.data for event in events if isinstance(event, H2Data))
        if any(isinstance(event, StreamEnded | ConnectionTerminated) for event in events):
            return seen


async def absolute(port: int, host: str, to: int, path: str, *, tabs: bool, token: str) -> bytes:
    raw = await Raw.to(port)
    return await raw.say(head(f"http://{host}:{to}{path}", f"{host}:{to}", tabs=tabs, token=token))


async def direct(port: int, host: str, to: int, path: str, *, tabs: bool, token: str) -> bytes:
    """Ask as if the proxy were a web server, and name it in every way."""
    raw = await Raw.to(port)
    return await raw.say(head(path, f"{host}:{to}", tabs=tabs, token=token))


def tries(token: str) -> Iterator[tuple[str, Try]]:
    """Every try, by what it is."""
    for host, path, tabs in itertools.product(SPELLINGS, PATHS, (False, True)):
        for port, to in [(REGULAR, REGULAR), (REGULAR, REVERSE), (SOCKS, REGULAR), (UPSTREAM, REGULAR)]:
            if path != PATHS[0] and port != REGULAR:
                continue
            to = 80 if host == REDIRECTED else to
            name = f"{port} {host}:{to} {path} tabs={tabs}"
            yield f"tunnel {name}", partial(by_tunnel, port, host, to, path, tabs=tabs, token=token)
            yield f"tls {name}", partial(by_tls, port, host, to, path, tabs=tabs, token=token)
            if port != SOCKS:
                yield f"absolute {name}", partial(absolute, port, host, to, path, tabs=tabs, token=token)
            if not tabs and path == PATHS[0]:
                yield f"http2 {name}", partial(by_http2, port, host, to, path, token=token)
            if tabs and path == PATHS[0]:
                yield f"twice {name}", partial(by_tunnel, port, host, to, path, tabs=tabs, token=token, times=2)
        for port in (REGULAR, REVERSE, UPSTREAM, TRANSPARENT):
            name = f"{port} Host: {host} {path} tabs={tabs}"
            yield f"direct {name}", partial(direct, port, host, port, path, tabs=tabs, token=token)


async def shown(token: str) -> tuple[int, list[str]]:
    """Try everything, and return how many tries there were, and which were shown something."""
    free, found = asyncio.Semaphore(AT_ONCE), list[str]()

    async def attempt(name: str, trying: Try) -> None:
        async with free:
            with suppress(OSError, EOFError, TimeoutError, ssl.SSLError, H2Error, asyncio.LimitOverrunError):
                async with asyncio.timeout(WITHIN):
                    reply = await trying()
                    if any(each in reply for each in SHOWN):
                        found.append(name)

    everything = list(tries(token))
    await asyncio.gather(*(attempt(*each) for each in everything))
    return len(everything), found


def test_there_is_no_way_in_without_the_token(net: Lan, proxy: Proxy) -> None:
    with entered(net.client):
        count, found = asyncio.run(shown(""))

    assert count > 800
    assert found == []
    assert "Traceback" not in proxy.log
    assert "crashed" not in proxy.log


@pytest.mark.parametrize("port", [REGULAR, REVERSE, UPSTREAM, TRANSPARENT])
def test_with_the_token_the_pages_are_there_in_every_mode(net: Lan, proxy: Proxy, port: int) -> None:
    """It also shows that the tries above could have seen something."""
    forms = [("127.0.0.1", False), (GATEWAY[0], port != TRANSPARENT)]  # which takes tabs for something else than HTTP
    with entered(net.client):
        replies = [
            asyncio.run(direct(port, host, port, path, tabs=tabs, token=proxy.token))
            for (host, tabs), path in itertools.product(forms, PATHS)
        ]

    assert [any(each in reply for each in SHOWN) for reply in replies] == [True] * 4


@pytest.mark.parametrize("host", ["127.0.0.2", REDIRECTED])
def test_the_proxy_refuses_its_own_connection_also_where_it_has_the_token(net: Lan, proxy: Proxy, host: str) -> None:
    """Inside a tunnel that mitmproxy takes for no HTTP, so that it comes to the proxy a second time."""
    port = 80 if host == REDIRECTED else REGULAR
    with entered(net.client):
        reply = asyncio.run(by_tunnel(REGULAR, host, port, PATHS[0], tabs=True, token=proxy.token))

    assert not any(each in reply for each in SHOWN)
    assert host != REDIRECTED or b"back to itself" in reply
