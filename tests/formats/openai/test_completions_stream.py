"""Streamed legacy completions: what vendors send, put together; what we send, taken apart again."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from aicache.domain.model import Mode
from aicache.formats import sse
from aicache.formats.errors import ReplayOnly
from aicache.formats.openai.completions import COMPLETIONS

HEAD = {"id": "cmpl-1", "object": "text_completion", "created": 1700000000, "model": "m-1"}
USAGE = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
DONE = b"data: [DONE]\n\n"


def chunk(*choices: dict[str, Any], **fields: Any) -> bytes:
    return b"data: " + json.dumps({**HEAD, "choices": choices, **fields}).encode() + b"\n\n"


def piece(text: str, index: int = 0, end: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"text": text, "index": index, "logprobs": None, "finish_reason": end, **fields}


def read(*chunks: bytes, n: int = 1) -> dict[str, Any]:
    mode, document = COMPLETIONS.parse_answer(b"".join(chunks), n=n)
    assert mode is Mode.STREAM
    return document


def faithful(document: Any) -> bytes:
    """Tells 1, 1.0 and true apart, which ``==`` does not."""
    return msgspec.json.encode(document, order="deterministic")


# what vendors send


def test_texts_are_joined_into_the_document() -> None:
    document = read(
        chunk(piece(" a"), usage=None),
        chunk(piece(" ti"), obfuscation="xy", usage=None),
        chunk(piece("me", end="stop"), usage=None, system_fingerprint="fp"),
        chunk(usage=USAGE),
        DONE,
    )

    assert document == {
        **HEAD,
        "choices": [{"text": " a time", "index": 0, "logprobs": None, "finish_reason": "stop"}],
        "usage": USAGE,
        "system_fingerprint": "fp",
    }


def test_choices_of_several_prompts_come_in_any_order() -> None:
    document = read(
        chunk(piece("b", 1)), chunk(piece("a", 0), piece("B", 1, "stop")), chunk(piece("A", 0, "stop")), DONE, n=2
    )

    assert [choice["text"] for choice in document["choices"]] == ["aA", "bB"]


def test_log_probabilities_grow_token_by_token() -> None:
    def logprobs_of(token: str, offset: int) -> dict[str, Any]:
        return {
            "tokens": [token],
            "token_logprobs": [-0.5],
            "top_logprobs": [{"index": -0.5, token: -0.5}],
            "text_offset": [offset],
        }

    (choice,) = read(
        chunk(piece(" a", logprobs=logprobs_of(" a", 9))),
        chunk(piece(" b", logprobs=logprobs_of(" b", 11))),
        chunk(piece("", end="stop")),
        DONE,
    )["choices"]

    assert choice["logprobs"] == {
        "tokens": [" a", " b"],
        "token_logprobs": [-0.5, -0.5],
        "top_logprobs": [{"index": -0.5, " a": -0.5}, {"index": -0.5, " b": -0.5}],
        "text_offset": [9, 11],
    }


@pytest.mark.parametrize("told", [(-0.5,), (-0.5, -0.25), ({"tokens": ["a"]}, -0.5), ({"tokens": 1}, {"tokens": 1})])
def test_log_probabilities_that_cannot_be_joined_are_kept_as_recorded_alone(told: tuple[Any, ...]) -> None:
    """Together's pieces have a bare number each, and its whole answers have lists."""
    document = read(*(chunk(piece("x", logprobs=each)) for each in told), chunk(piece("", end="stop")), DONE)

    for mode in Mode:
        with pytest.raises(ReplayOnly):
            COMPLETIONS.render(document, mode)


def test_the_pieces_of_vllm_together_and_tgi_are_understood() -> None:
    """Prompt tokens in the first piece; text that stands twice; an empty finish_reason; usage in every chunk."""
    document = read(
        b": keep-alive\n\n",
        chunk(piece("x", prompt_token_ids=[1, 2], token_ids=[3], stop_reason=None), usage={"total_tokens": 3}),
        chunk(piece("y", end="", token_ids=[4], delta={"token_id": 4, "content": "y"}, seed=7)),
        chunk({"text": "", "index": 0, "finish_reason": "eos_token", "stop_reason": 2}, usage=USAGE),
        DONE,
    )

    assert document["choices"] == [
        {
            "text": "xy",
            "index": 0,
            "logprobs": None,
            "finish_reason": "eos_token",
            "prompt_token_ids": [1, 2],
            "token_ids": [3, 4],
            "stop_reason": 2,
            "seed": 7,
        }
    ]
    assert document["usage"] == USAGE


def test_a_stream_that_is_labeled_a_document_is_a_stream_and_the_other_way_round() -> None:
    stream, document = chunk(piece("x", end="stop")) + DONE, json.dumps({"choices": [piece("x", end="stop")]}).encode()

    assert COMPLETIONS.parse_answer(b"\n \n" + stream)[0] is Mode.STREAM
    assert COMPLETIONS.parse_answer(b"\n \n" + document)[0] is Mode.WHOLE


