"""Streamed chat completions: what vendors send, put together; what we send, taken apart again."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.domain.model import Mode
from aicache.formats import sse
from aicache.formats.errors import ReplayOnly
from aicache.formats.openai.chat import CHAT
from aicache.formats.openai.chat_completion import Choice, Completion

HEAD = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1700000000, "model": "m-1"}
USAGE = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
STOP: dict[str, Any] = {"index": 0, "delta": {}, "finish_reason": "stop"}
DONE = b"data: [DONE]\n\n"


def faithful(answer: Completion) -> bytes:
    """Tells 1, 1.0 and true apart, which ``==`` does not."""
    return msgspec.json.encode(answer, order="deterministic")


def chunk(*choices: dict[str, Any], **fields: Any) -> bytes:
    return b"data: " + json.dumps({**HEAD, "choices": choices, **fields}).encode() + b"\n\n"


def delta(index: int = 0, **fields: Any) -> bytes:
    return chunk({"index": index, "delta": fields, "finish_reason": None})


def message(*chunks: bytes, finish: str = "stop") -> Any:
    """The message that a stream's only choice amounts to."""
    _, answer = CHAT.parse_answer(b"".join(chunks) + chunk(STOP | {"finish_reason": finish}) + DONE)
    (choice,) = answer.choices
    return choice.message


def function(name: str, arguments: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "arguments": arguments}}


# what vendors send


def test_deltas_are_joined_into_the_message() -> None:
    said = message(
        delta(role="assistant", content="", refusal=None),
        delta(content="Hel"),
        delta(content="lo"),
        delta(content=None),
        delta(role=None, content="!"),
    )

    assert said == {"role": "assistant", "content": "Hello!", "refusal": None}


def test_what_stands_around_the_choices_is_kept_once() -> None:
    """Azure's first chunk holds empty names; Groq counts in a field of its own for who did not ask."""
    body = (
        chunk(id="", model="", created=0, object="", prompt_filter_results=[{"prompt_index": 0}])
        + chunk(
            {
                "index": 0,
                "delta": {"content": "x"},
                "finish_reason": None,
                "content_filter_results": {"hate": {"filtered": False}},
            },
            system_fingerprint="fp",
            obfuscation="abc",
            p="abc",
            citations=["a"],
        )
        + chunk(STOP | {"content_filter_results": {}, "logprobs": None}, system_fingerprint=None, citations=["a", "b"])
        + chunk(x_groq={"id": "req", "usage": USAGE})
        + DONE
    )

    assert CHAT.parse_answer(body) == (
        Mode.STREAM,
        Completion(
            id="chatcmpl-1",
            model="m-1",
            created=1700000000,
            choices=(
                Choice(
                    0,
                    {"role": "assistant", "content": "x"},
                    "stop",
                    {"content_filter_results": {"hate": {"filtered": False}}, "logprobs": None},
                ),
            ),
            usage=USAGE,
            extra={
                "prompt_filter_results": [{"prompt_index": 0}],
                "system_fingerprint": "fp",
                "citations": ["a", "b"],
                "x_groq": {"id": "req", "usage": USAGE},
            },
        ),
    )


def test_tool_calls_grow_by_index_and_lose_it() -> None:
    said = message(
        delta(role="assistant", content=None, tool_calls=[{"index": 0, "id": "c1", **function("f", "")}]),
        delta(tool_calls=[{"index": 0, "function": {"arguments": '{"a"'}}]),
        delta(tool_calls=[{"index": 1, "id": "c2", **function("g", "")}]),
        delta(tool_calls=[{"index": 0, "id": "", "function": {"name": "", "arguments": ":1}"}}]),
        delta(tool_calls=[{"index": 1, "function": {"name": None, "arguments": "{}"}}]),
        finish="tool_calls",
    )

    assert said["tool_calls"] == [{"id": "c1", **function("f", '{"a":1}')}, {"id": "c2", **function("g", "{}")}]


