"""Which complete answers are of no use, in the words of each API: whoever gets one asks again."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.domain.model import Mode
from aicache.formats import by_api, failure_marks, json_schema, response_format
from aicache.formats.response_format import OutputFormat
from formats.anything import JSON, replaced
from formats.worlds import ANSWERS, NOW, UNTIL, called, chat, dashscope, gemini, keep, messages, responses

ALL_APIS = list(ANSWERS)


def keep_unless_a_tool_failed(api: str, answer: dict[str, Any], *, kept: bool) -> None:
    """Keep an answer that is to be *kept*; any other must be refused for a tool that failed."""
    if kept:
        keep(api, answer)
    else:
        with pytest.raises(ValueError, match="a tool failed"):
            keep(api, answer)


def test_the_answers_to_start_from_are_kept() -> None:
    for api, answer in ANSWERS.items():
        assert keep(api, answer("Hello!")).expires_at == UNTIL


@pytest.mark.parametrize("api", ALL_APIS)
@pytest.mark.parametrize("text", [" ", "\n\n\t", "\u00a0\u3000", "\u200b\ufeff", "\u2800", " \u2060 "])
def test_white_space_alone_is_not_kept(api: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"blank|empty|sa(y|id)|no content"):
        keep(api, ANSWERS[api](text))


@pytest.mark.parametrize("api", ALL_APIS)
def test_thoughts_in_the_text_and_nothing_after_them_are_not_kept(api: str) -> None:
    for text in ("<think>Hm.</think>\n", "\n<think>Hm", "<thinking>Hm</thinking> "):
        with pytest.raises(ValueError, match=r"blank|empty|sa(y|id)|no content"):
            keep(api, ANSWERS[api](text))
    keep(api, ANSWERS[api]("<think>Hm.</think> Yes"))
    keep(api, ANSWERS[api]("Use <think> tags"))


@pytest.mark.parametrize(
    ("api", "answer"),
    [
        ("chat", chat({"content": "", "reasoning_content": "Hm."})),
        ("chat", chat({"content": " ", "reasoning": "Hm.", "reasoning_details": [{"type": "reasoning.text"}]})),
        ("chat", chat({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}]})),
        ("chat", chat({"content": "Yes."}, {"content": ""})),
        ("responses", responses({"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]})),
        ("responses", responses({"type": "mcp_call", "name": "f", "arguments": "{}", "output": "x"})),
        ("messages", messages({"type": "thinking", "thinking": "Hm.", "signature": "s"})),
        ("messages", messages({"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}})),
        ("gemini", gemini({"text": "Hm.", "thought": True}, {"text": "\n"})),
        ("ollama-chat", {"message": {"content": "", "thinking": "Hm."}, "done": True}),
        ("ollama-generate", {"response": "\n", "thinking": "Hm.", "done": True}),
        ("dashscope", dashscope({"content": "", "reasoning_content": "Hm."})),
    ],
)
def test_reasoning_alone_is_not_kept(api: str, answer: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"blank|empty|sa(y|id)|no content"):
        keep(api, answer)


BROKEN = ('{"city": "Par', "Paris", "[1]", '"{}"', "null", "{'city': 1}", '{"a": NaN}')


@pytest.mark.parametrize("arguments", BROKEN)
def test_a_call_whose_arguments_are_no_json_object_is_not_kept(arguments: str) -> None:
    function = {"name": "weather", "arguments": arguments}
    item = {"type": "function_call", "call_id": "c", **function}
    broken: dict[str, Any] = {
        "chat": chat(called(arguments), finish="tool_calls"),
        "responses": responses(item),
        "ollama-chat": {"message": {"content": "", "tool_calls": [{"function": function}]}, "done": True},
        "dashscope": dashscope(called(arguments) | {"content": ""}, finish="tool_calls"),
        "gemini": gemini({"functionCall": {"name": "weather", "args": arguments}}),
        "messages": messages({"type": "tool_use", "id": "t", "name": "weather", "input": arguments}, stop="tool_use"),
    }

    for api, answer in broken.items():
        with pytest.raises(ValueError):
            keep(api, answer)
    with pytest.raises(ValueError, match="arguments"):
        keep("chat", chat({"content": None, "function_call": function}, finish="function_call"))


@pytest.mark.parametrize("arguments", ["{}", '{"city": "Par"}', "", None, {"city": "Paris"}])
def test_a_call_that_can_be_made_is_kept(arguments: Any) -> None:
    keep("chat", chat(called(arguments), finish="tool_calls"))
    keep("dashscope", dashscope(called(arguments) | {"content": ""}, finish="tool_calls"))


def test_a_freeform_tool_takes_any_text() -> None:
    custom = {"id": "c", "type": "custom", "custom": {"name": "sh", "input": "{ls"}}

    keep("chat", chat({"content": None, "tool_calls": [custom]}, finish="tool_calls"))
    keep("responses", responses({"type": "custom_tool_call", "call_id": "c", "name": "sh", "input": "{ls"}))


@pytest.mark.parametrize(
    ("api", "answer"),
    [
        ("chat", chat({"content": "I will look."}, finish="tool_calls")),
        ("chat", chat({"content": "I will look."}, finish="tool_use")),
        ("chat", chat({"content": "I will look.", "tool_calls": []}, finish="function_call")),
        ("chat", chat(called("{}"), {"content": "x"}, finish="tool_calls")),
        ("messages", messages({"type": "text", "text": "I will look."}, stop="tool_use")),
        (
            "messages",
            messages(
                {"type": "text", "text": "I look."},
                {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
                stop="tool_use",
            ),
        ),
        ("ollama-chat", {"message": {"content": "I will look."}, "done": True, "done_reason": "tool_calls"}),
        ("dashscope", dashscope({"content": "I will look."}, finish="tool_calls")),
    ],
)
def test_an_end_for_a_call_that_is_not_made_is_not_kept(api: str, answer: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="call"):
        keep(api, answer)


def test_a_call_without_id_or_name_is_not_told_in_another_mode_or_api() -> None:
    format = by_api("chat")
    with pytest.raises(ValueError):
        keep("chat", chat(called("{}", function={"name": "", "arguments": "{}"}), finish="tool_calls"))
    entry = keep("chat", chat(called("{}", id=""), finish="tool_calls"))
    document = format.parse_answer(entry.body)[1]

    for mode in Mode:
        with pytest.raises(ValueError, match="id"):
            format.render(document, mode)
    nameless = chat(called("{}", function={"arguments": "{}"}), finish="tool_calls")
    with pytest.raises(ValueError, match="without a function"):
        format.to_answer(format.parse_answer(json.dumps(nameless).encode())[1])


SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False}
ASKED: dict[str, list[dict[str, Any]]] = {
    "chat": [
        {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}}},
        {"response_format": {"type": "json_object", "schema": SCHEMA}},
        {"response_format": {"type": "json", "value": SCHEMA}},
        {"guided_json": SCHEMA},
        {"structured_outputs": {"json": SCHEMA}},
    ],
    "completions": [{"response_format": {"type": "json_schema", "json_schema": {"schema": SCHEMA}}}],
    "responses": [{"text": {"format": {"type": "json_schema", "name": "n", "schema": SCHEMA}}}],
    "messages": [
        {"output_format": {"type": "json_schema", "schema": SCHEMA}},
        {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
    ],
    "gemini": [
        {"generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}},
        {
            "generation_config": {
                "response_mime_type": "application/json",
                "response_schema": {"type": "OBJECT", "properties": {"n": {"type": "INTEGER"}}, "required": ["n"]},
            }
        },
    ],
    "ollama-chat": [{"format": SCHEMA}],
    "ollama-generate": [{"format": SCHEMA}],
    "dashscope": [{"parameters": {"response_format": {"type": "json_schema", "json_schema": {"schema": SCHEMA}}}}],
}
OBJECTS: dict[str, dict[str, Any]] = {
    "chat": {"response_format": {"type": "json_object"}},
    "completions": {"response_format": {"type": "json_object"}},
    "responses": {"text": {"format": {"type": "json_object"}}},
    "ollama-chat": {"format": "json"},
    "ollama-generate": {"format": "json"},
    "dashscope": {"parameters": {"response_format": {"type": "json_object"}}},
}


@pytest.mark.parametrize(("api", "fields"), [(api, fields) for api, forms in ASKED.items() for fields in forms])
def test_an_answer_that_breaks_the_schema_it_was_asked_for_is_not_kept(api: str, fields: dict[str, Any]) -> None:
    for text in ("The number is 7.", '{"n": 7', '```json\n{"n": 7}\n```', '{"n": "7"}', "{}", '{"n": 7}\n{"n": 7}'):
        with pytest.raises(ValueError, match="form"):
            keep(api, ANSWERS[api](text), **fields)
        keep(api, ANSWERS[api](text))
    keep(api, ANSWERS[api](' {"n": 7}\n'), **fields)


@pytest.mark.parametrize("api", OBJECTS)
def test_an_answer_that_is_no_object_where_one_was_asked_for_is_not_kept(api: str) -> None:
    for text in ("Sure!", "[1]", "7", '{"a": NaN}', '{"a": 1'):
        with pytest.raises(ValueError, match="form"):
            keep(api, ANSWERS[api](text), **OBJECTS[api])
    keep(api, ANSWERS[api]('{"a": [1, null]}'), **OBJECTS[api])
    keep(api, ANSWERS[api]('<think>Hm.</think>{"a": 1}'), **OBJECTS[api])


def test_every_choice_must_be_of_the_form_and_calls_need_not() -> None:
    asked = OBJECTS["chat"]
    with pytest.raises(ValueError, match="form"):
        keep("chat", chat({"content": "{}"}, {"content": "no"}), **asked)
    keep("chat", chat({"content": "Let me see."} | called("{}") | {"content": "Let me see."}), **asked)
    keep("chat", chat({"content": None, "refusal": "I cannot."}), **asked)
    last = {"type": "message", "content": [{"type": "output_text", "text": '{"n": 1}'}]}
    first = {"type": "message", "content": [{"type": "output_text", "text": "I look."}]}
    keep(
        "responses", responses(first, {"type": "web_search_call", "status": "completed"}, last), **ASKED["responses"][0]
    )


def test_a_word_of_a_list_is_no_json() -> None:
    asked = {"generationConfig": {"responseMimeType": "text/x.enum", "responseSchema": {"enum": ["yes", "no"]}}}

    keep("gemini", ANSWERS["gemini"]("yes"), **asked)
    with pytest.raises(ValueError, match="form"):
        keep("gemini", ANSWERS["gemini"]("maybe"), **asked)


@pytest.mark.parametrize(
    ("value", "of", "kept"),
    [
        (1, {"type": ["string", "integer"]}, True),
        (1.0, {"type": "integer"}, True),
        (True, {"type": "integer"}, False),
        (None, {"type": "STRING", "nullable": True}, True),
        (
            {"a": {"b": 1}},
            {
                "$ref": "#/$defs/A",
                "$defs": {"A": {"properties": {"a": {"$ref": "#/$defs/B"}}}, "B": {"required": ["c"]}},
            },
            False,
        ),
        ([1, "x"], {"items": {"type": "integer"}}, False),
        ([1, 2], {"maxItems": 1}, False),
        ("x", {"enum": ["y", None]}, False),
        ("x", {"const": "x"}, True),
        (True, {"enum": [1]}, False),
        ("x", {"anyOf": [{"type": "null"}, {"type": "string"}]}, True),
        (1, {"anyOf": [{"type": "null"}, {"type": "string"}]}, False),
        ({"a": 1}, {"allOf": [{"required": ["a"]}, {"required": ["b"]}]}, False),
        (11, {"maximum": 10}, False),
        ("aaaa", {"pattern": "(a+)+b"}, True),  # its evaluation might take for ever
        ("x", {"type": "from-the-future"}, True),
        ("x", {"$ref": "https://example.test/schema"}, True),
        ("x", False, False),
        ("x", None, True),
    ],
)
def test_schemas_are_checked_as_far_as_structured_output_goes(value: Any, of: Any, kept: bool) -> None:
    assert json_schema.conforms(value, of) is kept


def test_no_schema_takes_long() -> None:
    nested: Any = {"type": "string"}
    for _ in range(60):
        nested = {"anyOf": [nested, nested, nested]}
    circle = {"$ref": "#"}

    assert json_schema.conforms(1, nested) in (True, False)
    assert json_schema.conforms(1, circle)


@given(JSON, JSON)
def test_no_schema_and_no_format_raises(value: Any, of: Any) -> None:
    json_schema.conforms(value, of)
    json_schema.conforms(value, {"properties": of, "items": of, "anyOf": of, "required": of, "$ref": of, "enum": of})
    response_format.conforms(json.dumps(value), OutputFormat(of))
    for read in (
        response_format.of_chat,
        response_format.of_responses,
        response_format.of_messages,
        response_format.of_ollama,
        response_format.of_dashscope,
    ):
        read({"response_format": of, "text": of, "output_format": of, "format": of, "parameters": of})


TEXT = {"type": "text", "text": "So."}
HELLO = {"content": "Hello!"}
MARKED: list[tuple[str, dict[str, Any]]] = [
    ("chat", chat(HELLO, x_groq={"id": "r", "error": "over_capacity"})),
    ("chat", chat(HELLO, base_resp={"status_code": 1027, "status_msg": "sensitive"})),
    ("chat", chat(HELLO, output_sensitive=True)),
    (
        "chat",
        chat(HELLO, prompt_filter_results=[{"content_filter_results": {"error": {"code": "content_filter_error"}}}]),
    ),
    (
        "chat",
        chat(HELLO, moderation={"input": {"type": "error", "code": "x"}, "output": {"type": "moderation_result"}}),
    ),
    ("chat", chat(HELLO, code=10013, message="busy")),
    ("chat", chat(HELLO, success=False)),
    ("chat", chat(HELLO, status="failed")),
    ("chat", chat(HELLO, stats={"stop_reason": "userStopped"})),
    ("chat", chat(HELLO, meta={"deep": [{"upstream_error": "timed out"}]})),
    ("chat", chat(HELLO, meta={"errorCode": "E1"})),
    ("chat", chat(HELLO, usage={"prompt_tokens": 1, "failed_requests": 1})),
    ("chat", chat(HELLO, timings={"timeout": True})),
    ("chat", chat(HELLO, filters={"hate": {"filtered": True}})),
    (
        "completions",
        {"choices": [{"text": "x", "finish_reason": "stop", "content_filter_results": {"error": {"code": 1}}}]},
    ),
    (
        "responses",
        responses(
            {"type": "message", "content": [{"type": "output_text", "text": "x"}]},
            moderation={"input": {"type": "error"}, "output": {"type": "error"}},
        ),
    ),
    (
        "responses",
        responses({"type": "message", "content": [{"type": "output_text", "text": "x"}], "filter_error": "x"}),
    ),
    ("messages", messages({"type": "text", "text": "x"}, guardrail={"status": "failed"})),
    ("messages", messages({"type": "text", "text": "x", "moderation_error": {"code": 5}})),
    (
        "messages",
        messages({"type": "text", "text": "no"}, stop="refusal", stop_details={"fallback_credit_token": "fct_1"}),
    ),
    ("gemini", gemini({"text": "x"}, promptFeedback={"safetyRatings": [{"category": "c", "blocked": True}]})),
    ("gemini", gemini({"text": "x"}, responseStatus={"error": {"code": 8}})),
    ("ollama-chat", {"message": {"content": "x"}, "done": True, "remote_error": "x"}),
    ("dashscope", dashscope(HELLO) | {"data_inspection": {"error": "unavailable"}}),
]


@pytest.mark.parametrize(("api", "answer"), MARKED)
def test_a_mark_of_an_error_anywhere_keeps_an_answer_out(api: str, answer: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="error"):
        keep(api, answer)


@pytest.mark.parametrize(
    ("api", "answer"),
    [
        ("chat", chat(HELLO, x_groq={"id": "r", "error": None}, base_resp={"status_code": 0, "status_msg": "success"})),
        ("chat", chat(HELLO, code=200, success=True, error={}, errors=[], error_code="0", output_sensitive=False)),
        (
            "chat",
            chat(
                HELLO,
                choices=[
                    {
                        "message": HELLO,
                        "finish_reason": "stop",
                        "content_filter_results": {"hate": {"filtered": False, "severity": "safe"}},
                    }
                ],
            ),
        ),
        ("chat", chat({"content": '{"error": "none", "success": false}'})),
        ("chat", chat(called('{"error": true, "code": 5}'), finish="tool_calls")),
        (
            "chat",
            chat(
                HELLO
                | {
                    "executed_tools": [
                        {
                            "index": 0,
                            "type": "search",
                            "arguments": "{}",
                            "search_results": {"results": [{"error": "x"}]},
                            "output": "error",
                        }
                    ]
                }
            ),
        ),
        ("chat", chat(HELLO, search_results=[{"title": "x", "error": "the title of a page"}])),
        (
            "chat",
            chat(
                HELLO,
                choices=[
                    {
                        "message": HELLO,
                        "finish_reason": "stop",
                        "logprobs": {"content": [{"token": "error", "top_logprobs": [{"error": -1.0}]}]},
                    }
                ],
            ),
        ),
        (
            "completions",
            {"choices": [{"text": "x", "finish_reason": "stop", "logprobs": {"top_logprobs": [{"error": -0.5}]}}]},
        ),
        (
            "responses",
            responses(
                {"type": "function_call", "call_id": "c", "name": "f", "arguments": '{"error": 1}'},
                metadata={"error": "mine"},
                error=None,
                incomplete_details=None,
                tools=[{"type": "function", "name": "f", "parameters": {"properties": {"error": {}}}}],
                text={"format": {"type": "json_schema", "schema": {"properties": {"failed": {}}}}},
            ),
        ),
        ("messages", messages({"type": "tool_use", "id": "t", "name": "f", "input": {"error": True}}, stop="tool_use")),
        ("gemini", gemini({"functionCall": {"name": "f", "args": {"error": "x", "status": "failed"}}})),
        (
            "ollama-chat",
            {
                "message": {"content": "", "tool_calls": [{"function": {"name": "f", "arguments": {"error": 1}}}]},
                "done": True,
            },
        ),
    ],
)
def test_words_of_the_model_its_tools_and_the_caller_are_no_marks(api: str, answer: dict[str, Any]) -> None:
    keep(api, answer)


def test_a_mark_in_any_piece_of_a_stream_keeps_it_out() -> None:
    """The next piece has another value in its place."""

    def chunk(delta: dict[str, Any], finish: str | None = None, **fields: Any) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return b"data: " + json.dumps({"id": "c", "choices": [choice]} | fields).encode() + b"\n\n"

    good = chunk({"content": "x"}), chunk({}, "stop", x_groq={"id": "r"}), b"data: [DONE]\n\n"
    keep("chat", b"".join(good), stream=True)
    for bad in ({"x_groq": {"error": "over_capacity"}}, {"base_resp": {"status_code": 1}}, {"x": {"err\\u006fr": 1}}):
        with pytest.raises(ValueError, match="error"):
            body = chunk({"content": "x"}, **bad).replace(b"\\\\u", b"\\u")
            keep("chat", body + b"".join(good[1:]), stream=True)
    with pytest.raises(ValueError, match="error"):
        pieces = gemini({"text": "x"}, responseStatus={"error": {"code": 8}}), gemini({"text": "y"})
        keep("gemini", json.dumps(pieces).encode())


@given(JSON)
def test_no_document_breaks_the_search_for_marks(value: Any) -> None:
    for search in (failure_marks.reject_failed, failure_marks.earliest_expiry):
        with contextlib.suppress(ValueError):
            search({"x": value})


@pytest.mark.parametrize(
    ("named", "until"),
    [
        ({"expires_at": 1500}, 1500.0),
        ({"expires_at": "1970-01-01T00:25:00Z"}, 1500.0),
        ({"expiresAt": "1970-01-01T00:25:00.123456789+00:00"}, 1500.123456),
        ({"expires_at": 1_500_000_000_000}, UNTIL),
        ({"expires_at": None}, UNTIL),
        ({"expire_time": 1700, "deep": [{"expires_at": 1600}]}, 1600.0),
        ({"expires_at": 5000}, UNTIL),
    ],
)
def test_an_entry_lives_no_longer_than_what_its_answer_names(named: dict[str, Any], until: float) -> None:
    for api in ("chat", "messages", "responses", "gemini"):
        answer = ANSWERS[api]("Hello!") | {"handle": named}

        assert keep(api, answer).expires_at == until


@pytest.mark.parametrize(
    "named",
    [
        {"expires_in": 300},
        {"expires_after": {"anchor": "last_active_at", "minutes": 20}},
        {"widget_token_expires_at": "soon"},
        {"expires_at": {"seconds": 5000}},
        {"retry_token": {"value": "t"}},
    ],
)
def test_what_expires_at_a_time_that_cannot_be_told_is_not_kept(named: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"expires|mark"):
        keep("chat", ANSWERS["chat"]("Hello!") | {"handle": named})
    keep("chat", ANSWERS["chat"]("Hello!") | {"handle": dict.fromkeys(named)})


def test_a_tools_own_words_name_nothing_that_expires() -> None:
    call = {"type": "tool_use", "id": "t", "name": "book", "input": {"expires_at": "soon", "expires_in": 5}}

    assert keep("messages", messages(call, stop="tool_use")).expires_at == UNTIL
    page = {"type": "web_search_result", "url": "https://a.test", "expires_at": "soon"}
    found = {"type": "web_search_tool_result", "tool_use_id": "s", "content": [page]}
    assert keep("messages", messages(found, TEXT)).expires_at == UNTIL


def test_a_call_that_asks_to_be_looked_at_is_no_error() -> None:
    checks = [{"id": "c", "code": "malicious_instructions", "message": "Look."}]
    keep("responses", responses({"type": "computer_call", "call_id": "c", "pending_safety_checks": checks}))


@pytest.mark.parametrize("at", [NOW, 1, "soon", "Sun, 29 Nov 2026 00:00:00 GMT", True])
def test_what_has_expired_or_expires_nobody_knows_when_is_not_kept(at: Any) -> None:
    for api in ("chat", "messages", "responses", "gemini", "dashscope", "ollama-chat"):
        with pytest.raises(ValueError, match="expire"):
            keep(api, ANSWERS[api]("Hello!") | {"handle": {"expires_at": at}})


RICH: dict[str, dict[str, Any]] = {
    "chat": chat(
        {"content": [{"type": "text", "text": "{}"}, {"type": "refusal", "refusal": "no"}], **called("{}")},
        {"content": "{}", "function_call": {"name": "f", "arguments": "{}"}},
        finish="tool_calls",
        moderation={"input": {"type": "x"}},
        expires_at=5000,
    ),
    "completions": ANSWERS["completions"]("{}"),
    "responses": responses(
        {"type": "mcp_call", "name": "f", "server_label": "s", "arguments": "{}", "error": {"code": 1, "type": "x"}},
        {"type": "mcp_call", "name": "f", "server_label": "s", "arguments": "{}", "output": "x"},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "message", "content": [{"type": "output_text", "text": "{}"}]},
        expires_at=5000,
    ),
    "messages": messages(
        {"type": "web_search_tool_result", "content": {"type": "web_search_tool_result_error", "error_code": "x"}},
        {"type": "web_search_tool_result", "content": []},
        {"type": "text", "text": "{}"},
        container={"id": "c", "expires_at": "2030-01-01T00:00:00Z"},
    ),
    "gemini": gemini({"codeExecutionResult": {"outcome": "OUTCOME_OK"}}, {"text": "{}"}),
    "ollama-chat": {
        "message": {"content": "{}", "tool_calls": [{"function": {"name": "f", "arguments": {}}}]},
        "done": True,
    },
    "ollama-generate": {"response": "{}", "done": True},
    "dashscope": dashscope({"content": [{"text": "{}"}], **called("{}")}),
}
RICH["gemini"]["candidates"][0]["urlContextMetadata"] = {"urlMetadata": [{"urlRetrievalStatus": "x"}]}


@given(st.sampled_from(ALL_APIS), st.lists(st.integers(0, 6), max_size=7), JSON)
def test_no_answer_with_an_oddity_raises_anything_but_value_error(api: str, path: list[int], value: Any) -> None:
    for fields in ({}, OBJECTS.get(api, {}), ASKED[api][0]):
        with contextlib.suppress(ValueError):
            keep(api, replaced(RICH[api], path, value), **fields)


def test_a_refusal_in_part_is_a_refusal() -> None:
    said = {"type": "output_text", "text": "Well."}
    no = {"type": "refusal", "refusal": "I cannot."}

    assert keep("chat", chat(HELLO, {"content": None, "refusal": "I cannot."})).refused
    assert keep("chat", chat({"content": [{"type": "text", "text": "Well."}, no]})).refused
    assert keep("responses", responses({"type": "message", "content": [said, no]})).refused
    assert keep("messages", messages({"type": "text", "text": "Well."}, stop="refusal")).refused
    assert not keep("chat", chat(HELLO, HELLO)).refused


def _search(code: str | None, id: str = "s") -> dict[str, Any]:
    content: Any = [{"type": "web_search_result", "url": "https://a.test", "title": "error"}]
    if code is not None:
        content = {"type": "web_search_tool_result_error", "error_code": code}
    return {"type": "web_search_tool_result", "tool_use_id": id, "content": content}


@pytest.mark.parametrize(
    ("results", "kept"),
    [
        ((_search(None), _search("max_uses_exceeded")), True),
        ((_search("query_too_long"),), True),
        ((_search("invalid_tool_input"), _search(None)), True),
        ((_search("unavailable"),), False),
        ((_search("unavailable"), _search(None)), False),
        ((_search("too_many_requests"), _search(None)), False),
        ((_search("from_the_future"),), False),
        ((_search("from_the_future"), _search(None)), True),
        ((_search(None), _search("from_the_future")), False),
        (({"type": "mcp_tool_result", "is_error": True, "content": []},), False),
        (
            (
                {"type": "mcp_tool_result", "is_error": True, "content": []},
                {"type": "mcp_tool_result", "is_error": False, "content": [{"type": "text", "text": "error"}]},
            ),
            True,
        ),
    ],
)
def test_a_tool_that_failed_counts_by_its_code_and_by_what_came_after(results: Any, kept: bool) -> None:
    answer = messages(*results, TEXT)

    keep_unless_a_tool_failed("messages", answer, kept=kept)


@pytest.mark.parametrize(
    ("calls", "kept"),
    [
        ([{"error": {"type": "mcp_tool_execution_error"}}, {"output": "12"}], True),
        ([{"status": "failed", "error": "missing argument"}, {"output": "12"}], True),
        ([{"error": {"type": "mcp_tool_execution_error"}}], False),
        ([{"output": "12"}, {"error": {"type": "mcp_tool_execution_error"}}], False),
        ([{"error": {"type": "http_error", "code": 503}}, {"output": "12"}], False),
        ([{"error": {"type": "http_error", "code": 429}}, {"output": "12"}], False),
        ([{"error": {"type": "mcp_protocol_error", "code": 32000}}, {"output": "12"}], False),
        ([{"error": {"type": "x"}, "name": "g"}, {"output": "12"}], False),
    ],
)
def test_a_call_that_the_model_mended_is_no_failure(calls: list[dict[str, Any]], kept: bool) -> None:
    items = [{"type": "mcp_call", "name": "f", "server_label": "s", "arguments": "{}"} | call for call in calls]
    answer = responses(*items, {"type": "message", "content": [{"type": "output_text", "text": "12"}]})

    keep_unless_a_tool_failed("responses", answer, kept=kept)


@pytest.mark.parametrize(
    ("states", "kept"),
    [
        (["URL_RETRIEVAL_STATUS_SUCCESS"], True),
        (["URL_RETRIEVAL_STATUS_ERROR"], False),
        (["URL_RETRIEVAL_STATUS_ERROR", "URL_RETRIEVAL_STATUS_SUCCESS"], True),
        (["URL_RETRIEVAL_STATUS_PAYWALL"], True),
    ],
)
def test_a_page_that_could_not_be_read_is_a_failure_unless_another_was(states: list[str], kept: bool) -> None:
    answer = gemini({"text": "So."})
    answer["candidates"][0]["urlContextMetadata"] = {"urlMetadata": [{"urlRetrievalStatus": each} for each in states]}

    keep_unless_a_tool_failed("gemini", answer, kept=kept)
