"""Chat completions as requests and as whole answers; streams have a file of their own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aicache.domain.model import Call, Mode, Turn
from aicache.formats.errors import Stateful
from aicache.formats.format import RequestContext
from aicache.formats.openai.chat import CHAT
from aicache.formats.openai.chat_answer import GOOD_FINISH_REASONS
from aicache.formats.openai.chat_completion import Choice, Completion

PATH = "/v1/chat/completions"
HI = {"role": "user", "content": "Hi"}


def parse(path: str = PATH, *, tools_semantic: bool = False, **fields: Any) -> Call:
    body = {"model": "m", "messages": [HI], **fields}
    return CHAT.parse_request(path, json.dumps(body).encode(), RequestContext(tools_semantic=tools_semantic))


def whole(*, message: Any = None, choice: dict[str, Any] | None = None, **fields: Any) -> bytes:
    """A good answer in the shape of OpenAI's documentation, with changes."""
    said = {"role": "assistant", "content": "Hello!"} if message is None else message
    choices = [{"index": 0, "message": said, "logprobs": None, "finish_reason": "stop"} | (choice or {})]
    usage = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
    document = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1700000000, "model": "m-1"}
    return json.dumps(document | {"choices": choices, "usage": usage, "system_fingerprint": "fp"} | fields).encode()


# requests


@pytest.mark.parametrize(
    ("method", "path", "ours"),
    [
        ("POST", "/v1/chat/completions", True),
        ("post", "/v1/chat/completions", False),
        ("POST", "/v1/chat/completions/", True),
        ("POST", "/chat/completions", True),
        ("POST", "/api/v1/chat/completions", True),
        ("POST", "/compatible-mode/v1/chat/completions", True),
        ("POST", "/openai/deployments/gpt-4o/chat/completions", True),
        ("GET", "/v1/chat/completions", False),
        ("POST", "/v1/chat/completions/chatcmpl-1", False),
        ("POST", "/v1/completions", False),
        ("POST", "/v1/xchat/completions", False),
        ("POST", "/v1/chat/completions//", False),
        ("POST", "/", False),
    ],
)
def test_the_path_tells_the_api(method: str, path: str, ours: bool) -> None:
    assert CHAT.matches(method, path) is ours


def test_a_request_is_taken_apart_and_nothing_of_it_is_lost() -> None:
    tool = {"role": "tool", "content": "21 C", "tool_call_id": "c1"}
    image = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}], "name": "ann"}
    nothing = {"role": "assistant", "tool_calls": [{"id": "c1"}]}

    call = parse(messages=[nothing, tool, image], temperature=0, n=2, seed=7, stream=True)

    assert call == Call(
        api="chat",
        model="m",
        mode=Mode.STREAM,
        wants_usage=False,
        params={"temperature": 0, "n": 2, "seed": 7, "stream": True},
        turns=(
            Turn("assistant", None, {"tool_calls": [{"id": "c1"}]}),
            Turn("tool", "21 C", {"tool_call_id": "c1"}),
            Turn("user", image["content"], {"name": "ann"}),
        ),
        question=None,
        n=2,
        temperature=0,
        counted=False,
    )


@pytest.mark.parametrize(
    ("path", "model", "expected"),
    [
        (PATH, "m", "m"),
        ("/openai/deployments/gpt-4o/chat/completions", None, "gpt-4o"),
        ("/openai/deployments/gpt-4o/chat/completions/", "", "gpt-4o"),
        ("/azure/openai/deployments/my%20gpt/chat/completions", None, "my gpt"),
        ("/openai/deployments/gpt-4o/chat/completions", "gpt-5", "gpt-4o"),
    ],
)
def test_the_model_is_the_paths_or_else_the_bodys(path: str, model: str | None, expected: str) -> None:
    assert parse(path, model=model).model == expected