def test_tool_calls_without_index_follow_each_other() -> None:
    said = message(
        delta(tool_calls=[{"id": "c1", **function("f", "{}")}]),
        delta(tool_calls=[{"id": "c2", **function("f", "[")}]),
        delta(tool_calls=[{"function": {"arguments": "]"}}]),
        finish="tool_calls",
    )

    assert said["tool_calls"] == [{"id": "c1", **function("f", "{}")}, {"id": "c2", **function("f", "[]")}]


def test_tool_calls_of_one_index_but_other_ids_and_names_are_apart() -> None:
    """Gateways to Gemini give every parallel call index 0."""
    said = message(
        delta(tool_calls=[{"index": 0, "id": "c1", **function("f", '{"x":1}')}]),
        delta(tool_calls=[{"index": 0, "id": "c2", **function("f", '{"x":2}')}]),
        finish="tool_calls",
    )

    assert [call["function"]["arguments"] for call in said["tool_calls"]] == ['{"x":1}', '{"x":2}']


def test_a_new_id_alone_is_not_a_new_tool_call() -> None:
    said = message(
        delta(tool_calls=[{"index": 0, "id": "c1", **function("f", "{")}]),
        delta(tool_calls=[{"index": 0, "id": "c9", "function": {"arguments": "}"}}]),
        finish="tool_calls",
    )

    assert said["tool_calls"] == [{"id": "c1", **function("f", "{}")}]


def test_custom_tool_calls_and_the_old_function_call_grow_too() -> None:
    said = message(
        delta(tool_calls=[{"index": 0, "id": "c", "type": "custom", "custom": {"name": "sh", "input": "l"}}]),
        delta(tool_calls=[{"index": 0, "custom": {"input": "s"}}], function_call={"name": "f", "arguments": "{"}),
        delta(function_call={"arguments": "}"}),
    )

    assert said["tool_calls"] == [{"id": "c", "type": "custom", "custom": {"name": "sh", "input": "ls"}}]
    assert said["function_call"] == {"name": "f", "arguments": "{}"}


def test_reasoning_grows_beside_the_content() -> None:
    """As DeepSeek and DashScope (reasoning_content) and OpenRouter, vLLM and Groq (reasoning) send it."""
    said = message(
        delta(role="assistant", content=None, reasoning_content=""),
        delta(content=None, reasoning_content="Hm", reasoning="Hm"),
        delta(content=None, reasoning_content="m.", reasoning="m."),
        delta(content="4", reasoning_content=None, reasoning=None),
    )

    assert said == {"role": "assistant", "content": "4", "reasoning_content": "Hmm.", "reasoning": "Hmm."}


def test_reasoning_details_are_joined_by_what_they_are_of() -> None:
    """OpenRouter: pieces of one block share index and type; the signature comes last, without text."""
    text = {"type": "reasoning.text", "format": "anthropic-claude-v1", "index": 0}
    said = message(
        delta(content="", reasoning_details=[]),
        delta(reasoning_details=[{**text, "text": "Let"}]),
        delta(reasoning_details=[{**text, "text": " me."}]),
        delta(reasoning_details=[{**text, "signature": "sig"}]),
        delta(reasoning_details=[{"type": "reasoning.encrypted", "index": 1, "id": "rs_1", "data": "AA"}]),
        delta(reasoning_details=[{"type": "reasoning.encrypted", "index": 1, "id": "rs_2", "data": "BB"}]),
        delta(reasoning_details=[{"type": "reasoning.encrypted", "index": 1, "data": "CC"}]),
        delta(content="x"),
    )

    assert said["reasoning_details"] == [
        {**text, "text": "Let me.", "signature": "sig"},
        {"type": "reasoning.encrypted", "index": 1, "id": "rs_1", "data": "AA"},
        {"type": "reasoning.encrypted", "index": 1, "id": "rs_2", "data": "BBCC"},
    ]


