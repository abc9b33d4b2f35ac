"""Anthropic's messages as requests, as whole answers and in common words; streams have a file of their own."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.domain.conversation import Context, select_turns
from aicache.domain.model import (
    Answer,
    Call,
    Choice,
    Common,
    Finish,
    Mode,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    Turn,
    Usage,
)
from aicache.formats.anthropic.answer import GOOD_STOP_REASONS
from aicache.formats.anthropic.messages import MESSAGES
from aicache.formats.errors import Stateful
from aicache.formats.format import AnswerSummary, RequestContext
from aicache.formats.openai.chat import CHAT
from formats.anything import JSON

PATH = "/v1/messages"
HI = {"role": "user", "content": "Hi"}
SAID = {"role": "assistant", "content": "Yes"}
CUT_HERE = {"cache_control": {"type": "ephemeral"}}
TOOL_RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "21 C"}
TOOL_USE = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Rome"}}
FUNCTION = {"name": "weather", "description": "Tells it", "input_schema": {"type": "object", "properties": {}}}
WEB_SEARCH = {"type": "web_search_20250305", "name": "web_search"}


def parse(*, headers: dict[str, str] | None = None, tools_semantic: bool = False, **fields: Any) -> Call:
    body = {"model": "m", "max_tokens": 100, "messages": [HI], **fields}
    return MESSAGES.parse_request(
        PATH, json.dumps(body).encode(), RequestContext(headers=headers or {}, tools_semantic=tools_semantic)
    )


def parse_content(content: Any, **fields: Any) -> Call:
    return parse(messages=[{"role": "user", "content": content}], **fields)


def message(*content: Any, **fields: Any) -> dict[str, Any]:
    """A good answer in the shape of Anthropic's documentation, with changes."""
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m-1",
        "content": list(content) or [{"type": "text", "text": "Hello!"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": 2},
    } | fields


def read(document: Any) -> dict[str, Any]:
    mode, answer = MESSAGES.parse_answer(json.dumps(document).encode())
    assert mode is Mode.WHOLE
    return answer


# requests


@pytest.mark.parametrize(
    ("method", "path", "ours"),
    [
        ("POST", "/v1/messages", True),
        ("post", "/v1/messages", False),
        ("POST", "/v1/messages/", True),
        ("POST", "/api/v1/messages", True),
        ("POST", "/anthropic/v1/messages", True),
        ("POST", "/anthropic/messages", True),
        ("POST", "/v1/anthropic/messages", True),
        ("POST", "/apps/claude-code-proxy/v1/messages", True),
        ("GET", "/v1/messages", False),
        ("POST", "/messages", False),
        ("POST", "/v3/mail.example/messages", False),
        ("POST", "/v1/xmessages", False),
        ("POST", "/v1/threads/thread_1/messages", False),
        ("POST", "/v1/messages/count_tokens", False),
        ("POST", "/v1/messages/batches", False),
        ("POST", "/anthropic/v1/messages/batches", False),
        ("POST", "/v1/messages//", False),
        ("POST", "/", False),
    ],
)
def test_the_path_tells_the_api(method: str, path: str, ours: bool) -> None:
    assert MESSAGES.matches(method, path) is ours


def test_a_request_is_taken_apart_and_nothing_of_it_is_lost() -> None:
    image = {"type": "image", "source": {"type": "url", "url": "https://a.example/x.png"}}
    system = [{"type": "text", "text": "Be brief."}, {"type": "text", "text": "Be kind.", **CUT_HERE}]

    call = parse(
        system=system,
        messages=[
            HI,
            {"role": "assistant", "content": [TOOL_USE]},
            {"role": "user", "content": [TOOL_RESULT]},
            {"role": "user", "content": [image], "name": "ann"},
        ],
        temperature=0,
        stream=True,
        thinking={"type": "enabled", "budget_tokens": 1024},
    )

    assert call == Call(
        api="messages",
        model="m",
        mode=Mode.STREAM,
        wants_usage=False,
        params={
            "max_tokens": 100,
            "system": True,
            "temperature": 0,
            "stream": True,
            "thinking": {"type": "enabled", "budget_tokens": 1024},
        },
        turns=(
            Turn("system", [{"type": "text", "text": "Be brief."}, {"type": "text", "text": "Be kind."}], {}),
            Turn("user", "Hi", {}),
            Turn("assistant", [TOOL_USE], {}),
            Turn("tool", [TOOL_RESULT], {}),
            Turn("user", [image], {"name": "ann"}),
        ),
        question=None,
        n=1,
        temperature=0,
    )


@pytest.mark.parametrize(
    ("fields", "mode"),
    [
        ({}, Mode.WHOLE),
        ({"stream": None}, Mode.WHOLE),
        ({"stream": False}, Mode.WHOLE),
        ({"stream": True}, Mode.STREAM),
    ],
)
def test_the_mode_is_as_asked(fields: dict[str, Any], mode: Mode) -> None:
    assert parse(**fields).mode is mode


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"model": None}, "model: missing"),
        ({"model": 4}, "model: of the wrong type"),
        ({"max_tokens": None}, "max_tokens: missing"),
        ({"max_tokens": -1}, "max_tokens: missing, or not a count"),
        ({"max_tokens": "1"}, "max_tokens: of the wrong type"),
        ({"max_tokens": True}, "max_tokens: of the wrong type"),
        ({"messages": None}, "messages: missing"),
        ({"messages": []}, "messages: missing"),
        ({"messages": "Hi"}, "messages: of the wrong type"),
        ({"messages": ["Hi"]}, "messages: not a list of objects"),
        ({"messages": [HI, {"content": "Hi"}]}, r"messages\[1\].role: unknown"),
        ({"messages": [{"role": "tool", "content": [TOOL_RESULT]}]}, r"messages\[0\].role: unknown"),
        ({"messages": [{"role": "user"}]}, r"messages\[0\].content: neither"),
        ({"messages": [{"role": "user", "content": ["Hi"]}]}, r"messages\[0\].content: not a list of objects"),
        ({"messages": [{"role": "user", "content": [{"text": "Hi"}]}]}, r"messages\[0\].content: a block"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": 5}]}]}, r"messages\[0\].content: a block"),
        ({"system": 5}, "system: of the wrong type"),
        ({"system": ["s"]}, "system: not a list of objects"),
        ({"stream": 1}, "stream: of the wrong type"),
        ({"temperature": "0"}, "temperature: of the wrong type"),
        ({"temperature": True}, "temperature: of the wrong type"),
        ({"stop_sequences": "END"}, "stop_sequences: of the wrong type"),
        ({"stop_sequences": [1]}, "stop_sequences: not a list of texts"),
        ({"tools": ["f"]}, "tools: not a list of objects"),
        ({"tool_choice": "auto"}, "tool_choice: of the wrong type"),
        ({"thinking": True}, "thinking: of the wrong type"),
        ({"metadata": "m"}, "metadata: of the wrong type"),
        ({"output_config": []}, "output_config: of the wrong type"),
        ({"mcp_servers": {}}, "mcp_servers: of the wrong type"),
        ({"anthropic-beta": "b"}, "anthropic-beta: a header in the body"),
    ],
)
def test_a_malformed_request_is_refused_by_field(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse(**fields)


@pytest.mark.parametrize(
    "field",
    [
        {"container": "container_1"},
        {"container": {"id": None, "skills": [{"type": "custom", "skill_id": "skill_1", "version": "latest"}]}},
        {"fallback_credit_token": "t"},
        {"fallback_credit_token": {"token": "t", "expires_at": "2026-11-29T00:00:00Z"}},
        {"diagnostics": {"previous_message_id": "msg_0"}},
        {"previous_response_id": "r1"},
        {"thread": {"type": "create"}},
        {"thread": {"type": "continue", "previous_message_id": "msg_0"}},
    ],
)
def test_a_request_that_leans_on_state_is_told_apart(field: dict[str, Any]) -> None:
    with pytest.raises(Stateful):
        parse(**field)


def test_state_that_is_declined_does_not_matter() -> None:
    assert parse(container=None, thread=None, diagnostics={"previous_message_id": None}).question == "Hi"


@pytest.mark.parametrize(
    ("content", "question"),
    [
        ("Hi", "Hi"),
        (" \n", None),
        ([], None),
        ([{"type": "text", "text": "Hi"}], "Hi"),
        ([{"type": "text", "text": "Hi"}, {"type": "text", "text": "there", **CUT_HERE}], "Hi\nthere"),
        ([{"type": "text", "text": "Hi", "citations": []}], None),
        ([{"type": "text", "text": "Hi"}, {"type": "image", "source": {"type": "base64", "data": "x"}}], None),
        ([{"type": "document", "source": {"type": "text", "data": "x"}}, {"type": "text", "text": "Hi"}], None),
        ([TOOL_RESULT], None),
        ([TOOL_RESULT, {"type": "text", "text": "Hi"}], None),
    ],
)
def test_the_question_is_the_last_users_text_if_that_is_all_there_is(content: Any, question: str | None) -> None:
    assert parse_content(content, system="s").question == question


def test_a_file_is_no_state_since_it_never_changes_but_no_question_either() -> None:
    image = {"type": "image", "source": {"type": "file", "file_id": "file_1"}}

    assert parse_content([image, {"type": "text", "text": "Hi"}]).question is None


@pytest.mark.parametrize("role", ["assistant", "system"])
def test_only_a_user_asks(role: str) -> None:
    assert parse(messages=[HI, {"role": role, "content": "Hi"}]).question is None


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [FUNCTION]},
        {"tools": [WEB_SEARCH]},
        {"output_format": {"type": "json_schema", "schema": {}}},
        {"output_config": {"format": {"type": "json_schema", "schema": {}}}},
        {"context_management": {"edits": [{"type": "compact_20260112"}]}},
    ],
)
def test_what_asks_for_more_than_text_has_no_question(fields: dict[str, Any]) -> None:
    assert parse(**fields).question is None


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [], "mcp_servers": []},
        {"output_format": None, "output_config": {"effort": "low"}, "context_management": None},
        {"thinking": {"type": "enabled", "budget_tokens": 1024}},
    ],
)
def test_asking_for_text_alone_keeps_the_question(fields: dict[str, Any]) -> None:
    assert parse(**fields).question == "Hi"


