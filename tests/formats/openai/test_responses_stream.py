"""Streamed responses: what vendors send, read; what we send, followed as clients do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from aicache.domain.model import Mode
from aicache.formats import sse
from aicache.formats.openai.responses import RESPONSES
from formats.anything import replaced
from formats.openai.responses_documents import DOCUMENT, JSON, good

SAID = {"type": "output_text", "annotations": [], "logprobs": [], "text": "Hello!"}
MESSAGE = {"id": "msg_1", "type": "message", "status": "completed", "content": [SAID], "role": "assistant"}
CALL = {"id": "fc_1", "type": "function_call", "status": "completed", "arguments": "{}", "call_id": "c1", "name": "f"}
RESPONSE: dict[str, Any] = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1700000000,
    "status": "completed",
    "completed_at": 1700000001,
    "error": None,
    "model": "m-1",
    "output": [MESSAGE],
    "usage": {"input_tokens": 9, "output_tokens": 5},
}
OPENING = RESPONSE | {"status": "in_progress", "output": [], "usage": None, "completed_at": None}


def event(kind: str, **fields: Any) -> bytes:
    return sse.encode([sse.Event(kind, json.dumps({"type": kind, **fields}))])


def created() -> bytes:
    return event("response.created", response=OPENING) + event("response.in_progress", response=OPENING)


def completed(**changes: Any) -> bytes:
    return event("response.completed", response=RESPONSE | changes)


def rendered_events(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The events of a rendered stream, less what all have: the name that is their type, and a number one up."""
    events = []
    for number, each in enumerate(sse.decode(RESPONSES.render(document, Mode.STREAM))):
        fields = json.loads(each.data)
        assert each.name == fields["type"]
        assert fields.pop("sequence_number") == number
        events.append(fields | {"type": fields["type"].removeprefix("response.")})
    return events


def within(item: dict[str, Any]) -> list[dict[str, Any]]:
    """The events between an item's first and its last one, less the item they are of."""
    events = rendered_events(RESPONSE | {"output": [MESSAGE, item]})
    at = [each for each in events if each.get("output_index") == 1]
    assert [each["type"] for each in (at[0], at[-1])] == ["output_item.added", "output_item.done"]
    assert at[-1]["item"] == item
    for each in at[1:-1]:
        assert (each.pop("item_id"), each.pop("output_index")) == (item.get("id", "item_1"), 1)
    return at[1:-1]


# what vendors send


def test_the_end_of_a_stream_holds_the_whole_response() -> None:
    delta = event("response.output_text.delta", delta="Hel", obfuscation="xyz", output_index=0, content_index=0)

    assert RESPONSES.parse_answer(created() + delta + completed()) == (Mode.STREAM, RESPONSE)


def test_what_is_unknown_or_keeps_the_connection_alive_is_passed_over() -> None:
    body = b": hello\n\nevent: keepalive\ndata: \n\n" + event("codex.rate_limits", limit={"a": [1]}) + completed()

    assert RESPONSES.parse_answer(body + b"data: [DONE]\n\n") == (Mode.STREAM, RESPONSE)


def test_an_event_may_be_named_outside_of_its_data_alone() -> None:
    body = sse.encode([sse.Event("response.completed", json.dumps({"response": RESPONSE}))])

    assert RESPONSES.parse_answer(body)[1] == RESPONSE


def test_openrouters_first_word_for_the_end_is_known() -> None:
    assert RESPONSES.parse_answer(event("response.done", response=RESPONSE))[1] == RESPONSE


@pytest.mark.parametrize("output", [[], None])
def test_an_output_that_the_end_leaves_empty_is_what_was_done(output: Any) -> None:
    """As with ChatGPT's own upstream of Codex."""
    body = (
        created()
        + event("response.output_item.added", output_index=1, item=CALL | {"arguments": ""})
        + event("response.output_item.added", output_index=0, item=MESSAGE | {"content": []})
        + event("response.output_item.done", output_index=1, item=CALL)
        + event("response.output_item.done", output_index=0, item=MESSAGE)
        + completed(output=output)
    )

    assert RESPONSES.parse_answer(body)[1] == RESPONSE | {"output": [MESSAGE, CALL]}