def test_parts_of_content_and_plain_text_are_joined_into_parts() -> None:
    """Mistral: many thinking parts for one, then strings; an empty string in between is no part."""

    def thinking(text: str) -> bytes:
        return delta(content=[{"type": "thinking", "thinking": [{"type": "text", "text": text}]}])

    said = message(
        delta(role="assistant", content=""), thinking("Hm"), thinking("m."), delta(content=""), thinking(".."),
        delta(content="4"), delta(content="2"), delta(content=[{"type": "reference", "reference_ids": [1]}]),
        delta(content=[{"type": "text", "text": ""}]), delta(content="!"),
    )  # fmt: skip

    assert said["content"] == [
        {"type": "thinking", "thinking": [{"type": "text", "text": "Hmm..."}]},
        {"type": "text", "text": "42"},
        {"type": "reference", "reference_ids": [1]},
        {"type": "text", "text": "!"},
    ]


def test_text_before_parts_becomes_a_part() -> None:
    said = message(delta(content="See"), delta(content=[{"type": "reference", "reference_ids": [1]}]))

    assert said["content"] == [{"type": "text", "text": "See"}, {"type": "reference", "reference_ids": [1]}]


def test_audio_annotations_images_and_the_unknown_survive() -> None:
    said = message(
        delta(
            audio={"id": "a", "transcript": "He"}, annotations=[{"type": "url_citation", "url_citation": {"url": "1"}}]
        ),
        delta(audio={"transcript": "y", "data": "UklG"}, images=[{"type": "image_url", "index": 0}], vendor="one"),
        delta(
            audio={"data": "RgEC", "expires_at": 5},
            annotations=[{"type": "url_citation", "url_citation": {"url": "2"}}],
        ),
        delta(images=[{"type": "image_url", "index": 1}], vendor="one", other={"a": 2, "id": "i"}),
        delta(vendor=None, other={"a": 2, "id": "i", "more": ["x"]}),
    )

    assert said == {
        "role": "assistant",
        "content": None,
        "audio": {"id": "a", "transcript": "Hey", "data": "UklGRgEC", "expires_at": 5},
        "annotations": [{"type": "url_citation", "url_citation": {"url": u}} for u in "12"],
        "images": [{"type": "image_url", "index": 0}, {"type": "image_url", "index": 1}],
        "vendor": "one",
        "other": {"a": 2, "id": "i", "more": ["x"]},
    }


def test_annotations_by_the_thousand_are_joined_at_once() -> None:
    cited = [{"type": "url_citation", "url_citation": {"url": str(number)}} for number in range(20_000)]

    said = message(delta(content="x", annotations=cited[:10_000]), delta(annotations=cited[10_000:]))

    assert said["annotations"] == cited


def test_logprobs_are_lined_up() -> None:
    def token(text: str, **logprobs: Any) -> bytes:
        return chunk({"index": 0, "delta": {"content": text}, "finish_reason": None, "logprobs": logprobs})

    a, b = ({"token": t, "logprob": -0.5, "bytes": [97], "top_logprobs": []} for t in "ab")
    body = (
        token("a", content=[a], refusal=None) + token("b", content=[b], refusal=None) + chunk(STOP | {"logprobs": None})
    )

    assert CHAT.parse_answer(body + DONE)[1].choices[0].extra == {"logprobs": {"content": [a, b], "refusal": None}}


def test_a_delta_may_stand_under_the_name_of_message() -> None:
    pieces = [chunk({"index": 0, "message": {"content": text}, "finish_reason": None}) for text in ("Hel", "lo")]

    assert message(*pieces)["content"] == "Hello"


def test_a_message_beside_deltas_is_what_they_amount_to_so_far() -> None:
    """Perplexity."""
    pieces = [
        chunk({"index": 0, "delta": {"content": new}, "message": {"role": "assistant", "content": so_far}}, usage=USAGE)
        for new, so_far in [("Hel", "Hel"), ("lo", "Hello"), ("", "Hello")]
    ]
    final = chunk({"index": 0, "delta": {}, "message": {"content": "Hello"}, "finish_reason": "stop"}, usage=USAGE)
    bare = chunk({"index": 0, "message": {"content": "Hello"}, "finish_reason": "stop"}, usage=USAGE)

    for end in (final, bare):
        answer = CHAT.parse_answer(b"".join(pieces) + end)[1]

        assert answer.choices == (Choice(0, {"role": "assistant", "content": "Hello"}, "stop", {}),)