def test_another_model_than_the_paths_is_not_lost() -> None:
    path = "/openai/deployments/gpt-4o/chat/completions"

    calls = [parse(path, model=model) for model in ("gpt-4o", "gpt-5")]

    assert [call.params.get("model") for call in calls] == [None, "gpt-5"]
    assert calls[0].common is not None
    assert calls[1].common is None


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"model": None}, "model: missing"),
        ({"model": 4}, "model: not a str"),
        ({"messages": None}, "messages: missing"),
        ({"messages": []}, "messages: missing"),
        ({"messages": "Hi"}, "messages: not a list of objects"),
        ({"messages": ["Hi"]}, "messages: not a list of objects"),
        ({"messages": [HI, {"content": "Hi"}]}, r"messages\[1\].role: not a string"),
        ({"messages": [{"role": None}]}, r"messages\[0\].role: not a string"),
        ({"stream": 1}, "stream: not a bool"),
        ({"stream": "true"}, "stream: not a bool"),
        ({"stream_options": True}, "stream_options: not a dict"),
        ({"n": 0}, "n: not a positive integer"),
        ({"n": True}, "n: not a positive integer"),
        ({"n": 2.0}, "n: not a positive integer"),
        ({"temperature": "0"}, "temperature: not a number"),
        ({"temperature": True}, "temperature: not a number"),
    ],
)
def test_a_malformed_request_is_refused_by_field(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse(**fields)


@pytest.mark.parametrize("field", [{"previous_response_id": "r1"}, {"conversation": {"id": "c"}}, {"background": True}])
def test_a_request_that_leans_on_state_is_told_apart(field: dict[str, Any]) -> None:
    with pytest.raises(Stateful, match=next(iter(field))):
        parse(messages=None, **field)


def test_state_that_is_declined_does_not_matter() -> None:
    assert parse(previous_response_id=None, conversation="", background=False).question == "Hi"


@pytest.mark.parametrize(
    ("content", "question"),
    [
        ("Hi", "Hi"),
        (" \n", None),
        (None, None),
        ([], None),
        ([{"type": "text", "text": "Hi"}], "Hi"),
        ([{"type": "text", "text": "Hi"}, {"type": "text", "text": "there"}], "Hi\nthere"),
        ([{"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}], "Hi"),
        ([{"type": "text", "text": "Hi", "lang": "en"}], None),
        ([{"type": "text", "text": None}], None),
        ([{"type": "text", "text": "Hi"}, {"type": "image_url", "image_url": {"url": "x"}}], None),
        ([{"type": "text", "text": ""}, {"type": "text", "text": " "}], None),
        (["Hi"], None),
        ({"type": "text", "text": "Hi"}, None),
    ],
)
def test_the_question_is_the_last_users_text_if_that_is_all_there_is(content: Any, question: str | None) -> None:
    assert (
        parse(messages=[{"role": "system", "content": "s"}, {"role": "user", "content": content}]).question == question
    )


@pytest.mark.parametrize("role", ["assistant", "tool", "system", "developer"])
def test_only_a_user_asks(role: str) -> None:
    assert parse(messages=[HI, {"role": role, "content": "Hi"}]).question is None


def test_one_text_part_is_the_same_turn_as_its_text() -> None:
    assert parse(messages=[{"role": "user", "content": [{"text": "Hi", "type": "text"}]}]).turns == parse().turns


def test_a_part_that_says_more_than_its_text_is_kept_as_sent() -> None:
    part = {"type": "text", "text": "Hi", "vendor": True}

    assert parse(messages=[{"role": "user", "content": [part]}]).turns[0].content == [part]


@pytest.mark.parametrize("role", ["user", "system", "developer"])
def test_marks_for_prompt_caching_and_wrapping_change_no_answer(role: str) -> None:
    mark = {"cache_control": {"type": "ephemeral"}}
    message = {"role": role, "content": "Hi"}
    text = {"type": "text", "text": "Hi"}

    for same in (message | mark, message | {"content": [text]}, message | {"content": [text | mark]}):
        assert parse(messages=[same, HI]).turns == parse(messages=[message, HI]).turns


TOOL: dict[str, Any] = {"type": "function", "function": {"name": "f"}}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"n": 1}),
        ({}, {"n": None}),
        ({}, {"tools": []}),
        ({}, {"tools": None, "tool_choice": "auto", "parallel_tool_calls": True}),
        ({}, {"response_format": {"type": "text"}}),
        ({}, {"logprobs": False, "stop": None, "seed": None, "max_tokens": None}),
        ({}, {"prompt_cache_retention": "24h", "prompt_cache_options": {"mode": "implicit", "ttl": "30m"}}),
        ({"tools": [TOOL]}, {"tools": [TOOL], "tool_choice": "auto"}),
        ({"tools": [TOOL]}, {"tools": [TOOL | {"cache_control": {"type": "ephemeral"}}]}),
    ],
)
def test_documented_defaults_change_no_answer(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert parse(**one).params == parse(**other).params


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"n": 2}),
        ({}, {"temperature": None}),
        ({}, {"temperature": 1}),
        ({}, {"top_p": 1}),
        ({}, {"frequency_penalty": 0}),
        ({}, {"tool_choice": "required"}),
        ({}, {"parallel_tool_calls": False}),
        ({}, {"logprobs": True}),
        ({}, {"seed": 0}),
        ({}, {"prompt_cache_options": {"prewarm": True}}),
        ({"tools": [TOOL]}, {"tools": [TOOL], "parallel_tool_calls": True}),
        ({"tools": [TOOL]}, {"tools": [TOOL], "tool_choice": "none"}),
        ({}, {"response_format": {"type": "json_object"}}),
    ],
)
def test_what_may_be_no_default_counts(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert parse(**one).params != parse(**other).params


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [{"type": "function"}]},
        {"functions": [{"name": "f"}]},
        {"response_format": {"type": "json_object"}},
        {"response_format": {"type": "json_schema", "json_schema": {}}},
        {"response_format": "text"},
        {"modalities": ["text", "audio"]},
        {"modalities": []},
        {"audio": {"voice": "a"}},
        {"prediction": {"type": "content"}},
        {"web_search_options": {}},
        {"guided_json": {"type": "object"}},
        {"guided_choice": ["yes", "no"]},
        {"structured_outputs": {"regex": "[0-9]+"}},
        {"grammar": "root ::= digit"},
        {"ebnf": "root ::= digit"},
        {"search_parameters": {"mode": "on"}},
        {"plugins": [{"id": "web"}]},
        {"enable_search": True},
        {"documents": [{"text": "a"}]},
    ],
)
def test_what_asks_for_more_than_text_has_no_question(fields: dict[str, Any]) -> None:
    assert parse(**fields).question is None


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [], "functions": None},
        {"response_format": {"type": "text"}},
        {"response_format": None, "modalities": None, "audio": None, "web_search_options": None},
        {"modalities": ["text"]},
        {"enable_search": False, "guided_json": None},
    ],
)
def test_asking_for_text_in_so_many_words_keeps_the_question(fields: dict[str, Any]) -> None:
    assert parse(**fields).question == "Hi"


