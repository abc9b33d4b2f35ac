"""Ollama's own API as requests, as whole answers and in common words; streams have a file of their own."""

from __future__ import annotations

import json
from itertools import combinations
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
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    Turn,
    Usage,
)
from aicache.formats.format import AnswerSummary, Format, RequestContext
from aicache.formats.ollama.chat_and_generate import OLLAMA_CHAT, OLLAMA_GENERATE
from aicache.formats.openai.chat import CHAT

HI = {"role": "user", "content": "Hi"}
CALL = {"id": "call_1", "function": {"index": 0, "name": "get_weather", "arguments": {"city": "Tokyo"}}}
WEATHER = {
    "type": "function",
    "function": {"name": "get_weather", "description": "d", "parameters": {"type": "object"}},
}
COUNTS = {
    "total_duration": 5191566416,
    "load_duration": 2154458,
    "prompt_eval_count": 26,
    "prompt_eval_duration": 383809000,
    "eval_count": 298,
    "eval_duration": 4799921000,
}


def chat(*, tools_semantic: bool = False, **fields: Any) -> Call:
    body = {"model": "m", "messages": [HI], **fields}
    return OLLAMA_CHAT.parse_request(
        "/api/chat", json.dumps(body).encode(), RequestContext(tools_semantic=tools_semantic)
    )


def generate(**fields: Any) -> Call:
    body = {"model": "m", "prompt": "Hi", **fields}
    return OLLAMA_GENERATE.parse_request("/api/generate", json.dumps(body).encode())


def chat_answer(**fields: Any) -> bytes:
    """A good whole answer of /api/chat in the shape of Ollama's documentation, with changes."""
    message = {"role": "assistant", "content": "Hello!"}
    document = {"model": "llama3.2", "created_at": "2023-12-12T14:13:43.416799Z", "message": message}
    return json.dumps(document | {"done_reason": "stop", "done": True} | COUNTS | fields).encode()


def generate_answer(**fields: Any) -> bytes:
    """One of /api/generate."""
    document = {"model": "llama3.2", "created_at": "2023-08-04T19:22:45.499127Z", "response": "It is blue."}
    return json.dumps(document | {"done": True, "context": [1, 2, 3]} | COUNTS | fields).encode()


# requests


@pytest.mark.parametrize(
    ("method", "path", "api"),
    [
        ("POST", "/api/chat", "ollama-chat"),
        ("POST", "/api/chat/", "ollama-chat"),
        ("POST", "/ollama/api/chat", "ollama-chat"),
        ("POST", "/api/generate", "ollama-generate"),
        ("POST", "/ollama/api/generate/", "ollama-generate"),
        ("GET", "/api/chat", None),
        ("POST", "/api/chat/completions", None),
        ("POST", "/v1/chat", None),
        ("POST", "/api/embed", None),
        ("POST", "/api/generate//", None),
        ("POST", "/xapi/chat", None),
        ("POST", "/", None),
    ],
)
def test_the_path_tells_the_endpoint(method: str, path: str, api: str | None) -> None:
    formats: list[Format] = [OLLAMA_CHAT, OLLAMA_GENERATE]

    assert [format.api for format in formats if format.matches(method, path)] == ([api] if api else [])


def test_a_chat_is_taken_apart_and_nothing_of_it_is_lost() -> None:
    options = {"temperature": 0, "num_ctx": 8192}
    asked = {"role": "assistant", "content": "", "tool_calls": [CALL]}
    result = {"role": "tool", "content": "11 C", "tool_name": "get_weather"}
    image = {"role": "user", "content": "And here?", "images": ["aGk="]}

    call = chat(messages=[asked, result, image], options=options, think=False, stream=False, keep_alive="5m")

    assert call == Call(
        api="ollama-chat",
        model="m",
        mode=Mode.WHOLE,
        wants_usage=False,
        params={"options": options, "think": False, "stream": False},
        turns=(
            Turn("assistant", "", {"tool_calls": [CALL]}),
            Turn("tool", "11 C", {"tool_name": "get_weather"}),
            Turn("user", "And here?", {"images": ["aGk="]}),
        ),
        question=None,
        n=1,
        temperature=0,
    )