def test_the_caller_may_let_tools_of_its_own_pass_but_nothing_else() -> None:
    custom = FUNCTION | {"type": "custom"}

    assert parse(tools=[FUNCTION, custom], tools_semantic=True).question == "Hi"
    assert parse(tools=[FUNCTION, WEB_SEARCH], tools_semantic=True).question is None
    assert parse(tools=[{"type": "bash_20250124", "name": "bash"}], tools_semantic=True).question is None
    assert parse(tools=[FUNCTION], output_format={"type": "json_schema"}, tools_semantic=True).question is None


def test_tool_results_belong_to_the_question_before_them() -> None:
    """They come in a user's message; taken for the question, all questions with the same results would be one."""
    turns = parse(
        messages=[HI, {"role": "assistant", "content": [TOOL_USE]}, {"role": "user", "content": [TOOL_RESULT]}]
    ).turns

    assert select_turns(turns, Context.LAST_QUESTION) == list(turns)


# identity


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]}),
        ({}, {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi", **CUT_HERE}]}]}),
        ({"system": "s"}, {"system": [{"type": "text", "text": "s"}]}),
        ({"system": "s"}, {"system": [{"type": "text", "text": "s", **CUT_HERE}]}),
        ({"messages": [HI, SAID, HI]}, {"messages": [HI, {**SAID, "content": [{"type": "text", "text": "Yes"}]}, HI]}),
    ],
)
def test_one_text_block_is_the_same_as_its_text(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert parse(**one) == parse(**other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"cache_control": {"type": "ephemeral"}}),
        ({}, {"messages": [HI | CUT_HERE]}),
        ({"tools": [FUNCTION]}, {"tools": [FUNCTION | CUT_HERE]}),
        (
            {
                "messages": [
                    HI,
                    {"role": "user", "content": [TOOL_RESULT | {"content": [{"type": "text", "text": "x"}]}]},
                ]
            },
            {
                "messages": [
                    HI,
                    {
                        "role": "user",
                        "content": [TOOL_RESULT | CUT_HERE | {"content": [{"type": "text", "text": "x", **CUT_HERE}]}],
                    },
                ]
            },
        ),
        ({}, {"tools": []}),
        ({}, {"tool_choice": {"type": "none"}}),
        ({"tools": [FUNCTION]}, {"tools": [FUNCTION], "tool_choice": {"type": "auto"}}),
        (
            {"tools": [FUNCTION]},
            {"tools": [FUNCTION], "tool_choice": {"type": "auto", "disable_parallel_tool_use": False}},
        ),
    ],
)
def test_marks_for_prompt_caching_and_documented_defaults_change_no_answer(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert (parse(**one).params, parse(**one).turns) == (parse(**other).params, parse(**other).turns)


def test_how_a_tools_input_is_streamed_changes_no_answer() -> None:
    pace = "fine-grained-tool-streaming-2025-05-14"

    assert parse(tools=[FUNCTION | {"eager_input_streaming": True}]) == parse(tools=[FUNCTION])
    assert parse(headers={"anthropic-beta": pace}) == parse()
    assert parse(headers={"anthropic-beta": f"a, {pace},b"}) == parse(headers={"anthropic-beta": "a,b"})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"max_tokens": 101}),
        ({"tools": [FUNCTION]}, {"tools": [FUNCTION], "tool_choice": {"type": "none"}}),
        (
            {"tools": [FUNCTION]},
            {"tools": [FUNCTION], "tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
        ),
        ({"tools": [FUNCTION]}, {"tools": [FUNCTION | {"input_schema": {"properties": {"cache_control": {}}}}]}),
        ({}, {"system": ""}),
        ({}, {"system": None}),
        ({}, {"temperature": 1.0}),
        ({}, {"new_field": 1}),
        ({}, {"messages": [HI | {"name": "ann"}]}),
        ({}, {"headers": {"anthropic-beta": "context-1m-2025-08-07"}}),
        ({}, {"headers": {"anthropic-version": "2023-06-01"}}),
        ({}, {"headers": {"anthropic-user-profile-id": "ann"}}),
        ({"system": "s"}, {"messages": [{"role": "system", "content": "s"}, HI]}),
        ({"messages": [HI, HI]}, {"messages": [{"role": "user", "content": "HiHi"}]}),
    ],
)
def test_requests_that_differ_in_anything_are_not_the_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert parse(**one) != parse(**other)


