"""Odd HTTP/1.1 requests: with the fast lane and without, the same bytes come back, less dates and ages."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from demo.answers import Reply, error
from e2e.proxy import READY_EXACT, WANTS_FAST_PATH, Proxy
from e2e.wire import Step, Wire, body_of, in_lane, learn, request

if TYPE_CHECKING:
    from e2e.conftest import Upstream

pytestmark = WANTS_FAST_PATH
CONFIG = "semantic: {enabled: false}\nspeed: {fast_lane: %s}\nexact: {secret: the-same-for-both-proxies}\n"
KNOWN = "What is the capital of France?"
BODY = body_of(KNOWN)
HIT = request(BODY)
MISS = request(body_of("Who was the first to ask this?"), "cache-control: no-store")
STREAM = request(body_of(KNOWN, stream=True))
BYPASS = request(BODY, "x-higress-skip-ai-cache: on")
ELSEWHERE = b"GET /v1/models HTTP/1.1\r\nhost: api.example\r\n\r\n"
HEAD, _, _ = HIT.partition(b"\r\n\r\n")
CHUNKED = request(b"", "transfer-encoding: chunked", length="") + b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
HUGE = request(body_of("x" * 3_000_000), "cache-control: no-store")
LONG = request(body_of("y" * 300_000), "cache-control: no-store")

ANSWER = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Paris."}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }
).encode()
"""The same to every request, so that only the proxies can make a difference."""
AT_A_TIME = 12
"""Connections to each of the two proxies."""

ODD: dict[str, list[Step]] = {
    "a hit": [HIT],
    "hit, miss, bypass, something else, hit": [HIT, "read", MISS, "read", BYPASS, "read", ELSEWHERE, "read", HIT],
    "hits and misses in turn": [HIT, "read", MISS, "read"] * 3,
    "streamed and whole in turn": [STREAM, "read", HIT, "read", STREAM, "read", HIT, "read", STREAM],
    "controls": [
        *(request(BODY, "cache-control: no-cache"), "read", request(BODY, "cache-control: max-age=100000"), "read"),
        *(request(BODY, "cache-control: max-age=0"), "read", request(BODY, "x-ai-cache-ttl: 5m"), "read", HIT),
    ],
    "only if cached": [
        *(request(body_of("?"), "cache-control: only-if-cached"), "read"),
        request(BODY, "cache-control: only-if-cached"),
    ],
    "two hits at once": [HIT + HIT],
    "hit and miss at once": [HIT + MISS],
    "miss and hit at once": [MISS + HIT, "read", "read", HIT],
    "a hit and the beginning of a miss": [HIT + MISS[:100], 0.05, MISS[100:]],
    "a miss and the beginning of a hit": [MISS + HIT[:100], 0.2, HIT[100:], "read", "read", HIT],
    "a hit behind a miss that is under way": [MISS, HIT, "read", "read", HIT],
    "another's key": [HIT.replace(b"sk-test", b"sk-other")],
    "no key": [HIT.replace(b"authorization: Bearer sk-test\r\n", b"")],
    "another path": [request(BODY, line="POST /other/v1/chat/completions HTTP/1.1")],
    "a query": [request(BODY, line="POST /v1/chat/completions?a=b HTTP/1.1")],
    "absolute form": [request(BODY, line="POST http://api.example/v1/chat/completions HTTP/1.1")],
    "authority form": [b"CONNECT api.example:443 HTTP/1.1\r\nhost: api.example:443\r\n\r\n"],
    "asterisk form": [b"OPTIONS * HTTP/1.1\r\nhost: api.example\r\n\r\n"],
    "HTTP/1.0": [request(BODY, line="POST /v1/chat/completions HTTP/1.0")],
    "HTTP/1.0 that stays": [request(BODY, "connection: keep-alive", line="POST /v1/chat/completions HTTP/1.0"), HIT],
    "HTTP/2.0 in words": [request(BODY, line="POST /v1/chat/completions HTTP/2.0")],
    "HTTP/2 with prior knowledge": [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    "HTTP/1.2": [request(BODY, line="POST /v1/chat/completions HTTP/1.2")],
    "HTTP/9": [request(BODY, line="POST /v1/chat/completions HTTP/9")],
    "no version": [request(BODY, line="POST /v1/chat/completions")],
    "small letters": [request(BODY, line="post /v1/chat/completions HTTP/1.1")],
    "more spaces": [request(BODY, line="POST  /v1/chat/completions  HTTP/1.1")],
    "a control character in the path": [request(BODY, line="POST /v1/chat\x01/completions HTTP/1.1")],
    "letters beyond ASCII": [request(BODY, "x-name: J\xfcrgen")],
    "GET": [request(BODY, line="GET /v1/chat/completions HTTP/1.1")],
    "HEAD": [b"HEAD /v1/chat/completions HTTP/1.1\r\nhost: api.example\r\n\r\n"],
    "TRACE": [b"TRACE /v1/chat/completions HTTP/1.1\r\nhost: api.example\r\n\r\n"],
    "OPTIONS": [b"OPTIONS /v1/chat/completions HTTP/1.1\r\nhost: api.example\r\norigin: https://a.example\r\n\r\n"],
    "a page's origin": [request(BODY, "origin: https://page.example")],
    "connection: close": [request(BODY, "connection: close")],
    "connection: Close among others": [request(BODY, "connection: x-hop, Close")],
    "connection: keep-alive": [request(BODY, "connection: keep-alive"), "read", HIT],
    "connection: Keep-Alive, keep-alive: timeout": [request(BODY, "connection: Keep-Alive", "keep-alive: timeout=5")],
    "expect": [HEAD + b"\r\nexpect: 100-continue\r\n\r\n", 0.2, BODY],
    "expect, not waiting": [HEAD + b"\r\nexpect: 100-continue\r\n\r\n" + BODY],
    "expect something else": [HEAD + b"\r\nexpect: 200-ok\r\n\r\n", 0.2, BODY],
    "chunked": [CHUNKED, "read", HIT],
    "chunked, and in pieces": [CHUNKED[:-20], 0.05, CHUNKED[-20:], "read", HIT],
    "chunked with a length": [HEAD + b"\r\ntransfer-encoding: chunked\r\n\r\n" + CHUNKED.partition(b"\r\n\r\n")[2]],
    "another transfer-encoding": [request(BODY, "transfer-encoding: gzip")],
    "identity": [request(BODY, "transfer-encoding: identity")],
    "trailers announced": [request(BODY, "te: trailers", "trailer: x-sum")],
    "websocket": [request(BODY, "connection: upgrade", "upgrade: websocket")],
    "h2c": [request(BODY, "connection: upgrade, http2-settings", "upgrade: h2c", "http2-settings: AAMAAABkAAQAAP__")],
    "no length": [request(BODY, length="")],
    "two lengths alike": [request(BODY, f"content-length: {len(BODY)}")],
    "two lengths": [request(BODY, f"content-length: {len(BODY) + 1}")],
    "a list of lengths": [request(BODY, length=f"content-length: {len(BODY)}, {len(BODY)}")],
    "a signed length": [request(BODY, length=f"content-length: +{len(BODY)}")],
    "a length with a space inside": [request(BODY, length="content-length: 1 2")],
    "a length in hex": [request(BODY, length=f"content-length: {len(BODY):#x}")],
    "a length that is none": [request(BODY, length="content-length: many")],
    "a negative length": [request(BODY, length="content-length: -1")],
    "length 0": [request(b""), "read", HIT],
    "an enormous length": [request(BODY, length="content-length: 99999999999999999999"), 0.1, "half-close"],
    "a length with zeros": [request(BODY, length=f"content-length: 000{len(BODY)}"), "read", HIT],
    "a space before the colon": [request(BODY, length=f"content-length : {len(BODY)}")],
    "a tab behind the colon": [request(BODY, length=f"content-length:\t{len(BODY)}")],
    "no space behind the colon": [request(BODY, length=f"content-length:{len(BODY)}")],
    "spaces at the end": [request(BODY, length=f"content-length: {len(BODY)}  ")],
    "capitals": [request(BODY, length=f"CONTENT-LENGTH: {len(BODY)}")],
    "folded": [request(BODY, "x-folded: a\r\n b")],
    "folded at once": [b"POST /v1/chat/completions HTTP/1.1\r\n x: y\r\n" + HEAD.partition(b"\r\n")[2]],
    "a header that is none": [request(BODY, "this is no header")],
    "a header without a name": [request(BODY, ": value")],
    "a header without a value": [request(BODY, "x-empty:")],
    "a NUL": [request(BODY, "x-nul: a\x00b")],
    "a bare CR": [request(BODY, "x-cr: a\rb")],
    "a bare LF in a header": [request(BODY, "x-lf: a\nx-more: b")],
    "bare LFs": [HIT.replace(b"\r\n", b"\n"), "read", HIT],
    "bare LFs, and in pieces": [HEAD.replace(b"\r\n", b"\n") + b"\n", 0.1, b"\n" + BODY, "read", HIT],
    "a bare LF at the end of the head": [HEAD + b"\r\n\n" + BODY],
    "an empty line first": [b"\r\n" + HIT],
    "an empty line between": [HIT, "read", b"\r\n", 0.05, HIT],
    "a bare LF first": [b"\n" + HIT],
    "no host": [HIT.replace(b"host: api.example\r\n", b"")],
    "two hosts": [request(BODY, "host: other.example")],
    "another host": [HIT.replace(b"api.example", b"other.example")],
    "a compressed body": [request(BODY, "content-encoding: gzip")],
    "a large head": [request(BODY, "x-large: " + "z" * 60_000), "read", HIT],
    "a large head in pieces": [HEAD, b"\r\nx-large: ", *[b"z" * 1000] * 40, b"\r\n\r\n" + BODY, "read", HIT],
    "many headers": [request(BODY, *(f"x-{i}: {i}" for i in range(500))), "read", HIT],
    "a large body": [LONG, "read", HIT],
    "a large body in pieces": [*(LONG[i : i + 5000] for i in range(0, len(LONG), 5000)), "read", HIT],
    "a huge body": [HUGE, "read", HIT],
    "a slow body": [HEAD + b"\r\n\r\n", *[0.1, BODY[:20], 0.1, BODY[20:40], 0.1, BODY[40:]], "read", HIT],
    "half-closed behind half a head": [HIT[:60], 0.1, "half-close"],
    "half-closed behind the head": [HEAD + b"\r\n\r\n", 0.1, "half-close"],
    "half-closed behind half a body": [HIT[:-10], 0.1, "half-close"],
    "half-closed behind an answer": [HIT, "read", "half-close"],
    "half-closed at once": ["half-close"],
    "nothing but a letter": [b"P", 0.1, "half-close"],
    "nothing but half a method": [b"POS", 0.1, "half-close"],
    "nonsense": [b"\x16\x03\x01 nonsense\r\n\r\n"],
    "nonsense behind a hit": [HIT, "read", b"nonsense\r\n\r\n"],
    "a body that was not announced": [HIT + b"more\r\n\r\n"],
    "a body that is too short": [HIT[:-5], 0.1, HIT],
    "traced": [request(BODY, "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), "read", HIT],
}


@dataclass(frozen=True)
class Pair:
    """Two proxies that differ in one setting; to each the same is known."""

    lane: Proxy
    ordinary: Proxy

    def both(self, steps: list[Step]) -> tuple[bytes, bytes]:
        def run(proxy: Proxy) -> bytes:
            wire = Wire(proxy.port)
            try:
                return wire.run(steps)
            finally:
                wire.close()

        with ThreadPoolExecutor(2) as pool:
            lane, ordinary = pool.map(run, (self.lane, self.ordinary))
        return lane, ordinary.replace(str(self.ordinary.port).encode(), str(self.lane.port).encode())


@pytest.fixture(scope="module")
def pair(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    module_upstream.script = lambda request: Reply(body=ANSWER) if request.method == "POST" else error(404, "what?")
    home = tmp_path_factory.mktemp("pair")
    proxies = []
    for flag in ("true", "false"):
        proxy = Proxy(module_upstream.url, home, CONFIG % flag, data=flag, options=("--set", "flow_detail=0"))
        proxies.append(proxy.start(wait_for=READY_EXACT))
    for proxy in proxies:
        learn(proxy, HIT)
    yield Pair(*proxies)
    for proxy in proxies:
        assert "Traceback" not in proxy.log and "crashed" not in proxy.log, proxy.log
        proxy.stop()


@pytest.fixture(scope="module")
def seen(pair: Pair) -> dict[str, tuple[bytes, bytes]]:
    """What came back in each case. Several are under way at a time: each ends with a wait for silence."""
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        return dict(zip(ODD, pool.map(pair.both, ODD.values()), strict=True))


@pytest.mark.parametrize("name", ODD)
def test_it_is_the_same(name: str, pair: Pair, seen: dict[str, tuple[bytes, bytes]]) -> None:
    lane, ordinary = seen[name]
    if lane != ordinary:  # beside others, a slow machine may have cut one short
        lane, ordinary = pair.both(ODD[name])

    assert lane == ordinary


def test_hits_between_other_requests_are_the_lanes(pair: Pair) -> None:
    """So that what is compared above is not the ordinary way with itself."""
    deadline, hits = time.monotonic() + 30, 0
    while hits != 4:  # once in ten seconds the answer is read from Redis again, which is the ordinary way
        assert time.monotonic() < deadline, f"{hits} of 4 hits were the lane's:\n{pair.lane.log}"
        learn(pair.lane, HIT)
        before = in_lane(pair.lane)
        pair.both([HIT, "read", MISS, "read", HIT, "read", BYPASS, "read", HIT, "read", ELSEWHERE, "read", HIT, "read"])
        hits = in_lane(pair.lane) - before

    assert in_lane(pair.ordinary) == 0


@pytest.mark.parametrize("what", ["hit", "miss"])
def test_a_request_may_come_in_two_pieces_split_anywhere(what: str, pair: Pair) -> None:
    ask = HIT if what == "hit" else MISS
    wires = [Wire(proxy.port) for proxy in (pair.lane, pair.ordinary)]
    learn(pair.lane, HIT)
    whole = wires[0].ask(ask)

    for i in range(1, len(ask)):
        for wire in wires[: 1 if i % 7 else 2]:
            assert wire.ask(ask[:i], ask[i:], pause=0.002) == whole, i

    for wire in wires:
        wire.close()


def test_a_request_may_come_byte_by_byte(pair: Pair) -> None:
    wire = Wire(pair.lane.port)
    whole = wire.ask(HIT)

    assert wire.ask(*(HIT[i : i + 1] for i in range(len(HIT))), pause=0.001) == whole

    wire.close()


def test_a_client_may_leave_at_any_time(pair: Pair) -> None:
    for i in range(0, len(HIT) + 1, 5):
        wire = Wire(pair.lane.port)
        wire._socket.sendall(HIT[:i] or b"P")
        wire.close()
    time.sleep(0.2)

    wire = Wire(pair.lane.port)
    assert b"x-cache-status: hit" in wire.ask(HIT)
    wire.close()
