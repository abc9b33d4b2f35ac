"""Streams in flight: latecomers get what has been said so far at once, and then follow as it comes."""

from __future__ import annotations

import json
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from demo.answers import Reply
from e2e.proxy import EXACT_ONLY, Proxy

if TYPE_CHECKING:
    from e2e.conftest import Upstream

LONG = "A long answer that takes its time to say what it has to say, token by token, until it is said at last."
PER_TOKEN = 0.05
IN_A_SECOND = Reply((LONG,), per_token=PER_TOKEN)
COLLAPSED = "ai-cache; fwd=miss; collapsed"
SOON = 0.3  # seconds in which a chunk arrives that is there; a busy machine's, and a fraction of what the stream takes


@dataclass(frozen=True)
class Stream:
    """A streamed answer as a client saw it: the pieces, and when each came, in seconds since the request."""

    status: int
    headers: httpx.Headers
    pieces: tuple[tuple[float, bytes], ...]
    ended_at: float
    """By `time.monotonic`."""
    broken: bool

    @property
    def body(self) -> bytes:
        return b"".join(piece for _, piece in self.pieces)

    @property
    def is_collapsed(self) -> bool:
        return self.headers["cache-status"] == COLLAPSED


class H2Only(ssl.SSLContext):
    """Offers HTTP/2 alone, where httpx offers HTTP/1.1 as well, and mitmproxy takes what its upstream speaks."""

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        super().set_alpn_protocols(["h2"])


def context(http2: bool) -> ssl.SSLContext:
    """Return a context that trusts the proxy, as it is not what is tested here."""
    context = H2Only(ssl.PROTOCOL_TLS_CLIENT) if http2 else ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def send(client: socket.socket, question: str, version: str = "1.1", **fields: object) -> None:
    """Ask as `ask` does, but read nothing."""
    body = {"model": "gpt-test", "messages": [{"role": "user", "content": question}]} | {"stream": True} | fields
    data = json.dumps(body).encode()
    lines = (f"POST /v1/chat/completions HTTP/{version}", "host: x", f"content-length: {len(data)}")
    fields_sent = ("content-type: application/json", "authorization: Bearer sk-test")
    client.sendall("\r\n".join((*lines, *fields_sent, "", "")).encode() + data)


def ask(proxy: Proxy, question: str, *, http2: bool = False, forward: bool = False, **fields: object) -> Stream:
    """Ask for a stream, and note when each piece comes; *forward*: by the upstream's URL, through a forward proxy."""
    body = {"model": "gpt-test", "messages": [{"role": "user", "content": question}]} | {"stream": True} | fields
    url = proxy.upstream if forward else f"http{'s' if http2 else ''}://127.0.0.1:{proxy.port}"
    through = proxy.url if forward else None
    pieces, broken = [], False
    with httpx.Client(http2=http2, verify=context(http2), timeout=30, proxy=through) as client:
        began = time.monotonic()
        with client.stream(
            "POST", f"{url}/v1/chat/completions", json=body, headers={"authorization": "Bearer sk-test"}
        ) as response:
            assert response.http_version == ("HTTP/2" if http2 else "HTTP/1.1")
            try:
                pieces.extend((time.monotonic() - began, piece) for piece in response.iter_raw())
            except httpx.RemoteProtocolError:
                broken = True
            return Stream(response.status_code, response.headers, tuple(pieces), time.monotonic(), broken)


def start(upstream: Upstream, home: Path, speed: str, options: tuple[str, ...]) -> Iterator[Proxy]:
    with Proxy(upstream.url, home, f"{EXACT_ONLY}speed: {speed}\n", options=options) as running:
        yield running
    assert "Traceback" not in running.log