# requests in common words


def test_a_plain_request_is_one_of_all_apis() -> None:
    said = parse(
        system=[{"type": "text", "text": "Be brief.", **CUT_HERE}],
        messages=[HI, {"role": "assistant", "content": "Hello!"}, HI],
        temperature=1.0,
        stop_sequences=["END"],
        tools=[FUNCTION | CUT_HERE],
        tool_choice={"type": "any"},
        stream=True,
        metadata={"user_id": "u"},
        service_tier="auto",
        headers={"anthropic-version": "2023-06-01"},
    ).common

    parameters = {"type": "object", "properties": {}}
    assert said == Common(
        "Be brief.",
        (("user", "Hi"), ("assistant", "Hello!"), ("user", "Hi")),
        {
            "temperature": 1,
            "stop": ["END"],
            "tools": [{"name": "weather", "description": "Tells it", "parameters": parameters}],
            "tool_choice": "required",
        },
        100,
    )
    function = {"name": "weather", "description": "Tells it", "parameters": parameters}
    chat = {
        "model": "m",
        "max_tokens": 100,
        "temperature": 1,
        "stop": "END",
        "tools": [{"type": "function", "function": function}],
        "tool_choice": "required",
        "messages": [{"role": "system", "content": "Be brief."}, HI, {"role": "assistant", "content": "Hello!"}, HI],
    }
    assert CHAT.parse_request("/v1/chat/completions", json.dumps(chat).encode()).common == said


