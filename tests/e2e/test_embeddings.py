"""Embeddings through a real mitmdump: each text is asked of the upstream once, whatever batch it comes in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from demo.answers import Reply, Request
from e2e.proxy import Proxy, post
from e2e.proxy import Reply as Response

if TYPE_CHECKING:
    from e2e.conftest import Upstream

PATH = "/v1/embeddings"


@pytest.fixture(scope="module")
def proxy(exact_proxy: Proxy) -> Proxy:
    return exact_proxy


def embed(request: Request) -> Reply:
    """Answer as OpenAI does; a text's vector is made of its characters."""
    inputs = request.json["input"]
    inputs = inputs if isinstance(inputs, list) else [inputs]
    data = [
        {"object": "embedding", "index": i, "embedding": [float(ord(c)) for c in text]} for i, text in enumerate(inputs)
    ]
    tokens = sum(len(text) for text in inputs)
    document = {
        "object": "list",
        "data": data,
        "model": "embed-1",
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }
    return Reply(body=json.dumps(document).encode())


def ask(proxy: Proxy, *texts: str, **how: Any) -> Response:
    body = {"model": "embed-1", "input": list(texts)} | how.pop("fields", {})
    headers = {"authorization": "Bearer sk-test"} | how.pop("headers", {})
    return post(proxy.port, json.dumps(body).encode(), headers, path=PATH)


def vectors(reply: Response) -> list[list[float]]:
    items = json.loads(reply.body)["data"]
    assert [item["index"] for item in items] == list(range(len(items)))
    return [item["embedding"] for item in items]


def expected(*texts: str) -> list[list[float]]:
    return [[float(ord(c)) for c in text] for text in texts]


@pytest.fixture(autouse=True)
def _embeds(upstream: Upstream) -> None:
    upstream.script = embed


def test_a_batch_that_is_known_is_a_hit(proxy: Proxy, upstream: Upstream) -> None:
    first = ask(proxy, "one", "two")
    proxy.wait_for(lambda: ask(proxy, "one", "two").cache == "exact")
    calls = upstream.calls

    again = ask(proxy, "two", "one", "one")

    assert first.cache == "miss"
    assert first.headers["cache-status"] == "ai-cache; fwd=miss; stored"
    assert again.cache == "exact"
    assert vectors(again) == expected("two", "one", "one")
    assert json.loads(again.body)["usage"] == {"prompt_tokens": 9, "total_tokens": 9}
    assert upstream.calls == calls


def test_only_what_is_new_in_a_batch_goes_upstream(proxy: Proxy, upstream: Upstream) -> None:
    ask(proxy, "uno", "tres")
    proxy.wait_for(lambda: ask(proxy, "uno", "tres").cache == "exact")

    mixed = ask(proxy, "uno", "dos", "tres", "cuatro")

    assert upstream.last.json["input"] == ["dos", "cuatro"]
    assert vectors(mixed) == expected("uno", "dos", "tres", "cuatro")
    assert mixed.headers["cache-status"] == 'ai-cache; fwd=partial; detail="2/4"; stored'
    assert json.loads(mixed.body)["usage"]["prompt_tokens"] == len("unodostrescuatro")


def test_other_models_parameters_and_callers_have_vectors_of_their_own(proxy: Proxy) -> None:
    ask(proxy, "mine")
    proxy.wait_for(lambda: ask(proxy, "mine").cache == "exact")

    assert ask(proxy, "mine", fields={"dimensions": 3}).cache == "miss"
    assert ask(proxy, "mine", fields={"model": "embed-2"}).cache == "miss"
    assert ask(proxy, "mine", headers={"authorization": "Bearer sk-other"}).cache == "miss"


def test_an_error_of_the_upstream_reaches_the_client_as_it_is(proxy: Proxy, upstream: Upstream) -> None:
    ask(proxy, "known")
    proxy.wait_for(lambda: ask(proxy, "known").cache == "exact")
    upstream.script = lambda _: Reply(status=429, body=b'{"error": {"message": "slow down"}}')

    reply = ask(proxy, "known", "unknown")

    assert (reply.status, reply.body) == (429, b'{"error": {"message": "slow down"}}')


def test_an_upstream_that_answers_a_part_unlike_before_is_asked_for_all_at_once(
    proxy: Proxy, upstream: Upstream
) -> None:
    fields = {"input_type": "unlike before"}
    ask(proxy, "known", fields=fields)
    proxy.wait_for(lambda: ask(proxy, "known", fields=fields).cache == "exact")

    one_too_many = embed(Request("POST", PATH, {}, b'{"input": ["two", "for one"]}'))
    upstream.script = lambda r: embed(r) if len(r.json["input"]) > 1 else one_too_many
    calls = upstream.calls
    first = ask(proxy, "known", "unknown", fields=fields)
    second = ask(proxy, "known", "another", fields=fields)

    assert vectors(first) == expected("known", "unknown")
    assert vectors(second) == expected("known", "another")
    assert upstream.calls == calls + 3  # a part, the whole, and the whole the next time
    assert upstream.last.json["input"] == ["known", "another"]
    assert "Traceback" not in proxy.log


