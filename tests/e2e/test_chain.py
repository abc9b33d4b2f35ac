"""The chain in a real mitmdump: miss, exact hit, semantic hit, either mode, every control."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from aicache.formats import sse
from demo.answers import Reply, Request
from e2e.proxy import ROOT, Proxy, post
from e2e.proxy import Reply as Response

if TYPE_CHECKING:
    from e2e.conftest import Upstream

TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}]


def documents(reply: Response) -> list[dict[str, Any]]:
    """Return what a stream's events hold, and see to it that it ends as it should."""
    events = [event.data for event in sse.decode(reply.body)]
    assert events[-1] == "[DONE]"
    return [json.loads(data) for data in events[:-1]]


def streamed_text(reply: Response) -> str:
    return "".join(
        choice["delta"].get("content") or "" for document in documents(reply) for choice in document["choices"]
    )


def test_a_repeated_request_is_an_exact_hit_byte_for_byte(proxy: Proxy, upstream: Upstream) -> None:
    first = proxy.ask("What is the capital of France?")
    calls = upstream.calls
    again = proxy.ask_until("exact", "What is the capital of France?")

    assert first.cache == "miss"
    assert first.headers["cache-status"] == "ai-cache; fwd=miss; stored"
    assert again.body == first.body
    assert again.headers["content-type"] == first.headers["content-type"]
    assert again.headers["x-ai-cache-key"] == first.headers["x-ai-cache-key"]
    assert int(again.headers["age"]) <= 5
    assert upstream.calls <= calls + 1  # at most the one that came before the answer was stored


def test_another_wording_is_a_semantic_hit_and_another_number_is_not(proxy: Proxy) -> None:
    proxy.ask("How do I reset my password?")
    proxy.ask_until("exact", "How do I reset my password?")

    near = proxy.ask_until("semantic", "How can I reset my password?")
    other = proxy.ask("How can I cook rice?")

    assert 0.9 < float(near.headers["x-ai-cache-similarity"]) <= 1
    assert near.headers["cache-status"].startswith("ai-cache; hit; detail=semantic; ttl=")
    assert other.cache == "miss"
    assert "x-ai-cache-similarity" not in other.headers


@pytest.mark.skipif(not all(map(shutil.which, ("bash", "curl", "grep"))), reason="no bash, curl or grep")
@pytest.mark.parametrize("document", ["README.md", ".github/docs/README.zh.md"])
def test_the_example_with_curl_is_a_miss_an_exact_hit_and_a_semantic_hit(proxy: Proxy, document: str) -> None:
    blocks = re.findall(r"^```sh\n(ask\(\).*?)^```", (ROOT / document).read_text("utf-8"), re.DOTALL | re.MULTILINE)
    function, brace, calls = blocks[0].replace("127.0.0.1:8080", f"127.0.0.1:{proxy.port}").partition("\n}\n")
    key = {"OPENAI_API_KEY": f"sk-{document}", "DASHSCOPE_API_KEY": f"sk-{document}"}

    def run(line: str) -> str:
        command = ["bash", "-c", f"{function}{brace}{line}"]
        return subprocess.run(command, env={**os.environ, **key}, capture_output=True, text=True, check=True).stdout

    for line, expected in zip(calls.splitlines(), ("fwd=miss", "detail=exact", "detail=semantic"), strict=True):
        deadline = time.monotonic() + 20  # the answer, and then its vector, are stored in the background
        while expected not in (shown := run(line)) and time.monotonic() < deadline and expected != "fwd=miss":
            time.sleep(0.1)

        assert expected in shown, shown


def test_chinese_questions_are_understood_too(proxy: Proxy) -> None:
    proxy.ask("怎么重置密码？")

    assert proxy.ask_until("semantic", "怎样重置密码？").text == proxy.ask("怎么重置密码？").text


def test_a_stream_is_replayed_byte_for_byte(proxy: Proxy) -> None:
    first = proxy.ask("Tell me about streams.", stream=True)
    again = proxy.ask_until("exact", "Tell me about streams.", stream=True)

    assert first.cache == "miss"
    assert again.body == first.body
    assert again.headers["content-type"].startswith("text/event-stream")


def test_a_streamed_answer_serves_whole_requests(proxy: Proxy) -> None:
    counted = {"stream": True, "stream_options": {"include_usage": True}}
    streamed = proxy.ask("Stream first, then whole?", **counted)
    whole = proxy.ask_until("exact", "Stream first, then whole?")

    assert whole.headers["content-type"] == "application/json"
    assert whole.text == streamed_text(streamed)


def test_a_whole_answer_serves_streams_with_usage_for_those_who_ask(proxy: Proxy) -> None:
    whole = proxy.ask("Whole first, then stream?")
    plain = proxy.ask_until("exact", "Whole first, then stream?", stream=True)
    usage = proxy.ask("Whole first, then stream?", stream=True, stream_options={"include_usage": True})

    assert streamed_text(plain) == streamed_text(usage) == whole.text
    assert not any(document.get("usage") for document in documents(plain))
    assert documents(usage)[-1]["choices"] == []
    assert documents(usage)[-1]["usage"] == json.loads(whole.body)["usage"]