def test_the_caller_may_let_tools_pass_but_nothing_else() -> None:
    assert parse(tools=[{"type": "function"}], tools_semantic=True).question == "Hi"
    assert parse(tools=[{}], response_format={"type": "json_object"}, tools_semantic=True).question is None


# whole answers


def test_a_whole_answer_is_read() -> None:
    assert CHAT.parse_answer(whole()) == (
        Mode.WHOLE,
        Completion(
            id="chatcmpl-1",
            model="m-1",
            created=1700000000,
            choices=(Choice(0, {"role": "assistant", "content": "Hello!"}, "stop", {"logprobs": None}),),
            usage={"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11},
            extra={"system_fingerprint": "fp"},
        ),
    )


@pytest.mark.parametrize("reason", sorted(GOOD_FINISH_REASONS))
def test_good_ends_are_kept(reason: str) -> None:
    assert CHAT.parse_answer(whole(choice={"finish_reason": reason}))[1].choices[0].finish_reason == reason


@pytest.mark.parametrize(
    "reason",
    [
        *("length", "content_filter", "max_tokens", "MAX_TOKENS", "model_length", "insufficient_system_resource"),
        *("error", "sensitive", "network_error", "abort", "time_limit", "null"),
        *("", None, 1, ["stop"], {"type": "stop"}, "a secret told at length"),
    ],
)
def test_any_other_end_is_refused(reason: Any) -> None:
    with pytest.raises(ValueError, match="finish_reason") as caught:
        CHAT.parse_answer(whole(choice={"finish_reason": reason}))

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "message",
    [
        {"role": "assistant", "content": ""},
        {"role": "assistant", "content": None},
        {"role": "assistant"},
        {},
        {"content": [], "tool_calls": [], "refusal": "", "audio": None, "reasoning": None},
        {"content": [{"type": "text", "text": ""}]},
        {"content": "", "annotations": [{"type": "url_citation"}]},
    ],
)
def test_an_answer_that_says_nothing_is_refused(message: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="all are empty"):
        CHAT.parse_answer(whole(message=message))