def test_a_prompt_is_taken_apart_and_nothing_of_it_is_lost() -> None:
    call = generate(system="Be brief.", options={"top_p": 0.5}, context=[1, 2], keep_alive=0)

    assert call == Call(
        api="ollama-generate",
        model="m",
        mode=Mode.STREAM,
        wants_usage=False,
        params={"options": {"top_p": 0.5}, "context": [1, 2]},
        turns=(Turn("system", "Be brief.", {}), Turn("user", "Hi", {})),
        question=None,
        n=1,
        temperature=None,
    )


@pytest.mark.parametrize(
    ("fields", "mode"),
    [
        ({}, Mode.STREAM),
        ({"stream": None}, Mode.STREAM),
        ({"stream": True}, Mode.STREAM),
        ({"stream": False}, Mode.WHOLE),
    ],
)
def test_who_does_not_say_gets_a_stream(fields: dict[str, Any], mode: Mode) -> None:
    assert (chat(**fields).mode, generate(**fields).mode) == (mode, mode)


@pytest.mark.parametrize("keep_alive", [None, 0, -1, 1.5, "10m"])
def test_how_long_the_model_stays_loaded_is_no_part_of_the_question(keep_alive: Any) -> None:
    assert chat(keep_alive=keep_alive) == chat()
    assert generate(keep_alive=keep_alive) == generate()


@pytest.mark.parametrize("fields", [{"options": {}}, {"options": None}])
def test_empty_options_are_none(fields: dict[str, Any]) -> None:
    assert chat(**fields).params == chat(tools=[]).params == chat().params


@pytest.mark.parametrize(
    "other",
    [
        {"system": ""},
        {"system": None},
        {"system": "s"},
        {"images": []},
        {"options": {"seed": 1}},
        {"format": ""},
        {"think": False},
        {"raw": False},
        {"prompt": "Hi "},
        {"model": "m:latest"},
    ],
)
def test_requests_that_differ_in_anything_else_are_not_equal(other: dict[str, Any]) -> None:
    assert generate(**other) != generate()


