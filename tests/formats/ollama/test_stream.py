"""Ollama's streams: what the server sends, put together; what we send, taken apart again."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from aicache.domain.model import Mode
from aicache.formats import sse
from aicache.formats.ollama.chat_and_generate import OLLAMA_CHAT, OLLAMA_GENERATE
from formats.ollama.documents import lines

HEAD = {"model": "llama3.2", "created_at": "2023-08-04T19:22:45.499127Z"}
COUNTS = {"total_duration": 4883583458, "prompt_eval_count": 26, "eval_count": 282}
CALL = {"function": {"name": "get_weather", "arguments": {"city": "Tokyo"}}}


def faithful(document: Any) -> bytes:
    """Tells 1, 1.0 and true apart, which ``==`` does not."""
    return msgspec.json.encode(document, order="deterministic")


def piece(**message: Any) -> dict[str, Any]:
    return {**HEAD, "message": {"role": "assistant", "content": "", **message}, "done": False}


def end(**fields: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": ""}
    return {**HEAD, "message": message, "done_reason": "stop", "done": True, **COUNTS, **fields}


# what the server sends


def test_pieces_are_joined_into_the_message_and_the_last_line_tells_the_rest() -> None:
    body = lines(
        piece(thinking="Let me ") | {"created_at": "2023-08-04T19:22:44Z"},
        piece(thinking="see."),
        piece(content="The", images=None),
        piece(content=" sky"),
        end(),
    )

    message = {"role": "assistant", "content": "The sky", "thinking": "Let me see.", "images": None}
    assert OLLAMA_CHAT.parse_answer(body) == (Mode.STREAM, end(message=message))


def test_the_last_line_may_speak_too_or_hold_no_message() -> None:
    spoken = {"role": "assistant", "content": "!"}
    silent = end()
    del silent["message"]

    for last, text in ((end(message=spoken), "Hi!"), (silent, "Hi")):
        assert OLLAMA_CHAT.parse_answer(lines(piece(content="Hi"), last))[1]["message"]["content"] == text


def test_tool_calls_come_whole_in_one_line_or_several() -> None:
    other = {"id": "call_2", "function": {"index": 1, "name": "f", "arguments": {}}}
    last = end(message={"role": "assistant", "content": "", "tool_calls": [CALL]})

    message = OLLAMA_CHAT.parse_answer(lines(piece(tool_calls=[CALL]), piece(tool_calls=[other]), last))[1]["message"]

    assert message == {"role": "assistant", "content": "", "tool_calls": [CALL, other, CALL]}


def test_a_generated_text_grows_and_so_do_its_log_probabilities() -> None:
    body = lines(
        {**HEAD, "response": "", "thinking": "Hm", "done": False},
        {**HEAD, "response": "It", "done": False, "logprobs": [{"token": "It", "logprob": -0.5}]},
        {**HEAD, "response": " is", "done": False, "logprobs": [{"token": " is", "logprob": -0.1}]},
        {**HEAD, "response": "", "done": True, "context": [1, 2, 3], **COUNTS},
    )

    assert OLLAMA_GENERATE.parse_answer(body)[1] == {
        **HEAD,
        "response": "It is",
        "thinking": "Hm",
        "logprobs": [{"token": "It", "logprob": -0.5}, {"token": " is", "logprob": -0.1}],
        "done": True,
        "context": [1, 2, 3],
        **COUNTS,
    }


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\n\n"])
def test_any_line_end_will_do(line_end: bytes) -> None:
    body = lines(piece(content="Hi"), end())

    assert OLLAMA_CHAT.parse_answer(body.replace(b"\n", line_end)) == OLLAMA_CHAT.parse_answer(body)


def test_a_single_line_may_be_the_whole_answer() -> None:
    whole = end(message={"role": "assistant", "content": "Hi"})

    assert OLLAMA_CHAT.parse_answer(lines(whole)) == (Mode.STREAM, whole)
    assert OLLAMA_CHAT.parse_answer(lines(whole)[:-1]) == (Mode.WHOLE, whole)


@pytest.mark.parametrize(
    "body",
    [
        lines(piece(content="Hi"), {"error": "an error was encountered while running the model"}),
        lines({"error": "an error"}, end()),
        lines(piece(content="Hi"), piece(content=" there")),
        lines(piece(content="Hi"), end(done_reason="length")),
        lines(piece(content="Hi") | {"done_reason": "length"}, end()),
        lines(piece(content=""), end()),
        lines(end(), piece(content="Hi")),
        lines(piece(content="Hi"), end(), end()),
        lines(piece(content="Hi"), end()) + b"{",
        lines(piece(content=5), end()),
        lines(piece(content="Hi") | {"message": "Hi"}, end()),
        lines(piece(content="Hi") | {"done": 0}, end()),
        lines(piece(content="Hi")) + b"[]\n" + lines(end()),
        b"data: " + lines(piece(content="Hi"), end()),
    ],
)
def test_what_is_no_good_stream_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):
        OLLAMA_CHAT.parse_answer(body)


# what we send


def test_a_stream_is_written_as_the_server_does() -> None:
    said = {"role": "assistant", "content": "x", "thinking": "t", "tool_calls": [CALL, CALL]}
    document = end(message=said, logprobs=[{"token": "x", "logprob": 0.0}])

    body = OLLAMA_CHAT.render(document, Mode.STREAM)

    assert [json.loads(line) for line in body.split(b"\n")[:-1]] == [
        piece(thinking="t") | {"logprobs": [{"token": "x", "logprob": 0.0}]},
        piece(content="x"),
        piece(tool_calls=[CALL, CALL]),
        end(),
    ]
    assert OLLAMA_CHAT.content_type(Mode.STREAM) == "application/x-ndjson"
    assert OLLAMA_CHAT.content_type(Mode.WHOLE) == "application/json; charset=utf-8"
    assert OLLAMA_CHAT.without_usage(body) == body


def test_a_generated_text_is_streamed_with_the_context_at_the_end() -> None:
    document = {**HEAD, "response": "x", "done": True, "done_reason": "stop", "context": [1], **COUNTS}

    assert sse.decode_ndjson(OLLAMA_GENERATE.render(document, Mode.STREAM)) == [
        msgspec.json.encode({**HEAD, "response": "x", "done": False}),
        msgspec.json.encode(
            {**HEAD, "response": "", "done": True, "done_reason": "stop", "context": [1], **COUNTS},
        ),
    ]


def test_a_stream_truncated_at_any_byte_is_not_complete() -> None:
    body = lines(piece(thinking="t"), piece(content="語"), piece(tool_calls=[CALL]), end())

    for cut in range(len(body) - 1):
        with pytest.raises(ValueError):
            OLLAMA_CHAT.parse_answer(body[:cut])