@pytest.mark.parametrize(
    "said",
    [
        {"content": [{"type": "text", "text": "x"}]},
        {"reasoning_content": "x"},
        {"reasoning": "x"},
        {"refusal": "x"},
        {"tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": ""}}]},
        {"function_call": {"name": "f", "arguments": "{}"}},
        {"audio": {"id": "a", "data": "UklG"}},
        {"images": [{"type": "image_url", "image_url": {"url": "data:"}}]},
    ],
)
def test_an_answer_may_say_it_without_text(said: dict[str, Any]) -> None:
    (choice,) = CHAT.parse_answer(whole(message=said))[1].choices

    assert choice.message == {"role": "assistant", "content": None, **said}


def test_one_of_several_choices_may_be_empty_but_each_must_be_there() -> None:
    choices = [
        {"index": 1, "message": {"content": ""}, "finish_reason": "stop"},
        {"index": 0, "message": {"content": "x"}, "finish_reason": "stop"},
    ]

    assert [c.index for c in CHAT.parse_answer(whole(choices=choices), n=2)[1].choices] == [0, 1]
    with pytest.raises(ValueError, match="2 where 3"):
        CHAT.parse_answer(whole(choices=choices), n=3)
    with pytest.raises(ValueError, match="duplicate index"):
        CHAT.parse_answer(whole(choices=[choices[0], choices[0]]), n=2)


def test_choices_without_index_are_numbered_by_place() -> None:
    choices = [{"message": {"content": text}, "finish_reason": "stop"} for text in "ab"]

    answer = CHAT.parse_answer(whole(choices=choices), n=2)[1]

    assert [(c.index, c.message["content"]) for c in answer.choices] == [(0, "a"), (1, "b")]


@pytest.mark.parametrize(
    "changes",
    [
        {"error": {"message": "m", "code": 429}},
        {"object": "error"},
        {"type": "error"},
        {"choice": {"error": {"code": 502, "message": "m"}}},
        {"choice": {"message": None}},
        {"choice": {"message": "x"}},
        {"choice": {"index": -1}},
        {"choice": {"index": "0"}},
        {"message": {"content": 5}},
        {"message": {"content": {"type": "text"}}},
        {"message": {"content": ["x"]}},
        {"message": {"role": 1, "content": "x"}},
        {"message": {"content": "x", "tool_calls": {"id": "c"}}},
        {"message": {"content": "x", "tool_calls": ["c"]}},
        {"choices": None},
        {"choices": []},
        {"choices": {}},
        {"usage": 7},
    ],
)
def test_what_is_not_an_answer_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        CHAT.parse_answer(whole(**changes))


def test_no_error_is_no_error() -> None:
    assert CHAT.parse_answer(whole(error=None, choice={"error": None})) == CHAT.parse_answer(whole())