@pytest.mark.parametrize("version", ["2023-06-01", "2026-10-21"])
def test_the_versions_of_the_api_ask_the_same(version: str) -> None:
    assert parse(headers={"anthropic-version": version}).common == parse().common is not None


@pytest.mark.parametrize(
    ("choice", "common"),
    [
        ({"type": "auto"}, None),
        ({"type": "any"}, "required"),
        ({"type": "none"}, "none"),
        ({"type": "tool", "name": "f"}, {"name": "f"}),
    ],
)
def test_a_choice_of_tools_is_put_in_common_words(choice: dict[str, Any], common: Any) -> None:
    said = parse(tools=[FUNCTION], tool_choice=choice).common

    assert said is not None
    assert said.params.get("tool_choice") == common


@pytest.mark.parametrize(
    "fields",
    [
        {"max_tokens": 0},
        {"headers": {"anthropic-beta": "context-1m-2025-08-07"}},
        {"headers": {"anthropic-version": "2023-01-01"}},
        {"headers": {"anthropic-version": "2026-10-21"}, "temperature": 1.0},
        {"headers": {"anthropic-user-profile-id": "ann"}},
        {"thinking": {"type": "disabled"}},
        {"output_config": {"effort": "low"}},
        {"tools": [WEB_SEARCH]},
        {"tools": [FUNCTION | {"strict": True}]},
        {"tools": [FUNCTION], "tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
        {"tools": [FUNCTION], "tool_choice": {"type": "new"}},
        {"messages": [HI, {"role": "assistant", "content": "Hel"}]},
        {"messages": [HI, {"role": "system", "content": "s"}, HI]},
        {"messages": [HI | {"name": "ann"}]},
        {"messages": [{"role": "user", "content": [TOOL_RESULT]}]},
        {"new_field": 1},
    ],
)
def test_what_only_this_api_has_is_not_put_in_common_words(fields: dict[str, Any]) -> None:
    assert parse(**fields).common is None


# whole answers


def test_a_whole_answer_is_kept_as_it_is() -> None:
    answer = message(
        {"type": "thinking", "thinking": "Hm", "signature": "s"},
        {"type": "redacted_thinking", "data": "x"},
        {"type": "text", "text": "It is", "citations": [{"type": "char_location"}]},
        {"type": "new_kind", "content": [1]},
        stop_details=None,
        context_management={"applied_edits": []},
        new_field={"a": 1},
    )

    assert read(answer) == answer


def test_what_both_modes_have_is_filled_in() -> None:
    bare = message()
    del bare["usage"], bare["stop_sequence"]

    assert read(bare) == message(usage={})


@pytest.mark.parametrize(
    "usage", [None, {}, {"output_tokens": 7, "input_tokens": None}, {"input_tokens": 7}, {"cache_read_input_tokens": 7}]
)
def test_counts_that_nobody_told_are_not_made_up(usage: dict[str, Any] | None) -> None:
    document = read(message(usage=usage))

    assert document["usage"] == {name: told for name, told in (usage or {}).items() if told}
    assert MESSAGES.summarize(document) == AnswerSummary(0, 0)
    assert MESSAGES.to_answer(document).usage is None


@pytest.mark.parametrize("reason", sorted(GOOD_STOP_REASONS))
def test_good_ends_are_kept(reason: str) -> None:
    assert read(message(stop_reason=reason))["stop_reason"] == reason


@pytest.mark.parametrize(
    "reason",
    ["max_tokens", "pause_turn", "compaction", "model_context_window_exceeded", "new_reason", "", None, ["end_turn"]],
)
def test_any_other_end_is_refused(reason: Any) -> None:
    with pytest.raises(ValueError, match="stop_reason"):
        read(message(stop_reason=reason))


@pytest.mark.parametrize(
    "fields",
    [
        {"content": []},
        {"content": None},
        {"content": [{"type": "text", "text": ""}]},
        {
            "content": [
                {"type": "thinking", "thinking": "", "signature": "s"},
                {"type": "redacted_thinking", "data": "x"},
            ]
        },
        {"content": [], "stop_reason": "refusal"},
    ],
)
def test_an_answer_that_says_nothing_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="blank"):
        read(message(**fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "error", "error": {"type": "overloaded_error", "message": "m"}},
        {"error": {"message": "m"}},
        {"type": "completion"},
        {"role": "user"},
        {"id": 5},
        {"model": []},
        {"stop_sequence": 5},
        {"content": "Hello!"},
        {"content": ["Hello!"]},
        {"content": [{"text": "Hello!"}]},
        {"content": [{"type": ["text"], "text": "Hello!"}]},
        {"content": [{"type": "text"}]},
        {"content": [{"type": "text", "text": "x", "citations": "c"}]},
        {"content": [{"type": "thinking", "thinking": 5}]},
        {"content": [TOOL_USE | {"input": "{}"}]},
        {"content": [TOOL_USE | {"id": None}]},
        {"content": [TOOL_USE | {"name": None}]},
        {"usage": []},
        {"usage": {"output_tokens": "2"}},
        {"usage": {"output_tokens": True}},
    ],
)
def test_an_error_or_a_broken_answer_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        read(message(**fields))