def test_messages_that_differ_in_anything_are_not_equal() -> None:
    asked = {"role": "assistant", "tool_calls": [CALL]}
    others: list[dict[str, Any]] = [{}, {"content": None}, {"content": ""}, {"content": None, "images": []}]

    calls = [chat(messages=[asked | other, HI]) for other in others]

    assert all(one != another for one, another in combinations(calls, 2))


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"model": None}, "model: missing"),
        ({"model": ""}, "model: missing"),
        ({"model": 4}, "model: not a str"),
        ({"messages": None}, "messages: empty"),
        ({"messages": []}, "messages: empty"),
        ({"messages": "Hi"}, "messages: not a list"),
        ({"messages": ["Hi"]}, "messages: not a list of objects"),
        ({"messages": [HI, {"content": "Hi"}]}, r"messages\[1\].role: not a string"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]}, "content: not a str"),
        ({"messages": [HI | {"images": "aGk="}]}, "images: not a list"),
        ({"messages": [HI | {"tool_calls": ["f"]}]}, r"messages\[0\].tool_calls: not a list of objects"),
        ({"stream": "false"}, "stream: not a bool"),
        ({"stream": 0}, "stream: not a bool"),
        ({"options": []}, "options: not a dict"),
        ({"options": {"temperature": "0"}}, "temperature: not a int or float"),
        ({"options": {"temperature": True}}, "temperature: not a int or float"),
        ({"options": {"stop": "x"}}, "stop: not a list"),
        ({"tools": {}}, "tools: not a list"),
        ({"tools": ["f"]}, "tools: not a list of objects"),
        ({"format": []}, "format: not a str or dict"),
        ({"think": 1}, "think: not a bool or str"),
        ({"keep_alive": True}, "keep_alive: not a"),
        ({"logprobs": 1}, "logprobs: not a bool"),
        ({"Stream": False}, "only in case"),
        ({"meſſages": [HI]}, "only in case"),
    ],
)
def test_a_malformed_chat_is_refused_by_field(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        chat(**fields)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"prompt": None}, "prompt: empty"),
        ({"prompt": ""}, "prompt: empty"),
        ({"prompt": ["Hi"]}, "prompt: not a str"),
        ({"system": 1}, "system: not a str"),
        ({"context": "1"}, "context: not a list"),
        ({"raw": "yes"}, "raw: not a bool"),
        ({"images": {}}, "images: not a list"),
        ({"Prompt": "Ho"}, "only in case"),
    ],
)
def test_a_malformed_prompt_is_refused_by_field(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        generate(**fields)


@pytest.mark.parametrize(
    ("last", "question"),
    [
        (HI, "Hi"),
        (HI | {"images": [], "tool_calls": None}, "Hi"),
        (HI | {"images": ["aGk="]}, None),
        (HI | {"tool_name": "f"}, None),
        ({"role": "user", "content": " \n"}, None),
        ({"role": "user", "content": None}, None),
        ({"role": "user"}, None),
        ({"role": "assistant", "content": "Hi"}, None),
        ({"role": "tool", "content": "Hi"}, None),
    ],
)
def test_the_question_is_the_last_users_text_if_that_is_all_there_is(
    last: dict[str, Any], question: str | None
) -> None:
    assert chat(messages=[{"role": "system", "content": "s"}, last]).question == question


@pytest.mark.parametrize("fields", [{"format": "json"}, {"format": {"type": "object"}}, {"tools": [WEATHER]}])
def test_a_chat_that_asks_for_more_than_text_has_no_question(fields: dict[str, Any]) -> None:
    assert chat(**fields).question is None


@pytest.mark.parametrize(
    "fields",
    [{"images": ["aGk="]}, {"context": [1]}, {"suffix": "return"}, {"raw": True}, {"format": "json"}, {"width": 512}],
)
def test_a_prompt_that_is_more_than_a_question_has_none(fields: dict[str, Any]) -> None:
    assert generate(**fields).question is None


def test_asking_for_text_in_so_many_words_keeps_the_question() -> None:
    """As Ollama's Python client did up to version 0.3."""
    nothing: dict[str, Any] = {"system": "", "template": "", "context": [], "raw": False, "images": [], "format": ""}

    assert generate(**nothing, options={}, keep_alive=None).question == "Hi"
    assert chat(format="", options={}, keep_alive=None, tools=[]).question == "Hi"


def test_the_caller_may_let_tools_pass_but_nothing_else() -> None:
    assert chat(tools=[WEATHER], tools_semantic=True).question == "Hi"
    assert chat(tools=[WEATHER], format="json", tools_semantic=True).question is None


# whole answers


def test_a_whole_answer_is_its_own_document() -> None:
    for format, body in ((OLLAMA_CHAT, chat_answer()), (OLLAMA_GENERATE, generate_answer())):
        mode, document = format.parse_answer(body)

        assert (mode, document) == (Mode.WHOLE, json.loads(body))
        assert json.loads(format.render(document, Mode.WHOLE)) == json.loads(body)
        assert format.summarize(document) == AnswerSummary(26, 298)


def test_what_clients_count_on_is_there() -> None:
    message = {"thinking": "Hm", "tool_calls": [CALL]}

    assert OLLAMA_CHAT.parse_answer(chat_answer(message=message))[1]["message"] == {
        "role": "assistant",
        "content": "",
        "thinking": "Hm",
        "tool_calls": [CALL],
    }
    assert OLLAMA_GENERATE.parse_answer(generate_answer(response=None, thinking="Hm"))[1]["response"] == ""


@pytest.mark.parametrize("reason", ["stop", "tool_calls", "", None])
def test_good_ends_are_kept_and_old_versions_name_none(reason: str | None) -> None:
    assert OLLAMA_CHAT.parse_answer(chat_answer(done_reason=reason))[1]["done_reason"] == reason


@pytest.mark.parametrize(
    "reason", ["length", "load", "unload", "error", "content_filter", 1, ["stop"], "a secret told"]
)
def test_any_other_end_is_refused(reason: Any) -> None:
    for format, body in ((OLLAMA_CHAT, chat_answer), (OLLAMA_GENERATE, generate_answer)):
        with pytest.raises(ValueError, match="done_reason") as caught:
            format.parse_answer(body(done_reason=reason))

        assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "message",
    [
        {"role": "assistant", "content": ""},
        {"role": "assistant"},
        {},
        None,
        {"content": "", "thinking": "", "tool_calls": [], "images": None},
        {"content": "", "images": ["aGk="]},
    ],
)
def test_an_answer_that_says_nothing_is_refused(message: dict[str, Any] | None) -> None:
    with pytest.raises(ValueError, match="nothing is said"):
        OLLAMA_CHAT.parse_answer(chat_answer(message=message))


