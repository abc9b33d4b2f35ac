"""The words that all APIs have in common: what they say, and what they leave to the API's own."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.domain.model import Answer, Choice, Common, Finish, Reasoning, Refusal, Text, ToolCall
from aicache.formats.interchange import (
    NUMBER_PARAMS,
    build_common,
    common_tool,
    finish_of_parts,
    joined_text,
    only_choice,
    only_text,
    parse_arguments,
    render_arguments,
    tool_calls_in,
)

HI = (("user", "Hi"),)
CALL = ToolCall("c1", "f", {"x": 1})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def common_of(**fields: Any) -> Common | None:
    return build_common((), HI, fields, {"maxOutputTokens": "max_tokens", "stopSequences": "stop"})


# a request


def test_a_request_in_common_words() -> None:
    turns = [("user", "Hi"), ("assistant", "Yes?"), ("user", "Why?")]

    assert build_common(["Be brief.", "", "Be kind."], turns, {"temperature": 0.5, "max_tokens": 9}, {}) == Common(
        "Be brief.\n\nBe kind.", tuple(turns), {"temperature": 0.5}, 9
    )


@pytest.mark.parametrize(
    ("fields", "params"),
    [
        ({}, {}),
        ({"temperature": 1.0}, {"temperature": 1}),
        ({"temperature": 0.7}, {"temperature": 0.7}),
        ({"temperature": -0.0}, {"temperature": 0}),
        ({"seed": 7, "top_k": 4}, {"seed": 7, "top_k": 4}),
        ({"stop": "x"}, {"stop": ["x"]}),
        ({"stop": ["x", "y"]}, {"stop": ["x", "y"]}),
        ({"stop": []}, {}),
        ({"stopSequences": ["x"]}, {"stop": ["x"]}),
        ({"n": 1}, {}),
        ({"n": 1.0}, {}),
        ({"n": 2}, {"n": 2}),
        ({"tools": [{"name": "f"}], "tool_choice": "none"}, {"tools": [{"name": "f"}], "tool_choice": "none"}),
        ({"tools": [{"name": "f"}], "tool_choice": "auto"}, {"tools": [{"name": "f"}]}),
        ({"tool_choice": "auto"}, {"tool_choice": "auto"}),
        ({"temperature": None, "stop": None, "whatever": None}, {}),
    ],
)
def test_what_is_said_is_brought_to_one_form(fields: dict[str, Any], params: dict[str, Any]) -> None:
    request = common_of(**fields)

    assert request is not None
    assert request.params == params
    assert [type(value) for value in request.params.values()] == [type(value) for value in params.values()]


@pytest.mark.parametrize(
    "fields",
    [
        {"whatever": 1},
        {"whatever": False},
        {"logprobs": False},
        {"temperature": "0"},
        {"temperature": True},
        {"temperature": [1]},
        {"seed": {}},
        {"stop": 1},
        {"stop": ["x", 1]},
        {"stop": {"x": "y"}},
        {"max_tokens": 0},
        {"max_tokens": -1},
        {"max_tokens": 1.5},
        {"max_tokens": True},
        {"max_tokens": "9"},
        {"max_tokens": 9, "maxOutputTokens": 9},
        {"stop": [], "stopSequences": []},
    ],
)
def test_what_says_more_or_says_it_oddly_is_the_apis_own_business(fields: dict[str, Any]) -> None:
    assert common_of(**fields) is None


@pytest.mark.parametrize("name", ["max_tokens", "maxOutputTokens"])
def test_how_long_an_answer_may_be_stands_apart(name: str) -> None:
    for most in (9, 9.0):
        request = common_of(**{name: most})

        assert request is not None
        assert (request.params, request.max_tokens) == ({}, 9)


@pytest.mark.parametrize("turns", [[], [("assistant", "Hi")], [("user", "Hi"), ("assistant", "Hi")]])
def test_only_a_conversation_that_ends_with_the_user_is_a_question(turns: list[tuple[str, str]]) -> None:
    assert build_common((), turns, {}, {}) is None


@given(st.dictionaries(st.sampled_from([*NUMBER_PARAMS, "stop", "stopSequences", "maxOutputTokens", "other"]), JSON))
def test_whatever_is_said_it_can_be_digested_or_is_none(fields: dict[str, Any]) -> None:
    request = common_of(**fields)

    if request is not None:
        assert msgspec.json.encode(request.params, order="deterministic")
        assert request.max_tokens is None or request.max_tokens > 0


# pieces of a request


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Hi", "Hi"),
        ("", ""),
        ([{"type": "text", "text": "Hi"}], "Hi"),
        ([{"text": "Hi"}], "Hi"),
        ([{"type": "input_text", "text": "Hi"}], "Hi"),
        ([{"type": "text", "text": "Is 1"}, {"type": "text", "text": "2 prime?"}], None),
        ([{"type": "text", "text": "Hi", "cache_control": {}}], None),
        ([{"type": "image", "text": "Hi"}], None),
        ([{"type": None, "text": "Hi"}], None),
        ([{"type": ["text"], "text": "Hi"}], None),
        ([{"type": "text", "text": None}], None),
        ([{"type": "text"}], None),
        (["Hi"], None),
        ([["Hi"]], None),
        ([], None),
        (None, None),
        (7, None),
        ({"type": "text", "text": "Hi"}, None),
    ],
)
def test_a_text_is_a_string_or_one_part_of_text_alone(content: Any, text: str | None) -> None:
    assert only_text(content) == text


@given(JSON)
def test_no_content_raises_anything(content: Any) -> None:
    for value in (content, [content], [{"text": content}], [{"type": content, "text": "x"}]):
        assert only_text(value) is None or isinstance(only_text(value), str)


def test_a_function_says_what_it_is_for_and_what_it_takes_or_nothing() -> None:
    schema = {"type": "object"}

    assert common_tool("f", "Does.", schema) == {"name": "f", "description": "Does.", "parameters": schema}
    assert (
        common_tool("f", None, None) == common_tool("f", "", {}) == {"name": "f", "description": "", "parameters": {}}
    )


@pytest.mark.parametrize(
    ("name", "description", "parameters"),
    [(None, "", {}), ("", "", {}), (7, "", {}), ("f", 7, {}), ("f", "", []), ("f", "", "{}")],
)
def test_what_is_no_function_is_refused(name: Any, description: Any, parameters: Any) -> None:
    with pytest.raises(ValueError, match="tools"):
        common_tool(name, description, parameters)


# an answer


@pytest.mark.parametrize(
    ("sent", "arguments"), [('{"x":1}', {"x": 1}), ({"x": 1}, {"x": 1}), ("", {}), ("{}", {}), ({}, {})]
)
def test_arguments_come_as_text_or_as_an_object(sent: Any, arguments: dict[str, Any]) -> None:
    assert parse_arguments(sent) == arguments


@pytest.mark.parametrize("sent", [None, 7, [], ["x"], "[]", "7", "{", "secret", " ", '{"x":1}{}', '{"x":1e999}'])
def test_arguments_that_are_no_object_are_refused_and_not_quoted(sent: Any) -> None:
    with pytest.raises(ValueError) as caught:
        parse_arguments(sent)

    assert "secret" not in str(caught.value)


@given(
    st.dictionaries(
        st.text(),
        st.none() | st.booleans() | st.integers(-(2**63), 2**64) | st.floats(allow_nan=False, allow_infinity=False),
    )
)
def test_arguments_are_the_same_after_having_been_text(arguments: dict[str, Any]) -> None:
    assert parse_arguments(render_arguments(arguments)) == arguments


@pytest.mark.parametrize(
    ("parts", "finish"),
    [
        ((), Finish.STOP),
        ((Text("x"), Reasoning("y")), Finish.STOP),
        ((Refusal("No."),), Finish.REFUSAL),
        ((Text("x"), CALL), Finish.TOOL_CALLS),
        ((Refusal("No."), CALL), Finish.TOOL_CALLS),
    ],
)
def test_parts_tell_why_an_answer_ended(parts: tuple[Any, ...], finish: Finish) -> None:
    assert finish_of_parts(parts) is finish


def test_the_parts_of_each_kind_are_found_in_their_order() -> None:
    other = ToolCall("", "g", {})
    parts = (Reasoning("a"), Text("b"), CALL, Reasoning("c", "sig"), Text("d"), Refusal("e"), other)

    assert [joined_text(parts, kind) for kind in (Text, Reasoning, Refusal)] == ["bd", "ac", "e"]
    assert tool_calls_in(parts) == [CALL, other]


@pytest.mark.parametrize("number", [0, 2])
def test_an_api_of_one_choice_takes_one(number: int) -> None:
    choice = Choice((Text("x"),), Finish.STOP)

    assert only_choice(Answer("i", "m", 0, (choice,), None)) is choice
    with pytest.raises(ValueError, match="choices"):
        only_choice(Answer("i", "m", 0, (choice,) * number, None))