@pytest.mark.parametrize(
    "result",
    [
        {
            "type": "web_search_tool_result",
            "content": {"type": "web_search_tool_result_error", "error_code": "unavailable"},
        },
        {"type": "mcp_tool_result", "is_error": True, "content": []},
    ],
)
def test_an_answer_for_which_a_tool_failed_at_the_upstream_is_refused(result: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a tool failed"):
        read(message(result, {"type": "text", "text": "I could not search."}))


def test_an_answer_that_names_a_container_is_no_good_where_code_was_to_be_run() -> None:
    """The caller would work on in it, but it is gone after a while; after a search nobody does."""
    document = read(message(container={"id": "container_1", "expires_at": "2026-01-01T00:00:00Z"}))
    search = {"type": "web_search_20260209", "name": "web_search"}
    code = {"type": "code_execution_20260120", "name": "code_execution"}

    MESSAGES.check_useful(document, parse(tools=[search]))
    assert MESSAGES.summarize(document).expires_at == 1767225600.0
    with pytest.raises(ValueError, match="container"):
        MESSAGES.check_useful(document, parse(tools=[search, code]))
    with pytest.raises(ValueError, match="container"):
        MESSAGES.check_useful(read(message(container={"id": "container_1"})), parse(tools=[search]))


def test_facts_count_all_that_was_read_and_tell_a_refusal() -> None:
    usage = {
        "input_tokens": 1,
        "cache_creation_input_tokens": 10,
        "cache_read_input_tokens": 100,
        "output_tokens": 7,
    }

    assert MESSAGES.summarize(read(message(usage=usage))) == AnswerSummary(111, 7, False, cached_tokens=100)
    assert MESSAGES.summarize(read(message(stop_reason="refusal"))) == AnswerSummary(9, 2, True)


# answers in common words


def test_what_is_said_is_understood() -> None:
    answer = MESSAGES.to_answer(
        read(
            message(
                {"type": "thinking", "thinking": "Hm", "signature": "s"},
                {"type": "redacted_thinking", "data": "x"},
                {"type": "text", "text": "Wait.", "citations": [{"type": "char_location"}]},
                TOOL_USE | {"caller": {"type": "direct"}},
                stop_reason="tool_use",
                usage={
                    "input_tokens": 1,
                    "cache_creation_input_tokens": 10,
                    "cache_read_input_tokens": 100,
                    "output_tokens": 7,
                    "output_tokens_details": {"thinking_tokens": 3},
                },
            )
        )
    )

    parts = (Reasoning("Hm", "s"), Text("Wait."), ToolCall("toolu_1", "weather", {"city": "Rome"}))
    assert answer == Answer("msg_1", "m-1", 0, (Choice(parts, Finish.TOOL_CALLS),), Usage(111, 7, 100, 3))


def test_a_refusals_text_is_said_in_place_of_an_answer() -> None:
    answer = MESSAGES.to_answer(read(message(stop_reason="refusal")))

    assert answer.choices == (Choice((Refusal("Hello!"),), Finish.REFUSAL),)
    assert CHAT.summarize(CHAT.from_answer(answer, parse())).refused


@pytest.mark.parametrize(
    "block",
    [
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
        {"type": "compaction", "content": "c"},
        {"type": "new_kind"},
        TOOL_USE | {"caller": {"type": "code_execution_20250825", "tool_id": "srvtoolu_1"}},
    ],
)
def test_what_the_upstreams_own_tools_say_is_not_told_to_others(block: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        MESSAGES.to_answer(read(message(block, {"type": "text", "text": "x"})))


PARTS = st.lists(
    st.builds(Text, st.text(min_size=1, max_size=9))
    | st.builds(
        ToolCall,
        st.text(min_size=1, max_size=5),
        st.text(min_size=1, max_size=5),
        st.dictionaries(st.text(max_size=5), JSON, max_size=2),
    ),
    min_size=1,
    max_size=4,
)


@given(PARTS, st.none() | st.builds(Usage, *[st.integers(0, 99)] * 2).filter(lambda u: u.input or u.output))
def test_what_others_say_is_said_the_same_here(parts: list[Any], usage: Usage | None) -> None:
    finish = Finish.TOOL_CALLS if any(isinstance(part, ToolCall) for part in parts) else Finish.STOP
    said = Answer("1", "m", 0, (Choice(tuple(parts), finish),), usage)

    again = MESSAGES.to_answer(read(MESSAGES.from_answer(said, parse())))

    assert again == Answer("msg_1", "m", 0, said.choices, usage)


def test_chats_answers_can_be_read_here_and_back() -> None:
    function = {"name": "f", "arguments": '{"a":1.5}'}
    said = {
        "role": "assistant",
        "content": "Wait.",
        "reasoning_content": "Hm",
        "tool_calls": [{"id": "c1", "type": "function", "function": function}],
    }
    usage = {"prompt_tokens": 9, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 5}}
    chat = {"id": "1", "choices": [{"message": said, "finish_reason": "tool_calls"}], "model": "m", "usage": usage}
    answer = CHAT.to_answer(CHAT.parse_answer(json.dumps(chat).encode())[1])

    document = MESSAGES.from_answer(answer, parse())

    assert document == {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [
            {"type": "text", "text": "Wait."},
            {"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1.5}},
        ],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 4,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 5,
            "output_tokens": 4,
        },
    }
    back = CHAT.from_answer(MESSAGES.to_answer(read(document)), parse())
    assert back.choices[0].message["content"] == "Wait."
    assert back.choices[0].message["tool_calls"] == said["tool_calls"]
    assert back.choices[0].finish_reason == "tool_calls"


def test_a_call_without_an_id_is_given_one_that_stays() -> None:
    said = Answer("7", "", 0, (Choice((ToolCall("", "f", {}), ToolCall("", "f", {})), Finish.TOOL_CALLS),), None)

    document = MESSAGES.from_answer(said, parse())

    assert document == MESSAGES.from_answer(said, parse())
    assert [block["id"] for block in document["content"]] == ["toolu_7_0", "toolu_7_1"]
    assert document["model"] == "m"


@pytest.mark.parametrize(
    "choices",
    [
        (Choice((Reasoning("Hm"),), Finish.STOP),),
        (Choice((Text("a"),), Finish.STOP), Choice((Text("b"),), Finish.STOP)),
    ],
)
def test_what_has_no_words_here_is_refused(choices: tuple[Choice, ...]) -> None:
    with pytest.raises(ValueError):
        MESSAGES.from_answer(Answer("1", "m", 0, choices, None), parse())