def test_an_output_that_the_end_leaves_empty_must_have_been_done() -> None:
    body = (
        event("response.output_item.done", output_index=0, item=MESSAGE)
        + event("response.output_item.added", output_index=1, item=CALL | {"arguments": ""})
        + completed(output=[])
    )

    with pytest.raises(ValueError, match="begun and not done"):
        RESPONSES.parse_answer(body)


def test_items_without_an_index_are_in_order() -> None:
    body = event("response.output_item.done", item=MESSAGE) + event("response.output_item.done", item=CALL)

    assert RESPONSES.parse_answer(body + completed(output=[]))[1]["output"] == [MESSAGE, CALL]


@pytest.mark.parametrize(
    "body",
    [
        b": hello\n\n",
        created(),
        created() + event("response.output_item.done", output_index=0, item=MESSAGE),
        created() + event("response.output_item.done", output_index=0, item=MESSAGE) + b"data: [DONE]\n\n",
        created() + b"event: response.completed\n\n",
    ],
)
def test_a_stream_without_an_end_is_cut_off(body: bytes) -> None:
    with pytest.raises(ValueError, match="cut off"):
        RESPONSES.parse_answer(body)


@pytest.mark.parametrize(
    "spoilt",
    [
        event("error", code="server_error", message="m", param=None),
        b"event: error\ndata: {}\n\n",
        b'data: {"error": {"message": "overloaded"}}\n\n',
        event("response.failed", response=RESPONSE | {"status": "failed"}),
        event("response.incomplete", response=RESPONSE | {"status": "incomplete"}),
        event("response.cancelled", response=RESPONSE),
        completed(status="incomplete"),
        completed(status=None),
        completed(error={"code": "server_error"}),
        completed(output=[]),
        event("response.completed", response=None),
        event("response.completed"),
        event("response.output_item.done", output_index=[0], item=MESSAGE),
        event("response.output_item.done", output_index=-1, item=MESSAGE),
        event("response.output_item.done", output_index=0, item=None) + completed(output=[]),
        b"data: {\n\n",
        b"data: []\n\n",
        b"data: oops\n\n",
    ],
)
def test_a_spoilt_stream_is_refused(spoilt: bytes) -> None:
    with pytest.raises(ValueError):
        RESPONSES.parse_answer(created() + spoilt + completed())


def test_nesting_without_end_is_refused() -> None:
    deep = b'{"a":' * 10_000 + b"1" + b"}" * 10_000

    with pytest.raises(ValueError, match="deep"):
        RESPONSES.parse_answer(b'data: {"type": "response.completed", "response": ' + deep + b"}\n\n")


@given(st.integers(0, 3), st.lists(st.integers(0, 6), max_size=4), JSON)
def test_no_stream_with_an_oddity_raises_anything_but_value_error(which: int, path: list[int], value: Any) -> None:
    chunks: list[Any] = [
        {"type": "response.output_item.added", "output_index": 0, "item": MESSAGE},
        {"type": "response.output_item.done", "output_index": 0, "item": MESSAGE},
        {"type": "response.output_item.done", "output_index": 1, "item": CALL},
        {"type": "response.completed", "response": RESPONSE | {"output": []}},
    ]
    chunks[which] = replaced(chunks[which], path, value)
    try:
        _, document = RESPONSES.parse_answer(sse.encode([sse.Event("", json.dumps(chunk)) for chunk in chunks]))
    except ValueError:
        return

    assert RESPONSES.parse_answer(RESPONSES.render(document, Mode.STREAM)) == (Mode.STREAM, document)


# what we send


def test_a_stream_is_written_in_the_order_openai_does() -> None:
    at = {"item_id": "msg_1", "output_index": 0}
    part = {**at, "content_index": 0}

    assert rendered_events(RESPONSE) == [
        {"type": "created", "response": OPENING},
        {"type": "in_progress", "response": OPENING},
        {
            "type": "output_item.added",
            "output_index": 0,
            "item": MESSAGE | {"status": "in_progress", "content": []},
        },
        {"type": "content_part.added", **part, "part": SAID | {"text": ""}},
        {"type": "output_text.delta", **part, "delta": "Hello!", "logprobs": []},
        {"type": "output_text.done", **part, "text": "Hello!", "logprobs": []},
        {"type": "content_part.done", **part, "part": SAID},
        {"type": "output_item.done", "output_index": 0, "item": MESSAGE},
        {"type": "completed", "response": RESPONSE},
    ]


