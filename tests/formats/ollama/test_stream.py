"""Ollama's streams: what the server sends, put together; what we send, taken apart again."""

from __future__ import annotations

import json
import random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.domain.model import Mode
from aicache.formats import sse
from aicache.formats.ollama.chat_and_generate import OLLAMA_CHAT, OLLAMA_GENERATE, OllamaChat, OllamaGenerate

HEAD = {"model": "llama3.2", "created_at": "2023-08-04T19:22:45.499127Z"}
COUNTS = {"total_duration": 4883583458, "prompt_eval_count": 26, "eval_count": 282}
CALL = {"function": {"name": "get_weather", "arguments": {"city": "Tokyo"}}}

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    ["Hello!", "多语言", "e\u0301 👩‍👩‍👧", "\x00\x1b\r\n\n", "a\u2028b\u2029c\x85d", '{"done":true}\n']
)
NUMBER = st.integers(-(2**63), 2**64) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
CALLS = st.lists(
    st.fixed_dictionaries(
        {
            "function": st.fixed_dictionaries(
                {"name": st.sampled_from(["f", "g"])},
                optional={"index": st.integers(0, 2), "arguments": st.none() | st.dictionaries(TEXT, JSON, max_size=2)},
            )
        },
        optional={"id": st.none() | TEXT, "vendor": JSON},
    ),
    max_size=3,
)
SAID: dict[str, st.SearchStrategy[Any]] = {"thinking": st.none() | TEXT, "tool_calls": st.none() | CALLS}
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "model": st.none() | TEXT,
    "created_at": st.none() | TEXT,
    "remote_model": TEXT,
    "done_reason": st.sampled_from(["stop", "tool_calls", "", None]),
    "total_duration": NUMBER,
    "eval_count": st.none() | st.integers(0, 9),
    "context": st.none() | st.lists(st.integers(0, 9), max_size=3),
    "logprobs": st.none() | st.lists(st.fixed_dictionaries({"token": TEXT, "logprob": NUMBER}), max_size=3),
    "error": st.sampled_from([None, ""]),
    "vendor": JSON,
}
MESSAGE = st.fixed_dictionaries(
    {"role": st.sampled_from(["assistant", "model"]), "content": TEXT},
    optional=SAID | {"images": st.none() | st.lists(TEXT, max_size=2), "vendor": JSON},
)
CHATS = st.fixed_dictionaries({"message": MESSAGE, "done": st.just(True)}, optional=FIELDS).filter(
    lambda document: any(document["message"].get(name) for name in ("content", "thinking", "tool_calls"))
)
GENERATED = st.fixed_dictionaries({"response": TEXT, "done": st.just(True)}, optional=FIELDS | SAID).filter(
    lambda document: any(document.get(name) for name in ("response", "thinking", "tool_calls"))
)
ANSWERS = st.tuples(st.just(OLLAMA_CHAT), CHATS) | st.tuples(st.just(OLLAMA_GENERATE), GENERATED)
Answered = tuple[OllamaChat | OllamaGenerate, dict[str, Any]]


def faithful(document: Any) -> bytes:
    """Tells 1, 1.0 and true apart, which ``==`` does not."""
    return msgspec.json.encode(document, order="deterministic")


def lines(*documents: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(document).encode() + b"\n" for document in documents)


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


def test_clients_that_split_at_every_line_end_of_unicode_can_read_a_stream() -> None:
    """Ollama's Python client does."""
    text = "a\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\r\n"

    body = OLLAMA_CHAT.render(end(message={"role": "assistant", "content": text}), Mode.STREAM).decode()

    assert body.splitlines() == body.split("\n")[:-1]
    assert json.loads(body.splitlines()[0])["message"]["content"] == text


@given(ANSWERS, st.sampled_from(Mode))
def test_what_was_rendered_is_the_same_answer(answered: Answered, mode: Mode) -> None:
    format, document = answered

    got, read = format.parse_answer(format.render(document, mode))

    assert got is mode
    assert read == document
    assert faithful(read) == faithful(document)


@given(ANSWERS)
def test_whole_to_stream_to_whole_is_the_same_document(answered: Answered) -> None:
    format, answer = answered
    document = format.render(answer, Mode.WHOLE)

    stream = format.render(format.parse_answer(document)[1], Mode.STREAM)
    again = format.render(format.parse_answer(stream)[1], Mode.WHOLE)

    assert json.loads(again) == json.loads(document)


@given(ANSWERS, st.data())
def test_a_truncated_stream_is_never_complete(answered: Answered, data: st.DataObject) -> None:
    """Unless all that is missing is the last line's end."""
    format, document = answered
    body = format.render(document, Mode.STREAM)

    cut = data.draw(st.integers(0, len(body) - 2))

    with pytest.raises(ValueError):
        format.parse_answer(body[:cut])
    assert format.parse_answer(body[:-1]) == (Mode.STREAM, document)


def test_a_stream_truncated_at_any_byte_is_not_complete() -> None:
    body = lines(piece(thinking="t"), piece(content="語"), piece(tool_calls=[CALL]), end())

    for cut in range(len(body) - 1):
        with pytest.raises(ValueError):
            OLLAMA_CHAT.parse_answer(body[:cut])


@given(ANSWERS, st.randoms(use_true_random=False))
def test_however_finely_text_trickles_it_is_the_same_answer(answered: Answered, rng: random.Random) -> None:
    format, document = answered

    trickled = [part for line in sse.decode_ndjson(format.render(document, Mode.STREAM)) for part in trickle(line, rng)]

    assert format.parse_answer(lines(*trickled)) == (Mode.STREAM, document)


def trickle(line: bytes, rng: random.Random) -> list[dict[str, Any]]:
    """Cut what one line says into two lines, as models send it."""
    document = json.loads(line)
    said = document.get("message", document)
    for name in ("content", "response", "thinking", "tool_calls"):
        if document["done"] is False and (value := said.get(name)):
            cut = rng.randint(0, len(value))
            first, second = ({name: value[:cut]}, {name: value[cut:]})
            if "message" not in document:
                return [document | first, {key: v for key, v in document.items() if key != "logprobs"} | second]
            rest = {key: v for key, v in document.items() if key != "logprobs"}
            return [document | {"message": said | first}, rest | {"message": said | second}]
    return [document]
