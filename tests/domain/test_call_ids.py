"""Conversations that differ only in the ids of their calls are the same, and in nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicache.domain.conversation import Context
from aicache.domain.keys import KeyRules, Origin, identify
from aicache.formats import by_api

ORIGIN = Origin("https://api.example.com:443", "/", "alice")
RULES = KeyRules("", Context.FULL, frozenset(), ())
IDS = st.lists(st.from_regex(r"\A(call|toolu|fc)_[A-Za-z0-9]{8,12}\Z"), min_size=3, max_size=3, unique=True)


def chat(a: str, b: str, *results: str, c: str = "call_00000003") -> dict[str, Any]:
    def call(id: str, city: str) -> dict[str, Any]:
        return {"id": id, "type": "function", "function": {"name": "weather", "arguments": json.dumps({"city": city})}}

    return {
        "model": "m",
        "messages": [
            {"role": "user", "content": "Where is it warmer?"},
            {"role": "assistant", "content": None, "tool_calls": [call(a, "Rome"), call(b, "Oslo")]},
            *({"role": "tool", "tool_call_id": id, "content": f"{n} C"} for n, id in enumerate(results)),
            {"role": "assistant", "content": None, "tool_calls": [call(c, "Paris")]},
            {"role": "tool", "tool_call_id": c, "content": "20 C"},
        ],
    }


def responses(a: str, b: str, *results: str, c: str = "call_00000003") -> dict[str, Any]:
    def call(id: str, city: str) -> dict[str, Any]:
        return {"type": "function_call", "id": f"fc{id}", "call_id": id, "name": "weather", "arguments": city}

    def result(id: str, text: str) -> dict[str, Any]:
        return {"type": "function_call_output", "id": f"fco{id}", "call_id": id, "output": text}

    return {
        "model": "m",
        "input": [
            {"role": "user", "content": "Where is it warmer?"},
            *(call(a, "Rome"), call(b, "Oslo")),
            *(result(id, f"{n} C") for n, id in enumerate(results)),
            *(call(c, "Paris"), result(c, "20 C")),
        ],
    }


def messages(a: str, b: str, *results: str, c: str = "call_00000003") -> dict[str, Any]:
    def call(id: str, city: str) -> dict[str, Any]:
        return {"type": "tool_use", "id": id, "name": "weather", "input": {"city": city}}

    def result(id: str, text: str) -> dict[str, Any]:
        return {"type": "tool_result", "tool_use_id": id, "content": text}

    return {
        "model": "m",
        "max_tokens": 9,
        "messages": [
            {"role": "user", "content": "Where is it warmer?"},
            {"role": "assistant", "content": [call(a, "Rome"), call(b, "Oslo")]},
            {"role": "user", "content": [result(id, f"{n} C") for n, id in enumerate(results)]},
            {"role": "assistant", "content": [call(c, "Paris")]},
            {"role": "user", "content": [result(c, "20 C")]},
        ],
    }


def gemini(a: str, b: str, *results: str, c: str = "call_00000003") -> dict[str, Any]:
    def call(id: str, city: str) -> dict[str, Any]:
        return {"functionCall": {"id": id, "name": "weather", "args": {"city": city}}}

    def result(id: str, text: str) -> dict[str, Any]:
        return {"functionResponse": {"id": id, "name": "weather", "response": {"output": text}}}

    return {
        "contents": [
            {"role": "user", "parts": [{"text": "Where is it warmer?"}]},
            {"role": "model", "parts": [call(a, "Rome"), call(b, "Oslo")]},
            {"role": "user", "parts": [result(id, f"{n} C") for n, id in enumerate(results)]},
            {"role": "model", "parts": [call(c, "Paris")]},
            {"role": "user", "parts": [result(c, "20 C")]},
        ],
    }


APIS = [
    ("chat", "/v1/chat/completions", chat),
    ("responses", "/v1/responses", responses),
    ("messages", "/v1/messages", messages),
    ("gemini", "/v1beta/models/m:generateContent", gemini),
    ("ollama-chat", "/api/chat", chat),
]
each_api = pytest.mark.parametrize(("api", "path", "build"), APIS, ids=[api for api, *_ in APIS])


def key(api: str, path: str, body: dict[str, Any], rules: KeyRules = RULES) -> str:
    return identify(by_api(api).parse_request(path, json.dumps(body).encode()), ORIGIN, rules).key


@each_api
@settings(max_examples=20)
@given(one=IDS, other=IDS)
def test_conversations_that_differ_in_ids_alone_have_one_key(
    api: str, path: str, build: Any, one: list[str], other: list[str]
) -> None:
    def run(a: str, b: str, c: str) -> str:
        return key(api, path, build(a, b, a, b, c=c))

    assert run(*one) == run(*other)


@each_api
def test_which_result_belongs_to_which_call_counts(api: str, path: str, build: Any) -> None:
    a, b, c = "call_00000001", "call_00000002", "call_00000003"
    structures = [
        build(a, b, a, b),
        build(a, b, b, a),
        build(a, b, a, a),
        build(a, b, a),
        build(a, a, a, a),
        build(a, b, a, b, c=a),
        build(a, b, a, c),
    ]

    keys = [key(api, path, each) for each in structures]

    assert len(set(keys)) == len(keys)


@each_api
@pytest.mark.parametrize("id", ["call_1", "functions.weather:0", "0", "call 00000001"])
def test_an_id_that_a_model_may_have_numbered_counts_as_it_is(api: str, path: str, build: Any, id: str) -> None:
    b = "call_00000002"

    assert key(api, path, build(id, b, id, b)) != key(api, path, build("call_00000001", b, "call_00000001", b))


def test_an_id_in_a_text_or_an_argument_counts() -> None:
    a, b = "call_00000001", "call_00000002"
    body = chat(a, b, a, b)
    for field, value in (("content", f"as in {a}"), ("name", a)):
        one = body | {"messages": [*body["messages"], {"role": "user", "content": "x"} | {field: value}]}
        other = json.loads(json.dumps(one).replace(a, "call_00000009"))

        assert key("chat", "/v1/chat/completions", one) != key("chat", "/v1/chat/completions", other)


def test_calls_that_do_not_count_do_not_count_in_the_order() -> None:
    """With ``context: last_question``, earlier calls are no part of the key."""
    rules = KeyRules("", Context.LAST_QUESTION, frozenset(), ())
    a, b = "call_00000001", "call_00000002"
    now = chat(a, b, a, b)
    before = {"model": "m", "messages": [*chat("call_00000007", b, b)["messages"], *now["messages"]]}

    assert key("chat", "/v1/chat/completions", now, rules) == key("chat", "/v1/chat/completions", before, rules)