def test_annotations_and_log_probabilities_come_with_their_text() -> None:
    sources = [{"type": "url_citation", "url": url} for url in "ab"]
    likely = [{"token": "Hi", "logprob": -0.5, "top_logprobs": []}]
    said = SAID | {"annotations": sources, "logprobs": likely}

    assert within({**MESSAGE, "content": [said]}) == [
        {"type": "content_part.added", "content_index": 0, "part": SAID | {"text": ""}},
        {"type": "output_text.delta", "content_index": 0, "delta": "Hello!", "logprobs": likely},
        *[
            {"type": "output_text.annotation.added", "content_index": 0, "annotation_index": n, "annotation": source}
            for n, source in enumerate(sources)
        ],
        {"type": "output_text.done", "content_index": 0, "text": "Hello!", "logprobs": likely},
        {"type": "content_part.done", "content_index": 0, "part": said},
    ]


def test_refusals_and_unknown_parts_have_their_places() -> None:
    no, odd = {"type": "refusal", "refusal": "No."}, {"type": "from_the_future", "x": 1}

    assert within({**MESSAGE, "content": [no, odd]}) == [
        {"type": "content_part.added", "content_index": 0, "part": no | {"refusal": ""}},
        {"type": "refusal.delta", "content_index": 0, "delta": "No."},
        {"type": "refusal.done", "content_index": 0, "refusal": "No."},
        {"type": "content_part.done", "content_index": 0, "part": no},
        {"type": "content_part.added", "content_index": 1, "part": odd},
        {"type": "content_part.done", "content_index": 1, "part": odd},
    ]


def test_reasoning_is_summed_up_part_by_part_and_shown() -> None:
    summary = {"type": "summary_text", "text": "Hm"}
    raw = {"type": "reasoning_text", "text": "Hmm."}

    assert within({"type": "reasoning", "id": "rs_1", "summary": [summary], "content": [raw]}) == [
        {"type": "reasoning_summary_part.added", "summary_index": 0, "part": summary | {"text": ""}},
        {"type": "reasoning_summary_text.delta", "summary_index": 0, "delta": "Hm"},
        {"type": "reasoning_summary_text.done", "summary_index": 0, "text": "Hm"},
        {"type": "reasoning_summary_part.done", "summary_index": 0, "part": summary},
        {"type": "content_part.added", "content_index": 0, "part": raw | {"text": ""}},
        {"type": "reasoning_text.delta", "content_index": 0, "delta": "Hmm."},
        {"type": "reasoning_text.done", "content_index": 0, "text": "Hmm."},
        {"type": "content_part.done", "content_index": 0, "part": raw},
    ]


def test_what_is_called_is_streamed() -> None:
    custom = {"type": "custom_tool_call", "call_id": "c", "name": "sh", "input": "ls"}

    assert within(CALL) == [
        {"type": "function_call_arguments.delta", "delta": "{}"},
        {"type": "function_call_arguments.done", "name": "f", "arguments": "{}"},
    ]
    assert within(custom) == [
        {"type": "custom_tool_call_input.delta", "delta": "ls"},
        {"type": "custom_tool_call_input.done", "input": "ls"},
    ]


@pytest.mark.parametrize(
    ("item", "steps"),
    [
        ({"type": "web_search_call"}, ["in_progress", "searching", "completed"]),
        ({"type": "file_search_call"}, ["in_progress", "searching", "completed"]),
        ({"type": "image_generation_call", "result": "AA"}, ["in_progress", "generating", "completed"]),
        ({"type": "mcp_list_tools", "tools": []}, ["in_progress", "completed"]),
    ],
)
def test_the_upstreams_own_tools_are_told_step_by_step(item: dict[str, Any], steps: list[str]) -> None:
    assert within(item | {"id": "x"}) == [{"type": f"{item['type']}.{step}"} for step in steps]


def test_code_and_calls_of_remote_tools_are_streamed_between_the_steps() -> None:
    code = [each["type"] for each in within({"type": "code_interpreter_call", "id": "x", "code": "1"})]
    remote = [each["type"] for each in within({"type": "mcp_call", "id": "x", "name": "f", "arguments": "{}"})]

    assert code == [
        "code_interpreter_call.in_progress",
        "code_interpreter_call_code.delta",
        "code_interpreter_call_code.done",
        "code_interpreter_call.interpreting",
        "code_interpreter_call.completed",
    ]
    assert remote == [
        "mcp_call.in_progress",
        "mcp_call_arguments.delta",
        "mcp_call_arguments.done",
        "mcp_call.completed",
    ]


