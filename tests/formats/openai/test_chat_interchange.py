"""Chat completions in common words: requests as other APIs would ask, answers as other APIs would tell."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.domain.model import Answer, Call, Choice, Common, Finish, Mode, Reasoning, Refusal, Text, ToolCall, Usage
from aicache.formats.openai.chat import CHAT

HI = {"role": "user", "content": "Hi"}
FUNCTION = {"name": "f", "description": "Does.", "parameters": {"type": "object"}}
CALL = ToolCall("c", "f", {})
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
SCALAR = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | TEXT
COUNT = st.integers(0, 1 << 40)
PARTS = st.lists(
    st.builds(Text, TEXT)
    | st.builds(Reasoning, TEXT, st.none() | TEXT)
    | st.builds(Refusal, TEXT)
    | st.builds(ToolCall, st.just("") | TEXT, TEXT.filter(str.strip), st.dictionaries(TEXT, SCALAR, max_size=2)),
    min_size=1,
    max_size=5,
)
ANSWERS = st.builds(
    Answer,
    id=TEXT,
    model=TEXT,
    created=COUNT,
    choices=st.lists(
        st.builds(lambda parts, finish: Choice(tuple(parts), finish), PARTS, st.sampled_from(Finish)),
        min_size=1,
        max_size=3,
    ).map(tuple),
    usage=st.none() | st.builds(Usage, COUNT, COUNT, COUNT, COUNT),
)


def parse(**fields: Any) -> Call:
    return CHAT.parse_request("/v1/chat/completions", json.dumps({"model": "m", "messages": [HI], **fields}).encode())


def common_of(**fields: Any) -> Common | None:
    return parse(**fields).common


def understood(message: dict[str, Any], *, finish: str = "stop", **fields: Any) -> Answer:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    document = {"id": "chatcmpl-1", "created": 7, "model": "m-1", "choices": [choice], **fields}
    return CHAT.to_answer(CHAT.parse_answer(json.dumps(document).encode())[1])


def parts_of(message: dict[str, Any]) -> tuple[Any, ...]:
    (choice,) = understood(message).choices
    return choice.parts


def sayable(answer: Answer) -> Answer:
    """What of an answer chat can say: of each kind of part one, in its own order, unsigned; calls with ids."""
    return Answer(
        id=f"chatcmpl-{answer.id}",
        model=answer.model,
        created=answer.created,
        choices=tuple(_sayable(choice) for choice in answer.choices),
        usage=answer.usage,
    )


def _sayable(choice: Choice) -> Choice:
    texts = {kind: "".join(p.text for p in choice.parts if isinstance(p, kind)) for kind in (Reasoning, Text, Refusal)}
    calls = [part for part in choice.parts if isinstance(part, ToolCall)]
    parts = [kind(text) for kind, text in texts.items() if text]
    named = [ToolCall(call.id or f"call_{index}", call.name, call.arguments) for index, call in enumerate(calls)]
    finish = Finish.TOOL_CALLS if calls else Finish.REFUSAL if texts[Refusal] else Finish.STOP
    return Choice((*parts, *named), finish)


# requests


def test_a_plain_request_is_in_common_words() -> None:
    conversation = [
        {"role": "system", "content": "Be brief."},
        {"role": "developer", "content": [{"type": "text", "text": "Be kind."}]},
        HI,
        {"role": "assistant", "content": "Yes?"},
        {"role": "user", "content": [{"type": "text", "text": "Why?"}]},
    ]

    assert common_of(messages=conversation, temperature=1.0, stop="x", max_completion_tokens=9, stream=True) == Common(
        system="Be brief.\n\nBe kind.",
        turns=(("user", "Hi"), ("assistant", "Yes?"), ("user", "Why?")),
        params={"temperature": 1, "stop": ["x"]},
        max_tokens=9,
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"stream": True, "stream_options": {"include_usage": True}},
        {"user": "u", "metadata": {"a": "b"}, "safety_identifier": "s"},
        {"prompt_cache_key": "p", "service_tier": "flex", "store": True},
        {"response_format": {"type": "text"}},
        {"response_format": None, "tools": None, "tool_choice": None, "logprobs": None, "n": None},
        {"n": 1},
        {"stop": []},
    ],
)
def test_what_changes_no_answer_and_what_asks_for_the_usual_is_left_out(fields: dict[str, Any]) -> None:
    assert common_of(**fields) == common_of() == Common("", (("user", "Hi"),), {}, None)


@pytest.mark.parametrize(
    "fields",
    [
        {"response_format": {"type": "json_object"}},
        {"response_format": {"type": "text", "more": 1}},
        {"logprobs": False},
        {"parallel_tool_calls": True},
        {"reasoning_effort": "low"},
        {"modalities": ["text"]},
        {"functions": [FUNCTION]},
        {"web_search_options": {}},
        {"max_tokens": 9, "max_completion_tokens": 9},
        {"logit_bias": {}},
        {"vendor": 0},
    ],
)
def test_a_request_that_says_more_has_no_common_words(fields: dict[str, Any]) -> None:
    assert common_of(**fields) is None


@pytest.mark.parametrize(
    "messages",
    [
        [HI, {"role": "assistant", "content": "Hi"}],
        [HI, {"role": "system", "content": "Be brief."}, HI],
        [{"role": "system", "content": "Be brief."}],
        [HI | {"name": "ann"}],
        [HI, {"role": "assistant", "content": None, "tool_calls": []}, HI],
        [HI, {"role": "assistant", "content": None}, HI],
        [HI, {"role": "tool", "content": "21 C", "tool_call_id": "c1"}, HI],
        [HI, {"role": "function", "content": "21 C"}, HI],
        [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}],
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}],
        [{"role": "user", "content": [{"type": "text", "text": "a", "vendor": {}}]}],
    ],
)
def test_a_conversation_of_more_than_plain_texts_in_turn_has_no_common_words(messages: list[Any]) -> None:
    assert common_of(messages=messages) is None


def test_functions_are_told_as_every_api_does() -> None:
    request = common_of(
        tools=[{"type": "function", "function": FUNCTION}, {"type": "function", "function": {"name": "g"}}]
    )

    assert request is not None
    assert request.params == {"tools": [FUNCTION, {"name": "g", "description": "", "parameters": {}}]}


@pytest.mark.parametrize(
    "tool",
    [
        {},
        {"type": "custom", "custom": {"name": "f"}},
        {"type": "function"},
        {"type": "function", "function": "f"},
        {"type": "function", "function": {}},
        {"type": "function", "function": {"name": "f", "strict": True}},
        {"type": "function", "function": {"name": "f"}, "cache_control": {}},
        {"type": "builtin_function", "function": {"name": "f"}},
        {"type": "function", "function": {"name": "f", "parameters": "x"}},
    ],
)
def test_a_tool_that_is_no_plain_function_has_no_common_words(tool: dict[str, Any]) -> None:
    assert common_of(tools=[tool]) is None


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("auto", "auto"),
        ("none", "none"),
        ("required", "required"),
        ({"type": "function", "function": {"name": "f"}}, {"name": "f"}),
    ],
)
def test_which_tool_is_wanted_is_told(sent: Any, told: Any) -> None:
    request = common_of(tool_choice=sent)

    assert request is not None
    assert request.params == {"tool_choice": told}


@pytest.mark.parametrize(
    "sent",
    [
        "any",
        7,
        [],
        {},
        {"type": "function"},
        {"type": "function", "function": {}},
        {"type": "function", "function": {"name": 7}},
        {"type": "function", "function": {"name": "f", "more": 1}},
        {"type": "custom", "function": {"name": "f"}},
        {"type": "function", "function": {"name": "f"}, "more": 1},
        {"type": "allowed_tools", "allowed_tools": {}},
    ],
)
def test_any_other_wish_for_a_tool_has_no_common_words(sent: Any) -> None:
    assert common_of(tool_choice=sent) is None


# answers understood


def test_an_answer_is_its_parts_in_order() -> None:
    calls = [
        {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}},
        {"type": "function", "function": {"name": "g", "arguments": ""}},
    ]
    usage = {
        "prompt_tokens": 9,
        "completion_tokens": 5,
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 3},
    }

    answer = understood({"content": "x", "reasoning_content": "Hm", "tool_calls": calls}, finish="stop", usage=usage)

    assert answer == Answer(
        id="chatcmpl-1",
        model="m-1",
        created=7,
        choices=(
            Choice(
                (Reasoning("Hm"), Text("x"), ToolCall("c1", "f", {"x": 1}), ToolCall("", "g", {})), Finish.TOOL_CALLS
            ),
        ),
        usage=Usage(9, 5, 4, 3),
    )


def test_a_refusal_is_no_text() -> None:
    (choice,) = understood({"content": None, "refusal": "No."}).choices

    assert choice == Choice((Refusal("No."),), Finish.REFUSAL)


def test_reasoning_of_either_name_is_told_once() -> None:
    assert parts_of({"content": "x", "reasoning": "Hm"}) == (Reasoning("Hm"), Text("x"))
    assert parts_of({"content": "x", "reasoning": "Hm", "reasoning_content": "Hm"}) == (Reasoning("Hm"), Text("x"))


@pytest.mark.parametrize(
    "thinking", [[{"type": "text", "text": "H"}, {"type": "text", "text": "m"}], [{"type": "text", "text": "Hm"}], "Hm"]
)
def test_mistrals_thinking_is_reasoning(thinking: Any) -> None:
    content = [{"type": "thinking", "thinking": thinking, "closed": True}, {"type": "text", "text": "4"}]

    assert parts_of({"content": content}) == (Reasoning("Hm"), Text("4"))


@pytest.mark.parametrize(
    "message",
    [
        {"content": [{"type": "text", "text": "x"}, {"type": "reference", "reference_ids": [1]}]},
        {"content": [{"type": "text", "text": 7}]},
        {"content": [{"type": "thinking", "thinking": []}]},
        {"content": [{"type": "thinking", "thinking": [{"type": "reference", "reference_ids": [1]}]}]},
        {"content": [{"type": "thinking", "thinking": {"text": "x"}}]},
        {"content": "x", "audio": {"id": "a"}},
        {"content": "x", "images": [{"type": "image_url"}]},
        {"function_call": {"name": "f", "arguments": "{}"}},
        {"tool_calls": [{"id": "c", "type": "custom", "custom": {"name": "sh", "input": "ls"}}]},
        {"tool_calls": [{"id": "c", "function": {"name": 7, "arguments": "{}"}}]},
        {"tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "{"}}]},
        {"tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "[]"}}]},
    ],
)
def test_an_answer_of_more_than_others_have_is_not_understood(message: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        understood(message)


@pytest.mark.parametrize(
    ("usage", "told"),
    [
        (None, None),
        ({}, None),
        ({"total_tokens": 7}, Usage(7, 0)),
        ({"prompt_tokens": "9", "prompt_tokens_details": 7, "completion_tokens_details": None}, Usage(0, 0)),
    ],
)
def test_usage_is_told_as_far_as_it_is_known(usage: Any, told: Usage | None) -> None:
    assert understood({"content": "x"}, usage=usage).usage == told


# answers expressed


def test_an_answer_of_another_api_reads_as_chats_own() -> None:
    said = (Reasoning("Hm", "sig"), Text("a"), Text("b"), ToolCall("toolu_1", "f", {"x": 1}), ToolCall("", "g", {}))
    answer = Answer("msg_1", "m", 7, (Choice(said, Finish.TOOL_CALLS),), Usage(9, 5, 4, 3))

    document = json.loads(CHAT.render(CHAT.from_answer(answer, parse()), Mode.WHOLE))

    assert document == {
        "id": "chatcmpl-msg_1",
        "object": "chat.completion",
        "created": 7,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "ab",
                    "refusal": None,
                    "reasoning_content": "Hm",
                    "tool_calls": [
                        {"id": "toolu_1", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}},
                        {"id": "call_1", "type": "function", "function": {"name": "g", "arguments": "{}"}},
                    ],
                },
                "logprobs": None,
                "finish_reason": "tool_calls",
            }
        ],
        "usage": {
            "prompt_tokens": 9,
            "completion_tokens": 5,
            "total_tokens": 14,
            "prompt_tokens_details": {"cached_tokens": 4},
            "completion_tokens_details": {"reasoning_tokens": 3},
        },
    }


@pytest.mark.parametrize(
    ("parts", "content"),
    [
        ((Text("x"),), "x"),
        ((CALL,), None),
        ((Refusal("No."),), None),
        ((Text("x"), CALL), "x"),
    ],
)
def test_content_is_null_where_something_else_is_said(parts: tuple[Any, ...], content: str | None) -> None:
    completion = CHAT.from_answer(Answer("i", "m", 7, (Choice(parts, Finish.STOP),), None), parse())

    assert completion.choices[0].message["content"] == content


@given(ANSWERS)
def test_what_was_expressed_is_understood_again(answer: Answer) -> None:
    assert CHAT.to_answer(CHAT.from_answer(answer, parse())) == sayable(answer)


@given(ANSWERS, st.sampled_from(Mode))
def test_what_was_expressed_can_be_sent_and_read(answer: Answer, mode: Mode) -> None:
    document = CHAT.from_answer(answer, parse())

    assert CHAT.parse_answer(CHAT.render(document, mode), n=len(answer.choices)) == (mode, document)