@pytest.mark.parametrize(
    "answer",
    [
        Reply(body=b'{"error": {"message": "overloaded"}}'),
        Reply(body=b'{"data": "elsewhere"}'),
        Reply(body=b'{"data": [], "usage": null}'),
        Reply(body=embed(Request("POST", PATH, {}, b'{"input": ["cut"]}')).body[:40], framing="close"),  # type: ignore[index]
        Reply(body=embed(Request("POST", PATH, {}, b'{"input": ["two", "for one"]}')).body, status=201),
    ],
    ids=["error", "odd", "empty", "cut", "another success"],
)
def test_one_bad_answer_to_a_part_is_no_reason_to_ask_for_all_the_next_time(
    proxy: Proxy, upstream: Upstream, answer: Reply, request: pytest.FixtureRequest
) -> None:
    fields = {"model": f"embed-{request.node.callspec.id}"}
    ask(proxy, "known", fields=fields)
    proxy.wait_for(lambda: ask(proxy, "known", fields=fields).cache == "exact")

    upstream.script = lambda r: embed(r) if len(r.json["input"]) > 1 else answer
    first = ask(proxy, "known", "unknown", fields=fields)
    upstream.script = embed
    second = ask(proxy, "known", "another", fields=fields)

    assert vectors(first) == expected("known", "unknown")
    assert vectors(second) == expected("known", "another")
    if answer.status == 200:
        assert upstream.last.json["input"] == ["another"]


def test_an_odd_answer_to_the_whole_batch_is_the_upstreams_own(proxy: Proxy, upstream: Upstream) -> None:
    fields = {"input_type": "odd"}
    ask(proxy, "known", fields=fields)
    proxy.wait_for(lambda: ask(proxy, "known", fields=fields).cache == "exact")

    upstream.script = lambda _: Reply(body=b'{"data": "elsewhere"}')
    reply = ask(proxy, "known", "unknown", fields=fields)

    assert (reply.status, reply.body) == (200, b'{"data": "elsewhere"}')


def test_a_request_that_is_signed_goes_upstream_as_it_is(proxy: Proxy, upstream: Upstream) -> None:
    ask(proxy, "signed")
    proxy.wait_for(lambda: ask(proxy, "signed").cache == "exact")

    reply = ask(proxy, "signed", "new", headers={"content-digest": "sha-256=:x:"})

    assert upstream.last.json["input"] == ["signed", "new"]
    assert vectors(reply) == expected("signed", "new")


def test_only_if_cached_and_no_store_are_honored(proxy: Proxy, upstream: Upstream) -> None:
    assert ask(proxy, "nowhere", headers={"cache-control": "only-if-cached"}).status == 504
    assert ask(proxy, "nowhere", headers={"cache-control": "no-store"}).cache == "miss"
    assert ask(proxy, "nowhere", headers={"x-ai-cache-ttl": "0"}).cache == "miss"

    assert ask(proxy, "nowhere").cache == "miss"


def test_ollama_s_embed_is_cached_text_by_text_too(proxy: Proxy, upstream: Upstream) -> None:
    def answer(request: Request) -> Reply:
        texts = request.json["input"]
        body = {"model": "all-minilm", "embeddings": [[len(text), 0.5] for text in texts], "prompt_eval_count": 3}
        return Reply(body=json.dumps(body).encode())

    def embed(*texts: str) -> Response:
        body = {"model": "all-minilm", "input": list(texts)}
        return post(proxy.port, json.dumps(body).encode(), {}, path="/api/embed")

    upstream.script = answer
    embed("a", "bb")
    proxy.wait_for(lambda: embed("a", "bb").cache == "exact")

    mixed = embed("bb", "ccc", "a")

    assert upstream.last.json["input"] == ["ccc"]
    assert json.loads(mixed.body)["embeddings"] == [[2, 0.5], [3, 0.5], [1, 0.5]]


def test_embeddings_are_left_alone_where_the_setting_says_so(start: Any, upstream: Upstream) -> None:
    proxy = start("embeddings: false\nsemantic: {enabled: false}\n", wait_for="ready: exact hits")

    assert ask(proxy, "alone").cache == ""
    assert ask(proxy, "alone").cache == ""


def test_a_response_that_mitmproxy_would_not_hold_is_not_asked_for_in_part(start: Any, upstream: Upstream) -> None:
    config = "semantic: {enabled: false}\n"
    first = start(config, wait_for="ready: exact hits")
    ask(first, "long" * 200)
    first.wait_for(lambda: ask(first, "long" * 200).cache == "exact")
    first.stop()
    second = start(config, wait_for="ready: exact hits", options=("--set", "stream_large_bodies=3k"))

    reply = ask(second, "long" * 200, "new" * 200)

    assert len(upstream.last.json["input"]) == 2
    assert vectors(reply) == expected("long" * 200, "new" * 200)
