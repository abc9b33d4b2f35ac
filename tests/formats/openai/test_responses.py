"""Responses as requests and as whole answers; streams have a file of their own."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.domain.model import Call, Mode, Turn
from aicache.formats.errors import Stateful
from aicache.formats.format import AnswerSummary, RequestContext
from aicache.formats.openai.responses import RESPONSES
from formats.anything import JSON, replaced
from formats.rich_bodies import REQUESTS

PATH = "/v1/responses"
STORED = "the answer is stored"
HI = {"role": "user", "content": "Hi"}
CALL = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
RESULT = {"type": "function_call_output", "call_id": "c1", "output": "21 C"}
FUNCTION = {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": False}
MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "status": "completed",
    "content": [{"type": "output_text", "annotations": [], "logprobs": [], "text": "Hello!"}],
    "role": "assistant",
}
USAGE = {
    "input_tokens": 9,
    "input_tokens_details": {"cached_tokens": 4},
    "output_tokens": 5,
    "output_tokens_details": {"reasoning_tokens": 3},
    "total_tokens": 14,
}


def parse(path: str = PATH, *, tools_semantic: bool = False, **fields: Any) -> Call:
    body = {"model": "m", "input": "Hi", **fields}
    return RESPONSES.parse_request(path, json.dumps(body).encode(), RequestContext(tools_semantic=tools_semantic))


def response(*output: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A good answer in the shape of OpenAI's documentation, with changes."""
    document = {"id": "resp_1", "object": "response", "created_at": 1700000000, "status": "completed", "error": None}
    document |= {"incomplete_details": None, "model": "m-1", "output": list(output or [MESSAGE]), "usage": USAGE}
    return document | fields


def whole(*output: dict[str, Any], **fields: Any) -> bytes:
    return json.dumps(response(*output, **fields)).encode()


def message(*content: dict[str, Any]) -> dict[str, Any]:
    return {**MESSAGE, "content": list(content)}


# requests


@pytest.mark.parametrize(
    ("method", "path", "ours"),
    [
        ("POST", "/v1/responses", True),
        ("post", "/v1/responses", False),
        ("POST", "/v1/responses/", True),
        ("POST", "/responses", True),
        ("POST", "/openai/v1/responses", True),
        ("POST", "/api/v1/responses", True),
        ("POST", "/backend-api/codex/responses", True),
        ("GET", "/v1/responses", False),
        ("POST", "/v1/responses/resp_1", False),
        ("POST", "/v1/responses/resp_1/cancel", False),
        ("POST", "/v1/responses/compact", False),
        ("POST", "/v1/responses/input_tokens", False),
        ("POST", "/v1/xresponses", False),
        ("POST", "/", False),
    ],
)
def test_the_path_tells_the_api(method: str, path: str, ours: bool) -> None:
    assert RESPONSES.matches(method, path) is ours


def test_a_request_is_taken_apart_and_nothing_of_it_is_lost() -> None:
    image = {"role": "user", "content": [{"type": "input_image", "image_url": "x"}], "status": "completed"}

    call = parse(input=[HI, CALL, RESULT, image], instructions="Be brief.", temperature=0, stream=True, include=[])

    assert call == Call(
        api="responses",
        model="m",
        mode=Mode.STREAM,
        wants_usage=False,
        params={"temperature": 0, "stream": True, STORED: True},
        turns=(
            Turn("system", "Be brief.", {"role": "instructions"}),
            Turn("user", "Hi", {}),
            Turn("function_call", CALL, {}),
            Turn("function_call_output", RESULT, {}),
            Turn("user", image["content"], {"status": "completed"}),
        ),
        question=None,
        n=1,
        temperature=0,
        variant="{}",
    )


