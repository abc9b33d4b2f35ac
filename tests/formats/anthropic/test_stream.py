"""Streams of Anthropic's messages: read as documented, written as documented, and never taken for whole when cut."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.domain.model import Mode
from aicache.formats import sse
from aicache.formats.anthropic.messages import MESSAGES
from aicache.formats.errors import ReplayOnly
from aicache.formats.format import AnswerSummary
from formats.anthropic.documents import JSON, PING, event
from formats.anything import replaced

START = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "m-1",
    "content": [],
    "stop_reason": None,
    "stop_sequence": None,
    "usage": {"input_tokens": 9, "cache_read_input_tokens": 3, "service_tier": "standard", "output_tokens": 1},
}


def start(**fields: Any) -> bytes:
    return event("message_start", message=START | fields)


def opened(index: int, **content: Any) -> bytes:
    return event("content_block_start", index=index, content_block=content)


def delta(index: int, kind: str, **fields: Any) -> bytes:
    return event("content_block_delta", index=index, delta={"type": kind, **fields})


def stopped(index: int) -> bytes:
    return event("content_block_stop", index=index)


def end(reason: Any = "end_turn", *, usage: Any = None, **fields: Any) -> bytes:
    counts = {"output_tokens": 7} if usage is None else usage
    return event("message_delta", delta={"stop_reason": reason, "stop_sequence": None}, usage=counts, **fields)


def text(index: int = 0, said: str = "Hello!") -> bytes:
    return opened(index, type="text", text="") + delta(index, "text_delta", text=said) + stopped(index)


STOP = event("message_stop")
GOOD = start() + text() + end() + STOP


def read(body: bytes) -> dict[str, Any]:
    mode, answer = MESSAGES.parse_answer(body)
    assert mode is Mode.STREAM
    return answer


def refused(body: bytes) -> bool:
    try:
        MESSAGES.parse_answer(body)
    except ValueError:
        return True
    return False


# what comes in


def test_a_stream_is_read_as_documented() -> None:
    citation = {"type": "char_location", "cited_text": "q"}
    body = (
        start(stop_details=None)
        + opened(0, type="thinking", thinking="", signature="")
        + PING
        + delta(0, "thinking_delta", thinking="H")
        + delta(0, "thinking_delta", thinking="m")
        + delta(0, "signature_delta", signature="sig")
        + stopped(0)
        + opened(1, type="redacted_thinking", data="x")
        + stopped(1)
        + opened(2, citations=[], type="text", text="")
        + delta(2, "citations_delta", citation=citation)
        + delta(2, "text_delta", text="It ")
        + delta(2, "text_delta", text="is")
        + stopped(2)
        + opened(3, type="server_tool_use", id="srvtoolu_1", name="web_search", input={})
        + delta(3, "input_json_delta", partial_json="")
        + delta(3, "input_json_delta", partial_json='{"que')
        + delta(3, "input_json_delta", partial_json='ry":"q"}')
        + stopped(3)
        + opened(4, type="web_search_tool_result", tool_use_id="srvtoolu_1", content=[{"type": "web_search_result"}])
        + stopped(4)
        + opened(5, type="tool_use", id="toolu_1", name="now", input={}, caller={"type": "direct"})
        + delta(5, "input_json_delta", partial_json="")
        + stopped(5)
        + opened(6, type="compaction", content=None)
        + delta(6, "compaction_delta", content="c", encrypted_content=None)
        + stopped(6)
        + event("new_event", index=0)
        + end(
            "tool_use",
            usage={"input_tokens": 8, "cache_read_input_tokens": None, "output_tokens": 7, "server_tool_use": {"n": 1}},
            context_management={"applied_edits": []},
        )
        + STOP
    )

    assert read(body) == START | {
        "content": [
            {"type": "thinking", "thinking": "Hm", "signature": "sig"},
            {"type": "redacted_thinking", "data": "x"},
            {"type": "text", "text": "It is", "citations": [citation]},
            {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}},
            {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [{"type": "web_search_result"}]},
            {"type": "tool_use", "id": "toolu_1", "name": "now", "input": {}, "caller": {"type": "direct"}},
            {"type": "compaction", "content": "c", "encrypted_content": None},
        ],
        "stop_reason": "tool_use",
        "stop_details": None,
        "context_management": {"applied_edits": []},
        "usage": {
            "input_tokens": 8,
            "cache_read_input_tokens": 3,
            "service_tier": "standard",
            "output_tokens": 7,
            "server_tool_use": {"n": 1},
        },
    }


def test_a_refusal_that_breaks_in_is_an_answer() -> None:
    details = {"type": "refusal", "category": "bio"}
    last = event("message_delta", delta={"stop_reason": "refusal", "stop_details": details}, usage={"output_tokens": 3})

    answer = read(start() + text() + last + STOP)

    assert answer["stop_details"] == details
    assert MESSAGES.summarize(answer).refused


def test_a_tool_call_without_deltas_has_the_input_it_opened_with() -> None:
    for input in ({}, {"city": "Rome"}):
        body = start() + opened(0, type="tool_use", id="t", name="n", input=input) + stopped(0) + end("tool_use") + STOP

        assert read(body)["content"][0]["input"] == input


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("words_delta", {"words": "a"}),
        ("words_delta", {"score": 1}),
        ("words_delta", {"citation": {"url": "u"}}),
        ("text_delta", {"text": "a", "score": 1}),
        ("text_delta", {"text": "a", "note": {"tone": "calm"}}),
        ("citations_delta", {"citation": {"url": "u"}, "note": "a"}),
    ],
)
def test_what_is_not_known_of_a_delta_is_not_taken_for_a_field_of_the_block(kind: str, fields: dict[str, Any]) -> None:
    body = opened(0, type="text", text="Tea") + delta(0, kind, **fields) + stopped(0)

    document = read(start() + body + end() + STOP)

    for mode in Mode:
        with pytest.raises(ReplayOnly):
            MESSAGES.render(document, mode)


def test_a_delta_may_tell_how_far_the_thinking_has_come() -> None:
    pieces = [delta(0, "thinking_delta", thinking=text, estimated_tokens=n) for n, text in enumerate(("H", "m"), 1)]
    thought = opened(0, type="thinking", thinking="", signature="") + b"".join(pieces) + stopped(0)

    block, _ = read(start() + thought + text(1) + end() + STOP)["content"]

    assert block == {"type": "thinking", "thinking": "Hm", "signature": ""}


def test_a_field_of_a_block_that_an_unknown_delta_tells_anew_spoils_the_message() -> None:
    body = opened(0, type="text", text="") + delta(0, "text_v2_delta", text="a") + delta(0, "text_delta", text="b")

    with pytest.raises(ValueError, match="not of its type"):
        read(start() + body + stopped(0) + end() + STOP)


@pytest.mark.parametrize(
    ("early", "late", "told"),
    [
        ({"input_tokens": 8, "output_tokens": 1}, {"output_tokens": 7}, {"input_tokens": 8, "output_tokens": 7}),
        ({"input_tokens": 8, "output_tokens": 1}, {}, {"input_tokens": 8}),
        ({"input_tokens": 8, "output_tokens": 1}, None, {"input_tokens": 8}),
        (None, {"output_tokens": 7}, {"output_tokens": 7}),
        (None, {"input_tokens": 8, "output_tokens": 7}, {"input_tokens": 8, "output_tokens": 7}),
        (
            {"input_tokens": 0, "server_tool_use": {"web_search_requests": 0}, "cache_creation": {"a": 1}},
            {"input_tokens": 8, "output_tokens": 7, "server_tool_use": {"web_search_requests": 2}},
            {
                "input_tokens": 8,
                "output_tokens": 7,
                "server_tool_use": {"web_search_requests": 2},
                "cache_creation": {"a": 1},
            },
        ),
    ],
)
def test_usage_is_told_count_by_count_and_what_nobody_told_is_unknown(
    early: dict[str, Any] | None, late: dict[str, Any] | None, told: dict[str, Any]
) -> None:
    opening = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": early}
    closing = {"delta": {"stop_reason": "end_turn"}} | ({} if late is None else {"usage": late})

    document = read(event("message_start", message=opening) + text() + event("message_delta", **closing) + STOP)

    assert document["usage"] == told
    known = told.keys() >= {"input_tokens", "output_tokens"}
    assert MESSAGES.summarize(document) == (AnswerSummary(8, 7) if known else AnswerSummary(0, 0))


def test_blocks_stand_in_the_order_of_their_indexes() -> None:
    assert [block["text"] for block in read(start() + text(1, "b") + text(0, "a") + end() + STOP)["content"]] == [
        "a",
        "b",
    ]


@pytest.mark.parametrize("between", [PING, b": keep-alive\n\n", b"data:\n\n", b"event: ping\n\n", b"\n\n"])
def test_what_keeps_the_connection_alive_says_nothing(between: bytes) -> None:
    body = between + start() + between + text() + between + end() + between + STOP + between

    assert MESSAGES.parse_answer(body) == MESSAGES.parse_answer(GOOD)


def test_events_may_go_without_the_name_or_without_the_type() -> None:
    unnamed = b"\n".join(line for line in GOOD.split(b"\n") if not line.startswith(b"event:"))
    untyped = [sse.Event(e.name, json.dumps({**json.loads(e.data), "type": None})) for e in sse.decode(GOOD)]

    assert read(unnamed) == read(sse.encode(untyped)) == read(GOOD)


def test_what_follows_the_end_does_not_matter() -> None:
    assert read(GOOD + b"data: [DONE]\n\n") == read(GOOD)


@pytest.mark.parametrize(
    "body",
    [
        start() + text() + end(),
        start() + text() + STOP,
        start() + text(),
        text() + end() + STOP,
        start() + end() + STOP,
        start() + text() + end("max_tokens") + STOP,
        start() + text() + end("max_tokens") + end() + STOP,
        start() + text() + end("pause_turn") + STOP,
        start() + text() + end(None) + STOP,
        start() + start() + text() + end() + STOP,
        start(role="user") + text() + end() + STOP,
        start(usage=[]) + text() + end() + STOP,
        start() + text() + end(usage=[]) + STOP,
        start() + text() + end(usage={"output_tokens": "7"}) + STOP,
        start() + opened(0, type="text", text="") + delta(0, "text_delta", text="x") + end() + STOP,
        start() + text() + delta(0, "text_delta", text="x") + end() + STOP,
        start() + text() + delta(1, "text_delta", text="x") + end() + STOP,
        start() + text() + stopped(0) + end() + STOP,
        start() + text() + text() + end() + STOP,
        start() + text(-1) + end() + STOP,
        start() + event("content_block_start", index="0", content_block={}) + end() + STOP,
        start() + text() + event("content_block_start", index=1, content_block=[]) + end() + STOP,
        event("message_start", message=[]) + text() + end() + STOP,
        start() + text() + event("message_delta", delta=None) + STOP,
    ],
)
def test_a_cut_or_broken_stream_is_refused(body: bytes) -> None:
    assert refused(body)


@pytest.mark.parametrize(
    "spoilt",
    [
        event("error", error={"type": "overloaded_error", "message": "Overloaded"}),
        b"event: error\ndata: {}\n\n",
        b'data: {"error": {"message": "overloaded"}}\n\n',
        b"data: {\n\n",
        b"data: []\n\n",
        b"data: oops\n\n",
        opened(1, type="text", text="") + delta(1, "text_delta", text=5) + stopped(1),
        opened(1, type="text", text="") + delta(1, "text_delta", text=None) + stopped(1),
        opened(1, type="text", text="", citations=5) + delta(1, "citations_delta", citation={}) + stopped(1),
        opened(1, type="text", text="") + delta(1, "citations_delta", citation="c") + stopped(1),
        opened(1, type="tool_use", id="t", name="n", input={})
        + delta(1, "input_json_delta", partial_json='{"a":')
        + stopped(1),
        opened(1, type="tool_use", id="t", name="n", input={})
        + delta(1, "input_json_delta", partial_json="[]")
        + stopped(1),
        opened(1, type="web_search_tool_result", content={"type": "web_search_tool_result_error"}) + stopped(1),
    ],
)
def test_a_spoilt_stream_is_refused(spoilt: bytes) -> None:
    assert refused(start() + text() + spoilt + end() + STOP)


# what we send


def test_a_stream_is_written_as_documented() -> None:
    citation = {"type": "char_location", "cited_text": "q"}
    answer = START | {
        "content": [
            {"type": "thinking", "thinking": "Hm", "signature": "sig"},
            {"type": "text", "text": "It is", "citations": [citation]},
            {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1}},
            {"type": "tool_use", "id": "toolu_2", "name": "now", "input": {}},
            {"type": "web_search_tool_result", "tool_use_id": "s", "content": []},
            {"type": "compaction", "content": "c"},
        ],
        "stop_reason": "stop_sequence",
        "stop_sequence": "END",
        "stop_details": {"type": "t"},
        "context_management": {"applied_edits": []},
        "usage": {"input_tokens": 9, "service_tier": "standard", "output_tokens": 7, "server_tool_use": {"n": 1}},
    }

    events = sse.decode(MESSAGES.render(answer, Mode.STREAM))

    said = [json.loads(event.data) for event in events]
    assert [event.name for event in events] == [data["type"] for data in said]
    usage = {"input_tokens": 9, "service_tier": "standard", "output_tokens": 0}
    late = {"input_tokens": 9, "output_tokens": 7, "server_tool_use": {"n": 1}}
    assert said[0] == {"type": "message_start", "message": START | {"usage": usage, "stop_details": None}}
    assert [(data["index"], data.get("content_block") or data.get("delta")) for data in said[1:-2]] == [
        (0, {"type": "thinking", "thinking": "", "signature": ""}),
        (0, {"type": "thinking_delta", "thinking": "Hm"}),
        (0, {"type": "signature_delta", "signature": "sig"}),
        (0, None),
        (1, {"type": "text", "text": "", "citations": []}),
        (1, {"type": "citations_delta", "citation": citation}),
        (1, {"type": "text_delta", "text": "It is"}),
        (1, None),
        (2, {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}),
        (2, {"type": "input_json_delta", "partial_json": ""}),
        (2, {"type": "input_json_delta", "partial_json": '{"a":1}'}),
        (2, None),
        (3, {"type": "tool_use", "id": "toolu_2", "name": "now", "input": {}}),
        (3, {"type": "input_json_delta", "partial_json": ""}),
        (3, None),
        (4, {"type": "web_search_tool_result", "tool_use_id": "s", "content": []}),
        (4, None),
        (5, {"type": "compaction"}),
        (5, {"type": "compaction_delta", "content": "c"}),
        (5, None),
    ]
    assert said[-2:] == [
        {
            "type": "message_delta",
            "delta": {"stop_reason": "stop_sequence", "stop_sequence": "END", "stop_details": {"type": "t"}},
            "usage": late,
            "context_management": {"applied_edits": []},
        },
        {"type": "message_stop"},
    ]


def test_the_labels_are_the_apis_own() -> None:
    assert MESSAGES.content_type(Mode.WHOLE) == "application/json"
    assert MESSAGES.content_type(Mode.STREAM) == "text/event-stream; charset=utf-8"
    assert MESSAGES.without_usage(GOOD) == GOOD


def test_a_stream_truncated_at_any_byte_is_not_complete() -> None:
    body = start() + text(0, "語") + end() + STOP

    for cut in range(len(body) - 2):
        assert refused(body[:cut])
    assert read(body[:-2]) == read(body)


# hostile input


@given(st.integers(0, 9), st.lists(st.integers(0, 9), max_size=4), JSON)
def test_no_stream_with_an_oddity_raises_anything_but_value_error(at: int, path: list[int], value: Any) -> None:
    events = sse.decode(
        start()
        + opened(0, type="text", text="", citations=[])
        + delta(0, "citations_delta", citation={})
        + delta(0, "text_delta", text="x")
        + stopped(0)
        + opened(1, type="tool_use", id="t", name="n", input={})
        + delta(1, "input_json_delta", partial_json="{}")
        + stopped(1)
        + end(context_management=None)
        + STOP
    )
    odd = [json.dumps(replaced(json.loads(e.data), path, value)) if i == at else e.data for i, e in enumerate(events)]

    only_value_error(sse.encode([sse.Event(e.name, data) for e, data in zip(events, odd, strict=True)]))


@given(st.binary())
@pytest.mark.parametrize("around", [b"%s", b"data: %s\n\n", b'data: {"type":"message_start","message":%s}\n\n'])
def test_no_bytes_raise_anything_but_value_error(around: bytes, junk: bytes) -> None:
    only_value_error(around % junk)
    only_value_error(GOOD[:-60] + around % junk + STOP)


@pytest.mark.parametrize("depth", [500, 950, 100_000])
def test_nesting_without_end_raises_nothing_but_value_error(depth: int) -> None:
    deep = '{"a":' * depth + "1" + "}" * depth
    call = opened(0, type="tool_use", id="t", name="n", input={}) + delta(0, "input_json_delta", partial_json=deep)

    only_value_error(start() + call + stopped(0) + end("tool_use") + STOP)


def only_value_error(body: bytes) -> None:
    try:
        _, answer = MESSAGES.parse_answer(body)
        for mode in Mode:
            assert MESSAGES.parse_answer(MESSAGES.render(answer, mode)) == (mode, answer)
        MESSAGES.to_answer(answer)
    except ValueError:
        return


# another model takes over on the way


def hop(index: int, before: str, after: str) -> bytes:
    block = {"type": "fallback", "from": {"model": before}, "to": {"model": after}, "trigger": {"type": "refusal"}}
    return opened(index, **block) + stopped(index)


def test_the_model_that_served_the_answer_is_the_one_that_is_told() -> None:
    body = start(model="c-1") + text(0) + hop(1, "c-1", "c-2") + hop(2, "c-2", "c-3") + text(3) + end() + STOP

    whole = read(body)
    again = MESSAGES.render(whole, Mode.STREAM)

    assert whole["model"] == "c-3"
    assert b'"model":"c-1","content":[]' in again or json.loads(sse.decode(again)[0].data)["message"]["model"] == "c-1"
    assert read(again) == whole
