"""``answers: any-api``: a question asked through one API is answered with what was said through another one."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from aicache import sse
from demo.answers import Reply, Request
from e2e.proxy import Proxy, post
from e2e.proxy import Reply as Response

if TYPE_CHECKING:
    from e2e.conftest import Upstream

CONFIG = "answers: any-api\nsemantic: {enabled: false}\n"
SYSTEM, MODEL = "Be brief.", "m-1"
NUMBERS = itertools.count()


@dataclass(frozen=True)
class Api:
    """One API: how a question is put, how the upstream words its answer, and where the text is in it."""

    path: str
    key: str
    ask: Callable[[str], dict[str, Any]]
    answer: Callable[[str], dict[str, Any]]
    text: Callable[[dict[str, Any]], str]


def turns(question: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": question}]


APIS = {
    "chat": Api(
        "/v1/chat/completions",
        "authorization",
        lambda q: {"model": MODEL, "temperature": 0, "messages": [{"role": "system", "content": SYSTEM}, *turns(q)]},
        lambda text: {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": MODEL,
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12},
        },
        lambda d: str(d["choices"][0]["message"]["content"]),
    ),
    "responses": Api(
        "/v1/responses",
        "authorization",
        lambda q: {"model": MODEL, "temperature": 0, "instructions": SYSTEM, "input": q},
        lambda text: {
            "id": "resp_1",
            "object": "response",
            "created_at": 1,
            "status": "completed",
            "error": None,
            "incomplete_details": None,
            "model": MODEL,
            "output": [
                {
                    "type": "message",
                    "id": "msg_1",
                    "status": "completed",
                    "role": "assistant",
                    "content": [{"type": "output_text", "text": text, "annotations": []}],
                }
            ],
            "usage": {"input_tokens": 5, "output_tokens": 7, "total_tokens": 12},
        },
        lambda d: str(d["output"][-1]["content"][0]["text"]),
    ),
    "messages": Api(
        "/v1/messages",
        "x-api-key",
        lambda q: {"model": MODEL, "temperature": 0, "max_tokens": 99, "system": SYSTEM, "messages": turns(q)},
        lambda text: {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": MODEL,
            "content": [{"type": "text", "text": text}],
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 5, "output_tokens": 7},
        },
        lambda d: str(d["content"][0]["text"]),
    ),
    "gemini": Api(
        f"/v1beta/models/{MODEL}:generateContent",
        "x-goog-api-key",
        lambda q: {
            "systemInstruction": {"parts": [{"text": SYSTEM}]},
            "contents": [{"role": "user", "parts": [{"text": q}]}],
            "generationConfig": {"temperature": 0},
        },
        lambda text: {
            "candidates": [
                {"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP", "index": 0}
            ],
            "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 7, "totalTokenCount": 12},
            "modelVersion": MODEL,
            "responseId": "r1",
        },
        lambda d: str(d["candidates"][0]["content"]["parts"][0]["text"]),
    ),
    "ollama": Api(
        "/api/chat",
        "authorization",
        lambda q: {
            "model": MODEL,
            "stream": False,
            "options": {"temperature": 0},
            "messages": [{"role": "system", "content": SYSTEM}, *turns(q)],
        },
        lambda text: {
            "model": MODEL,
            "created_at": "2025-01-01T00:00:00Z",
            "message": {"role": "assistant", "content": text},
            "done": True,
            "done_reason": "stop",
            "prompt_eval_count": 5,
            "eval_count": 7,
        },
        lambda d: str(d["message"]["content"]),
    ),
    "dashscope": Api(
        "/api/v1/services/aigc/text-generation/generation",
        "authorization",
        lambda q: {
            "model": MODEL,
            "input": {"messages": [{"role": "system", "content": SYSTEM}, *turns(q)]},
            "parameters": {"result_format": "message", "temperature": 0},
        },
        lambda text: {
            "output": {"choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": text}}]},
            "usage": {"input_tokens": 5, "output_tokens": 7, "total_tokens": 12},
            "request_id": "r1",
        },
        lambda d: str(d["output"]["choices"][0]["message"]["content"]),
    ),
}


def answering(text: str) -> Callable[[Request], Reply]:
    """Answer by path, as each API does."""

    def script(request: Request) -> Reply:
        (api,) = (api for api in APIS.values() if api.path == request.path)
        return Reply(body=json.dumps(api.answer(text), ensure_ascii=False).encode())

    return script


def ask(proxy: Proxy, name: str, question: str, *, key: str = "sk-any", **fields: Any) -> Response:
    api = APIS[name]
    value = f"Bearer {key}" if api.key == "authorization" else key
    return post(proxy.port, json.dumps(api.ask(question) | fields).encode(), {api.key: value}, path=api.path)


@pytest.fixture(scope="module")
def crossing(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Any:
    proxy = Proxy(module_upstream.url, tmp_path_factory.mktemp("any"), CONFIG)
    with proxy.start(wait_for="ready: exact hits"):
        yield proxy


@pytest.mark.parametrize("first", APIS)
def test_what_was_said_through_one_api_answers_all(crossing: Proxy, upstream: Upstream, first: str) -> None:
    text = "Said once: “ja”, 好的. \u2600"
    upstream.script = answering(text)
    question = f"Question {next(NUMBERS)}?"
    ask(crossing, first, question)
    crossing.wait_for(lambda: ask(crossing, first, question).cache == "exact")
    calls = upstream.calls

    for name, api in APIS.items():
        reply = ask(crossing, name, question)

        assert reply.cache == "exact", name
        assert api.text(json.loads(reply.body)) == text, name
    assert upstream.calls == calls


@pytest.mark.parametrize("first", APIS)
def test_streams_cross_too(crossing: Proxy, upstream: Upstream, first: str) -> None:
    upstream.script = answering("Piece by piece.")
    question = f"Question {next(NUMBERS)}?"
    ask(crossing, first, question)
    crossing.wait_for(lambda: ask(crossing, first, question).cache == "exact")

    reply = ask(crossing, "chat", question, stream=True)

    events = [event.data for event in sse.decode(reply.body)]
    deltas = [json.loads(data)["choices"] for data in events[:-1]]
    assert reply.cache == "exact"
    assert events[-1] == "[DONE]"
    assert "".join(c["delta"].get("content") or "" for choices in deltas for c in choices) == "Piece by piece."


def test_another_caller_question_model_or_system_prompt_is_another(crossing: Proxy, upstream: Upstream) -> None:
    upstream.script = answering("Mine.")
    question = f"Question {next(NUMBERS)}?"
    ask(crossing, "chat", question)
    crossing.wait_for(lambda: ask(crossing, "messages", question).cache == "exact")

    assert ask(crossing, "messages", question, key="sk-other").cache == "miss"
    assert ask(crossing, "messages", f"{question}?").cache == "miss"
    assert ask(crossing, "messages", question, model="m-2").cache == "miss"
    assert ask(crossing, "messages", question, system="Be long.").cache == "miss"
    assert ask(crossing, "messages", question, temperature=0.5).cache == "miss"


def test_an_answer_longer_than_asked_for_is_none(crossing: Proxy, upstream: Upstream) -> None:
    upstream.script = answering("Seven tokens.")
    question = f"Question {next(NUMBERS)}?"
    ask(crossing, "chat", question)
    crossing.wait_for(lambda: ask(crossing, "messages", question).cache == "exact")

    assert ask(crossing, "messages", question, max_tokens=7).cache == "exact"
    assert ask(crossing, "messages", question, max_tokens=6).cache == "miss"


def test_a_tool_call_crosses(crossing: Proxy, upstream: Upstream) -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    call = {"id": "call_7", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}}
    choice = {"index": 0, "message": {"role": "assistant", "content": None, "tool_calls": [call]}}
    document = APIS["chat"].answer("") | {"choices": [choice | {"finish_reason": "tool_calls"}]}
    upstream.script = lambda _: Reply(body=json.dumps(document).encode())
    question = f"Question {next(NUMBERS)}?"
    function = {"name": "weather", "description": "now", "parameters": schema}
    chat = {"tools": [{"type": "function", "function": function}]}
    ask(crossing, "chat", question, **chat)
    crossing.wait_for(lambda: ask(crossing, "chat", question, **chat).cache == "exact")

    tool = {"name": "weather", "description": "now", "input_schema": schema}
    reply = ask(crossing, "messages", question, tools=[tool])

    assert reply.cache == "exact"
    said = json.loads(reply.body)
    assert said["stop_reason"] == "tool_use"
    assert [(b["type"], b["name"], b["input"]) for b in said["content"]] == [("tool_use", "weather", {"city": "Rome"})]


def test_without_the_setting_each_api_has_answers_of_its_own(proxy: Proxy, upstream: Upstream) -> None:
    upstream.script = answering("Mine alone.")
    question = f"Question {next(NUMBERS)}?"
    ask(proxy, "chat", question)
    proxy.wait_for(lambda: ask(proxy, "chat", question).cache == "exact")

    assert ask(proxy, "responses", question).cache == "miss"
    assert ask(proxy, "ollama", question).cache == "miss"