def test_tools_that_a_developers_item_brings_are_its_words() -> None:
    """So they count in every context, as system prompts do."""
    brought = {"type": "additional_tools", "role": "developer", "tools": [FUNCTION]}

    assert parse(input=[brought, HI]).turns[0] == Turn("developer", brought, {})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"input": "Hi"}, {"input": [HI]}),
        ({"input": "Hi"}, {"input": [{"role": "user", "content": [{"text": "Hi", "type": "input_text"}]}]}),
        ({"input": "Hi"}, {"input": [{"type": "message", "id": "msg_1", **HI}]}),
        (
            {"input": [{"role": "developer", "content": "Be brief."}, HI]},
            {"input": [{"role": "developer", "content": [{"text": "Be brief.", "type": "input_text"}]}, HI]},
        ),
        (
            {"input": "Hi"},
            {
                "input": [
                    {
                        "role": "user",
                        "content": [
                            {"text": "Hi", "type": "input_text", "prompt_cache_breakpoint": {"mode": "explicit"}}
                        ],
                    }
                ]
            },
        ),
        ({"input": [HI, CALL]}, {"input": [HI, {**CALL, "id": "fc_2"}]}),
        ({"input": [HI, RESULT]}, {"input": [HI, {**RESULT, "id": "fco_2"}]}),
    ],
)
def test_a_text_is_the_same_however_it_is_wrapped(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert parse(**one).turns == parse(**other).turns


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"instructions": "x", "input": [HI]}, {"input": [{"role": "system", "content": "x"}, HI]}),
        ({"instructions": "x", "input": [HI]}, {"input": [{"role": "developer", "content": "x"}, HI]}),
        (
            {"input": [{"role": "assistant", "content": "Hi"}]},
            {"input": [{"role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]}]},
        ),
        ({"input": [HI, {"type": "reasoning", "id": "rs_1"}]}, {"input": [HI, {"type": "reasoning", "id": "rs_2"}]}),
        ({"input": [{"role": "assistant", "id": "msg_1"}]}, {"input": [{"role": "assistant", "id": "msg_2"}]}),
        ({"input": [{"type": "function_call", "id": "a"}]}, {"input": [{"type": "function_call", "id": "b"}]}),
        (
            {"input": [HI, {"type": "web_search_call", "id": "ws_1"}]},
            {"input": [HI, {"type": "web_search_call", "id": "ws_2"}]},
        ),
        ({"instructions": ""}, {}),
        ({"input": [{"type": "user"}]}, {"input": [{"role": "user", "type": None}]}),
        ({"input": [{"type": "function_call", "role": "user"}]}, {"input": [{"type": "function_call"}]}),
        ({"input": [{"role": "user", "content": [{"type": "output_text", "text": "Hi"}]}]}, {"input": "Hi"}),
        ({"input": [{"role": "assistant", "content": [{"type": "input_text", "text": "Hi"}]}]}, {"input": "Hi"}),
    ],
)
def test_what_is_not_quite_the_same_is_another_request(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert parse(**one) != parse(**other)


@given(st.lists(st.tuples(st.lists(st.integers(0, 6), max_size=4), JSON), min_size=2, max_size=2))
def test_only_equal_requests_are_equal_calls(changes: list[tuple[list[int], Any]]) -> None:
    one, other = (replaced(REQUESTS["responses"][0], *change) for change in changes)
    try:
        calls = [RESPONSES.parse_request(PATH, json.dumps(request).encode()) for request in (one, other)]
    except ValueError:
        return

    same = [faithful(unwrapped(request)) for request in (one, other)]
    said = [faithful((call.model, call.params, call.turns)) for call in calls]
    assert (said[0] == said[1]) is (same[0] == same[1])


def faithful(value: Any) -> bytes:
    """Tells 1, 1.0 and true apart, which ``==`` does not."""
    return msgspec.json.encode(value, order="deterministic")


def unwrapped(request: dict[str, Any]) -> dict[str, Any]:
    told = request["input"]
    defaults = {"text": ({}, None, {"format": {"type": "text"}}), "tools": ([], None), "instructions": (None,)}
    request = {name: value for name, value in request.items() if value not in defaults.get(name, ())}
    items = [{"role": "user", "content": told}] if isinstance(told, str) else told
    bare = [{**item, "content": _bare(item)} if "role" in item else item for item in items]
    return {**request, "input": [_without_id(item) for item in bare]}


def _without_id(item: dict[str, Any]) -> dict[str, Any]:
    own = ("message", "function_call", "function_call_output")
    saying = {name: value for name, value in item.items() if name != "id" or item.get("type", "message") not in own}
    return {name: value for name, value in saying.items() if (name, value) != ("type", "message")}


def _bare(item: dict[str, Any]) -> Any:
    kind = "output_text" if item.get("role") == "assistant" else "input_text"
    match item.get("content"):
        case [{"type": str(name), "text": str(text), **rest}] if name == kind and not rest:
            return text
        case content:
            return content


@pytest.mark.parametrize(
    ("fields", "stored"),
    [({}, True), ({"store": None}, True), ({"store": True}, True), ({"store": False}, False)],
)
def test_whether_an_answer_can_be_gone_on_from_counts(fields: dict[str, Any], stored: bool) -> None:
    assert parse(**fields).params[STORED] is stored


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"model": None}, "model: missing"),
        ({"model": ""}, "model: missing"),
        ({"model": 4}, "model: not a str"),
        ({"input": None}, "input: missing"),
        ({"input": []}, "input: missing"),
        ({"input": {"role": "user"}}, "input: not a str or list"),
        ({"input": ["Hi"]}, "input: not a list of objects"),
        ({"input": [HI, {"content": "Hi"}]}, r"input\[1\].role: not a string"),
        ({"input": [{"type": "message"}]}, r"input\[0\].role: not a string"),
        ({"input": [{"type": 1}]}, r"input\[0\].type: not a string"),
        ({"input": [{"role": "user", "content": 7}]}, r"input\[0\].content: not a list of objects"),
        ({"input": [{"role": "user", "content": {"text": "Hi"}}]}, r"input\[0\].content: not a list of objects"),
        ({"instructions": ["x"]}, "instructions: not a str"),
        ({"stream": 1}, "stream: not a bool"),
        ({"stream": "true"}, "stream: not a bool"),
        ({"store": "false"}, "store: not a bool"),
        ({"temperature": "0"}, "temperature: not a int or float"),
        ({"temperature": True}, "temperature: not a int or float"),
        ({"max_output_tokens": 1.5}, "max_output_tokens: not a int"),
        ({"max_output_tokens": True}, "max_output_tokens: not a int"),
        ({"include": "x"}, "include: not a list"),
        ({"text": "text"}, "text: not a dict"),
        ({"tools": {}}, "tools: not a list"),
        ({"tools": ["web_search"]}, "tools: not a list of objects"),
        ({"tools": [{"name": "f"}]}, "tools: one has no type"),
        ({"input": [{"type": "additional_tools", "tools": 5}]}, "input.tools: not a list of objects"),
        ({"tool_choice": 1}, "tool_choice: not a str or dict"),
        ({"user": 7}, "user: not a str"),
        ({"metadata": []}, "metadata: not a dict"),
        ({"reasoning": "high"}, "reasoning: not a dict"),
    ],
)
def test_a_malformed_request_is_refused_by_field(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse(**fields)


def test_a_field_of_null_is_absent() -> None:
    names = ("stream", "store", "temperature", "tools", "text", "instructions", "user", "prompt", "conversation")

    assert parse(**dict.fromkeys(names)).question == "Hi"


@pytest.mark.parametrize(
    "fields",
    [
        {"previous_response_id": "resp_1", "input": None},
        {"conversation": {"id": "conv_1"}},
        {"conversation": "conv_1"},
        {"background": True},
        {"prompt": {"id": "pmpt_1"}, "model": None, "input": None},
        {"input": [HI, {"type": "item_reference", "id": "msg_1"}]},
        {"input": [HI, {"id": "msg_1"}]},
        {"tools": [{"type": "file_search", "vector_store_ids": ["vs_1"]}]},
        {"tools": [{"type": "collections_search", "collection_ids": ["c_1"]}]},
        {"tools": [FUNCTION, {"type": "code_interpreter", "container": {"type": "auto"}}]},
        {"tools": [{"type": "code_interpreter", "container": "cntr_1"}]},
        {"tools": [{"type": "shell", "environment": {"type": "container_reference", "container_id": "cntr_1"}}]},
        {"input": [HI, {"type": "additional_tools", "role": "developer", "tools": [{"type": "file_search"}]}]},
    ],
)
def test_a_request_that_leans_on_state_is_told_apart(fields: dict[str, Any]) -> None:
    with pytest.raises(Stateful):
        parse(**fields)


def test_state_that_is_declined_does_not_matter() -> None:
    assert parse(previous_response_id=None, conversation="", background=False, prompt=None).question == "Hi"


def test_tools_that_a_remote_server_listed_are_history() -> None:
    listed = {"type": "mcp_list_tools", "id": "m", "server_label": "s", "tools": [{"name": "f", "input_schema": {}}]}

    assert parse(input=[listed, HI]).question == "Hi"


def test_a_file_by_its_id_is_no_state_since_what_an_id_names_never_changes() -> None:
    call = parse(input=[{"role": "user", "content": [{"type": "input_file", "file_id": "file-1"}]}])

    assert call.question is None


@pytest.mark.parametrize(
    ("content", "question"),
    [
        ("Hi", "Hi"),
        (" \n", None),
        (None, None),
        ([], None),
        ([{"type": "input_text", "text": "Hi"}], "Hi"),
        ([{"type": "input_text", "text": "Hi"}, {"type": "input_text", "text": "there"}], "Hi\nthere"),
        ([{"type": "input_text", "text": "Hi", "prompt_cache_breakpoint": {"mode": "explicit"}}], "Hi"),
        ([{"type": "input_text", "text": "Hi", "lang": "en"}], None),
        ([{"type": "input_text", "text": None}], None),
        ([{"type": "output_text", "text": "Hi"}], None),
        ([{"type": "input_text", "text": "Hi"}, {"type": "input_image", "image_url": "x"}], None),
        ([{"type": "input_text", "text": "Hi"}, {"type": "input_file", "file_data": "x"}], None),
    ],
)
def test_the_question_is_the_last_users_text_if_that_is_all_there_is(content: Any, question: str | None) -> None:
    assert (
        parse(input=[{"role": "developer", "content": "s"}, {"role": "user", "content": content}]).question == question
    )


@pytest.mark.parametrize("last", [{"role": "assistant", "content": "Hi"}, {"role": "system", "content": "Hi"}, RESULT])
def test_only_a_user_asks(last: dict[str, Any]) -> None:
    assert parse(input=[HI, last]).question is None


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [FUNCTION]},
        {"tools": [{"type": "web_search"}]},
        {"input": [{"type": "additional_tools", "role": "developer", "tools": [FUNCTION]}, HI]},
        {"text": {"format": {"type": "json_object"}}},
        {"text": {"format": {"type": "json_schema", "name": "n", "schema": {}}}},
        {"text": {"format": "text"}},
        {"moderation": {"model": "omni"}},
        {"context_management": [{"type": "compaction"}]},
        {"plugins": [{"id": "web"}]},
        {"search_parameters": {"mode": "auto"}},
    ],
)
def test_what_asks_for_more_than_text_has_no_question(fields: dict[str, Any]) -> None:
    assert parse(**fields).question is None


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": []},
        {"text": {"format": {"type": "text"}, "verbosity": "low"}},
        {"text": {}},
        {"reasoning": {"effort": "low"}, "include": ["reasoning.encrypted_content"]},
    ],
)
def test_asking_for_text_in_so_many_words_keeps_the_question(fields: dict[str, Any]) -> None:
    assert parse(**fields).question == "Hi"