def test_choices_may_come_mixed() -> None:
    body = delta(1, content="b") + delta(0, content="a") + delta(1, content="B") + delta(0, content="A")
    ends = chunk(STOP | {"index": 1}) + chunk(STOP)

    answer = CHAT.parse_answer(body + ends + DONE, n=2)[1]

    assert [(c.index, c.message["content"]) for c in answer.choices] == [(0, "aA"), (1, "bB")]
    with pytest.raises(ValueError, match="2 where 3"):
        CHAT.parse_answer(body + ends + DONE, n=3)
    with pytest.raises(ValueError, match="finish_reason: missing"):
        CHAT.parse_answer(body + chunk(STOP) + DONE, n=2)


@pytest.mark.parametrize("keep_alive", [b": OPENROUTER PROCESSING\n\n", b"data:\n\n", b"event: ping\n\n", b"\n\n"])
def test_what_keeps_the_connection_alive_says_nothing(keep_alive: bytes) -> None:
    body = keep_alive + delta(content="x") + keep_alive + chunk(STOP) + keep_alive + DONE + keep_alive

    assert CHAT.parse_answer(body)[0] is Mode.STREAM


def test_a_finish_reason_may_come_twice_but_a_bad_one_is_final() -> None:
    """OpenRouter says it again beside the usage."""
    assert CHAT.parse_answer(delta(content="x") + chunk(STOP) + chunk(STOP, usage=USAGE) + DONE)[1].usage == USAGE
    with pytest.raises(ValueError, match="length"):
        CHAT.parse_answer(delta(content="x") + chunk(STOP | {"finish_reason": "length"}) + chunk(STOP) + DONE)


# how a stream ends


@pytest.mark.parametrize(
    "end", [DONE, b"data: [DONE]", b"data:[DONE]\n", b"data: [DONE]\r\n\r\n", DONE + b"data: more\n\n"]
)
def test_done_ends_a_stream_with_or_without_a_blank_line(end: bytes) -> None:
    assert CHAT.parse_answer(delta(content="x") + chunk(STOP) + end)[1].usage is None


@pytest.mark.parametrize("end", [chunk(STOP, usage=USAGE), chunk(STOP) + chunk(usage=USAGE)])
def test_usage_with_or_after_the_finish_ends_a_stream_without_done(end: bytes) -> None:
    assert CHAT.parse_answer(delta(content="x") + end)[1].usage == USAGE


@pytest.mark.parametrize(
    "body",
    [
        delta(content="x") + chunk(STOP),
        delta(content="x") + chunk(STOP, usage=None),
        chunk({"index": 0, "delta": {"content": "x"}, "finish_reason": None}, usage=USAGE),
        chunk({"index": 0, "delta": {"content": "x"}, "finish_reason": None}, usage=USAGE) + chunk(STOP),
        delta(0, content="x") + delta(1, content="y") + chunk(STOP, usage=USAGE),
        chunk(usage=USAGE),
        b": OPENROUTER PROCESSING\n\n",
    ],
)
def test_a_stream_without_an_end_is_cut_off(body: bytes) -> None:
    with pytest.raises(ValueError, match="cut off"):
        CHAT.parse_answer(body)


