"""Whatever API and mode a response comes in, it is read as one answer, and one that breaks off as far as it goes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.formats import by_api
from aicache.ui.answer_view import MAX_BODY_BYTES, AnswerView, format_of, variant_of, view_answer
from aicache.ui.partial_answers import collect_partial_answer
from demo.answers import Request
from e2e.originals import answer
from e2e.originals.said import CALLS, TEXT, THOUGHT

TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}
GEMINI, DASHSCOPE = "/v1beta/models/m", "/api/v1/services/aigc/text-generation/generation"
TURNS = {"model": "m", "messages": [{"role": "user", "content": "?"}]}
CONTENTS = {"contents": [{"role": "user", "parts": [{"text": "?"}]}]}
NATIVE = {"model": "m", "input": {"messages": TURNS["messages"]}}
MESSAGE = {"result_format": "message"}
WAYS: dict[str, tuple[str, dict[str, Any], dict[str, str]]] = {
    "chat-whole": ("/v1/chat/completions", TURNS, {}),
    "chat-stream": (
        "/v1/chat/completions",
        TURNS | {"stream": True, "stream_options": {"include_usage": True}},
        {},
    ),
    "responses-whole": ("/v1/responses", {"model": "m", "input": "?"}, {}),
    "responses-stream": ("/v1/responses", {"model": "m", "input": "?", "stream": True}, {}),
    "messages-whole": ("/v1/messages", TURNS | {"max_tokens": 9}, {}),
    "messages-stream": ("/v1/messages", TURNS | {"max_tokens": 9, "stream": True}, {}),
    "gemini-whole": (f"{GEMINI}:generateContent", CONTENTS, {}),
    "gemini-events": (f"{GEMINI}:streamGenerateContent?alt=sse", CONTENTS, {}),
    "gemini-array": (f"{GEMINI}:streamGenerateContent", CONTENTS, {}),
    "ollama-whole": ("/api/chat", TURNS | {"stream": False}, {}),
    "ollama-lines": ("/api/chat", TURNS, {}),
    "dashscope-whole": (DASHSCOPE, NATIVE | {"parameters": MESSAGE}, {}),
    "dashscope-pieces": (
        DASHSCOPE,
        NATIVE | {"parameters": MESSAGE | {"incremental_output": True}},
        {"x-dashscope-sse": "enable"},
    ),
    "dashscope-so-far": (DASHSCOPE, NATIVE | {"parameters": MESSAGE}, {"x-dashscope-sse": "enable"}),
}
STREAMS = [way for way in WAYS if not way.endswith("whole")]


def request_of(way: str, *, tools: bool = False) -> Request:
    path, body, headers = WAYS[way]
    with_tools = body | {"tools": [TOOL]} if tools else body
    return Request("POST", path, headers, json.dumps(with_tools).encode())


def answer_to(request: Request) -> bytes:
    body = answer(request).body
    assert body is not None
    return body


def read(request: Request, body: bytes) -> AnswerView:
    format = format_of(request.method, request.path)
    assert format is not None
    return view_answer(format, body, variant_of(format, request.path, request.body, dict(request.headers)))


def texts_of(answer: AnswerView) -> dict[str, str]:
    (choice,) = answer.choices
    found: dict[str, str] = {}
    for name, text in choice:
        found[name] = found.get(name, "") + text
    return found


@pytest.mark.parametrize("way", WAYS)
def test_text_and_thoughts_are_read_in_one_piece(way: str) -> None:
    request = request_of(way)

    found = read(request, answer_to(request))

    assert found.end == "complete"
    assert texts_of(found)["text"] == TEXT
    assert texts_of(found).get("reasoning", THOUGHT) == THOUGHT
    assert found.usage is not None
    assert found.usage.output > 0


@pytest.mark.parametrize("way", WAYS)
def test_calls_of_tools_are_read_with_their_arguments(way: str) -> None:
    request = request_of(way, tools=True)

    found = texts_of(read(request, answer_to(request)))

    assert [json.loads(text) for name, text in found.items() if name.startswith("call")] == list(CALLS)
    assert [name for name in found if name.startswith("call")] == ["call 1: weather", "call 2: weather"]


@pytest.mark.parametrize("way", STREAMS)
def test_a_stream_that_breaks_off_is_read_as_far_as_it_goes(way: str) -> None:
    request = request_of(way)
    body = answer_to(request)
    lengths = []

    for end in range(0, len(body), 31):
        found = read(request, body[:end])
        text = texts_of(found).get("text", "") if found.choices else ""
        assert TEXT.startswith(text) or found.end == "complete", text
        lengths.append(len(text))

    assert lengths == sorted(lengths)
    assert any(0 < length < len(TEXT) for length in lengths)


@pytest.mark.parametrize("way", WAYS)
def test_without_knowing_the_api_all_the_same_is_found(way: str) -> None:
    """What is gathered by the shape of events agrees with what the API's own reader makes of them."""
    for request in (request_of(way), request_of(way, tools=True)):
        body = answer_to(request)
        expected = texts_of(read(request, body))

        found = {name: "".join(pieces) for name, pieces in collect_partial_answer(body).choices[0].items()}

        for name, text in found.items():
            if name.startswith("call"):
                found[name] = json.dumps(json.loads(text), ensure_ascii=False)
        assert found == {name: text for name, text in expected.items() if text}


def test_an_error_is_told_instead() -> None:
    chat = by_api("chat")

    whole = view_answer(chat, b'{"error": {"message": "You exceeded your quota.", "type": "insufficient_quota"}}')
    within = view_answer(
        chat,
        b'data: {"choices":[{"index":0,"delta":{"content":"He"}}]}\n\ndata: {"error":{"message":"overloaded"}}\n\n',
    )

    assert (whole.choices, whole.end) == ((), "error: You exceeded your quota.")
    assert (texts_of(within), within.end) == ({"text": "He"}, "error: overloaded")


def test_an_answer_that_was_too_long_says_so() -> None:
    body = b'{"choices":[{"index":0,"message":{"role":"assistant","content":"As I was"},"finish_reason":"length"}]}'

    found = view_answer(by_api("chat"), body)

    assert texts_of(found) == {"text": "As I was"}
    assert "length" in found.end


def test_several_choices_are_kept_apart() -> None:
    choices = [
        {"index": i, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        for i, text in enumerate(("one", "two"))
    ]

    found = view_answer(by_api("chat"), json.dumps({"choices": choices}).encode())

    assert found.choices == ((("text", "one"),), (("text", "two"),))


def test_what_is_huge_is_not_read() -> None:
    assert view_answer(by_api("chat"), b" " * (MAX_BODY_BYTES + 1)).end.startswith("larger than")


@pytest.mark.parametrize("api", ["chat", "gemini", "messages", "ollama-chat"])
@given(
    body=st.binary(max_size=60)
    | st.recursive(
        st.none() | st.integers() | st.text(max_size=4),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "choices",
                        "delta",
                        "message",
                        "content",
                        "index",
                        "candidates",
                        "parts",
                        "output",
                        "type",
                        "tool_calls",
                        "function",
                        "usage",
                        "error",
                        "text",
                        "item",
                        "response",
                        "done",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    ).map(lambda value: json.dumps(value).encode())
)
def test_no_body_is_too_odd(api: str, body: bytes) -> None:
    view_answer(by_api(api), body)
    view_answer(by_api(api), b"data: " + body + b"\n\n")
