"""State is told wherever in a request it is named: within documented settings, in messages, by tools nobody knows."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given

from aicache.config import Config
from aicache.formats import by_api, stateful_messages
from aicache.formats.errors import Private, Stateful
from aicache.formats.format import RequestContext
from aicache.formats.stateful_parameters import Allow
from formats.anything import JSON
from formats.worlds import PATHS, REQUESTS, parse

S = {"session_id": "s"}
OWN = {"type": "function", "function": {"name": "f", "parameters": {"properties": S}}}


@pytest.mark.parametrize(
    ("api", "path"),
    [
        ("chat", "stream_options"),
        ("chat", "response_format"),
        ("chat", "response_format.json_schema"),
        ("chat", "provider"),
        ("chat", "provider.order_by"),
        ("chat", "prediction"),
        ("chat", "audio"),
        ("chat", "audio.voice"),
        ("chat", "search_parameters.sources"),
        ("chat", "vllm_xargs"),
        ("chat", "tool_choice.function"),
        ("chat", "web_search_options.user_location"),
        ("completions", "stream_options"),
        ("responses", "text"),
        ("responses", "text.format"),
        ("responses", "tool_choice"),
        ("responses", "reasoning"),
        ("messages", "tool_choice"),
        ("messages", "thinking"),
        ("messages", "output_config.format"),
        ("gemini", "generationConfig"),
        ("gemini", "generationConfig.thinkingConfig"),
        ("gemini", "generationConfig.speechConfig.voiceConfig"),
        ("gemini", "toolConfig.functionCallingConfig"),
        ("gemini", "tool_config.function_calling_config"),
        ("gemini", "safetySettings"),
        ("ollama-chat", "options"),
        ("ollama-chat", "options.extra"),
        ("ollama-generate", "options"),
        ("dashscope", "parameters.search_options"),
        ("dashscope", "parameters.translation_options"),
        ("dashscope", "parameters.response_format"),
    ],
)
def test_state_named_within_a_documented_setting_is_told_at_any_depth(api: str, path: str) -> None:
    for name in ("session_id", "threadRef", "restore_state", "resume", "savepoint", "append_to"):
        fields: Any = {name: "x"}
        for step in reversed(path.split(".")):
            fields = {step: fields}

        with pytest.raises(Stateful):
            parse(api, **fields)


@pytest.mark.parametrize(
    ("api", "fields"),
    [
        ("chat", {"stream": True, "stream_options": {"include_usage": True, "continuous_usage_stats": True}}),
        ("chat", {"audio": {"voice": {"id": "v"}, "format": "wav"}, "logit_bias": {"50256": -1}}),
        ("chat", {"chat_template_kwargs": {"truncate_history_thinking": True}}),  # the template knows nothing else
        ("chat", {"provider": {"data_collection": "deny", "sort": {"by": "price"}}}),
        ("chat", {"search_parameters": {"from_date": "2026-01-01", "sources": [{"included_x_handles": ["a"]}]}}),
        ("chat", {"response_format": {"type": "json_schema", "json_schema": {"schema": {"properties": S}}}}),
        ("chat", {"plugins": [{"id": "file-parser", "max_files": 2}, {"id": "response-healing"}]}),
        ("chat", {"functions": [{"name": "f", "parameters": {"properties": S}}], "tools": [OWN]}),
        ("messages", {"output_config": {"format": {"type": "json_schema", "schema": {"properties": S}}}}),
        ("gemini", {"generationConfig": {"responseSchema": {"properties": {"threadId": {"type": "STRING"}}}}}),
        ("gemini", {"tools": [{"computerUse": {"environment": "ENVIRONMENT_BROWSER"}}]}),
        ("gemini", {"tools": [{"google_search_retrieval": {"dynamic_retrieval_config": {"mode": "A"}}}]}),
        ("gemini", {"tools": [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": S}]}]}),
        ("ollama-chat", {"format": {"type": "object", "properties": S}, "options": {"repeat_last_n": 3, "num_ctx": 9}}),
        ("dashscope", {"parameters": {"translation_options": {"source_lang": "en"}, "ocr_options": {"task": "table"}}}),
    ],
)
def test_documented_names_and_those_of_the_callers_own_are_none(api: str, fields: dict[str, Any]) -> None:
    parse(api, **fields)


USER = {"role": "user", "content": "and louder"}


def request_with(api: str, *items: dict[str, Any]) -> dict[str, Any]:
    """A conversation of these items and a question, as the API has it."""
    match api:
        case "responses":
            return {"input": [*items, USER]}
        case "gemini":
            return {"contents": [*items, {"role": "user", "parts": [{"text": "Hi"}]}]}
        case "dashscope":
            return {"input": {"messages": [*items, USER]}}
        case _:
            return {"messages": [*items, USER]}


@pytest.mark.parametrize(
    ("api", "item"),
    [
        ("chat", {"role": "assistant", "audio": {"id": "audio_1"}}),  # an answer's sound, which expires
        ("chat", {"role": "assistant", "audio": {"id": "audio_1", "transcript": "So."}}),
        ("chat", {"role": "user", "content": [{"type": "conversation_ref", "conversation_ref": "c"}]}),
        ("chat", {"role": "user", "content": [{"type": "voice_note", "id": "v"}]}),
        ("chat", {"role": "user", "content": [{"id": "part_1"}]}),
        ("chat", {"role": "user", "content": "Hi", "thread_id": "t"}),
        ("chat", {"role": "user", "content": "Hi", "container_id": "t"}),
        ("chat", {"role": "user", "content": "Hi", "context": "c-17"}),
        ("chat", {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "u", "session": "s"}}]}),
        ("responses", {"type": "session_ref", "session_id": "s"}),
        ("responses", {"type": "session_ref", "id": "s"}),
        ("responses", {"type": "mcp_approval_response", "approve": True, "approval_request_id": "a"}),
        ("responses", {"role": "user", "content": [{"type": "input_text", "text": "a", "memory": "m"}]}),
        ("messages", {"role": "user", "content": [{"type": "memory_ref", "memory_id": "m"}]}),
        ("messages", {"role": "user", "content": [{"type": "container_upload", "file_id": "f"}]}),
        ("messages", {"role": "user", "content": [{"type": "text", "text": "a", "thread_id": "t"}]}),
        ("gemini", {"role": "user", "parts": [{"text": "a"}, {"conversationRef": "c"}]}),
        ("gemini", {"role": "user", "parts": [{"text": "a"}], "sessionId": "c"}),
        ("ollama-chat", {"role": "user", "content": "a", "session_id": "s"}),
        ("dashscope", {"role": "user", "content": "a", "memory_id": "m"}),
    ],
)
def test_a_conversation_that_names_what_the_upstream_holds_is_one_of_state(api: str, item: dict[str, Any]) -> None:
    with pytest.raises(Stateful):
        parse(api, **request_with(api, item))


def test_system_prompts_are_looked_at_too() -> None:
    with pytest.raises(Stateful):
        parse("messages", system=[{"type": "text", "text": "a", **S}])
    with pytest.raises(Stateful):
        parse("gemini", systemInstruction={"parts": [{"text": "a"}], **S})
    parse("messages", system=[{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}])


CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"session_id": 1}'}, "index": 0}


@pytest.mark.parametrize(
    ("api", "items"),
    [
        (
            "chat",
            (
                {"id": "m", "role": "assistant", "content": None, "tool_calls": [CALL]},
                {"role": "tool", "tool_call_id": "call_1", "content": "x"},
                {"role": "user", "content": [{"type": "file", "file": {"file_id": "f", "filename": "a"}}]},
                {"role": "assistant", "content": "a", "reasoning_details": [{"type": "reasoning.text", "id": "r"}]},
                {"role": "assistant", "content": "a", "annotations": [{"type": "file_citation", "file_id": "f"}]},
            ),
        ),
        (
            "responses",
            (
                {"type": "reasoning", "id": "rs_1", "encrypted_content": "x", "summary": []},
                {"type": "code_interpreter_call", "id": "ci", "container_id": "c", "code": "1", "outputs": []},
                {"type": "compaction", "id": "cmp_1", "encrypted_content": "x"},
                {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": "{}"},
                {"type": "function_call_output", "id": "o", "call_id": "c", "output": "{}"},
                {"type": "web_search_call", "id": "ws", "action": {"type": "search", "sources": [{"thread": 1}]}},
                {"type": "message", "id": "m", "role": "user", "content": [{"type": "input_file", "file_id": "f"}]},
            ),
        ),
        (
            "messages",
            (
                {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": S}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "x"}]},
                {
                    "role": "user",
                    "content": [{"type": "document", "context": "c", "source": {"type": "file", "file_id": "f"}}],
                },
            ),
        ),
        (
            "gemini",
            (
                {"role": "model", "parts": [{"functionCall": {"id": "c", "name": "f", "args": S}}]},
                {"role": "user", "parts": [{"functionResponse": {"id": "c", "name": "f", "response": S}}]},
                {"role": "user", "parts": [{"fileData": {"fileUri": "u", "mimeType": "text/plain"}}]},
                {"role": "user", "parts": [{"text": "a", "partMetadata": S}]},
            ),
        ),
        ("ollama-chat", ({"role": "assistant", "tool_calls": [{"function": {"index": 0, "arguments": S}}]},)),
    ],
)
def test_ids_of_what_is_sent_along_and_words_of_tools_are_no_state(api: str, items: tuple[dict[str, Any], ...]) -> None:
    parse(api, **request_with(api, *items))


@pytest.mark.parametrize(
    ("api", "fields"),
    [
        ("chat", {"tools": [{"type": "crm_lookup"}]}),
        ("responses", {"tools": [{"type": "crm_lookup", "name": "x"}]}),
        ("responses", {"tools": [{"type": "namespace", "name": "n", "tools": [{"type": "crm_lookup"}]}]}),
        ("messages", {"tools": [{"type": "crm_20261101", "name": "crm", "input_schema": {}}]}),
        ("gemini", {"tools": [{"googleSheets": {"name": "f"}}]}),
        ("gemini", {"tools": [{"gmail_search": {}}]}),
        ("chat", {"plugins": ["web"]}),
        ("chat", {"plugins": [{"id": "calendar"}]}),
        ("chat", {"plugins": {"calendar": True}}),
        ("responses", {"plugins": [{"name": "web"}]}),
        ("chat", {"skills": ["s"]}),
        ("dashscope", {"input": {**REQUESTS["dashscope"]["input"], "biz_params": {"a": 1}}}),
        ("dashscope", {"parameters": {"skill": "x"}}),
    ],
)
def test_a_hosted_tool_or_plugin_that_nobody_knows_counts_as_private(api: str, fields: dict[str, Any]) -> None:
    body = json.dumps(REQUESTS[api] | fields).encode()

    with pytest.raises(Private):
        parse(api, **fields)
    by_api(api).parse_request(PATHS[api], body, RequestContext(allow=Allow(private_tools=True)))


@pytest.mark.parametrize(
    ("api", "tool"),
    [
        ("chat", {**OWN, **S}),
        ("chat", {"type": "function", "function": {"name": "f", "parameters": {}, **S}}),
        ("chat", {"type": "web_search", "web_search": S}),
        ("chat", {"type": "web_search", "web_search": {"tools": [S]}}),
        ("chat", {"type": "web_search", "file_id": "f"}),
        ("chat", {"type": "web_search", "user_location": {"environment": "e"}}),
        ("messages", {"name": "f", "input_schema": {"properties": S}, **S}),
        ("gemini", {"codeExecution": {"sandboxId": "s"}}),
        ("gemini", {"googleSearch": S}),
        ("gemini", {"functionDeclarations": [{"name": "f", **S}]}),
    ],
)
def test_a_tools_own_fields_count(api: str, tool: dict[str, Any]) -> None:
    with pytest.raises(Stateful):
        parse(api, tools=[tool])


def test_what_an_operator_ignores_is_none_at_any_depth() -> None:
    body = json.dumps(REQUESTS["ollama-chat"] | {"options": S} | request_with("ollama-chat", {**USER, **S})).encode()

    by_api("ollama-chat").parse_request("/api/chat", body, RequestContext(allow=Allow(names=frozenset({"session_id"}))))
    with pytest.raises(Stateful):
        by_api("ollama-chat").parse_request("/api/chat", body)


def test_what_is_ignored_by_default_is_looked_into_all_the_same() -> None:
    allow = Allow(names=frozenset(Config().ignore))
    for api in PATHS:
        for name in ("stream_options", "store", "user") if api == "chat" else ("stream_options",):
            body = json.dumps(REQUESTS[api] | {name: S}).encode()
            with pytest.raises(Stateful):
                by_api(api).parse_request(PATHS[api], body, RequestContext(allow=allow))
    body = json.dumps(REQUESTS["chat"] | {"metadata": S, "store": True, "user": "u"}).encode()
    by_api("chat").parse_request(PATHS["chat"], body, RequestContext(allow=allow))
    with pytest.raises(Stateful):
        body = json.dumps(REQUESTS["chat"] | {"extra": {"store": "mychat"}}).encode()
        by_api("chat").parse_request(PATHS["chat"], body, RequestContext(allow=allow))


@given(JSON)
def test_no_conversation_raises_anything_but_value_error(value: Any) -> None:
    with contextlib.suppress(ValueError):
        stateful_messages.reject_references(value, allow=Allow())