@pytest.mark.parametrize(
    "spoilt",
    [
        b"event: error\ndata: {}\n\n",
        b'data: {"error": {"message": "overloaded"}}\n\n',
        b'data: {"object": "error", "message": "m"}\n\n',
        chunk({"index": 0, "delta": {}, "error": {"code": 502}, "finish_reason": None}),
        chunk(STOP | {"finish_reason": "length"}),
        chunk(STOP | {"finish_reason": "content_filter"}),
        chunk(STOP | {"finish_reason": ["stop"]}),
        b"data: {\n\n",
        b"data: []\n\n",
        b"data: oops\n\n",
        chunk({"index": 0, "delta": "x", "finish_reason": None}),
        chunk({"index": 0, "delta": {"content": 5}, "finish_reason": None}),
        chunk({"index": True, "delta": {}, "finish_reason": None}),
    ],
)
def test_a_spoilt_stream_is_refused(spoilt: bytes) -> None:
    with pytest.raises(ValueError):
        CHAT.parse_answer(delta(reasoning="x") + spoilt + chunk(STOP) + DONE)


def test_nesting_without_end_is_refused() -> None:
    deep, other = (b'{"a":' * 1500 + end + b"}" * 1500 for end in (b"1", b"2"))
    first, second = (
        b'data: {"choices": [{"delta": {"content": "x", "deep": ' + each + b"}}]}\n\n" for each in (deep, other)
    )

    with pytest.raises(ValueError, match="deeply"):
        CHAT.parse_answer(first + second + chunk(STOP) + DONE)


# what we send


def test_a_stream_is_written_in_the_order_clients_expect() -> None:
    call = {"id": "c1", **function("f", "{}")}
    said = {
        "role": "assistant",
        "content": "x",
        "reasoning": "r",
        "refusal": None,
        "tool_calls": [call],
        "annotations": [1],
    }
    answer = Completion(
        "i", "m", 7, (Choice(0, said, "stop", {"logprobs": None}),), USAGE, {"provider": "P", "citations": ["c"]}
    )

    events = sse.decode(CHAT.render(answer, Mode.STREAM, include_usage=True))

    assert events.pop() == sse.Event("", "[DONE]")
    chunks = [json.loads(event.data) for event in events]
    head = {"id": "i", "object": "chat.completion.chunk", "created": 7, "model": "m", "provider": "P"}
    assert [c.pop("choices") for c in chunks] == [
        [{"index": 0, "delta": {"role": "assistant", "refusal": None, "content": ""}, "finish_reason": None}],
        [{"index": 0, "delta": {"reasoning": "r"}, "finish_reason": None}],
        [{"index": 0, "delta": {"content": "x"}, "logprobs": None, "finish_reason": None}],
        [{"index": 0, "delta": {"tool_calls": [{"index": 0, **call}]}, "finish_reason": None}],
        [{"index": 0, "delta": {"annotations": [1]}, "finish_reason": None}],
        [{"index": 0, "delta": {}, "finish_reason": "stop"}],
        [],
    ]
    assert chunks == [
        head | {"usage": None, "citations": ["c"]},
        *[head | {"usage": None}] * 5,
        head | {"usage": USAGE},
    ]


def test_who_did_not_ask_for_usage_gets_none() -> None:
    answer = Completion("i", "m", 7, (Choice(0, {"role": "assistant", "content": "x"}, "stop", {}),), USAGE, {})

    assert b"usage" not in CHAT.render(answer, Mode.STREAM, include_usage=False)
    assert b"usage" in CHAT.render(answer, Mode.WHOLE, include_usage=False)


def test_text_after_thinking_is_streamed_as_mistral_does() -> None:
    parts = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}, {"type": "text", "text": "4"}]
    answer = Completion("i", "m", 7, (Choice(0, {"role": "assistant", "content": parts}, "stop", {}),), None, {})

    contents = [
        json.loads(event.data)["choices"][0]["delta"].get("content")
        for event in sse.decode(CHAT.render(answer, Mode.STREAM, include_usage=False))[:-1]
    ]

    assert contents == ["", parts[:1], "4", None]


def test_a_stream_truncated_at_any_byte_is_not_complete() -> None:
    body = delta(role="assistant", content="") + delta(content="語") + chunk(STOP) + DONE

    for cut in range(len(body) - 2):
        with pytest.raises(ValueError):
            CHAT.parse_answer(body[:cut])
    assert CHAT.parse_answer(body[:-2]) == CHAT.parse_answer(body)


