"""DashScope's native API as requests, as whole answers and in the words of others; streams have a file of their own."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicache.domain.conversation import Context
from aicache.domain.keys import KeyRules, Origin, identify
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
from aicache.formats.dashscope.generation import DASHSCOPE
from aicache.formats.errors import Stateful
from aicache.formats.format import AnswerSummary, RequestContext
from aicache.formats.openai.chat import CHAT
from formats.anything import replaced
from formats.rich_bodies import REQUESTS

PATH = "/api/v1/services/aigc/text-generation/generation"
MULTIMODAL = "/api/v1/services/aigc/multimodal-generation/generation"
SSE = {"x-dashscope-sse": "enable"}
HI = {"role": "user", "content": "Hi"}
TOOL = {"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}}
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
RULES = KeyRules("", Context.FULL, frozenset({"stream"}), ())
ORIGIN = Origin("https://dashscope.example:443", PATH, "me")


def parse(
    path: str = PATH,
    *,
    given: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
    tools_semantic: bool = False,
    fields: dict[str, Any] | None = None,
    **parameters: Any,
) -> Call:
    body = {"model": "m", "input": {"messages": [HI]} if given is None else given, "parameters": parameters}
    return DASHSCOPE.parse_request(
        path,
        json.dumps(body | (fields or {})).encode(),
        RequestContext(headers=headers or {}, tools_semantic=tools_semantic),
    )


def whole(*, message: Any = None, choice: dict[str, Any] | None = None, output: Any = None, **fields: Any) -> bytes:
    """A good answer in the shape of the documentation, with changes."""
    said = {"role": "assistant", "content": "Hello!"} if message is None else message
    told = {"choices": [{"finish_reason": "stop", "message": said} | (choice or {})]} if output is None else output
    usage = {"total_tokens": 11, "output_tokens": 2, "input_tokens": 9}
    return json.dumps({"output": told, "usage": usage, "request_id": "r-1"} | fields).encode()


def read(body: bytes, n: int = 1) -> dict[str, Any]:
    mode, document = DASHSCOPE.parse_answer(body, n=n)
    assert mode is Mode.WHOLE
    return document


# requests


@pytest.mark.parametrize(
    ("method", "path", "ours"),
    [
        ("POST", PATH, True),
        ("post", PATH, False),
        ("POST", MULTIMODAL, True),
        ("POST", PATH + "/", True),
        ("POST", "/gateway" + PATH, True),
        ("GET", PATH, False),
        ("POST", "/api/v1/services/aigc/text2image/image-synthesis", False),
        ("POST", "/api/v1/services/embeddings/text-embedding/text-embedding", False),
        ("POST", "/api/v1/apps/a/completion", False),
        ("POST", "/api/v1/xservices/aigc/text-generation/generation", False),
        ("POST", PATH + "//", False),
        ("POST", "/compatible-mode/v1/chat/completions", False),
    ],
)
def test_the_path_tells_the_api(method: str, path: str, ours: bool) -> None:
    assert DASHSCOPE.matches(method, path) is ours


def test_a_request_is_taken_apart_and_nothing_of_it_is_lost() -> None:
    image = {"role": "user", "content": [{"image": "oss://x"}, {"text": "?"}], "name": "ann"}
    nothing = {"role": "assistant", "content": "", "tool_calls": [{"id": "c1"}]}

    call = parse(
        given={"messages": [nothing, image], "customized_model_id": "x"},
        headers=SSE,
        fields={"resources": []},
        temperature=0,
        n=2,
        incremental_output=False,
        stream=True,
    )

    assert call == Call(
        api="dashscope",
        model="m",
        mode=Mode.STREAM,
        wants_usage=False,
        params={
            "resources": [],
            "input": {"customized_model_id": "x"},
            "parameters": {"temperature": 0, "n": 2},
        },
        turns=(
            Turn("assistant", "", {"tool_calls": [{"id": "c1"}]}),
            Turn("user", image["content"], {"name": "ann"}),
        ),
        question=None,
        n=2,
        temperature=0,
        variant="cumulative",
    )


def test_a_prompt_and_its_history_are_turns() -> None:
    call = parse(given=REQUESTS["dashscope"][1]["input"])

    assert call.turns == (Turn("user", "a", {}), Turn("assistant", "b", {}), Turn("user", "Hi", {}))
    assert call.question == "Hi"
    assert call.params["input"] == {"prompt": True, "history": True}


@pytest.mark.parametrize(
    ("headers", "mode"),
    [
        ({}, Mode.WHOLE),
        ({"accept": "*/*"}, Mode.WHOLE),
        ({"accept": "application/json; charset=utf-8"}, Mode.WHOLE),
        ({"x-dashscope-sse": "disable"}, Mode.WHOLE),
        ({"x-dashscope-sse": "enable"}, Mode.STREAM),
        ({"x-dashscope-sse": "Enable"}, Mode.STREAM),
        ({"accept": "text/event-stream"}, Mode.STREAM),
    ],
)
def test_headers_ask_for_a_stream_and_the_body_does_not(headers: dict[str, str], mode: Mode) -> None:
    assert parse(headers=headers).mode is mode
    assert parse(headers=headers, stream=True).mode is mode


@pytest.mark.parametrize(
    ("asked", "variant"), [(True, "incremental"), (False, "cumulative"), (None, ""), ("left out", "")]
)
def test_how_the_stream_is_written_is_the_variant_and_no_part_of_the_question(asked: Any, variant: str) -> None:
    parameters = {} if asked == "left out" else {"incremental_output": asked}

    stream, answer = parse(headers=SSE, **parameters), parse(**parameters)

    assert (stream.variant, answer.variant) == (variant, "")
    assert identify(stream, ORIGIN, RULES) == identify(answer, ORIGIN, RULES) == identify(parse(), ORIGIN, RULES)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"model": None}, "model: missing"),
        ({"model": 4}, "model: missing"),
        ({"input": None}, "input: not an object"),
        ({"input": "Hi"}, "input: not an object"),
        ({"input": {}}, "neither messages nor a prompt"),
        ({"input": {"text": "Hi", "voice": "Cherry"}}, "neither messages nor a prompt"),
        ({"input": {"messages": []}}, "neither messages nor a prompt"),
        ({"input": {"messages": "Hi"}}, "input.messages: not a list of objects"),
        ({"input": {"messages": [HI], "prompt": "Hi"}}, "messages and a prompt"),
        ({"input": {"messages": [HI], "history": [{}]}}, "messages and a prompt"),
        ({"input": {"messages": [{"content": "Hi"}]}}, r"messages\[0\].role: not a string"),
        ({"input": {"messages": [{"role": "user", "content": 1}]}}, r"messages\[0\].content: not a list"),
        ({"input": {"messages": [{"role": "user", "content": ["Hi"]}]}}, r"messages\[0\].content: not a list"),
        ({"input": {"prompt": ["Hi"]}}, "input.prompt: not of its type"),
        ({"input": {"prompt": "Hi", "history": {}}}, "input.history: not a list"),
        ({"input": {"prompt": "Hi", "history": [{"user": "a"}]}}, "input.history: not a user"),
        ({"input": {"prompt": "Hi", "history": [{"user": "a", "bot": "b", "x": 1}]}}, "input.history: not a user"),
        ({"parameters": []}, "parameters: not an object"),
        ({"parameters": {"n": 0}}, "n: not a positive integer"),
        ({"parameters": {"n": True}}, "n: not of its type"),
        ({"parameters": {"temperature": "0"}}, "temperature: not of its type"),
        ({"parameters": {"incremental_output": "true"}}, "incremental_output: not of its type"),
        ({"parameters": {"result_format": 1}}, "result_format: not of its type"),
        ({"parameters": {"stop": 1}}, "stop: not of its type"),
        ({"parameters": {"tools": {}}}, "tools: not of its type"),
        ({"parameters": {"enable_search": 1}}, "enable_search: not of its type"),
        ({"stream": 1}, "stream: not of its type"),
    ],
)
def test_a_malformed_request_is_refused_by_field(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse(fields=fields)


@pytest.mark.parametrize("name", ["session_id", "memory_id", "previous_response_id", "background"])
@pytest.mark.parametrize("place", ["top", "input", "parameters"])
def test_a_request_that_leans_on_state_is_told_apart(name: str, place: str) -> None:
    fields: dict[str, Any] = {name: "x"}
    if place != "top":
        fields = {place: {"messages": [HI], name: "x"} if place == "input" else {name: "x"}}

    with pytest.raises(Stateful, match=name):
        parse(fields=fields)


@pytest.mark.parametrize("headers", [{"x-dashscope-async": "enable"}, {"x-dashscope-plugin": '{"calculator":{}}'}])
def test_tasks_in_the_background_and_plugins_are_state_too(headers: dict[str, str]) -> None:
    with pytest.raises(Stateful):
        parse(headers=headers)


def test_an_encrypted_exchange_is_left_alone() -> None:
    with pytest.raises(ValueError, match="encryptionkey"):
        parse(headers={"x-dashscope-encryptionkey": "{}"})


def test_headers_that_change_no_answer_do_not_matter() -> None:
    assert parse(headers={"x-dashscope-datainspection": '{"input":"cip"}', "x-dashscope-async": ""}) == parse()


@pytest.mark.parametrize(
    ("content", "question"),
    [
        ("Hi", "Hi"),
        (" \n", None),
        (None, None),
        ([], None),
        ([{"text": "Hi"}], "Hi"),
        ([{"type": "text", "text": "Hi"}], "Hi"),
        ([{"text": "Hi"}, {"text": "there"}], "Hi\nthere"),
        ([{"text": "Hi", "cache_control": {"type": "ephemeral"}}], "Hi"),
        ([{"text": "Hi", "lang": "en"}], None),
        ([{"image": "https://x/y.png"}, {"text": "Hi"}], None),
        ([{"file": "https://x/y.pdf"}], None),
    ],
)
def test_the_question_is_the_last_users_text_if_that_is_all_there_is(content: Any, question: str | None) -> None:
    messages = [{"role": "system", "content": "s"}, {"role": "user", "content": content}]

    assert parse(MULTIMODAL, given={"messages": messages}).question == question


def test_one_text_part_is_the_same_turn_as_its_text() -> None:
    assert parse(given={"messages": [{"role": "user", "content": [{"text": "Hi"}]}]}).turns == parse().turns


@pytest.mark.parametrize("role", ["assistant", "tool", "system"])
def test_only_a_user_asks(role: str) -> None:
    assert parse(given={"messages": [HI, {"role": role, "content": "Hi"}]}).question is None


def test_a_question_about_an_uploaded_file_is_that_question_alone() -> None:
    given = {"messages": [{"role": "system", "content": "fileid://file-fe-1"}, HI]}

    call = parse(given=given, result_format="message")

    assert (call.question, call.common) == (None, None)


@pytest.mark.parametrize(
    "parameters",
    [
        {"tools": [TOOL]},
        {"response_format": {"type": "json_object"}},
        {"enable_search": True},
        {"search_options": {"forced_search": True}},
        {"translation_options": {"target_lang": "English"}},
        {"ocr_options": {"task": "text_recognition"}},
        {"enable_code_interpreter": True},
        {"a_new_one": "x"},
    ],
)
def test_what_asks_for_more_than_text_has_no_question(parameters: dict[str, Any]) -> None:
    assert parse(**parameters).question is None


@pytest.mark.parametrize(
    "parameters",
    [
        {"tools": [], "response_format": {"type": "text"}},
        {"enable_search": False, "enable_code_interpreter": None},
        {"enable_thinking": True, "thinking_budget": 50, "result_format": "message"},
    ],
)
def test_asking_for_text_in_so_many_words_keeps_the_question(parameters: dict[str, Any]) -> None:
    assert parse(**parameters).question == "Hi"


def test_the_caller_may_let_tools_pass_but_nothing_else() -> None:
    assert parse(tools=[TOOL], tools_semantic=True).question == "Hi"
    assert parse(tools=[TOOL], enable_search=True, tools_semantic=True).question is None


@pytest.mark.parametrize(
    "other",
    [
        {"prompt": "Hi", "messages": []},
        {"prompt": "Hi", "history": []},
        {"prompt": "Hi", "history": [{"user": "Hi", "bot": "Hi"}]},
        {"messages": [HI]},
        {"messages": [HI], "prompt": None},
        {"messages": [HI, {"role": "assistant", "content": "Hi"}, HI]},
    ],
)
def test_the_same_words_said_in_another_way_are_another_request(other: dict[str, Any]) -> None:
    assert identity(parse(given={"prompt": "Hi"})) != identity(parse(given=other))


@settings(max_examples=60)
@given(st.lists(st.integers(0, 6), max_size=5), JSON, st.sampled_from(REQUESTS["dashscope"]))
def test_whatever_differs_makes_another_request(path: list[int], value: Any, request_: Any) -> None:
    changed = replaced(request_, path, value)
    try:
        call = DASHSCOPE.parse_request(PATH, json.dumps(changed).encode())
    except ValueError:
        return

    same = identity(call) == identity(DASHSCOPE.parse_request(PATH, json.dumps(request_).encode()))

    assert same == (faithful(less_mode(changed)) == faithful(less_mode(request_)))


def identity(call: Call) -> bytes:
    return msgspec.json.encode((call.model, call.params, call.turns), order="deterministic")


def faithful(value: Any) -> bytes:
    return msgspec.json.encode(value, order="deterministic")


def less_mode(request_: Any) -> Any:
    """The request without defaults and what only tells how a stream is written, and one text part as its text."""
    parameters = request_.get("parameters")
    if parameters:
        defaults = {"n": (1, None), "tools": ([], None), "response_format": ({"type": "text"}, None)}
        parameters = {
            name: value
            for name, value in parameters.items()
            if name not in ("stream", "incremental_output")
            and not any(faithful(value) == faithful(default) for default in defaults.get(name, ()))
        }
        request_ = request_ | {"parameters": parameters}
    messages = request_["input"].get("messages") or []
    texts = [m["content"][0]["text"] if faithful(m.get("content")) == b'[{"text":"Hi"}]' else None for m in messages]
    shown = [m if text is None else m | {"content": text} for m, text in zip(messages, texts, strict=True)]
    return request_ | {"input": request_["input"] | ({"messages": shown} if shown else {})}


# requests in common words


def test_a_request_for_messages_of_text_is_put_in_common_words() -> None:
    messages = [{"role": "system", "content": "Be brief."}, HI]

    call = parse(
        given={"messages": messages},
        result_format="message",
        temperature=0.0,
        max_tokens=9,
        stop="x",
        enable_search=False,
        incremental_output=True,
        tools=[TOOL],
        tool_choice={"type": "function", "function": {"name": "f"}},
    )

    assert call.common == Common(
        system="Be brief.",
        turns=(("user", "Hi"),),
        params={
            "temperature": 0,
            "stop": ["x"],
            "tools": [{"name": "f", "description": "d", "parameters": {"type": "object"}}],
            "tool_choice": {"name": "f"},
        },
        max_tokens=9,
    )


def test_the_same_question_to_chat_completions_is_the_same_in_common_words() -> None:
    chat = {"model": "m", "messages": [HI], "stream": True, "seed": 7, "tools": [TOOL], "tool_choice": "auto"}

    other = CHAT.parse_request("/v1/chat/completions", json.dumps(chat).encode())

    assert parse(result_format="message", seed=7, tools=[TOOL], tool_choice="auto").common == other.common
    assert other.common is not None


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"result_format": "text"},
        {"result_format": "message", "enable_search": True},
        {"result_format": "message", "enable_thinking": True},
        {"result_format": "message", "repetition_penalty": 1.1},
        {"result_format": "message", "stop": [42]},
        {"result_format": "message", "tool_choice": "required"},
        {"result_format": "message", "tools": [{"type": "function", "function": {"name": "f", "parameters": []}}]},
        {"result_format": "message", "max_tokens": 5, "max_completion_tokens": 5},
    ],
)
def test_what_says_more_has_no_common_words(parameters: dict[str, Any]) -> None:
    assert parse(**parameters).common is None


def test_answers_of_another_shape_have_no_common_words() -> None:
    assert parse(MULTIMODAL, result_format="message").common is None


# whole answers


def test_a_whole_answer_is_kept_as_it_is() -> None:
    body = whole(
        choice={"index": 0, "logprobs": None, "a": 1}, output=None, usage={"input_tokens": 9, "x": {}}, vendor=[1]
    )

    assert read(body) == json.loads(body)


def test_an_answer_in_the_shape_of_text_is_kept_too() -> None:
    body = whole(output={"text": "Hello!", "finish_reason": "stop", "choices": None}, code="")

    assert read(body) == json.loads(body)


def test_messages_get_what_clients_count_on() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}

    document = read(whole(message={"content": None, "tool_calls": [call]}, choice={"finish_reason": "tool_calls"}))

    assert document["output"]["choices"][0]["message"] == {
        "role": "assistant",
        "content": "",
        "tool_calls": [call | {"index": 0}],
    }


@pytest.mark.parametrize("reason", ["length", "content_filter", "null", "", None, 1, ["stop"], {}, "a secret end"])
@pytest.mark.parametrize("shape", ["choices", "text"])
def test_only_good_ends_are_kept(reason: Any, shape: str) -> None:
    body = whole(choice={"finish_reason": reason})
    if shape == "text":
        body = whole(output={"text": "Hello!", "finish_reason": reason})

    with pytest.raises(ValueError, match="finish_reason") as caught:
        DASHSCOPE.parse_answer(body)

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "InvalidParameter"},
        {"code": "DataInspectionFailed"},
        {"status_code": 400},
        {"error": {"message": "m"}},
        {"output": []},
        {"output": {}},
        {"output": {"choices": {}}},
        {"output": {"choices": ["x"]}},
        {"output": {"text": 1, "finish_reason": "stop"}},
        {"output": {"text": "", "finish_reason": "stop"}},
        {"output": {"task_id": "t", "task_status": "PENDING"}},
        {"usage": []},
        {"request_id": 1},
        {"choice": {"message": None}},
        {"choice": {"index": -1}},
        {"choice": {"index": "0"}},
        {"message": {"content": 5}},
        {"message": {"content": {"text": "x"}}},
        {"message": {"content": ["x"]}},
        {"message": {"role": 1, "content": "x"}},
        {"message": {"content": "x", "reasoning_content": []}},
        {"message": {"content": "x", "tool_calls": {"id": "c"}}},
        {"message": {"content": ""}},
        {"message": {"content": []}},
        {"message": {"content": [{"text": ""}], "tool_calls": [], "reasoning_content": ""}},
    ],
)
def test_what_is_not_an_answer_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        DASHSCOPE.parse_answer(whole(**changes))


@pytest.mark.parametrize(
    "message",
    [
        {"content": [{"image": "https://x.oss.example/1.png?Expires=1"}]},
        {"content": [{"text": "Here:"}, {"video": "https://x.oss.example/1.mp4"}]},
        {"content": "x", "audio": {"data": "AA"}},
    ],
)
def test_an_answer_that_holds_a_file_is_refused_since_the_service_drops_it_within_a_day(message: Any) -> None:
    with pytest.raises(ValueError, match="holds a file"):
        DASHSCOPE.parse_answer(whole(message=message))


@pytest.mark.parametrize(
    "said",
    [
        {"content": [{"text": "x"}]},
        {"content": [{"ocr_result": {"words_info": [1]}, "text": ""}]},
        {"content": "", "reasoning_content": "x"},
        {"content": "", "tool_calls": [{"index": 0, "id": "c", "type": "function", "function": {"name": "f"}}]},
    ],
)
def test_an_answer_may_say_it_in_other_ways(said: dict[str, Any]) -> None:
    (choice,) = read(whole(message=said))["output"]["choices"]

    assert choice["message"] == {"role": "assistant", **said}


def test_each_choice_that_was_asked_for_must_be_there() -> None:
    choices = [{"finish_reason": "stop", "message": {"content": text}} for text in ("", "x")]

    assert len(read(whole(output={"choices": choices}), n=2)["output"]["choices"]) == 2
    with pytest.raises(ValueError, match="2 where 3"):
        DASHSCOPE.parse_answer(whole(output={"choices": choices}), n=3)
    with pytest.raises(ValueError, match="1 where 2"):
        DASHSCOPE.parse_answer(whole(output={"text": "x", "finish_reason": "stop"}), n=2)
    with pytest.raises(ValueError, match="duplicate index"):
        DASHSCOPE.parse_answer(whole(output={"choices": [choice | {"index": 1} for choice in choices]}))


def test_tokens_are_noted() -> None:
    assert DASHSCOPE.summarize(read(whole())) == AnswerSummary(9, 2)
    assert DASHSCOPE.summarize(read(whole(usage=None))) == AnswerSummary(0, 0)


# answers in common words

ANSWER = Answer(
    id="r-1",
    model="",
    created=0,
    choices=(
        Choice(
            (Reasoning("Hm."), Text("Hello!"), ToolCall("c", "f", {"a": 1}), ToolCall("d", "g", {})),
            Finish.TOOL_CALLS,
        ),
    ),
    usage=Usage(9, 7, 4, 3),
)


def test_what_an_answer_says_is_understood() -> None:
    message = {
        "content": [{"text": "Hello!"}],
        "reasoning_content": "Hm.",
        "tool_calls": [
            {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}},
            {"id": "d", "type": "function", "function": {"name": "g", "arguments": ""}},
        ],
    }
    usage = {
        "input_tokens": 9,
        "output_tokens": 7,
        "prompt_tokens_details": {"cached_tokens": 4},
        "output_tokens_details": {"reasoning_tokens": 3, "text_tokens": 4},
    }

    body = whole(message=message, choice={"finish_reason": "tool_calls"}, usage=usage)

    assert DASHSCOPE.to_answer(read(body)) == ANSWER


def test_the_shape_of_text_is_understood() -> None:
    answer = DASHSCOPE.to_answer(read(whole(output={"text": "Hello!", "finish_reason": "stop"})))

    assert answer.choices == (Choice((Text("Hello!"),), Finish.STOP),)


@pytest.mark.parametrize(
    "message",
    [
        {"content": [{"text": "x", "image_hw": [[1, 2]]}]},
        {"content": "", "tool_calls": [{"id": "c", "type": "x"}]},
        {"content": "", "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "[]"}}]},
    ],
)
def test_what_others_have_no_words_for_is_refused(message: dict[str, Any]) -> None:
    document = read(whole(message=message))

    with pytest.raises(ValueError):
        DASHSCOPE.to_answer(document)


def test_what_another_api_says_is_expressed_in_the_shape_of_messages() -> None:
    call = parse(result_format="message")

    document = DASHSCOPE.from_answer(ANSWER, call)

    assert read(DASHSCOPE.render(document, Mode.WHOLE)) == document
    assert DASHSCOPE.to_answer(document) == ANSWER
    assert document["output"]["choices"][0]["message"]["tool_calls"][0] == {
        "index": 0,
        "id": "c",
        "type": "function",
        "function": {"name": "f", "arguments": '{"a":1}'},
    }


def test_a_refusal_has_no_word_here() -> None:
    refusal = Answer("i", "m", 0, (Choice((Refusal("No."),), Finish.REFUSAL),), None)

    with pytest.raises(ValueError, match="refusal"):
        DASHSCOPE.from_answer(refusal, parse())


def test_tool_calls_without_an_id_get_one() -> None:
    answer = Answer("i", "m", 0, (Choice((ToolCall("", "f", {}), ToolCall("", "f", {})), Finish.TOOL_CALLS),), None)

    calls = DASHSCOPE.from_answer(answer, parse())["output"]["choices"][0]["message"]["tool_calls"]

    assert [call["id"] for call in calls] == ["call_0", "call_1"]


@pytest.mark.parametrize("mode", Mode)
def test_what_passes_through_chat_completions_says_the_same(mode: Mode) -> None:
    chat = CHAT.from_answer(ANSWER, parse())

    _, completion = CHAT.parse_answer(CHAT.render(chat, mode))
    document = DASHSCOPE.from_answer(CHAT.to_answer(completion), parse())

    assert DASHSCOPE.to_answer(document).choices == ANSWER.choices
    assert DASHSCOPE.to_answer(document).usage == ANSWER.usage
