"""DashScope's streams: what the service sends, put together; what we send, taken apart again, by its own SDK too."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.domain.model import Mode
from aicache.formats.dashscope.generation import DASHSCOPE
from aicache.formats.dashscope.increments import CUMULATIVE, INCREMENTAL, EventTexts, is_cumulative
from formats.dashscope.documents import VARIANTS, event


def faithful(document: Any) -> bytes:
    """Tells 1, 1.0 and true apart, which ``==`` does not."""
    return msgspec.json.encode(document, order="deterministic")


def stream(*outputs: Any, tokens: list[int] | None = None) -> bytes:
    counts = [{"output_tokens": count} for count in tokens] if tokens else [None] * len(outputs)
    return b"".join(
        event(i, {"output": output, "usage": counts[i], "request_id": "r"}) for i, output in enumerate(outputs)
    )


def texts(*pieces: str, end: str = "stop", tokens: list[int] | None = None) -> bytes:
    """A stream in the shape of text, the last event the end."""
    ends = ["null"] * (len(pieces) - 1) + [end]
    return stream(
        *({"finish_reason": why, "text": text} for text, why in zip(pieces, ends, strict=True)), tokens=tokens
    )


def messages(*pieces: dict[str, Any], end: str = "stop") -> bytes:
    """A stream in the shape of messages, the last event the end."""
    ends = ["null"] * (len(pieces) - 1) + [end]
    return stream(
        *(
            {"choices": [{"message": {"role": "assistant", **piece}, "finish_reason": why}]}
            for piece, why in zip(pieces, ends, strict=True)
        )
    )


def gathered(body: bytes, variant: str = "", n: int = 1) -> Any:
    mode, document = DASHSCOPE.parse_answer(body, variant=variant, n=n)
    assert mode is Mode.STREAM
    return document


def message(body: bytes, variant: str = "") -> Any:
    (choice,) = gathered(body, variant)["output"]["choices"]
    return choice["message"]


def text(body: bytes, variant: str = "") -> Any:
    return gathered(body, variant)["output"]["text"]


# what the service sends


@pytest.mark.parametrize("variant", VARIANTS)
def test_pieces_are_joined_whatever_was_asked(variant: str) -> None:
    """Reasoning models send pieces only."""
    assert text(texts("I", " like", " apple", ".", ""), variant) == "I like apple."


@pytest.mark.parametrize("variant", VARIANTS)
def test_of_wholes_the_last_counts_whatever_was_asked(variant: str) -> None:
    """Gateways may ignore ``incremental_output``."""
    body = texts("I", "I like", "I like apple", "I like apples", "I like apples, too", "I like apples, too.")

    assert text(body, variant) == "I like apples, too."


def test_what_stands_around_the_text_is_kept_once() -> None:
    search = {"search_results": [{"index": 1, "title": "t"}]}
    body = (
        event(1, {"output": {"choices": [], "search_info": search}, "request_id": "r"})
        + event(
            2,
            {
                "output": {"choices": [{"message": {"content": "x", "role": "assistant"}, "finish_reason": "null"}]},
                "usage": {"output_tokens": 1},
                "request_id": "r",
            },
        )
        + b":keep-alive\n\n"
        + event(
            3,
            {
                "output": {"choices": [{"message": {"content": "", "role": "assistant"}, "finish_reason": "stop"}]},
                "usage": {"output_tokens": 2},
                "request_id": "r",
            },
        )
    )

    assert gathered(body) == {
        "output": {
            "search_info": search,
            "choices": [{"message": {"content": "x", "role": "assistant"}, "finish_reason": "stop"}],
        },
        "request_id": "r",
        "usage": {"output_tokens": 2},
    }


def test_reasoning_in_pieces_comes_before_the_text_in_pieces() -> None:
    body = messages(
        {"content": "", "reasoning_content": "Hm"},
        {"content": "", "reasoning_content": ", well"},
        {"content": "Four", "reasoning_content": ""},
        {"content": " it is", "reasoning_content": ""},
        {"content": "", "reasoning_content": ""},
    )

    assert message(body) == {"role": "assistant", "content": "Four it is", "reasoning_content": "Hm, well"}


def test_reasoning_among_wholes_may_go_when_the_text_comes() -> None:
    body = messages(
        {"content": "", "reasoning_content": "The question"},
        {"content": "", "reasoning_content": "The question is easy"},
        {"content": "Four", "reasoning_content": ""},
        {"content": "Four it is.", "reasoning_content": ""},
    )

    assert message(body) == {
        "role": "assistant",
        "content": "Four it is.",
        "reasoning_content": "The question is easy",
    }


def test_tool_calls_in_pieces_grow_by_index() -> None:
    """Ids are empty but in the first piece; the end may bring a piece of its own."""

    def call(index: int, arguments: str, **first: Any) -> dict[str, Any]:
        function = {"arguments": arguments} | ({"name": first["name"]} if first else {})
        return {"index": index, "id": first.get("id", ""), "type": "function", "function": function}

    body = messages(
        {"content": "Let me see."},
        {"content": "", "tool_calls": [call(0, '{"city":', id="c", name="f")]},
        {"content": "", "tool_calls": [call(0, ' "Paris"}')]},
        {"content": "", "tool_calls": [call(1, '{"city": "', id="d", name="f")]},
        {"content": "", "tool_calls": [call(1, 'Rome"}')]},
        {"content": "", "tool_calls": [{"index": 1, "id": "", "type": "function", "function": {}}]},
        end="tool_calls",
    )

    assert message(body, INCREMENTAL) == {
        "role": "assistant",
        "content": "Let me see.",
        "tool_calls": [
            call(0, '{"city": "Paris"}', id="c", name="f"),
            call(1, '{"city": "Rome"}', id="d", name="f"),
        ],
    }


@pytest.mark.parametrize("variant", ["", CUMULATIVE])
def test_tool_calls_among_wholes_are_repeated(variant: str) -> None:
    def calls(*arguments: str) -> list[dict[str, Any]]:
        return [
            {"index": i, "id": f"c{i}", "type": "function", "function": {"name": "f", "arguments": each}}
            for i, each in enumerate(arguments)
        ]

    body = messages(
        {"content": "", "tool_calls": calls("")},
        {"content": "", "tool_calls": calls('{"city": "Par')},
        {"content": "", "tool_calls": calls('{"city": "Paris"}', "")},
        {"content": "", "tool_calls": calls('{"city": "Paris"}', '{"city": "Rome"}')},
        end="tool_calls",
    )

    assert message(body, variant)["tool_calls"] == calls('{"city": "Paris"}', '{"city": "Rome"}')


@pytest.mark.parametrize("variant", VARIANTS)
def test_parts_grow_by_their_place(variant: str) -> None:
    """As those of multimodal models do; the size of the picture comes last."""
    body = messages(
        {"content": [{"text": "A dog"}]},
        {"content": [{"text": " on"}]},
        {"content": [{"text": " the beach", "image_hw": [[8, 9]]}]},
        {"content": []},
    )

    assert message(body, variant)["content"] == [{"text": "A dog on the beach", "image_hw": [[8, 9]]}]


@pytest.mark.parametrize("variant", VARIANTS)
def test_parts_among_wholes_are_repeated(variant: str) -> None:
    body = messages(
        {"content": [{"text": "A big dog on"}]},
        {"content": [{"text": "A big dog on the"}]},
        {"content": [{"text": "A big dog on the beach"}]},
        {"content": [{"text": "A big dog on the beach."}, {"ocr_result": {}}]},
    )

    assert message(body, variant)["content"] == [{"text": "A big dog on the beach."}, {"ocr_result": {}}]


def test_choices_grow_by_index_each_to_its_own_end() -> None:
    def chunk(index: int, content: str, end: str = "null") -> dict[str, Any]:
        return {"choices": [{"index": index, "message": {"content": content}, "finish_reason": end}]}

    body = stream(chunk(0, "a"), chunk(1, "x"), chunk(0, "b"), chunk(0, "", "stop"), chunk(1, "y", "stop"))

    choices = gathered(body, n=2)["output"]["choices"]

    assert [choice["message"]["content"] for choice in choices] == ["ab", "xy"]


def test_choices_that_cannot_be_told_apart_are_too_few() -> None:
    body = messages({"content": "a"}, {"content": "x"}, {"content": "b"}, {"content": ""})

    with pytest.raises(ValueError, match="1 where 2"):
        DASHSCOPE.parse_answer(body, n=2)


def test_log_probabilities_grow_with_the_pieces() -> None:
    def token(text: str) -> dict[str, Any]:
        return {"content": [{"token": text, "logprob": -0.5, "top_logprobs": []}]}

    def chunk(text: str, logprobs: Any, end: str) -> dict[str, Any]:
        return {"choices": [{"message": {"content": text}, "logprobs": logprobs, "finish_reason": end}]}

    body = stream(chunk("a", token("a"), "null"), chunk("b", token("b"), "null"), chunk("", None, "stop"))

    (choice,) = gathered(body)["output"]["choices"]

    assert choice["logprobs"]["content"] == token("a")["content"] + token("b")["content"]


@pytest.mark.parametrize(
    "broken",
    [
        texts("a", "b", "", end="null"),
        texts("a", "b", "", end="length"),
        texts("", ""),
        messages({"content": "a"}, {"content": ""}, end="length"),
        texts("a", "b", end="null") + event(3, {"code": "InternalError", "message": "m"}, "error"),
        texts("a", "b") + event(3, {"code": "Throttling", "message": "m", "request_id": "r"}),
        texts("a", "b") + event(3, {}, "error"),
        texts("a", "b", end="length") + texts("c"),
        event(1, {"output": [], "request_id": "r"}),
        stream({"text": 1, "finish_reason": "stop"}),
        messages({"content": 1}),
        messages({"content": "x", "reasoning_content": {}}),
        messages({"content": "x", "tool_calls": [{"index": "0"}]}),
        messages({"content": "x", "tool_calls": ["c"]}),
        stream({"choices": [{"message": "x", "finish_reason": "stop"}]}),
        b"id:1\nevent:result\ndata:[]\n\n",
        b"id:1\nevent:result\n:HTTP_STATUS/200\n\n",
    ],
)
def test_what_is_not_a_good_answer_to_its_end_is_refused(broken: bytes) -> None:
    with pytest.raises(ValueError):
        DASHSCOPE.parse_answer(broken)


# how a stream is to be read


def test_a_text_in_one_event_is_the_same_either_way() -> None:
    assert [text(texts("OK"), variant) for variant in VARIANTS] == ["OK"] * 3
    assert [text(texts("OK", ""), variant) for variant in VARIANTS] == ["OK"] * 3


@pytest.mark.parametrize(
    ("pieces", "tokens", "asked", "read"),
    [
        (("OK", "OK"), [1, 1], "", "OK"),  # no token was spent on the second
        (("OK", "OK"), [1, 1], CUMULATIVE, "OK"),
        (("OK", "OK"), [1, 1], INCREMENTAL, "OK"),
        (("I", "I like", "I like it", "I like it"), [1, 2, 3, 3], INCREMENTAL, "I like it"),
        (("ha", "ha"), [1, 2], INCREMENTAL, "haha"),
        (("1", "10"), [1, 2], "", "10"),  # what most models do unless told otherwise
        (("1", "10"), [1, 2], CUMULATIVE, "10"),
        (("1", "10", ""), [1, 3, 3], "", "110"),  # pieces end with nothing, wholes with all
        (("1", "10", ""), [1, 3, 3], INCREMENTAL, "110"),
        (("1", "1,", "1, 2", "1, 2, 3"), [1, 2, 4, 6], INCREMENTAL, "1, 2, 3"),
        (("=", "==", "====", "========", ""), [1, 2, 3, 4, 4], INCREMENTAL, "=" * 15),
        (("Hi ", "Hi ", "Hi 😀"), [1, 2, 3], "", "Hi 😀"),  # half a character is a token, too
        (("ha", "ha", "ha", ""), [1, 2, 3, 3], "", "hahaha"),
        (("ha", "ha", ""), [2, 2, 2], INCREMENTAL, "haha"),  # a count that is the last one's from the start
        (("Hello, you", "Hello, you all"), None, "", "Hello, you all"),
        (("Hello, you", "Hello, you all"), None, INCREMENTAL, "Hello, you all"),  # who says it all again, and more?
        (("Hello, you", "Hello, you", "Hello, you all"), None, CUMULATIVE, "Hello, you all"),
    ],
)
def test_an_answer_that_repeats_itself_is_read_by_what_the_signs_agree_on(
    pieces: tuple[str, ...], tokens: list[int] | None, asked: str, read: str
) -> None:
    assert text(texts(*pieces, tokens=tokens), asked) == read


@pytest.mark.parametrize(
    ("pieces", "tokens", "asked"),
    [
        (("ha", "ha"), None, INCREMENTAL),
        (("1", "10"), [1, 3], INCREMENTAL),  # pieces would end with nothing
        (("Hi ", "Hi ", "Hi 😀"), [1, 2, 3], INCREMENTAL),  # half a character is a token, too
        (("ha", "ha", ""), None, CUMULATIVE),
        (("Hello, you", "Hello, you all", ""), None, ""),
        (("I", "I like", "I like apples", "Sorry."), None, ""),  # taken back
        (("I like apples", "I like apples, all", "Sorry."), None, INCREMENTAL),
    ],
)
def test_where_they_do_not_agree_the_stream_is_refused(
    pieces: tuple[str, ...], tokens: list[int] | None, asked: str
) -> None:
    with pytest.raises(ValueError, match="a stream"):
        DASHSCOPE.parse_answer(texts(*pieces, tokens=tokens), variant=asked)


def test_now_and_then_a_piece_begins_as_the_one_before() -> None:
    assert text(texts(" a", " and", " then", " the", " end", " of", " it", "")) == " a and then the end of it"


WORDS = st.sampled_from(
    [" the", " then", " a", " and", " fox", " dog", "ha", "1", "10", "一", "你好", ",", "!", "\n", "\n\n"]
)
PIECES = st.lists(WORDS, min_size=1, max_size=30)


@given(PIECES, st.sampled_from(VARIANTS), st.booleans(), st.booleans())
def test_no_text_is_ever_misread(pieces: list[str], asked: str, cumulative: bool, counted: bool) -> None:
    """Whatever was asked and whatever came: the text, or nothing, and nothing only where it is not what was asked."""
    whole_text = "".join(pieces)
    shown = [*pieces, ""]
    if cumulative:
        shown = [*("".join(pieces[: i + 1]) for i in range(len(pieces))), whole_text]
    tokens = [*range(1, len(pieces) + 1), len(pieces)] if counted else None

    try:
        read = text(texts(*shown, tokens=tokens), asked)
    except ValueError:
        assert asked != (CUMULATIVE if cumulative else INCREMENTAL)
        return

    assert read == whole_text


def test_readings_are_of_values_alone() -> None:
    events = [EventTexts({"text": "a"}, 0), EventTexts({"text": "b"}, 0)]

    assert is_cumulative(events, "") is False
    assert is_cumulative([], CUMULATIVE) is True


# what is sent

FULL: dict[str, Any] = {
    "output": {
        "choices": [
            {
                "finish_reason": "tool_calls",
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "Let me see.",
                    "reasoning_content": "Hm.",
                    "tool_calls": [
                        {"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                        {"index": 1, "id": "d", "type": "function", "function": {"name": "g", "arguments": "{}"}},
                    ],
                },
            }
        ]
    },
    "usage": {"input_tokens": 9, "output_tokens": 7},
    "request_id": "r",
}


def test_pieces_are_written_as_the_service_writes_them() -> None:
    document = {"output": {"text": "Hi", "finish_reason": "stop"}, "usage": {"output_tokens": 1}, "request_id": "r"}

    assert DASHSCOPE.render(document, Mode.STREAM, variant=INCREMENTAL) == (
        b"id:1\nevent:result\n:HTTP_STATUS/200\n"
        b'data:{"output":{"text":"Hi","finish_reason":"null"},"usage":{"output_tokens":1},"request_id":"r"}\n\n'
        b"id:2\nevent:result\n:HTTP_STATUS/200\n"
        b'data:{"output":{"text":"","finish_reason":"stop"},"usage":{"output_tokens":1},"request_id":"r"}\n\n'
    )
    assert DASHSCOPE.content_type(Mode.STREAM) == "text/event-stream;charset=UTF-8"


@pytest.mark.parametrize(
    ("variant", "told"),
    [
        (INCREMENTAL, ["reasoning_content", "content", "tool_calls", "tool_calls", ""]),
        (CUMULATIVE, ["reasoning_content content tool_calls"]),
        ("", ["reasoning_content", "content tool_calls"]),
    ],
)
def test_what_each_event_tells_is_as_it_was_asked_for(variant: str, told: list[str]) -> None:
    body = DASHSCOPE.render(FULL, Mode.STREAM, variant=variant).decode()

    documents = [json.loads(line.removeprefix("data:")) for line in body.split("\n") if line.startswith("data:")]
    choices = [document["output"]["choices"][0] for document in documents]

    assert [
        " ".join(name for name in ("reasoning_content", "content", "tool_calls") if choice["message"].get(name))
        for choice in choices
    ] == told
    assert [choice["finish_reason"] for choice in choices] == ["null"] * (len(told) - 1) + ["tool_calls"]
    assert all(document["usage"] and document["request_id"] for document in documents)
    assert all(choice["message"].keys() >= {"role", "content", "reasoning_content"} for choice in choices)


def test_a_stream_truncated_at_any_byte_is_not_complete() -> None:
    body = messages({"content": "語", "reasoning_content": "Hm"}, {"content": "!"}, {"content": ""})

    for cut in range(len(body) - 2):
        with pytest.raises(ValueError):
            DASHSCOPE.parse_answer(body[:cut])
    assert gathered(body[:-2]) == gathered(body)


# the SDK


class Service(BaseHTTPRequestHandler):
    """Answers every call with the body that the server holds."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        streams = self.headers.get("x-dashscope-sse") == "enable"
        mode = Mode.STREAM if streams else Mode.WHOLE
        body = DASHSCOPE.render(FULL, mode, variant=self.server.variant)  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("content-type", DASHSCOPE.content_type(mode))
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def service(variant: str) -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Service)
    server.variant = variant  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def request(url: str, **parameters: Any) -> Any:
    import dashscope  # which takes a second

    return dashscope.Generation.call(
        model="qwen-plus", messages=[{"role": "user", "content": "Hi"}], api_key="k", base_address=url, **parameters
    )