# without usage


def test_only_what_include_usage_brings_is_taken_out() -> None:
    nested = b'data: {"choices": [{"delta": {"content": "\\"usage\\": null, x"}}], "x_groq": {"usage":null}}\r\n\r\n'
    kept = b': hello\n\ndata: {"choices":[],"prompt_filter_results":[]%s}\n\n' + nested
    kept += b'id: 7\ndata: {%s"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"obfuscation":"usage"}\r\n\r\n'
    usage = b'data: {"id":"i","choices":[],"usage":{"total_tokens":3}}\n\n'

    body = kept % (b', "usage" : null', b'"usage":null,') + usage + DONE

    assert CHAT.without_usage(body) == kept % (b"", b"") + DONE


def test_usage_beside_choices_stays() -> None:
    """DeepSeek, Mistral and OpenRouter send it to everybody."""
    body = delta(content="x") + chunk(STOP, usage=USAGE) + DONE

    assert CHAT.without_usage(body) == body


@pytest.mark.parametrize(
    "odd",
    [
        b'data: {"usage":null,"x_groq":{"usage":null},"choices":[]}\n\n',
        b'data: {"choices":[],\ndata: "usage":null,"x_groq":{"usage":null}}\n\n',
        b'data: {"us\\u0061ge":null,"x_groq":{"usage":null},"choices":[]}\n\n',
        b'event: e\ndata: {"choices":[],\ndata: "usage":null\ndata: ,"x_groq":{"usage":null}}',
    ],
)
def test_where_the_field_cannot_be_cut_out_the_event_is_written_anew(odd: bytes) -> None:
    (event,) = sse.decode(CHAT.without_usage(odd))

    assert json.loads(event.data) == {"choices": [], "x_groq": {"usage": None}}
    assert event.name == sse.decode(odd)[0].name


@given(st.binary())
@pytest.mark.parametrize("around", [b"%s", b"data: %s\n\n", b'data: {"usage":%s}\n\n', b'data: {"usage":null,%s}\n\n'])
def test_what_cannot_be_read_stays(around: bytes, junk: bytes) -> None:
    body = around % junk
    try:
        [json.loads(event.data) for event in sse.decode(body)]
    except ValueError:
        assert CHAT.without_usage(body) == body


# what grows, by where it stands


def test_a_tool_that_was_run_is_told_again_with_its_output() -> None:
    """Groq."""
    asked = {"index": 0, "type": "search", "arguments": '{"query":"tea"}', "search_results": {"results": []}}
    found = {**asked, "output": "Tea is hot", "search_results": {"results": [{"url": "u"}]}}

    said = message(delta(executed_tools=[asked]), delta(executed_tools=[found]), delta(content="Hot."))

    assert said["executed_tools"] == [found]


def test_copilots_reasoning_grows() -> None:
    said = message(
        delta(reasoning_text="first "),
        delta(reasoning_text="second"),
        delta(reasoning_opaque="b64=="),
        delta(content="x"),
    )

    assert (said["reasoning_text"], said["reasoning_opaque"]) == ("first second", "b64==")


def test_litellms_thinking_blocks_are_joined_up_to_their_signature() -> None:
    def block(thinking: str, signature: str = "") -> bytes:
        return delta(thinking_blocks=[{"type": "thinking", "thinking": thinking, "signature": signature}])

    redacted = {"type": "redacted_thinking", "data": "AA"}
    said = message(
        block("th"), block("ink"), block("", "SIG"), delta(thinking_blocks=[redacted]),
        delta(thinking_blocks=[redacted]), block("more"), block("!", "2"), delta(content="x"),
    )  # fmt: skip

    assert said["thinking_blocks"] == [
        {"type": "thinking", "thinking": "think", "signature": "SIG"},
        redacted,
        redacted,
        {"type": "thinking", "thinking": "more!", "signature": "2"},
    ]


