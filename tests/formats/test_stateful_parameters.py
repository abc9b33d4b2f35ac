"""What leans on state at the upstream is told by names, those that nobody has heard of, too."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.formats import EMBEDDINGS, by_api
from aicache.formats.errors import Private, Stateful
from aicache.formats.format import RequestContext
from aicache.formats.stateful_parameters import (
    Allow,
    is_private_name,
    is_state_name,
    reject_stateful_query,
    split_words,
)
from formats.anything import JSON
from formats.worlds import PATHS, REQUESTS, parse

ALL_APIS = list(PATHS)
STATE = (
    *(
        "thread",
        "threadId",
        "thread-ref",
        "session",
        "sessionid",
        "SESSION_ID",
        "conversation_ref",
        "chat_id",
        "chatId",
    ),
    *("container", "continue_from", "continuation", "resume", "resumeAt", "checkpoint", "previous_turn", "parent"),
    *("history", "memory", "memoryKey", "cursor", "snapshot", "fork_of", "branch", "job", "run", "batch", "callback"),
    *("callbackUrl", "webhook", "background", "assistant", "agent", "workflow_run", "state", "interaction", "deferred"),
    *("async", "reply_to", "last_answer", "rewind", "recall", "sandbox", "messageid", "turn_ids", "credit_token"),
    *("next_token", "store_name", "vector_store", "restored_from", "会话id", "会话"),
)
"""Names of parameters that no API documents."""
HARMLESS = (
    *("temperature", "max_tokens", "min_tokens", "valid", "hybrid", "grid_size", "budget_tokens", "seed", "verbosity"),
    *("top_k", "mirostat_tau", "reasoning_format", "language", "style", "provider_options", "transparent", "width"),
)


@pytest.mark.parametrize("api", ALL_APIS)
def test_an_unknown_parameter_whose_name_says_state_is_one_of_state(api: str) -> None:
    for name in STATE:
        for value in ("x", 1, 0, True, {"type": "create"}, ["x"]):
            with pytest.raises(Stateful):
                parse(api, **{name: value})
        for value in (None, False) if name == "background" else (None, False, "", [], {}):
            parse(api, **{name: value})


@pytest.mark.parametrize("api", ALL_APIS)
def test_unknown_parameters_of_other_names_are_looked_up(api: str) -> None:
    for name in HARMLESS:
        if not (api.startswith("ollama") and name in ("width",)):
            parse(api, **({name: 1} if name not in REQUESTS[api] else {}))


@pytest.mark.parametrize("api", ALL_APIS)
def test_names_within_an_unknown_object_count_and_those_of_the_callers_own_do_not(api: str) -> None:
    with pytest.raises(Stateful):
        parse(api, extra={"options": [{"threadId": "t"}]})

    parse(api, extra={"options": [{"threadId": None}], "schema": {"properties": {"thread_id": {}}}})


@pytest.mark.parametrize("api", ["chat", "completions", "responses", "messages"])
def test_what_callers_say_of_themselves_names_nothing_at_the_upstream(api: str) -> None:
    parse(api, metadata={"session_id": "s", "thread": {"id": "t"}, "user_id": "u"})


@pytest.mark.parametrize(
    ("api", "fields"),
    [
        ("chat", {"user": "u", "safety_identifier": "s", "prompt_cache_key": "k", "store": True}),
        ("chat", {"request_id": "r", "user_id": "u", "stop_token_ids": [1], "continue_final_message": True}),  # vLLM
        ("chat", {"chat_template_kwargs": {"enable_thinking": False}, "documents": [{"id": "d", "text": "t"}]}),
        ("chat", {"response_format": {"type": "json_schema", "json_schema": {"schema": {"properties": {"id": {}}}}}}),
        ("chat", {"stream": True, "stream_options": {"include_usage": True, "continuous_usage_stats": True}}),
        ("chat", {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"session_id": "x"}}}]}),
        ("chat", {"tools": [{"type": "code_interpreter"}, {"type": "browser_search"}]}),
        ("chat", {"plugins": [{"id": "web"}], "provider": {"order": ["a"], "data_collection": "deny"}}),
        ("chat", {"search_after_date_filter": "1/1/2026", "last_updated_after_filter": "1/1/2026"}),  # Perplexity
        ("responses", {"client_metadata": {"x-codex-installation-id": "i", "session_id": "s"}}),
        ("responses", {"prompt_cache_options": {"mode": "explicit", "ttl": "1h"}, "safety_identifier": "s"}),
        ("responses", {"tools": [{"type": "code_interpreter"}, {"type": "image_generation", "background": "auto"}]}),
        ("responses", {"tools": [{"type": "namespace", "name": "n", "tools": [{"type": "function", "name": "id"}]}]}),
        ("responses", {"tools": [{"type": "shell", "environment": {"type": "local"}}]}),
        ("messages", {"output_config": {"task_budget": {"type": "tokens", "total": 9}}, "user_profile_id": "u"}),
        ("messages", {"tools": [{"name": "f", "input_schema": {"properties": {"thread_id": {}}}}]}),
        ("messages", {"tools": [{"type": "web_search_20260209", "name": "web_search", "max_uses": 3}]}),
        ("messages", {"tools": [{"type": "memory_20250818", "name": "memory"}]}),  # the caller runs it
        ("messages", {"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}}),
        ("gemini", {"cachedContent": "c", "labels": {"session_id": "s"}, "tools": [{"googleSearch": {}}]}),
        ("gemini", {"generationConfig": {"responseJsonSchema": {"properties": {"threadId": {}}}}}),
        ("ollama-chat", {"options": {"num_thread": 4, "num_batch": 8}, "keep_alive": 5}),
        ("ollama-generate", {"context": [1, 2]}),  # all of what was said, in tokens
        ("dashscope", {"parameters": {"tools": [{"type": "function", "function": {"name": "thread"}}], "seed": 1}}),
    ],
)
def test_documented_parameters_are_looked_up_whatever_they_are_called(api: str, fields: dict[str, Any]) -> None:
    parse(api, **fields)


@pytest.mark.parametrize(
    ("api", "fields"),
    [
        ("chat", {"deferred": True}),  # xAI answers with a number to ask again with
        ("chat", {"session_params": {"id": "s"}}),  # SGLang
        ("chat", {"kv_transfer_params": {"remote_engine_id": "e"}}),  # vLLM
        ("chat", {"stream": True, "stream_options": {"resume_from": 7}}),
        ("chat", {"tools": [{"type": "code_interpreter", "container": {"type": "auto"}}]}),
        ("chat", {"reasoning": {"previous_trace": "x"}}),
        ("responses", {"prompt_cache_options": {"comparison_response_id": "resp_1"}}),
        ("responses", {"tools": [{"type": "from_the_future", "workspace_id": "w"}]}),
        ("messages", {"diagnostics": {"previous_message_id": "msg_1"}}),
        ("messages", {"fallback_credit_token": ["t"]}),
        ("gemini", {"continuationToken": "t"}),
        ("gemini", {"continuation_token": "t"}),
        ("gemini", {"generationConfig": {"sessionResumption": {"handle": "h"}}}),
        ("gemini", {"tools": [{"memoryBank": {"name": "m"}}]}),
        ("dashscope", {"input": {**REQUESTS["dashscope"]["input"], "session_id": "s"}}),
        ("dashscope", {"parameters": {"memory_id": "m"}}),
        ("dashscope", {"parameters": {"conversationKey": "c"}}),
    ],
)
def test_state_is_told_wherever_an_api_has_its_parameters(api: str, fields: dict[str, Any]) -> None:
    with pytest.raises(Stateful) as caught:
        parse(api, **fields)

    assert not isinstance(caught.value, Private)


@pytest.mark.parametrize(
    ("api", "fields"),
    [
        ("chat", {"data_sources": [{"type": "azure_search", "parameters": {"index_name": "i"}}]}),
        ("chat", {"dataSources": [{"type": "AzureCognitiveSearch"}]}),
        ("chat", {"preset": "my-preset"}),
        ("chat", {"model": "openai/gpt-4o@preset/mine"}),
        ("chat", {"tools": [{"type": "mcp", "server_url": "https://mcp.test"}]}),
        ("chat", {"tools": [{"type": "retrieval", "retrieval": {"knowledge_id": "k"}}]}),
        ("chat", {"knowledge_base": "k"}),
        ("chat", {"extra": {"mcpServers": [{"url": "https://mcp.test"}]}}),
        ("responses", {"tools": [{"type": "mcp", "server_label": "s", "connector_id": "connector_gmail"}]}),
        ("responses", {"tools": [{"type": "file_search", "vector_store_ids": ["vs_1"]}]}),
        ("responses", {"tools": [{"type": "collections_search", "collection_ids": ["c"]}]}),
        ("messages", {"mcp_servers": [{"type": "url", "url": "https://mcp.test", "name": "m"}]}),
        ("messages", {"tools": [{"type": "mcp_toolset", "mcp_server_name": "m"}]}),
        ("gemini", {"tools": [{"mcpServers": [{"name": "m"}]}]}),
        ("gemini", {"tools": [{"fileSearch": {"fileSearchStoreNames": ["f"]}}]}),
        ("gemini", {"tools": [{"retrieval": {"vertexRagStore": {}}}]}),
    ],
)
def test_private_data_goes_by_one_rule_and_one_setting(api: str, fields: dict[str, Any]) -> None:
    with pytest.raises(Private):
        parse(api, **fields)

    body = json.dumps(REQUESTS[api] | fields).encode()
    call = by_api(api).parse_request(PATHS[api], body, RequestContext(allow=Allow(private_tools=True)))
    assert call.question is None or not {"tools", "data_sources", "mcp_servers", "preset"} & fields.keys()


@pytest.mark.parametrize("api", ALL_APIS)
def test_what_an_operator_ignores_is_no_state(api: str) -> None:
    body = json.dumps(REQUESTS[api] | {"trace_id": "t"}).encode()

    by_api(api).parse_request(PATHS[api], body, RequestContext(allow=Allow(names=frozenset({"trace_id"}))))
    with pytest.raises(Stateful):
        parse(api, trace_id="t")


def test_openrouters_own_log_is_no_state_on_its_own_path() -> None:
    body = json.dumps(REQUESTS["chat"] | {"session_id": "s", "trace": {"trace_id": "t"}}).encode()

    by_api("chat").parse_request("/api/v1/chat/completions", body)
    with pytest.raises(Stateful):
        by_api("chat").parse_request("/v1/chat/completions", body)


@pytest.mark.parametrize(
    ("api", "path", "held"),
    [
        ("chat", "/v1/assistants/a/chat/completions", True),
        ("chat", "/api/v1/chats_openai/c/chat/completions", True),
        ("responses", "/v1/conversations/c/responses", True),
        ("messages", "/anthropic/v1/sessions/s/messages", True),
        ("completions", "/v1/threads/t/completions", True),
        ("chat", "/openai/deployments/agents/chat/completions", False),
        ("chat", "/v1/projects/p/locations/l/endpoints/e/chat/completions", False),
    ],
)
def test_a_path_within_a_conversation_is_one_of_state(api: str, path: str, held: bool) -> None:
    body = json.dumps(REQUESTS[api]).encode()

    if held:
        with pytest.raises(Stateful):
            by_api(api).parse_request(path, body)
    else:
        by_api(api).parse_request(path, body)


@pytest.mark.parametrize(
    ("query", "held"),
    [
        ("thread_id=t", True),
        ("api-version=1&sessionId=s", True),
        ("agent=true", True),
        ("continue%5Ffrom=7", True),
        ("thread_id=", False),
        ("api-version=2026-01-01&beta=true&alt=sse", False),
        ("account_id=a&project_id=p&access_token=t", False),
    ],
)
def test_a_query_that_names_state_is_told_too(query: str, held: bool) -> None:
    if held:
        with pytest.raises(Stateful):
            reject_stateful_query(query, allow=Allow())
    else:
        reject_stateful_query(query, allow=Allow())
    reject_stateful_query("thread_id=t", allow=Allow(names=frozenset({"thread_id"})))


def test_requests_for_embeddings_are_told_apart_alike() -> None:
    openai, ollama = EMBEDDINGS
    for format, path in ((openai, "/v1/embeddings"), (ollama, "/api/embed")):
        for name in ("session_id", "batch_id", "callback_url"):
            with pytest.raises(Stateful):
                format.parse_request(path, json.dumps({"model": "m", "input": "a", name: "x"}).encode())
    with pytest.raises(Stateful):
        body = {"model": "m", "input": [{"text": "a", "session_id": "s"}]}
        openai.parse_request("/v1/embeddings", json.dumps(body).encode())
    known = {"task": "retrieval.query", "input_type": "query", "dimensions": 3, "user": "u"}
    openai.parse_request("/v1/embeddings", json.dumps({"model": "m", "input": "a"} | known).encode())


def test_no_name_of_an_unknown_parameter_is_repeated() -> None:
    with pytest.raises(Stateful) as caught:
        parse("chat", secret_thread="x")

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("previousMessageID", ("previous", "message", "id")),
        ("HTTPCallback", ("http", "callback")),
        ("thread-id2", ("thread", "id")),
        ("ｔhread", ("thread",)),
        ("x" * 100 + "_id", ("x" * 100, "id")),
    ],
)
def test_names_are_read_word_by_word(name: str, expected: tuple[str, ...]) -> None:
    assert split_words(name) == expected


def test_words_of_private_data_are_their_own() -> None:
    assert is_private_name("data_sources")
    assert not is_private_name("data_source_of_truth"[:4])
    assert not is_state_name("data_sources")


@given(st.dictionaries(st.text(), JSON, max_size=4), st.sampled_from(ALL_APIS))
def test_no_parameter_raises_anything_but_value_error(fields: dict[str, Any], api: str) -> None:
    with contextlib.suppress(ValueError):
        parse(api, tools=[fields], **{f"x{name}": value for name, value in fields.items()})
