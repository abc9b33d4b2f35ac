"""Moving in from Higress: its YAML as it stands, its Redis as it left it, in a real mitmdump."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from aicache.formats import sse
from demo.answers import Reply, Request, answer, error
from e2e.proxy import READY_EXACT, Proxy
from e2e.proxy import Reply as Response
from servers import Process, running_redis

if TYPE_CHECKING:
    from e2e.conftest import Upstream

Start = Callable[..., Proxy]
CONFIG = r"""
cacheKeyStrategy: lastQuestion
legacy_text: true
cache: {type: redis, serviceName: redis.static, serviceHost: 127.0.0.1, servicePort: PORT, cacheTTL: 3600}
"""
TEMPLATES = r"""
responseTemplate: '{"id":"from-cache","choices":[{"index":0,"message":{"role":"assistant","content":"%s"},"finish_reason":"stop"}],"model":"100%","object":"chat.completion","usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}'
streamResponseTemplate: "data:{\"id\":\"from-cache\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"%s\"},\"finish_reason\":\"stop\"}],\"model\":\"100%\"}\n\ndata:[DONE]\n\n"
"""  # noqa: E501
QUESTION, TEXT = "What did Higress say?", 'It said:\n\t"你好, 100% %s\x07"'
NO_STORE = {"cache-control": "no-store"}  # so that what is asked again is not stored meanwhile


def guarded(request: Request) -> Reply:
    """Accept one key alone."""
    if request.headers.get("authorization") != "Bearer sk-good":
        return error(401, "who are you?")
    return answer(request)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Process]:
    """A Redis with an answer that Higress left."""
    with running_redis(tmp_path / "redis") as server:
        asyncio.run(server.ask("SET", f"higress-ai-cache:{QUESTION}", TEXT))
        yield server


@pytest.fixture
def higress(start: Start, redis: Process, upstream: Upstream) -> Callable[..., Proxy]:
    """Start a proxy on Higress's YAML, before an upstream that knows one key."""
    upstream.script = guarded

    def higress(more: str = "", **how: Any) -> Proxy:
        return start(CONFIG.replace("PORT", str(redis.port)) + more, wait_for=READY_EXACT, **how)

    return higress


def proven(proxy: Proxy) -> Response:
    """Let the upstream accept the good key, and ask what Higress knew, until it is known to be accepted."""
    proxy.ask("Do you know me?", key="sk-good")
    return proxy.ask_until("legacy", QUESTION, key="sk-good", headers=NO_STORE)


def events(reply: Response) -> list[dict[str, Any]]:
    *documents, end = (event.data for event in sse.decode(reply.body))
    assert end == "[DONE]"
    return [json.loads(each) for each in documents]


def streamed(reply: Response) -> str:
    return "".join(event["choices"][0]["delta"].get("content") or "" for event in events(reply))


def test_what_higress_left_is_a_proper_answer_whole_and_streamed(
    higress: Callable[..., Proxy], upstream: Upstream
) -> None:
    proxy = higress()

    whole = proven(proxy)
    calls = upstream.calls
    stream = proxy.ask(QUESTION, key="sk-good", stream=True)

    document = json.loads(whole.body)
    assert whole.text == TEXT
    assert (document["object"], document["model"]) == ("chat.completion", "gpt-test")
    assert document["choices"][0]["finish_reason"] == "stop"
    assert "usage" not in document
    assert streamed(stream) == TEXT
    assert events(stream)[0]["object"] == "chat.completion.chunk"
    assert whole.headers["cache-status"] == stream.headers["cache-status"] == "ai-cache; hit; detail=legacy"
    assert "age" not in whole.headers
    assert upstream.calls == calls


def test_hits_are_written_through_higress_templates(higress: Callable[..., Proxy], upstream: Upstream) -> None:
    proxy = higress(TEMPLATES)

    left = proven(proxy)
    left_stream = proxy.ask(QUESTION, key="sk-good", stream=True)
    upstream.script = lambda _: Reply(('Mine ends in "',))
    first = proxy.ask("And now?", key="sk-good")
    mine = proxy.ask_until("exact", "And now?", key="sk-good")
    mine_stream = proxy.ask("And now?", key="sk-good", stream=True)

    for whole, text in ((left, TEXT), (mine, 'Mine ends in "')):
        assert (json.loads(whole.body)["id"], json.loads(whole.body)["model"], whole.text) == (
            "from-cache",
            "100%",
            text,
        )
        assert whole.headers["content-type"] == "application/json; charset=utf-8"
    for stream, text in ((left_stream, TEXT), (mine_stream, 'Mine ends in "')):
        assert (len(events(stream)), events(stream)[0]["id"], streamed(stream)) == (1, "from-cache", text)
        assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert json.loads(first.body)["id"] != "from-cache"