@pytest.fixture(scope="module")
def proxy(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """One with the fast path."""
    options = ("--set", "flow_detail=0")
    yield from start(module_upstream, tmp_path_factory.mktemp("proxy"), "{fast_lane: true}", options)


@pytest.fixture(scope="module")
def plain_proxy(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """One that leaves mitmproxy as it is, and where something wants flows."""
    yield from start(module_upstream, tmp_path_factory.mktemp("plain"), "{dispatch: false, fast_lane: false}", ())


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(32) as pool:
        yield pool


@dataclass
class UnderWay:
    """A stream that a first client has begun to read."""

    proxy: Proxy
    upstream: Upstream
    pool: ThreadPoolExecutor
    question: str
    leader: Future[Stream]

    def late(self, ask: Callable[..., object] = ask, **how: object) -> Future[Stream]:
        return self.pool.submit(ask, self.proxy, self.question, **how)  # type: ignore[arg-type]


@pytest.fixture
def under_way(proxy: Proxy, upstream: Upstream, pool: ThreadPoolExecutor, request: pytest.FixtureRequest) -> UnderWay:
    """A stream of more than a second, of which a third is over; later requests would get another answer."""
    return begin(proxy, upstream, pool, f"{request.node.name}?", getattr(request, "param", IN_A_SECOND))


def begin(proxy: Proxy, upstream: Upstream, pool: ThreadPoolExecutor, question: str, reply: Reply) -> UnderWay:
    upstream.script = lambda _: reply
    calls = upstream.calls
    leader = pool.submit(ask, proxy, question)
    proxy.wait_for(lambda: upstream.calls > calls)
    upstream.script = lambda _: Reply(("Another answer.",))
    time.sleep(0.5)
    return UnderWay(proxy, upstream, pool, question, leader)


@pytest.mark.parametrize("http2", [False, True])
@pytest.mark.parametrize("which", ["proxy", "plain_proxy"])
def test_a_latecomer_gets_what_was_said_at_once_and_the_rest_as_it_comes(
    upstream: Upstream, pool: ThreadPoolExecutor, request: pytest.FixtureRequest, which: str, http2: bool
) -> None:
    under_way = begin(request.getfixturevalue(which), upstream, pool, f"{request.node.name}?", IN_A_SECOND)
    calls = under_way.upstream.calls

    late = under_way.late(http2=http2).result(20)
    leader = under_way.leader.result(20)

    assert late.body == leader.body
    assert b"last" in late.body
    assert (late.status, late.is_collapsed, leader.is_collapsed) == (200, True, False)
    assert late.headers["content-type"] == leader.headers["content-type"]
    assert late.headers["x-ai-cache-key"] == leader.headers["x-ai-cache-key"]
    assert late.pieces[0][0] < SOON
    assert abs(late.ended_at - leader.ended_at) < SOON
    assert late.pieces[-1][0] > SOON  # it was not all there at once
    assert len(late.pieces) > 5
    assert under_way.upstream.calls == calls


def test_a_request_of_another_mode_gets_it_when_it_is_whole(under_way: UnderWay) -> None:
    calls = under_way.upstream.calls
    whole = under_way.late(stream=False)
    with_usage = under_way.late(stream_options={"include_usage": True})

    leader = under_way.leader.result(20)
    assert [stream.is_collapsed for stream in (whole.result(20), with_usage.result(20))] == [False, False]
    assert b'"usage"' not in leader.body
    assert under_way.upstream.calls == calls + 2  # a stream without usage cannot tell it


def test_the_leader_speaks_http2_and_followers_any(
    proxy: Proxy, upstream: Upstream, pool: ThreadPoolExecutor, request: pytest.FixtureRequest
) -> None:
    upstream.script = lambda _: Reply((LONG,), per_token=PER_TOKEN)
    calls, question = upstream.calls, f"{request.node.name}?"
    asked = [pool.submit(ask, proxy, question, http2=number % 2 == 0) for number in range(6)]

    streams = [future.result(20) for future in asked]

    assert len({stream.body for stream in streams}) == 1
    assert sum(stream.is_collapsed for stream in streams) == 5
    assert upstream.calls == calls + 1


@pytest.mark.parametrize(
    "under_way",
    [Reply((LONG,), per_token=2 * PER_TOKEN, ends=ends, ends_after=20) for ends in ("close", "reset")],  # type: ignore[arg-type]
    indirect=True,
)
def test_a_stream_that_breaks_off_does_so_for_everyone_and_is_not_stored(under_way: UnderWay) -> None:
    late = [under_way.late(http2=http2) for http2 in (False, True)]

    leader = under_way.leader.result(20)
    for future in late:
        stream = future.result(20)
        assert stream.body == leader.body
        assert stream.is_collapsed
        assert stream.broken
    assert leader.broken
    assert under_way.proxy.ask(under_way.question, stream=True).cache == "miss"


@pytest.mark.parametrize("under_way", [Reply((LONG,), per_token=PER_TOKEN, framing="close")], indirect=True)
def test_a_stream_delimited_by_close_is_followed_to_its_end(under_way: UnderWay) -> None:
    late = under_way.late().result(20)

    assert late.body == under_way.leader.result(20).body
    assert not late.broken


def test_followers_that_leave_hold_up_nobody(under_way: UnderWay) -> None:
    def leave_early(proxy: Proxy, question: str) -> None:
        with socket.create_connection(("127.0.0.1", proxy.port), 5) as client:
            send(client, question)
            assert client.recv(1000)

    for _ in range(3):
        under_way.late(leave_early).result(20)
    late = under_way.late().result(20)

    assert late.body == under_way.leader.result(20).body
    assert late.is_collapsed


def test_a_client_that_speaks_http_1_0_gets_no_chunked_coding(under_way: UnderWay) -> None:
    with socket.create_connection(("127.0.0.1", under_way.proxy.port), 20) as client:
        send(client, under_way.question, "1.0")
        received = b"".join(iter(lambda: client.recv(65536), b""))

    headers, _, body_received = received.partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in headers.lower()
    assert body_received == under_way.leader.result(20).body


BIG = 3 * 1024 * 1024
"""Bytes of a stream that no socket buffer holds, and that is still stored."""


def test_a_reader_of_a_byte_a_second_holds_up_nobody(
    proxy: Proxy, upstream: Upstream, pool: ThreadPoolExecutor, request: pytest.FixtureRequest
) -> None:
    words = " ".join(["word"] * (BIG // 180))
    upstream.script = lambda _: Reply((words,), first_token=1.0, piece=64 * 1024)
    calls, question = upstream.calls, f"{request.node.name}?"
    leader = pool.submit(ask, proxy, question)
    proxy.wait_for(lambda: upstream.calls > calls)
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(("127.0.0.1", proxy.port))
        send(slow, question)
        quick = pool.submit(ask, proxy, question)
        while not leader.done():
            assert slow.recv(1)
            time.sleep(1)

        assert quick.result(20).body == leader.result(20).body
        assert quick.result(20).ended_at - leader.result(20).ended_at < 2.0
        slow.settimeout(20)
        rest = b""
        while b"[DONE]" not in rest[-100:]:
            rest += (more := slow.recv(1024 * 1024))
            assert more
        assert len(rest) > BIG / 2  # it was not lost meanwhile, and comes when it is read
    assert upstream.calls == calls + 1


def test_followers_are_counted_with_what_they_save(under_way: UnderWay) -> None:
    def saved() -> int:
        token = {"authorization": f"Bearer {under_way.proxy.token}"}
        text = httpx.get(f"{under_way.proxy.url}/_ai_cache/metrics", headers=token).text
        found = re.search(r'aicache_hits_total\{api="chat",model="gpt-test",tier="collapsed"\} ([0-9.]+)', text)
        return int(float(found[1])) if found else 0

    before = saved()
    under_way.late().result(20)

    under_way.proxy.wait_for(lambda: saved() == before + 1)


def test_through_a_forward_proxy_as_well(upstream: Upstream, tmp_path: Path, pool: ThreadPoolExecutor) -> None:
    upstream.script = lambda _: IN_A_SECOND
    calls = upstream.calls
    with Proxy(upstream.url, tmp_path, EXACT_ONLY, mode="regular") as proxy:
        asked = [pool.submit(ask, proxy, "Forward?", forward=True) for _ in range(4)]
        streams = [future.result(20) for future in asked]

    assert len({stream.body for stream in streams}) == 1
    assert sum(stream.is_collapsed for stream in streams) == 3
    assert upstream.calls == calls + 1