@pytest.mark.parametrize("changes", [{"response": ""}, {"response": None}, {"response": "", "image": "aGk="}])
def test_a_model_that_was_loaded_or_drew_a_picture_said_nothing(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="nothing is said"):
        OLLAMA_GENERATE.parse_answer(generate_answer(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"error": "model runner has unexpectedly stopped"},
        {"done": False},
        {"done": None},
        {"done": "true"},
        {"model": 1},
        {"created_at": 1700000000},
        {"eval_count": "298"},
        {"total_duration": True},
        {"message": "Hello!"},
        {"message": {"content": ["Hello!"]}},
        {"message": {"content": "x", "role": 1}},
        {"message": {"content": "x", "thinking": {}}},
        {"message": {"content": "x", "tool_calls": {}}},
        {"message": {"content": "x", "tool_calls": ["f"]}},
        {"message": {"content": "x", "tool_calls": [{}]}},
        {"message": {"content": "x", "tool_calls": [{"function": {"arguments": {}}}]}},
        {"message": {"content": "x", "tool_calls": [{"function": {"name": "", "arguments": {}}}]}},
        {"message": {"content": "x", "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}},
        {"logprobs": {}},
        {"context": "1"},
    ],
)
def test_what_is_not_an_answer_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        OLLAMA_CHAT.parse_answer(chat_answer(**changes))


def test_the_other_endpoints_answer_is_none_of_this_one() -> None:
    with pytest.raises(ValueError, match="nothing is said"):
        OLLAMA_CHAT.parse_answer(generate_answer())
    with pytest.raises(ValueError, match="nothing is said"):
        OLLAMA_GENERATE.parse_answer(chat_answer())


def test_a_document_may_be_written_over_several_lines() -> None:
    body = json.dumps(json.loads(chat_answer()), indent=2).encode() + b"\n"

    assert OLLAMA_CHAT.parse_answer(body) == OLLAMA_CHAT.parse_answer(chat_answer())


# in common words


def test_equal_questions_are_equal_whatever_the_api() -> None:
    messages = [{"role": "system", "content": "Be brief."}, HI]
    openai = {"model": "m", "messages": messages, "temperature": 0.5, "max_tokens": 9, "stop": "x", "tools": [WEATHER]}
    options = {"temperature": 0.5, "num_predict": 9, "stop": ["x"]}

    common = chat(messages=messages, options=options, tools=[WEATHER], keep_alive=0, stream=False).common

    weather = {"name": "get_weather", "description": "d", "parameters": {"type": "object"}}
    params = {"temperature": 0.5, "stop": ["x"], "tools": [weather]}
    assert common == Common("Be brief.", (("user", "Hi"),), params, 9)
    assert common == CHAT.parse_request("/v1/chat/completions", json.dumps(openai).encode()).common
    assert generate(system="Be brief.", options=options).common == Common(
        "Be brief.", (("user", "Hi"),), {"temperature": 0.5, "stop": ["x"]}, 9
    )


def test_what_is_said_by_saying_nothing_is_nothing_more() -> None:
    plain = Common("", (("user", "Hi"),), {}, None)
    nothing: dict[str, Any] = {"template": "", "context": [], "raw": False, "images": [], "suffix": "", "format": ""}

    assert generate(system="", **nothing, options={"num_predict": -1, "seed": None}).common == plain
    assert generate(system=None, logprobs=False, top_logprobs=0, user="u", metadata={}).common == plain
    assert chat(messages=[HI | {"images": [], "thinking": ""}], tools=[], think=None, options=None).common == plain


@pytest.mark.parametrize(
    "fields",
    [
        {"format": "json"},
        {"think": False},
        {"logprobs": True},
        {"truncate": True},
        {"temperature": 0.5},
        {"system": "s"},
        {"n": 1},
        {"options": {"num_ctx": 8192}},
        {"options": {"n": 2}},
        {"options": {"max_tokens": 9}},
        {"options": {"num_predict": 0}},
        {"options": {"stop": [1]}},
        {"tools": [{"type": "web_search"}]},
        {"tools": [WEATHER | {"items": 1}]},
        {"messages": [HI | {"images": ["aGk="]}]},
        {"messages": [HI | {"name": ""}]},
        {"messages": [HI, {"role": "system", "content": "s"}, HI]},
        {"messages": [HI, {"role": "assistant", "content": "Hi"}]},
        {"messages": [{"role": "tool", "content": "21 C"}, HI]},
        {"messages": [{"role": "user", "content": None}]},
    ],
)
def test_what_others_have_no_words_for_has_no_common_ones(fields: dict[str, Any]) -> None:
    assert chat(**fields).common is None


@pytest.mark.parametrize(
    "fields", [{"raw": True}, {"template": "t"}, {"context": [1]}, {"images": ["aGk="]}, {"suffix": "s"}]
)
def test_a_prompt_with_more_than_words_has_no_common_ones(fields: dict[str, Any]) -> None:
    assert generate(**fields).common is None


def test_an_answer_is_understood() -> None:
    message = {"role": "assistant", "content": "Sun.", "thinking": "Hm", "tool_calls": [CALL]}

    assert OLLAMA_CHAT.to_answer(OLLAMA_CHAT.parse_answer(chat_answer(message=message))[1]) == Answer(
        id="20231212T141343416799Z",
        model="llama3.2",
        created=1702390423,
        choices=(
            Choice(
                (Reasoning("Hm"), Text("Sun."), ToolCall("call_1", "get_weather", {"city": "Tokyo"})),
                Finish.TOOL_CALLS,
            ),
        ),
        usage=Usage(26, 298),
    )
    assert OLLAMA_GENERATE.to_answer(OLLAMA_GENERATE.parse_answer(generate_answer())[1]).choices == (
        Choice((Text("It is blue."),), Finish.STOP),
    )


@pytest.mark.parametrize(
    ("time", "created"),
    [
        ("2023-08-04T08:52:19.385406455-07:00", 1691164339),
        ("2023-08-04T15:52:19Z", 1691164339),
        ("0001-01-01T00:00:00Z", 0),
        ("0001-01-01T00:00:00+23:59", 0),
        ("9999-12-31T23:59:59-23:59", 253402387139),
        ("2023-13-04T15:52:19Z", 0),
        ("yesterday", 0),
        (None, 0),
    ],
)
def test_time_is_read_to_the_second(time: str | None, created: int) -> None:
    document = OLLAMA_CHAT.parse_answer(chat_answer(created_at=time))[1]

    assert OLLAMA_CHAT.to_answer(document).created == created


def test_calls_of_old_versions_have_no_ids_and_counts_may_be_missing() -> None:
    old = {"content": "", "tool_calls": [{"function": {"name": "f"}}]}
    document = OLLAMA_CHAT.parse_answer(chat_answer(message=old, prompt_eval_count=None, eval_count=None))[1]

    answer = OLLAMA_CHAT.to_answer(document)

    assert answer.choices[0].parts == (ToolCall("", "f", {}),)
    assert answer.usage is None


def test_pictures_are_not_understood() -> None:
    document = OLLAMA_CHAT.parse_answer(chat_answer(message={"content": "x", "images": ["aGk="]}))[1]

    with pytest.raises(ValueError, match="more than text"):
        OLLAMA_CHAT.to_answer(document)


PARTS = st.tuples(
    st.lists(st.builds(Reasoning, st.text(min_size=1), st.none() | st.text()), max_size=1),
    st.lists(st.builds(Text, st.text(min_size=1)), max_size=1),
    st.lists(
        st.builds(
            ToolCall,
            st.text(min_size=1),
            st.text(min_size=1),
            st.dictionaries(st.text(), st.integers(0, 9), max_size=2),
        ),
        max_size=2,
    ),
).map(lambda parts: (*parts[0], *parts[1], *parts[2]))


@given(PARTS.filter(bool), st.integers(0, 2**40), st.none() | st.builds(Usage, st.integers(1, 99), st.integers(0, 99)))
def test_what_others_say_is_expressed(parts: tuple[Any, ...], created: int, usage: Usage | None) -> None:
    finish = Finish.TOOL_CALLS if any(isinstance(part, ToolCall) for part in parts) else Finish.STOP
    answer = Answer("1", "m-1", created, (Choice(parts, finish),), usage)

    for mode in Mode:
        document = OLLAMA_CHAT.parse_answer(OLLAMA_CHAT.render(OLLAMA_CHAT.from_answer(answer, chat()), mode))[1]
        again = OLLAMA_CHAT.to_answer(document)

        unsigned = tuple(Reasoning(part.text) if isinstance(part, Reasoning) else part for part in parts)
        assert again.choices == (Choice(unsigned, finish),)
        assert (again.model, again.usage) == ("m-1", usage)
        assert again.created == (created if created < 253402300800 else 0)


def test_an_answer_crosses_to_chat_completions_and_back() -> None:
    message = {"role": "assistant", "content": "Sun.", "thinking": "Hm", "tool_calls": [CALL]}
    document = OLLAMA_CHAT.parse_answer(chat_answer(message=message, created_at="2023-12-12T14:13:43Z"))[1]
    completion = CHAT.from_answer(OLLAMA_CHAT.to_answer(document), chat())

    back = OLLAMA_CHAT.from_answer(CHAT.to_answer(completion), chat())

    counts = {name: COUNTS[name] for name in ("prompt_eval_count", "eval_count")}
    assert back == {name: value for name, value in document.items() if name not in COUNTS} | counts


def test_an_answer_to_a_prompt_is_expressed() -> None:
    answer = Answer("1", "", 7, (Choice((Reasoning("Hm"), Text("Hi")), Finish.STOP),), None)

    document = OLLAMA_GENERATE.from_answer(answer, generate())

    assert document == {
        "model": "m",
        "created_at": "1970-01-01T00:00:07Z",
        "response": "Hi",
        "thinking": "Hm",
        "done": True,
        "done_reason": "stop",
    }
    assert OLLAMA_GENERATE.to_answer(document).choices == answer.choices


def test_tool_calls_without_ids_get_them() -> None:
    calls = (ToolCall("", "f", {}), ToolCall("", "g", {"a": 1}))
    answer = Answer("1", "m", 0, (Choice(calls, Finish.TOOL_CALLS),), None)

    assert OLLAMA_CHAT.from_answer(answer, chat())["message"]["tool_calls"] == [
        {"id": "call_0", "function": {"index": 0, "name": "f", "arguments": {}}},
        {"id": "call_1", "function": {"index": 1, "name": "g", "arguments": {"a": 1}}},
    ]


@pytest.mark.parametrize(
    "choices",
    [
        (Choice((Text("a"),), Finish.STOP), Choice((Text("b"),), Finish.STOP)),
        (Choice((Refusal("I cannot."),), Finish.REFUSAL),),
        (Choice((Text("I cannot."),), Finish.REFUSAL),),
    ],
)
def test_what_has_no_words_here_is_not_expressed(choices: tuple[Choice, ...]) -> None:
    with pytest.raises(ValueError):
        OLLAMA_CHAT.from_answer(Answer("1", "m", 0, choices, None), chat())


def test_a_prompt_is_not_answered_by_tool_calls() -> None:
    answer = Answer("1", "m", 0, (Choice((ToolCall("", "f", {}),), Finish.TOOL_CALLS),), None)

    with pytest.raises(ValueError, match="tool calls"):
        OLLAMA_GENERATE.from_answer(answer, generate())
