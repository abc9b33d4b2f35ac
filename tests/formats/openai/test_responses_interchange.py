"""Responses in the words that all APIs have in common: what they ask for, what they say, and back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.domain.model import (
    Answer,
    Call,
    Choice,
    Common,
    Finish,
    Mode,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    Usage,
)
from aicache.formats.openai.chat import CHAT
from aicache.formats.openai.responses import RESPONSES

PATH = "/v1/responses"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
FUNCTION = {"type": "function", "name": "f", "description": "d", "parameters": SCHEMA, "strict": False}
SAID = {"type": "output_text", "annotations": [{"type": "url_citation"}], "logprobs": [], "text": "Hello!"}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
PARTS = st.lists(
    st.builds(Text, TEXT)
    | st.builds(Reasoning, TEXT)
    | st.builds(ToolCall, TEXT, TEXT, st.dictionaries(TEXT, TEXT, max_size=2)),
    min_size=1,
    max_size=4,
)


def parse(**fields: Any) -> Call:
    body = {"model": "m", "input": "Hi", "store": False, **fields}
    return RESPONSES.parse_request(PATH, json.dumps(body).encode())


def chat(**fields: Any) -> Call:
    body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], **fields}
    return CHAT.parse_request("/v1/chat/completions", json.dumps(body).encode())


def response(*output: dict[str, Any], **fields: Any) -> dict[str, Any]:
    document = {"id": "resp_1", "object": "response", "created_at": 7.0, "status": "completed", "model": "m-1"}
    return document | {"output": list(output)} | fields


def message(*content: dict[str, Any]) -> dict[str, Any]:
    return {"type": "message", "role": "assistant", "status": "completed", "content": list(content)}


def understood(*output: dict[str, Any]) -> tuple[tuple[Part, ...], Finish]:
    (choice,) = RESPONSES.to_answer(response(*output)).choices
    return choice.parts, choice.finish


def answer(*parts: Part, finish: Finish = Finish.STOP) -> Answer:
    return Answer("chatcmpl-1", "m-1", 7, (Choice(parts, finish),), Usage(9, 5, 4, 3))


# requests


def test_a_request_of_plain_words_is_everybodys() -> None:
    call = parse(
        instructions="Be brief.",
        input=[
            {"role": "developer", "content": [{"type": "input_text", "text": "In French."}]},
            {"type": "message", "role": "user", "content": "Hello"},
            {"role": "assistant", "content": [{"type": "output_text", "text": "Salut"}]},
            {"role": "user", "content": "Hi"},
        ],
        temperature=1.0,
        top_p=None,
        max_output_tokens=50,
        tools=[FUNCTION],
        tool_choice={"type": "function", "name": "f"},
        text={"format": {"type": "text"}},
        truncation="disabled",
        include=[],
        background=False,
        stream=True,
        user="u",
        metadata={"a": "b"},
        service_tier="flex",
        prompt_cache_key="k",
    )

    assert call.common == Common(
        "Be brief.\n\nIn French.",
        (("user", "Hello"), ("assistant", "Salut"), ("user", "Hi")),
        {
            "temperature": 1,
            "tools": [{"name": "f", "description": "d", "parameters": SCHEMA}],
            "tool_choice": {"name": "f"},
        },
        50,
    )


def test_the_same_question_is_the_same_in_chat_completions() -> None:
    function = {name: FUNCTION[name] for name in ("name", "description", "parameters")}
    system = {"role": "system", "content": "Be brief."}

    asked = parse(instructions="Be brief.", temperature=0.5, tools=[FUNCTION], tool_choice="required")

    assert asked.common is not None
    assert (
        asked.common
        == chat(
            messages=[system, {"role": "user", "content": "Hi"}],
            temperature=0.5,
            tools=[{"type": "function", "function": function}],
            tool_choice="required",
        ).common
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"store": True},
        {"reasoning": {"effort": "high"}},
        {"include": ["reasoning.encrypted_content"]},
        {"text": {"verbosity": "low"}},
        {"text": {"format": {"type": "json_object"}}},
        {"truncation": "auto"},
        {"top_logprobs": 3},
        {"max_tool_calls": 1},
        {"vendor": 1},
        {"tools": [{"type": "web_search"}]},
        {"tools": [FUNCTION | {"strict": True}]},
        {"tools": [{name: FUNCTION[name] for name in FUNCTION if name != "strict"}]},
        {"tools": [FUNCTION | {"defer_loading": True}]},
        {"tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": []}},
        {"input": [{"type": "function_call_output", "call_id": "c", "output": "x"}, {"role": "user", "content": "Hi"}]},
        {"input": [{"role": "user", "content": "x"}, {"role": "system", "content": "y"}]},
        {"input": [{"role": "user", "content": "Hi", "status": "completed"}]},
        {"input": [{"role": "critic", "content": "x"}, {"role": "user", "content": "Hi"}]},
        {"input": [{"role": "user", "content": [{"type": "output_text", "text": "Hi"}]}]},
        {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "x"}]}]},
        {"input": [{"role": "assistant", "content": "Hi"}]},
    ],
)
def test_a_request_that_says_more_is_this_apis_own(fields: dict[str, Any]) -> None:
    assert parse(**fields).common is None


# what an answer says


def test_an_answer_is_put_in_common_words() -> None:
    usage = {
        "input_tokens": 9,
        "input_tokens_details": {"cached_tokens": 4},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 3},
    }
    thought = {"type": "reasoning", "summary": [{"type": "summary_text", "text": t} for t in ("Hm", "Ah")]}
    called = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": '{"city": "Rome"}'}

    said = RESPONSES.to_answer(
        response(thought | {"encrypted_content": "sig"}, message(SAID), called, usage=usage),
    )

    parts = (Reasoning("Hm\n\nAh", "sig"), Text("Hello!"), ToolCall("c1", "f", {"city": "Rome"}))
    assert said == Answer("resp_1", "m-1", 7, (Choice(parts, Finish.TOOL_CALLS),), Usage(9, 5, 4, 3))


def test_reasoning_that_is_shown_goes_before_its_summary() -> None:
    raw, summary = {"type": "reasoning_text", "text": "Hmm."}, {"type": "summary_text", "text": "Hm"}
    shown = {"type": "reasoning", "summary": [summary], "content": [raw]}
    hidden = {"type": "reasoning", "summary": [], "content": None}

    assert understood(shown, hidden, message(SAID)) == ((Reasoning("Hmm."), Text("Hello!")), Finish.STOP)


def test_a_refusal_is_one() -> None:
    assert understood(message({"type": "refusal", "refusal": "No."})) == ((Refusal("No."),), Finish.REFUSAL)


@pytest.mark.parametrize(
    "item",
    [
        {"type": "web_search_call", "id": "ws_1"},
        {"type": "custom_tool_call", "call_id": "c", "name": "sh", "input": "ls"},
        {"type": "from_the_future"},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "not JSON"},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}", "namespace": "n"},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}", "caller": {"type": "program"}},
        message({"type": "from_the_future"}),
        {**message(SAID), "role": "critic"},
    ],
)
def test_what_others_have_no_words_for_is_not_understood(item: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        RESPONSES.to_answer(response(item, message(SAID)))


def test_names_that_are_missing_or_odd_do_not_matter() -> None:
    said = RESPONSES.to_answer(response(message(SAID), id=5, model=None, created_at="now", usage=None))

    assert (said.id, said.model, said.created, said.usage) == ("", "", 0, None)


# what another API's answer is here


def test_an_answer_is_told_as_the_api_would() -> None:
    call = parse(instructions="Be brief.", tools=[FUNCTION], temperature=0.5, metadata={"a": "b"})
    parts = (Reasoning("Hm", "sig"), Text("Hel"), Text("lo!"), ToolCall("", "f", {"x": 1}), Text("Done."))

    told = RESPONSES.from_answer(answer(*parts, finish=Finish.TOOL_CALLS), call)

    said = {"type": "output_text", "annotations": [], "logprobs": []}
    done = {"type": "message", "status": "completed", "role": "assistant"}
    assert told["output"] == [
        {"id": "rs_chatcmpl-1_0", "type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm"}]},
        {"id": "msg_chatcmpl-1_1", **done, "content": [said | {"text": "Hel"}, said | {"text": "lo!"}]},
        {
            "id": "fc_chatcmpl-1_2",
            "type": "function_call",
            "status": "completed",
            "arguments": '{"x":1}',
            "call_id": "call_0",
            "name": "f",
        },
        {"id": "msg_chatcmpl-1_3", **done, "content": [said | {"text": "Done."}]},
    ]
    assert {name: told[name] for name in told.keys() - {"output", "usage"}} == {
        "id": "resp_chatcmpl-1",
        "object": "response",
        "created_at": 7,
        "status": "completed",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": "Be brief.",
        "max_output_tokens": None,
        "metadata": {"a": "b"},
        "model": "m-1",
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None},
        "store": False,
        "temperature": 0.5,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [FUNCTION],
        "top_p": 1.0,
        "truncation": "disabled",
    }
    assert told["usage"] == {
        "input_tokens": 9,
        "input_tokens_details": {"cached_tokens": 4},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 3},
        "total_tokens": 14,
    }


@pytest.mark.parametrize(
    "untold",
    [
        answer(),
        answer(Text("")),
        answer(Text("No."), finish=Finish.REFUSAL),
        replace(answer(), choices=(Choice((Text("a"),), Finish.STOP), Choice((Text("b"),), Finish.STOP))),
    ],
)
def test_what_this_api_has_no_words_for_is_not_told(untold: Answer) -> None:
    with pytest.raises(ValueError):
        RESPONSES.from_answer(untold, parse())


@given(PARTS | st.just([Refusal("No.")]), st.none() | st.just(Usage(9, 5, 4, 3)))
def test_what_is_told_is_understood(parts: list[Part], usage: Usage | None) -> None:
    finish = Finish.TOOL_CALLS if any(isinstance(part, ToolCall) for part in parts) else Finish.STOP
    finish = Finish.REFUSAL if parts == [Refusal("No.")] else finish
    said = replace(answer(*parts, finish=finish), usage=usage)

    told = RESPONSES.from_answer(said, parse())

    assert RESPONSES.to_answer(told) == replace(said, id="resp_chatcmpl-1")
    for mode in Mode:
        assert RESPONSES.parse_answer(RESPONSES.render(told, mode)) == (mode, told)


def test_an_answer_goes_to_chat_completions_and_back() -> None:
    called = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": "{}"}
    document = response(message(SAID), called, usage={"input_tokens": 9, "output_tokens": 5})

    there = CHAT.from_answer(RESPONSES.to_answer(document), chat())
    back = RESPONSES.from_answer(CHAT.to_answer(there), parse())

    assert replace(RESPONSES.to_answer(back), id="resp_1") == RESPONSES.to_answer(document)