def test_usage_of_a_recorded_stream_is_for_those_who_ask(proxy: Proxy) -> None:
    asked = {"stream": True, "stream_options": {"include_usage": True}}
    first = proxy.ask("Who asks for usage?", **asked)
    again = proxy.ask_until("exact", "Who asks for usage?", **asked)
    plain = proxy.ask("Who asks for usage?", stream=True)

    assert again.body == first.body
    assert plain.cache == "exact"
    assert not any(document.get("usage") for document in documents(plain))
    assert streamed_text(plain) == streamed_text(first)


def test_usage_that_nobody_recorded_is_fetched_from_the_upstream(proxy: Proxy) -> None:
    proxy.ask("Is there usage?", stream=True)
    proxy.ask_until("exact", "Is there usage?", stream=True)

    first = proxy.ask("Is there usage?", stream=True, stream_options={"include_usage": True})

    assert first.cache == "miss"
    proxy.ask_until("exact", "Is there usage?", stream=True, stream_options={"include_usage": True})


def test_tool_calls_reasoning_and_several_choices_cross_the_modes(proxy: Proxy, upstream: Upstream) -> None:
    upstream.script = lambda _: Reply(
        ("It is sunny. \u2600", "It rains."),
        reasoning="Let me look.",
        tool_calls=(("weather", '{"city": "Paris"}'), ("weather", '{"city": "Rome"}')),
        finish_reason="tool_calls",
    )

    whole = json.loads(proxy.ask("What is the weather?", tools=TOOLS, n=2).body)
    stream = documents(proxy.ask_until("exact", "What is the weather?", tools=TOOLS, n=2, stream=True))

    deltas = [c["delta"] for d in stream for c in d["choices"] if c["index"] == 0]
    calls = [call for delta in deltas for call in delta.get("tool_calls") or []]
    assert {c["index"] for d in stream for c in d["choices"]} == {0, 1}
    assert "".join(d.get("reasoning_content") or "" for d in deltas) == "Let me look."
    assert [call["id"] for call in calls if call.get("id")] == [
        c["id"] for c in whole["choices"][0]["message"]["tool_calls"]
    ]
    assert [c["finish_reason"] for d in stream for c in d["choices"] if c["finish_reason"]] == ["tool_calls", "stop"]


def test_requests_that_carry_tools_are_answered_exactly_only(proxy: Proxy) -> None:
    proxy.ask("Which tools are there?", tools=TOOLS)
    proxy.ask_until("exact", "Which tools are there?", tools=TOOLS)

    assert proxy.ask("Which tools are there", tools=TOOLS).cache == "miss"


def test_one_callers_answers_never_reach_another(proxy: Proxy) -> None:
    proxy.ask("What is my secret?", key="sk-alice")
    proxy.ask_until("exact", "What is my secret?", key="sk-alice")

    assert proxy.ask("What is my secret?", key="sk-bob").cache == "miss"
    assert proxy.ask("What is my secret", key="sk-carol").cache == "miss"  # Bob has an answer of his own by now


@pytest.mark.parametrize("change", [{"model": "other"}, {"temperature": 0.5}, {"messages": []}])
def test_another_model_parameter_or_history_is_another_question(proxy: Proxy, change: dict[str, Any]) -> None:
    proxy.ask("What changes?")
    proxy.ask_until("exact", "What changes?")
    if "messages" in change:
        turns = [{"role": "assistant", "content": "Yes?"}, {"role": "user", "content": "What changes?"}]
        assert proxy.ask(turns).cache == "miss"
    else:
        assert proxy.ask("What changes?", **change).cache == "miss"


def test_the_skip_header_neither_reads_nor_stores(proxy: Proxy, upstream: Upstream) -> None:
    skip = {"x-higress-skip-ai-cache": "on"}
    proxy.ask("Skip me?", headers=skip)
    first = proxy.ask("Skip me?")
    proxy.ask_until("exact", "Skip me?")
    skipped = proxy.ask("Skip me?", headers=skip)

    assert first.cache == "miss"
    assert skipped.cache == "bypass"
    assert skipped.headers["cache-status"] == "ai-cache; fwd=bypass"
    assert "x-higress-skip-ai-cache" not in upstream.last.headers


def test_ttl_can_be_shortened_by_the_caller(proxy: Proxy) -> None:
    proxy.ask("Short-lived?", headers={"x-ai-cache-ttl": "2"})
    hit = proxy.ask_until("exact", "Short-lived?", within=2)

    assert int(hit.headers["cache-status"].partition("ttl=")[2]) <= 2
    proxy.ask_until("miss", "Short-lived?", headers={"x-ai-cache-ttl": "2"})


def test_the_threshold_can_only_be_raised(proxy: Proxy) -> None:
    proxy.ask("How do I change my address?")
    proxy.ask_until("semantic", "How can I change my address?")

    assert proxy.ask("How can I change my address?", headers={"x-ai-cache-threshold": "1"}).cache == "miss"
    assert proxy.ask("Is rice good for me?", headers={"x-ai-cache-threshold": "0"}).cache == "miss"


