"""Which requests the fast path parses, when it is off, and which hits it prepares responses from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from mitmproxy import options
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.events import DataReceived
from mitmproxy.proxy.layers.http import HttpLayer, HTTPMode
from mitmproxy.proxy.layers.http._http1 import Http1Server
from mitmproxy.proxy.layers.http._http2 import Http2Server
from mitmproxy.test import taddons, tflow
from mitmproxy.tools.dump import DumpMaster

from aicache.domain.model import Entry, Hit, Mode
from aicache.domain.request_directives import NO_DIRECTIVES
from aicache.fastpath.flow_observers import find_observer
from aicache.fastpath.http_layer import FastPathLayer
from aicache.fastpath.prepared_responses import PreparedResponses
from aicache.fastpath.request_head import (
    IGNORED_FIELDS,
    MAX_BODY_BYTES,
    MAX_HEAD_BYTES,
    Head,
    may_become_plain,
    parse_head,
)
from aicache.fastpath.request_index import RequestIndex
from aicache.proxy.http_messages import build_response
from aicache.runtime.doctor import an_exchange

PLAIN = b"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer k\r\nContent-Length: 7\r\n\r\n"


def test_a_plain_head_is_read() -> None:
    said = b"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer k"

    assert parse_head(PLAIN) == Head(b"/v1/chat/completions", 7, said)


def test_what_is_noise_is_not_said_unless_it_counts() -> None:
    noisy = PLAIN.replace(b"Host: a", b"Host: a\r\nX-Request-Id: 12\r\ntraceparent: 00-1-2-3")

    assert parse_head(noisy) == parse_head(PLAIN)
    assert parse_head(noisy, IGNORED_FIELDS - {b"x-request-id"}) != parse_head(PLAIN)


@pytest.mark.parametrize(
    "instead",
    [
        (b"Content-Length: 7", b"Content-Length: 07"),
        (b"Content-Length: 7", b"Content-Length: +7"),
        (b"Content-Length: 7", b"Content-Length: 7, 7"),
        (b"Content-Length: 7", b"Content-Length: 7\r\ncontent-length: 7"),
        (b"Content-Length: 7", b"Content-Length: %d" % (MAX_BODY_BYTES + 1)),
        (b"Content-Length: 7", b"Content-Length: 0"),
        (b"Content-Length: 7\r\n", b""),
        (b"Content-Length: 7", b"Content-Length : 7"),
        (b"Host: a", b"Host: a\r\nTransfer-Encoding: chunked"),
        (b"Host: a", b"Host: a\r\nExpect: 100-continue"),
        (b"Host: a", b"Host: a\r\nConnection: close"),
        (b"Host: a", b"Host: a\r\nUpgrade: websocket"),
        (b"Host: a", b"Host: a\r\n folded"),
        (b"Host: a", b"Host: a\r\nx: a\nb: c"),
        (b"Host: a", b"Host: a\r\nx: a\x00"),
        (b"Host: a", b"Host: a\r\nx: \xe4"),
        (b"Host: a", b"Host: a\r\nHost: b"),
        (b"Host: a\r\n", b""),
        (b"Host: a", b"Host: a\r\nx: " + b"x" * MAX_HEAD_BYTES),
        (b"HTTP/1.1", b"HTTP/1.0"),
        (b"POST /", b"GET /"),
        (b"POST /", b"POST http://a/"),
        (b"POST /", b"\r\nPOST /"),
    ],
    ids=lambda pair: repr(pair[1][:40]),
)
def test_what_is_not_plain_is_not_read(instead: tuple[bytes, bytes]) -> None:
    assert instead[0] in PLAIN

    assert parse_head(PLAIN.replace(*instead)) is None


def test_a_head_is_waited_for_only_as_long_as_it_may_be_plain() -> None:
    assert all(may_become_plain(PLAIN[:i]) for i in range(1, len(PLAIN)))
    assert not may_become_plain(b"GET /")
    assert not may_become_plain(b"\r\nPOST /")
    assert not may_become_plain(b"POST / HTTP/1.1\nHost: a\n")
    assert not may_become_plain(b"POST /" + b"x" * MAX_HEAD_BYTES)


def script(**hooks: Any) -> ModuleType:
    module = ModuleType("script")
    vars(module).update(hooks)
    return module


class Late:
    def response(self, flow: object) -> None: ...


OWN = object()
WANTING: dict[str, tuple[dict[str, Any], Callable[[], Any] | None]] = {
    "the option flow_detail": ({"flow_detail": 1}, None),
    "the option save_stream_file": ({"save_stream_file": "/dev/null"}, None),
    "the option hardump": ({"hardump": "-"}, None),
    "the option modify_headers": ({"modify_headers": ["/~q/x-a/b"]}, None),
    "the option modify_body": ({"modify_body": ["/~q/a/b"]}, None),
    "the option map_remote": ({"map_remote": ["|a|b"]}, None),
    "the option block_list": ({"block_list": [":~d a:404"]}, None),
    "the option proxyauth": ({"proxyauth": "a:b"}, None),
    "the option stickycookie": ({"stickycookie": ".*"}, None),
    "the option upstream_auth": ({"upstream_auth": "a:b"}, None),
    "the option stream_large_bodies": ({"stream_large_bodies": "1m"}, None),
    "the option body_size_limit": ({"body_size_limit": "1m"}, None),
    "the addon module": ({}, lambda: script(request=lambda flow: None)),
    "the addon Late": ({}, lambda: script(addons=[Late()], __name__="mitmproxy.addons.not_really")),
}


@pytest.mark.parametrize("by", WANTING)
async def test_flows_are_wanted(by: str) -> None:
    master = DumpMaster(options.Options())
    master.options.update(flow_detail=0)  # type: ignore[no-untyped-call]
    assert find_observer(master, OWN) is None
    wanted, addon = WANTING[by]

    if addon is not None:
        master.addons.chain.append(addon())
    master.options.update(**wanted)  # type: ignore[no-untyped-call]

    assert find_observer(master, OWN) in (by, "the addon module")


async def test_the_cache_itself_and_the_script_it_is_in_want_none() -> None:
    master = DumpMaster(options.Options())
    master.options.update(flow_detail=0)  # type: ignore[no-untyped-call]
    own = Late()

    master.addons.chain.append(script(addons=[own]))

    assert find_observer(master, own) is None
    assert find_observer(master, OWN) is not None


class Deaf(HttpLayer):
    """An HTTP layer that only notes what it is handed."""

    def handle_event(self, event: Any) -> Any:
        self.heard.append(event)
        yield from ()


@pytest.mark.parametrize("alpn", [b"h2", b"http/1.1"])
def test_what_is_not_http_1_is_handed_on_as_it_comes(alpn: bytes) -> None:
    client = tflow.tclient_conn()
    client.alpn = alpn
    with taddons.context(Proxyserver()) as context:
        http = Deaf(Context(client, context.options), HTTPMode.transparent)
        server = Http1Server(http.context.fork()) if alpn == b"http/1.1" else Http2Server(http.context.fork())
    http.heard = []
    server.state = getattr(server, "read_headers", None)
    http.connections[client] = server
    index = RequestIndex(PreparedResponses(lambda: None), lambda report: None)
    index.is_enabled = lambda: True
    layer = FastPathLayer(http, index)

    for part in (PLAIN[:30], PLAIN[30:] + b"1234567"):
        assert list(layer.handle_event(DataReceived(client, part))) == []

    handed_on = [event.data for event in http.heard]
    assert handed_on == ([PLAIN + b"1234567"] if alpn == b"http/1.1" else [PLAIN[:30], PLAIN[30:] + b"1234567"])


class Holder:
    """A store that holds all it is given, as long as it is not told otherwise."""

    def __init__(self) -> None:
        self.things: dict[bytes, object] = {}

    def get_derived(self, name: bytes) -> object | None:
        return self.things.get(name)

    def put_derived(self, name: bytes, entry: Entry, derived: object, size: int, until: str) -> None:
        self.things[name] = derived

    def get_cached(self, key: str) -> Entry | None:
        return None

    def evict(self, key: str) -> None: ...


def test_what_was_found_by_meaning_ends_with_the_embedder_and_the_index_it_was_found_by() -> None:
    nobody = SimpleNamespace(is_refused=lambda caller: False)
    engine: Any = SimpleNamespace(
        backends=SimpleNamespace(derived_cache=Holder()),
        semantic=object(),
        credentials=nobody,
        rules=SimpleNamespace(ttl=1e10),
    )
    responses = PreparedResponses(lambda: engine)
    exchange = replace(an_exchange("?")[0], directives=NO_DIRECTIVES)
    entry = Entry("e", "n", "chat", "m", Mode.WHOLE, False, Mode.WHOLE, "text/plain", b"{}", "?", 0, 0, 0.0, 9e9)
    response = build_response(200, b"{}", {"content-type": "text/plain"})

    def kept() -> list[bytes]:
        return [name for name in (b"exact", b"by meaning") if responses.get(name, 1.0) is not None]

    responses.put((b"exact",), exchange, Hit(entry), response)
    responses.put((b"by meaning",), exchange, Hit(entry, 0.95), response)
    assert kept() == [b"exact", b"by meaning"]

    engine.semantic = object()
    assert kept() == [b"exact"]
    engine.semantic = None
    assert kept() == [b"exact"]
    responses.put((b"late",), exchange, Hit(entry, 0.95), response)
    assert b"late" not in engine.backends.derived_cache.things


@pytest.mark.parametrize(
    "hit", [{"trial": object()}, {"error_bound": 0.01}, {"from_higress": True}], ids=lambda each: next(iter(each))
)
def test_what_is_checked_or_was_left_by_higress_is_not_kept(hit: dict[str, Any]) -> None:
    engine: Any = SimpleNamespace(backends=SimpleNamespace(derived_cache=Holder()), semantic=object())
    exchange: Any = SimpleNamespace(directives=NO_DIRECTIVES, identity=SimpleNamespace(key="own"))
    entry = Entry("e", "n", "chat", "m", Mode.WHOLE, False, Mode.WHOLE, "text/plain", b"{}", "?", 0, 0, 0.0, 9e9)

    PreparedResponses(lambda: engine).put(
        (b"name",), exchange, Hit(entry, 0.95, **hit), build_response(200, b"{}", {"content-type": "a"})
    )

    assert not engine.backends.derived_cache.things
