"""Requests with a content coding: forwarded as they came, and answered like the same requests without one."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from aicache.proxy.content_codings import decode
from benchmarks import hostile_bodies
from demo.answers import Reply, Request
from e2e.apis import APIS, answering
from e2e.proxy import EXACT_ONLY, WANTS_FAST_PATH, Proxy, post
from e2e.proxy import Reply as Response
from e2e.test_embeddings import embed, expected, vectors
from e2e.wire import in_lane, learn, request
from proxy.test_content_codings import NAMES, encode

if TYPE_CHECKING:
    from e2e.conftest import Upstream

CONFIG = EXACT_ONLY + "lookup_timeout: 3\nmax_request: 1mb\n"


@pytest.fixture(scope="module")
def proxy(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    quiet = ("--set", "flow_detail=0")
    with Proxy(module_upstream.url, tmp_path_factory.mktemp("codings"), CONFIG, options=quiet) as proxy:
        yield proxy


def send(proxy: Proxy, name: str, body: bytes, coding: str = "") -> Response:
    api = APIS[name]
    headers = {api.key: "Bearer sk-test" if api.key == "authorization" else "sk-test"}
    return post(proxy.port, body, headers | ({"content-encoding": coding} if coding else {}), path=api.path)


def question(name: str, words: str) -> bytes:
    return json.dumps(APIS[name].ask(words)).encode()


@pytest.mark.parametrize("coding", NAMES)
@pytest.mark.parametrize("name", APIS)
def test_an_encoded_request_is_forwarded_as_it_came_and_answers_all_others(
    proxy: Proxy, upstream: Upstream, name: str, coding: str
) -> None:
    upstream.script = answering("An answer.")
    plain = question(name, f"In {coding}?")
    encoded = encode(plain, coding)

    first = send(proxy, name, encoded, coding)
    sent = upstream.last
    proxy.wait_for(lambda: send(proxy, name, plain).cache == "exact")
    calls = upstream.calls
    others = [send(proxy, name, encode(plain, other), other) for other in NAMES]

    assert (sent.body, sent.headers["content-encoding"]) == (encoded, coding)
    assert first.cache == "miss"
    assert [(other.cache, other.body) for other in others] == [("exact", first.body)] * len(NAMES)
    assert upstream.calls == calls


def test_an_encoded_request_is_answered_by_what_a_plain_one_left(proxy: Proxy, upstream: Upstream) -> None:
    plain = question("chat", "Plain first?")
    upstream.script = answering("An answer.")
    first = send(proxy, "chat", plain)
    proxy.wait_for(lambda: send(proxy, "chat", encode(plain, "gzip"), "GZIP").cache == "exact")

    assert send(proxy, "chat", encode(plain, "zstd"), "zstd").body == first.body


@WANTS_FAST_PATH
def test_an_encoded_hit_goes_through_the_fast_lane(proxy: Proxy, upstream: Upstream) -> None:
    upstream.script = answering("An answer.")
    body = gzip.compress(question("chat", "Fast?"))
    ask, unlike = request(body, "content-encoding: gzip"), {"content-encoding": "br"}
    learn(proxy, ask)
    learn(proxy, ask)
    before = in_lane(proxy)
    learn(proxy, ask)

    assert in_lane(proxy) >= before + 2
    assert post(proxy.port, body, {"authorization": "Bearer sk-test"} | unlike).cache == "bypass"


@pytest.mark.parametrize("coding", NAMES)
def test_a_large_body_is_decoded_too(proxy: Proxy, upstream: Upstream, coding: str) -> None:
    upstream.script = answering("An answer.")
    plain = question("chat", f"{coding}: " + " ".join(map(str, range(100_000))))
    assert len(plain) > 500_000

    send(proxy, "chat", encode(plain, coding), coding)

    proxy.wait_for(lambda: send(proxy, "chat", plain).cache == "exact")


HELLO = question("chat", "Hello?")


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (gzip.compress(HELLO)[:-9], "gzip"),
        (gzip.compress(HELLO) + b"\n", "gzip"),
        (gzip.compress(HELLO[:20]) + gzip.compress(HELLO[20:]), "gzip"),
        (encode(HELLO, "zstd") * 2, "zstd"),
        (HELLO, "br"),
        (gzip.compress(gzip.compress(HELLO)), "gzip, gzip"),
        (gzip.compress(HELLO), "x-unknown"),
        (encode(bytes(64 * 1024**2), "br"), "br"),
        (encode(bytes(64 * 1024**2), "zstd"), "zstd"),
        (encode(hostile_bodies.CHAT["lists"](1, 1024**2), "gzip"), "gzip"),
    ],
    ids=["cut", "padded", "members", "frames", "plain", "twice", "unknown", "bomb br", "bomb zstd", "too complex"],
)
def test_what_cannot_be_decoded_for_certain_passes_by(
    proxy: Proxy, upstream: Upstream, body: bytes, coding: str
) -> None:
    upstream.script = answering("An answer.")
    send(proxy, "chat", HELLO)

    for _ in range(2):
        reply = send(proxy, "chat", body, coding)

        assert (reply.status, reply.cache) == (200, "bypass")
        assert (upstream.last.body, upstream.last.headers["content-encoding"]) == (body, coding)


@pytest.mark.parametrize("coding", NAMES)
def test_an_encoded_batch_is_known_text_by_text(proxy: Proxy, upstream: Upstream, coding: str) -> None:
    upstream.script = lambda sent: embed(sent) if sent.body.startswith(b"{") else embed_decoded(sent, coding)

    def ask(*texts: str, plain: bool = False) -> Response:
        body, headers = json.dumps({"model": coding, "input": texts}).encode(), {"authorization": "Bearer sk-test"}
        if not plain:
            body, headers = encode(body, coding), headers | {"content-encoding": coding}
        return post(proxy.port, body, headers, path="/v1/embeddings")

    first = ask("one", "two")
    encoded = upstream.last
    proxy.wait_for(lambda: ask("two", "one", plain=True).cache == "exact")
    partial = ask("one", "three", "two")
    reduced = upstream.last
    known = ask("two", "one")

    assert (vectors(first), encoded.headers["content-encoding"]) == (expected("one", "two"), coding)
    assert vectors(partial) == expected("one", "three", "two")
    assert reduced.json["input"] == ["three"]
    assert "content-encoding" not in reduced.headers
    assert (known.cache, vectors(known)) == ("exact", expected("two", "one"))


def embed_decoded(request: Request, coding: str) -> Reply:
    return embed(Request(request.method, request.path, {}, decode(request.body, coding, 10_000)))


def test_a_batch_that_does_not_come_back_in_parts_is_asked_for_whole(proxy: Proxy, upstream: Upstream) -> None:
    """After a part was sent without the content coding, so is the whole."""
    headers = {"authorization": "Bearer sk-test", "content-encoding": "gzip"}
    one_too_many = embed(Request("POST", "", {}, b'{"input": ["two", "for one"]}'))

    def ask(*texts: str) -> Response:
        body = gzip.compress(json.dumps({"model": "whole", "input": texts}).encode())
        return post(proxy.port, body, headers, path="/v1/embeddings")

    def script(request: Request) -> Reply:
        if not request.body.startswith(b"{"):
            return embed_decoded(request, "gzip")
        return one_too_many if request.json["input"] == ["new"] else embed(request)

    upstream.script = script
    ask("old")
    proxy.wait_for(lambda: ask("old").cache == "exact")
    reply = ask("old", "new")

    assert vectors(reply) == expected("old", "new")
    assert upstream.last.json["input"] == ["old", "new"]
    assert "content-encoding" not in upstream.last.headers