def test_the_sdk_reads_a_whole_answer() -> None:
    with service("") as url:
        response = request(url, result_format="message")

    assert response.status_code == 200
    assert response.request_id == "r"
    assert response.usage.output_tokens == 7
    assert response.output.choices[0].message.content == "Let me see."
    assert response.output.choices[0].message.tool_calls[1]["function"]["name"] == "g"


def test_the_sdk_reads_pieces() -> None:
    with service(INCREMENTAL) as url:
        responses = list(request(url, result_format="message", stream=True, incremental_output=True))

    said = [response.output.choices[0] for response in responses]
    assert "".join(choice.message.content for choice in said) == "Let me see."
    assert "".join(choice.message.reasoning_content for choice in said) == "Hm."
    assert [call["id"] for choice in said for call in choice.message.get("tool_calls", [])] == ["c", "d"]
    assert said[-1].finish_reason == "tool_calls"


def test_the_sdk_makes_wholes_of_pieces() -> None:
    """It asks for pieces even where its caller wants wholes, and joins them itself."""
    with service(INCREMENTAL) as url:
        *_, last = request(url, result_format="message", stream=True, incremental_output=False)

    assert last.output.choices[0].message == FULL["output"]["choices"][0]["message"]


def test_the_sdk_reads_wholes() -> None:
    with service(CUMULATIVE) as url:
        *_, last = request(url, result_format="message", stream=True)

    assert last.output.choices[0].message == FULL["output"]["choices"][0]["message"]
    assert last.usage.output_tokens == 7