def test_items_begin_empty() -> None:
    items = [
        CALL,
        {"type": "reasoning", "id": "rs_1", "status": "completed", "summary": [{"type": "summary_text", "text": "x"}]},
        {"type": "mcp_call", "name": "f", "arguments": "{}", "output": "secret"},
        {"type": "image_generation_call", "status": "completed", "result": "AA"},
    ]

    begun = [
        each["item"] for each in rendered_events(RESPONSE | {"output": items}) if each["type"] == "output_item.added"
    ]

    assert begun == [
        CALL | {"status": "in_progress", "arguments": ""},
        {"type": "reasoning", "id": "rs_1", "status": "in_progress", "summary": []},
        {"type": "mcp_call", "name": "f", "arguments": "", "output": None},
        {"type": "image_generation_call", "status": "in_progress", "result": None},
    ]


def follow(body: bytes) -> list[dict[str, Any]]:
    """Put a stream's items together as OpenAI's clients do: by index, from what was added and its deltas."""
    output: list[dict[str, Any]] = []
    for each in sse.decode(body):
        match json.loads(each.data):
            case {"type": "response.output_item.added", "output_index": index, "item": item}:
                assert index == len(output)
                output.append(item)
            case {"type": "response.content_part.added", "output_index": index, "content_index": place, "part": part}:
                assert place == len(output[index].setdefault("content", []))
                output[index]["content"].append(part)
            case {"type": "response.output_text.delta", "output_index": index, "content_index": place, "delta": delta}:
                output[index]["content"][place]["text"] += delta
            case {"type": "response.function_call_arguments.delta", "output_index": index, "delta": delta}:
                output[index]["arguments"] += delta
    return output


@given(DOCUMENT)
def test_who_follows_the_deltas_hears_what_the_end_holds(document: dict[str, Any]) -> None:
    assume(good(document))

    followed = follow(RESPONSES.render(document, Mode.STREAM))

    for heard, item in zip(followed, document["output"], strict=True):
        if item["type"] == "message":
            said = [part for part in item.get("content") or [] if part["type"] == "output_text"]
            shown = [part for part in heard["content"] if part["type"] == "output_text"]
            assert [part["text"] for part in shown] == [part["text"] for part in said]
        if item["type"] == "function_call":
            assert heard["arguments"] == item["arguments"]


def test_a_stream_truncated_at_any_byte_is_not_complete() -> None:
    document = RESPONSE | {"output": [CALL, MESSAGE | {"content": [SAID | {"text": "語"}]}]}
    body = RESPONSES.render(document, Mode.STREAM)

    for cut in range(len(body) - 2):
        with pytest.raises(ValueError):
            RESPONSES.parse_answer(body[:cut])
    assert RESPONSES.parse_answer(body[:-2]) == RESPONSES.parse_answer(body)


def test_a_shells_commands_are_told_one_by_one() -> None:
    call = {"type": "shell_call", "id": "sh_1", "call_id": "c", "status": "in_progress"}
    call |= {"action": {"commands": ["ls", "pwd"], "timeout_ms": 9}, "environment": {"type": "local"}}
    events = rendered_events(RESPONSE | {"output": [call]})

    at = {"output_index": 0}
    assert [event for event in events if "shell" in event["type"]] == [
        {"type": "shell_call_command.added", **at, "command_index": 0, "command": ""},
        {"type": "shell_call_command.delta", **at, "command_index": 0, "delta": "ls"},
        {"type": "shell_call_command.done", **at, "command_index": 0, "command": "ls"},
        {"type": "shell_call_command.added", **at, "command_index": 1, "command": ""},
        {"type": "shell_call_command.delta", **at, "command_index": 1, "delta": "pwd"},
        {"type": "shell_call_command.done", **at, "command_index": 1, "command": "pwd"},
    ]
    added, done = (event["item"] for event in events if event["type"].startswith("output_item"))
    assert added["action"] == {"commands": [], "timeout_ms": 9}
    assert done == call