def test_cache_control_refreshes_limits_and_forbids(proxy: Proxy, upstream: Upstream) -> None:
    question = "What does cache-control do?"
    proxy.ask(question)
    old = proxy.ask_until("exact", question)

    unstored = proxy.ask("Keep nothing of this.", headers={"cache-control": "no-store"})
    upstream.script = lambda _: Reply(("Fresh.",))
    fresh = proxy.ask(question, headers={"cache-control": "no-cache"})
    deadline = time.monotonic() + 5
    while (now := proxy.ask(question)).body == old.body and time.monotonic() < deadline:
        time.sleep(0.05)

    assert fresh.headers["cache-status"] == "ai-cache; fwd=request; stored"
    assert upstream.last.headers["cache-control"] == "no-cache"
    assert now.cache == "exact"
    assert now.text == fresh.text == "Fresh."
    assert unstored.headers["cache-status"] == "ai-cache; fwd=miss"
    assert proxy.ask("Keep nothing of this.", headers={"cache-control": "no-store"}).cache == "miss"
    assert proxy.ask(question, headers={"cache-control": "max-age=3600"}).cache == "exact"


def test_only_if_cached_never_reaches_the_upstream(proxy: Proxy, upstream: Upstream) -> None:
    calls = upstream.calls
    reply = proxy.ask("Never asked before?", headers={"cache-control": "only-if-cached"})

    assert reply.status == 504
    assert json.loads(reply.body)["error"]["code"] == "only_if_cached"
    assert upstream.calls == calls


@pytest.mark.parametrize(
    "reply",
    [
        Reply(("Cut",), finish_reason="length"),
        Reply(("Filtered",), finish_reason="content_filter"),
        Reply(("",)),
        Reply(status=500, body=b'{"error": {"message": "boom"}}'),
        Reply(status=429, body=b'{"error": {"message": "slow down"}}', headers={"retry-after": "1"}),
        Reply(body=b'{"error": {"message": "an error with 200"}}'),
        Reply(body=b"not json"),
        Reply(body=b""),
    ],
    ids=["length", "content_filter", "empty", "500", "429", "error-200", "not-json", "no-body"],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_is_not_a_good_answer_passes_and_is_never_stored(
    proxy: Proxy, upstream: Upstream, reply: Reply, stream: bool, request: pytest.FixtureRequest
) -> None:
    upstream.script = lambda _: reply
    question = f"Bad answer {request.node.name}"

    first = proxy.ask(question, stream=stream)
    time.sleep(0.1)
    again = proxy.ask(question, stream=stream)

    assert first.status == again.status == reply.status
    assert again.cache == "miss"
    assert "stored" not in first.headers["cache-status"]
    for name, value in reply.headers.items():
        assert first.headers[name] == value


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"model": "m", "messages": []}', b"\xff\xfe{\x00}\x00", b'{"messages": 1}', b"null"]
)
def test_a_body_that_is_no_request_passes_untouched(proxy: Proxy, upstream: Upstream, body: bytes) -> None:
    upstream.script = lambda _: Reply(status=400, body=b'{"error": {"message": "what?"}}')

    reply = post(proxy.port, body, {})

    assert reply.status == 400
    assert reply.cache == "bypass"
    assert upstream.last.body == body


def test_a_page_in_a_browser_may_read_a_hit_as_it_may_read_the_original(proxy: Proxy, upstream: Upstream) -> None:
    def allow(request: Request) -> Reply:
        origin = request.headers.get("origin")
        return Reply(("Hello page.",), headers={"Access-Control-Allow-Origin": origin} if origin else {})

    upstream.script = allow
    ours, other = {"origin": "https://chat.example"}, {"origin": "https://other.example"}
    proxy.ask("Who reads this?")
    proxy.ask_until("exact", "Who reads this?")

    first = proxy.ask("Who reads this?", headers=ours)
    again = proxy.ask_until("exact", "Who reads this?", headers=ours)

    assert first.cache == "miss"
    assert again.headers["access-control-allow-origin"] == "https://chat.example"
    assert proxy.ask("Who reads this?", headers=other | {"cache-control": "no-store"}).cache == "miss"
    assert proxy.ask("Who reads this?").cache == "exact"


def test_other_apis_pass_untouched(proxy: Proxy, upstream: Upstream) -> None:
    upstream.script = lambda _: Reply(body=b'{"data": []}', headers={"x-own": "1"})
    reply = post(proxy.port, b'{"input": "x"}', {"accept-encoding": "br"}, path="/v1/moderations")

    assert (reply.status, reply.body) == (200, b'{"data": []}')
    assert not any("cache" in name for name in reply.headers)
    assert upstream.last.headers["accept-encoding"] == "br"


def test_no_prompt_answer_or_key_is_ever_logged(proxy: Proxy) -> None:
    proxy.ask("My diagnosis is hush-hush-prompt", key="sk-hush-hush-key")

    assert "hush-hush" not in proxy.log