def test_the_caller_may_let_its_own_tools_pass_but_nothing_else() -> None:
    assert parse(tools=[FUNCTION, {"type": "custom", "name": "sh"}], tools_semantic=True).question == "Hi"
    assert parse(tools=[FUNCTION, {"type": "web_search"}], tools_semantic=True).question is None
    assert parse(tools=[{"type": "image_generation", "background": "auto"}], tools_semantic=True).question is None
    assert parse(tools=[FUNCTION], text={"format": {"type": "json_object"}}, tools_semantic=True).question is None


# whole answers


def test_a_whole_answer_is_read_and_written_as_it_is() -> None:
    odd = whole(logprob=-0.1234567890123456, one=1.0, big=18446744073709551616, vendor={"x": [None]})

    mode, document = RESPONSES.parse_answer(odd)

    assert mode is Mode.WHOLE
    assert document == json.loads(odd)
    assert RESPONSES.render(document, Mode.WHOLE) == json.dumps(json.loads(odd), separators=(",", ":")).encode()


@pytest.mark.parametrize(
    "status",
    ["incomplete", "failed", "cancelled", "in_progress", "queued", "", None, 1, ["completed"], "a secret at length"],
)
def test_any_other_status_than_completed_is_refused(status: Any) -> None:
    with pytest.raises(ValueError, match="status") as caught:
        RESPONSES.parse_answer(whole(status=status))

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "output",
    [
        [],
        [message()],
        [message({"type": "output_text", "text": "", "annotations": []})],
        [message({"type": "refusal", "refusal": ""})],
        [{"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"}],
        [{"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": ""}]}, message()],
        [{"type": "web_search_call", "id": "ws_1", "status": "completed"}],
        [{"type": "mcp_list_tools", "id": "m", "tools": []}],
    ],
)
def test_an_answer_that_says_nothing_is_refused(output: list[Any]) -> None:
    with pytest.raises(ValueError, match="no content"):
        RESPONSES.parse_answer(whole(output=output))