def test_a_hit_that_no_template_can_express_is_as_it_was(higress: Callable[..., Proxy], upstream: Upstream) -> None:
    proxy = higress(TEMPLATES)
    upstream.script = lambda _: Reply(
        ("Let me look.",), tool_calls=(("weather", '{"city": "Paris"}'),), finish_reason="tool_calls"
    )

    first = proxy.ask("What is the weather?", key="sk-good")
    again = proxy.ask_until("exact", "What is the weather?", key="sk-good")

    assert again.body == first.body


def test_a_key_that_the_upstream_refuses_reads_nothing_of_it(higress: Callable[..., Proxy], upstream: Upstream) -> None:
    proxy = higress(TEMPLATES)
    proven(proxy)

    refused = [proxy.ask(QUESTION, key="sk-bad", stream=i == 1) for i in range(3)]

    assert [reply.status for reply in refused] == [401] * 3
    assert all(reply.cache == "miss" and b"It said" not in reply.body for reply in refused)
    assert "It said" not in proxy.log and QUESTION not in proxy.log
    assert "Traceback" not in proxy.log


def test_what_is_asked_to_be_fresh_or_more_than_a_question_goes_upstream(higress: Callable[..., Proxy]) -> None:
    proxy = higress()
    proven(proxy)

    for how in (
        {"headers": {"cache-control": "max-age=1000000000, no-store"}},
        {"headers": {"cache-control": "no-cache, no-store"}},
        {"headers": NO_STORE, "n": 2},
        {"headers": NO_STORE, "response_format": {"type": "json_object"}},
        {"headers": {"x-higress-skip-ai-cache": "on"}},
    ):
        assert proxy.ask(QUESTION, key="sk-good", **how).cache in ("miss", "bypass")  # type: ignore[arg-type]


def test_where_the_client_names_the_upstream_nothing_of_it_is_served(
    higress: Callable[..., Proxy], upstream: Upstream
) -> None:
    """A client's own server would accept any key."""
    upstream.script = answer
    proxy = higress(mode="regular")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": f"http://127.0.0.1:{proxy.port}"}))

    def ask(question: str) -> tuple[str, bytes]:
        body = json.dumps({"model": "m", "messages": [{"role": "user", "content": question}]}).encode()
        request = urllib.request.Request(
            f"{upstream.url}/v1/chat/completions", body, {"content-type": "application/json"} | NO_STORE
        )
        with opener.open(request, timeout=10) as response:
            return response.headers["x-cache-status"], response.read()

    replies = [ask(QUESTION) for _ in range(5)]

    assert [status for status, _ in replies] == ["miss"] * 5
    assert not any(b"It said" in body for _, body in replies)


def test_disabled_passes_everything_untouched_until_the_file_says_otherwise(
    higress: Callable[..., Proxy], redis: Process, upstream: Upstream
) -> None:
    proxy = higress()
    proxy.ask("Is it on?", key="sk-good")
    proxy.ask_until("exact", "Is it on?", key="sk-good")
    on = proxy.config_file.read_text("utf-8")

    proxy.config_file.write_text(on.replace("lastQuestion", "disabled"), "utf-8")
    proxy.wait_log("every request passes untouched")
    kept = asyncio.run(redis.ask("DBSIZE"))
    calls = upstream.calls
    off = [
        proxy.ask(question, key="sk-good", stream=stream, headers={"x-ai-cache-ttl": "60"})
        for question in ("Is it on?", "Is it off?", QUESTION)
        for stream in (False, True)
    ]

    assert upstream.calls == calls + 6
    assert upstream.last.headers["x-ai-cache-ttl"] == "60"
    assert all("x-cache-status" not in reply.headers and "cache-status" not in reply.headers for reply in off)
    assert asyncio.run(redis.ask("DBSIZE")) == kept

    proxy.config_file.write_text(on, "utf-8")
    proxy.wait_log(READY_EXACT, times=2)
    assert proxy.ask("Is it on?", key="sk-good").cache == "exact"
    assert "Traceback" not in proxy.log