def test_identity_that_is_missing_or_odd_does_not_matter() -> None:
    odd = CHAT.parse_answer(whole(id=17, model=None, created=1.7e9))[1]
    bad = CHAT.parse_answer(whole(id={}, model=[], created="yesterday"))[1]

    assert (odd.id, odd.model, odd.created) == ("17", "", 1700000000)
    assert (bad.id, bad.model, bad.created) == ("", "", 0)


def test_padding_is_left_out() -> None:
    assert CHAT.parse_answer(whole(obfuscation="xyz", p="abc")) == CHAT.parse_answer(whole())


def test_a_tool_calls_index_is_a_streams_business() -> None:
    """DashScope and Mistral leave it in whole answers."""
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}

    message = CHAT.parse_answer(whole(message={"tool_calls": [{"index": 0, **call}]}))[1].choices[0].message

    assert message["tool_calls"] == [call]


@pytest.mark.parametrize("function", [{"name": "f"}, {"name": "f", "arguments": None}])
def test_arguments_that_a_call_does_without_are_an_empty_text(function: dict[str, Any]) -> None:
    """OpenRouter leaves them out, others say null; clients of a stream add to a text."""
    call = {"id": "c", "type": "function", "function": function}

    message = CHAT.parse_answer(whole(message={"tool_calls": [call]}))[1].choices[0].message

    assert message["tool_calls"] == [{**call, "function": {"name": "f", "arguments": ""}}]


def test_a_whole_answer_is_written_as_the_api_would() -> None:
    answer = CHAT.parse_answer(whole())[1]

    assert json.loads(CHAT.render(answer, Mode.WHOLE, include_usage=False)) == json.loads(whole())


# what of a call's own its answer repeats


@pytest.mark.parametrize("mode", Mode)
def test_no_caller_is_told_anothers_metadata(mode: Mode) -> None:
    call = parse(metadata={"customer": "alice"})
    document = CHAT.parse_answer(whole(metadata={"customer": "alice"}), variant=call.variant)[1]

    assert CHAT.recorded_variant(document, call.variant) == call.variant
    for own, told in (({"customer": "bob"}, {"customer": "bob"}), ({}, {}), (None, {})):
        variant = parse(metadata=own).variant
        rendered = CHAT.render(document, mode, variant=variant)
        assert not CHAT.can_replay(call.variant, variant)
        assert b"alice" not in rendered
        assert CHAT.parse_answer(rendered)[1].extra["metadata"] == told


@pytest.mark.parametrize("told", [{}, {"metadata": {"region": "eu"}}, {"metadata": None}])
def test_metadata_of_the_upstreams_own_is_everybodys(told: dict[str, Any]) -> None:
    call = parse(metadata={"customer": "alice"})
    document = CHAT.parse_answer(whole(**told), variant=call.variant)[1]

    assert CHAT.recorded_variant(document, call.variant) == ""
    assert CHAT.can_replay("", parse(metadata={"customer": "bob"}).variant)
    assert document.extra.get("metadata") == told.get("metadata")


def test_streams_of_drafts_are_passed_by() -> None:
    """Inception: each piece holds the whole as far as it is thought out."""
    with pytest.raises(ValueError, match="diffusing"):
        parse(diffusing=True, stream=True)
    assert parse(diffusing=True).mode is Mode.WHOLE


# usage


def test_usage_with_the_end_of_the_only_choice_is_the_answers() -> None:
    """Kimi, to callers of a stream who did not ask."""
    usage = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
    chunks = [
        {"id": "1", "choices": [{"index": 0, "delta": {"content": "x"}, "finish_reason": None}]},
        {"id": "1", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "usage": usage}]},
    ]
    body = b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in chunks) + b"data: [DONE]\n\n"

    document = CHAT.parse_answer(body)[1]

    assert (document.usage, document.choices[0].extra) == (usage, {})
    assert CHAT.summarize(document).completion_tokens == 7


def test_a_total_is_a_count_too() -> None:
    document = CHAT.parse_answer(whole(usage={"total_tokens": 12}))[1]

    assert CHAT.summarize(document).prompt_tokens == 12