# where a stream ends, and where it is spoilt


@pytest.mark.parametrize("end", [b"data: [DONE]", b"data:[DONE]\r\n", b"data: [DONE]\n\nwhatever"])
def test_done_ends_a_stream_with_or_without_a_blank_line(end: bytes) -> None:
    assert "usage" not in read(chunk(piece("x")), chunk(piece("", end="stop")), end)


def test_usage_with_or_after_the_last_finish_ends_a_stream_without_done() -> None:
    assert read(chunk(piece("x", end="stop"), usage=USAGE)) == read(chunk(piece("x", end="stop")), chunk(usage=USAGE))


@pytest.mark.parametrize(
    "body",
    [
        chunk(piece("x")),
        chunk(piece("x", end="stop")),
        chunk(piece("x"), usage=USAGE) + chunk(piece("", end="stop")),
        chunk(piece("x"), piece("y", 1, "stop"), usage=USAGE),
        chunk(usage=USAGE),
        b": OPENROUTER PROCESSING\n\n",
    ],
)
def test_a_stream_without_an_end_is_cut_off(body: bytes) -> None:
    with pytest.raises(ValueError, match="cut off"):
        read(body)


def test_done_without_a_finish_reason_is_no_good_end() -> None:
    with pytest.raises(ValueError, match="finish_reason"):
        read(chunk(piece("x")), DONE)


@pytest.mark.parametrize(
    "spoilt",
    [
        b"event: error\ndata: {}\n\n",
        b'data: {"error": {"message": "overloaded"}}\n\n',
        b'data: {"object": "error", "message": "m"}\n\n',
        chunk(piece("", error={"code": 502})),
        chunk(piece("", end="length")),
        chunk(piece("", end="content_filter")),
        chunk({"text": 5, "index": 0}),
        chunk({"text": "x", "index": True}),
        b"data: {\n\n",
        b"data: []\n\n",
    ],
)
def test_a_spoilt_stream_is_refused(spoilt: bytes) -> None:
    with pytest.raises(ValueError):
        read(chunk(piece("x")), spoilt, chunk(piece("", end="stop")), DONE)


def test_nesting_without_end_is_refused() -> None:
    deep, other = (b'{"a":' * 1500 + end + b"}" * 1500 for end in (b"1", b"2"))
    first, second = (b'data: {"choices": [{"text": "x", "deep": ' + each + b"}]}\n\n" for each in (deep, other))

    with pytest.raises(ValueError, match="deeply"):
        read(first, second, chunk(piece("", end="stop")), DONE)


# what we send


def test_a_stream_is_written_as_the_api_does() -> None:
    told = {"tokens": ["x"], "token_logprobs": [-0.5]}
    document = {
        **HEAD,
        "choices": [
            {"text": "x", "index": 0, "logprobs": told, "finish_reason": "stop", "stop_reason": 2},
            {"text": "", "index": 1, "logprobs": None, "finish_reason": "stop"},
        ],
        "usage": USAGE,
        "provider": "P",
        "prompt_filter_results": [1],
    }

    events = sse.decode(COMPLETIONS.render(document, Mode.STREAM))

    assert events.pop() == sse.Event("", "[DONE]")
    chunks = [json.loads(event.data) for event in events]
    assert [c.pop("choices") for c in chunks] == [
        [{"text": "x", "index": 0, "logprobs": told, "finish_reason": None}],
        [{"text": "", "index": 0, "logprobs": None, "stop_reason": 2, "finish_reason": "stop"}],
        [{"text": "", "index": 1, "logprobs": None, "finish_reason": None}],
        [{"text": "", "index": 1, "logprobs": None, "finish_reason": "stop"}],
        [],
    ]
    head = HEAD | {"provider": "P"}
    assert chunks == [
        head | {"usage": None, "prompt_filter_results": [1]},
        *[head | {"usage": None}] * 3,
        head | {"usage": USAGE},
    ]


def test_who_did_not_ask_for_usage_gets_none_in_a_stream() -> None:
    document = read(chunk(piece("x", end="stop")), chunk(usage=USAGE), DONE)

    assert b"usage" not in COMPLETIONS.render(document, Mode.STREAM, include_usage=False)
    assert b"usage" in COMPLETIONS.render(document, Mode.WHOLE, include_usage=False)


def test_each_mode_is_sent_as_what_it_is() -> None:
    assert COMPLETIONS.content_type(Mode.WHOLE) == "application/json"
    assert COMPLETIONS.content_type(Mode.STREAM).startswith("text/event-stream")


def test_a_stream_truncated_at_any_byte_is_not_complete() -> None:
    body = chunk(piece("語")) + chunk(piece("", 1)) + chunk(piece("", end="stop"), piece("!", 1, "stop")) + DONE

    for cut in range(len(body) - 2):
        with pytest.raises(ValueError):
            read(body[:cut])
    assert read(body[:-2], n=2) == read(body, n=2)