@pytest.mark.parametrize(
    "item",
    [
        {**CALL, "status": "completed"},
        {"type": "custom_tool_call", "call_id": "c", "name": "sh", "input": ""},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm"}]},
        {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm"}]},
        {"type": "image_generation_call", "id": "ig", "status": "generating", "result": "AAAA"},
        {"type": "shell_call", "call_id": "c", "status": "in_progress", "action": {"commands": ["ls"]}},
        {"type": "tool_search_call", "call_id": "c", "execution": "client", "arguments": {"query": "rates"}},
        {"type": "mcp_approval_request", "id": "m", "name": "f", "arguments": "{}", "server_label": "s"},
        {"type": "from_the_future", "x": 1},
        message({"type": "from_the_future", "x": 1}),
    ],
)
def test_an_answer_may_say_it_without_text(item: dict[str, Any]) -> None:
    assert RESPONSES.parse_answer(whole(item))[1]["output"] == [item]


@pytest.mark.parametrize(
    "changes",
    [
        {"error": {"code": "server_error", "message": "m"}},
        {"error": "overloaded"},
        {"object": "error"},
        {"object": "chat.completion"},
        {"object": None},
        {"type": "error"},
        {"incomplete_details": {"reason": "max_output_tokens"}},
        {"output": None},
        {"output": {}},
        {"output": ["x"]},
        {"output": [{"id": "x"}]},
        {"output": [{**MESSAGE, "type": 1}]},
        {"output": [{**MESSAGE, "status": "incomplete"}]},
        {"output": [{**MESSAGE, "status": "in_progress"}]},
        {"output": [MESSAGE, {"type": "web_search_call", "status": "failed"}]},
        {"output": [MESSAGE, {"type": "image_generation_call", "status": "generating", "result": None}]},
        {"output": [MESSAGE, {"type": "mcp_call", "error": {"type": "http_error"}, "output": None}]},
        {"output": [message({"type": "output_text", "text": 5})]},
        {"output": [message({"type": "output_text"})]},
        {"output": [message({"type": "refusal", "refusal": None})]},
        {"output": [message({"text": "x"})]},
        {"output": [message({"type": "output_text", "text": "x", "annotations": ["x"]})]},
        {"output": [message({"type": "output_text", "text": "x", "logprobs": {}})]},
        {"output": [{**MESSAGE, "content": "Hello"}]},
        {"output": [MESSAGE, {"type": "reasoning", "summary": "Hm"}]},
        {"output": [{**CALL, "arguments": {}}]},
        {"output": [{**CALL, "name": None}]},
        {"output": [{**CALL, "call_id": 1}]},
        {"output": [{"type": "custom_tool_call", "call_id": "c", "name": "sh", "input": None}]},
        {"usage": 7},
    ],
)
def test_what_is_not_a_good_answer_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        RESPONSES.parse_answer(whole(**changes))


def test_tokens_and_refusals_are_noted() -> None:
    said = message({"type": "refusal", "refusal": "No."})

    assert RESPONSES.summarize(response()) == AnswerSummary(9, 5, refused=False, cached_tokens=4)
    assert RESPONSES.summarize(response(said, usage=None)) == AnswerSummary(0, 0, refused=True)
    assert RESPONSES.summarize(response(usage={"input_tokens": -1, "output_tokens": "5"})) == AnswerSummary(
        0, 0, refused=False
    )


def test_answers_are_labeled_as_openai_does() -> None:
    assert RESPONSES.content_type(Mode.WHOLE) == "application/json"
    assert RESPONSES.content_type(Mode.STREAM) == "text/event-stream; charset=utf-8"


def test_usage_is_everybodys() -> None:
    stream = RESPONSES.render(response(), Mode.STREAM, include_usage=False)

    assert RESPONSES.parse_answer(stream)[1]["usage"] == USAGE
    assert RESPONSES.without_usage(stream) == stream


def test_an_answer_repeats_its_caller_s_own_fields_and_nobody_else_s() -> None:
    recorded = response(message({"type": "output_text", "text": "Hi", "annotations": []}))
    recorded |= {"metadata": {"team": "a"}, "user": "hannah"}

    told = [
        json.loads(RESPONSES.render(recorded, Mode.WHOLE, variant=parse(**fields).variant))
        for fields in ({}, {"metadata": {"team": "b"}}, {"user": "bob", "safety_identifier": "s"})
    ]

    assert [(each["metadata"], each["user"]) for each in told] == [({}, None), ({"team": "b"}, None), ({}, "bob")]
    assert "safety_identifier" not in told[2]
    streamed = RESPONSES.render(recorded, Mode.STREAM, variant=parse().variant)
    assert b"hannah" not in streamed
    assert b"team" not in streamed