def test_databricks_reasoning_is_one_part() -> None:
    def piece(**summary: str) -> bytes:
        return delta(content=[{"type": "reasoning", "summary": [{"type": "summary_text", **summary}]}])

    said = message(
        delta(role="assistant"), piece(text="be"), piece(text="cause"), piece(text="", signature="S"), piece(text="So"),
        delta(content="4"), delta(content="2"),
    )  # fmt: skip

    assert said["content"] == [
        {
            "type": "reasoning",
            "summary": [
                {"type": "summary_text", "text": "because", "signature": "S"},
                {"type": "summary_text", "text": "So"},
            ],
        },
        {"type": "text", "text": "42"},
    ]


@pytest.mark.parametrize(
    ("pieces", "whole"),
    [
        (["YQ==", "YmM="], "YWJj"),
        (["YWJj", "ZGVm"], "YWJjZGVm"),
        (["YQ==", "Yg==", "", "Yw==", "ZA=="], "YWJjZA=="),
        (["YQ", "YmM"], None),  # not padded: text cut anywhere, or bytes each for themselves?
        (["YWJjZ", "GVm"], None),
        (["YQ==", "Y==="], None),
        (["YW.j", "ZGVm"], None),
    ],
)
def test_audio_is_joined_by_its_bytes(pieces: list[str], whole: str | None) -> None:
    body = b"".join(delta(audio={"data": piece}) for piece in pieces) + chunk(STOP) + DONE
    document = CHAT.parse_answer(body)[1]

    if whole is None:
        with pytest.raises(ReplayOnly):
            CHAT.render(document, Mode.WHOLE)
    else:
        assert document.choices[0].message["audio"]["data"] == whole


@pytest.mark.parametrize("numbers", [[-0.5], [-0.5, -0.7]])
def test_togethers_log_probabilities_are_no_lists(numbers: list[float]) -> None:
    pieces = [chunk({"index": 0, "delta": {"content": "x"}, "logprobs": number}) for number in numbers]

    document = CHAT.parse_answer(b"".join(pieces) + chunk(STOP) + DONE)[1]

    with pytest.raises(ReplayOnly):
        CHAT.render(document, Mode.WHOLE)


def test_parts_of_an_unknown_kind_may_be_one_or_several() -> None:
    body = b"".join(delta(content=[{"type": "vendor", "said": said}]) for said in ("a", "b")) + chunk(STOP) + DONE

    with pytest.raises(ReplayOnly):
        CHAT.render(CHAT.parse_answer(body)[1], Mode.WHOLE)


@pytest.mark.parametrize("name", ["text", "summary", "thinking", "data", "input", "id", "type"])
def test_a_name_that_grows_elsewhere_does_not_grow_everywhere(name: str) -> None:
    body = b"".join(delta(content="x", vendor={name: piece}) for piece in "ab") + chunk(STOP) + DONE

    with pytest.raises(ReplayOnly):
        CHAT.render(CHAT.parse_answer(body)[1], Mode.WHOLE)


@pytest.mark.parametrize("kind", ["function", "custom"])
def test_a_second_name_of_a_call_is_a_piece_or_another_one(kind: str) -> None:
    calls = [[{"index": 0, "id": "c", kind: {"name": name}}] for name in ("get_", "weather")]
    body = b"".join(delta(tool_calls=call) for call in calls) + chunk(STOP) + DONE

    with pytest.raises(ReplayOnly):
        CHAT.render(CHAT.parse_answer(body)[1], Mode.WHOLE)


def test_a_number_as_logprobs_of_a_whole_answer_is_not_sent_in_a_stream() -> None:
    """There it would be the one of a single token."""
    choice = Choice(0, {"role": "assistant", "content": "Hello!"}, "stop", {"logprobs": -0.5})
    document = Completion("chatcmpl-1", "m-1", 1700000000, (choice,), None, {})

    assert CHAT.parse_answer(CHAT.render(document, Mode.WHOLE))[1].choices == (choice,)
    with pytest.raises(ReplayOnly, match="logprobs"):
        CHAT.render(document, Mode.STREAM)
