"""What nobody has heard of, in the streams of every API: kept where all agree on it, else only as it was recorded."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicache.domain.model import Mode
from aicache.formats import Format, by_api, sse
from aicache.formats.errors import ReplayOnly

PIECES = ("Tea ", "is ", "hot.")
Fields = dict[str, Any]
Place = Callable[[list[Fields]], bytes]
"""Writes a stream of three pieces, with these fields in the pieces."""


def events(*documents: Any, done: bool = False) -> bytes:
    written = [sse.Event(document.get("type", ""), json.dumps(document)) for document in documents]
    return sse.encode([*written, sse.Event("", "[DONE]")] if done else written)


def chat(fields: list[Fields], where: str) -> bytes:
    chunks = []
    for text, more in zip(PIECES, fields, strict=True):
        delta, choice, chunk = (more if where == place else {} for place in ("delta", "choice", "chunk"))
        if where == "list":
            delta = {"vendor": [more]} if more else {}
        elif where == "object":
            delta = {"vendor": more}
        elif where in ("call", "function"):
            function = {"name": "f", "arguments": "", **(more if where == "function" else {})}
            call = {"index": 0, "id": "c", "function": function, **(more if where == "call" else {})}
            delta = {"tool_calls": [call]}
        elif where == "block":
            delta = {"thinking_blocks": [{"type": "thinking", "thinking": "", **more}]}
        elif where == "detail":
            delta = {"reasoning_details": [{"type": "reasoning.text", "index": 0, "text": "", **more}]}
        elif where == "audio":
            delta = {"audio": {"id": "a", **more}}
        elif where == "part":
            delta, text = {}, [{"type": "text", "text": text, **more}]
        chunks.append(
            {"id": "1", "model": "m", "choices": [{"index": 0, "delta": {"content": text, **delta}, **choice}], **chunk}
        )
    return events(*chunks, {"id": "1", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}, done=True)


def completions(fields: list[Fields], where: str) -> bytes:
    chunks = [
        {"choices": [{"index": 0, "text": text, **(more if where == "choice" else {})}]}
        | (more if where == "chunk" else {})
        for text, more in zip(PIECES, fields, strict=True)
    ]
    return events(*chunks, {"choices": [{"index": 0, "text": "", "finish_reason": "stop"}]}, done=True)


def messages(fields: list[Fields], where: str) -> bytes:
    message = {"id": "1", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": {}}
    at = {"index": 0}
    first, *later = fields
    message |= {"usage": first} if where == "usage" else {}
    return events(
        {"type": "message_start", "message": message | (first if where == "message" else {})},
        {"type": "content_block_start", **at, "content_block": {"type": "text", "text": ""}},
        *(
            {"type": "content_block_delta", **at, "delta": {"type": "text_delta", "text": text, **more}}
            for text, more in zip(PIECES, fields if where == "delta" else [{}] * 3, strict=True)
        ),
        *(
            {"type": "content_block_delta", **at, "delta": {"type": "new_delta", **more}}
            for more in (fields if where == "new" else [])
        ),
        {"type": "content_block_stop", **at},
        *(
            {
                "type": "message_delta",
                "delta": {"stop_reason": "end_turn"} | more,
                "usage": {"output_tokens": 1} | usage,
            }
            for more, usage in zip(
                later if where == "message" else [{}] * 2, later if where == "usage" else [{}] * 2, strict=True
            )
        ),
        {"type": "message_stop"},
    )


def gemini(fields: list[Fields], where: str) -> bytes:
    chunks = []
    for text, more in zip(PIECES, fields, strict=True):
        content = {"parts": [{"text": text}], "role": "model"} | (more if where == "content" else {})
        candidate = {"content": content} | (more if where == "candidate" else {})
        candidate |= {"vendor": more} if where == "object" else {"groundingMetadata": more} if where == "known" else {}
        chunks.append({"candidates": [candidate]} | (more if where == "chunk" else {}))
    return events(*chunks, {"candidates": [{"content": {"parts": [{"text": ""}]}, "finishReason": "STOP"}]})


def ollama(fields: list[Fields], where: str) -> bytes:
    lines = [
        {"message": {"role": "assistant", "content": text} | (more if where == "message" else {}), "done": False}
        | (more if where == "line" else {})
        for text, more in zip(PIECES, fields, strict=True)
    ]
    return b"".join(json.dumps(line).encode() + b"\n" for line in (*lines, {"done": True, "done_reason": "stop"}))


def dashscope(fields: list[Fields], where: str) -> bytes:
    written = []
    for number, (text, more) in enumerate(zip(PIECES, fields, strict=True)):
        message = {"role": "assistant", "content": text} | (more if where == "message" else {})
        choice = {"message": message, "finish_reason": "null" if number < 2 else "stop"}
        output = {"choices": [choice | (more if where == "choice" else {})]} | (more if where == "output" else {})
        written.append({"output": output, "request_id": "r"} | (more if where == "event" else {}))
    return events(*written)


_IN_CHAT = (
    *("delta", "choice", "chunk", "list", "object"),
    *("call", "function", "block", "detail", "audio", "part"),
)
PLACES = [
    pytest.param(by_api(api), lambda fields, write=write, where=where: write(fields, where), id=f"{api}-{where}")
    for api, write, places in (
        ("chat", chat, _IN_CHAT),
        ("completions", completions, ("choice", "chunk")),
        ("messages", messages, ("delta", "new", "message", "usage")),
        ("gemini", gemini, ("content", "candidate", "chunk", "object", "known")),
        ("ollama-chat", ollama, ("message", "line")),
        ("dashscope", dashscope, ("message", "choice", "output", "event")),
    )
    for where in places
]
KEEPING = [place for place in PLACES if place.id not in ("messages-delta", "messages-new")]
"""Where what is told is a field of what it is told of; Anthropic's deltas have fields of their own."""
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
NAME = st.text("abcxyz_", min_size=1, max_size=9).map("vendor_{}".format)


def all_texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in all_texts(each)]
    if isinstance(value, list):
        return [text for each in value for text in all_texts(each)]
    return [value] if isinstance(value, str) else []


VALUE = (
    TEXT
    | st.integers()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.lists(TEXT, min_size=1, max_size=2)
)


@pytest.mark.parametrize(("format", "place"), KEEPING)
@settings(max_examples=25)  # for each of many places
@given(name=NAME, text=TEXT, when=st.lists(st.booleans(), min_size=3, max_size=3).filter(any))
def test_an_unknown_text_that_comes_once_or_the_same_again_is_told_whole_and_once(
    format: Format, place: Place, name: str, text: str, when: list[bool]
) -> None:
    document = format.parse_answer(place([{name: text} if told else {} for told in when]))[1]

    whole = json.loads(format.render(document, Mode.WHOLE))
    again = format.parse_answer(format.render(document, Mode.STREAM))[1]

    assert text in all_texts(whole)
    assert json.loads(format.render(again, Mode.WHOLE)) == whole


@pytest.mark.parametrize(("format", "place"), PLACES)
@settings(max_examples=25)  # for each of many places
@given(name=NAME, texts=st.lists(TEXT, min_size=2, max_size=2, unique=True), first=st.integers(0, 1))
def test_an_unknown_text_in_several_different_pieces_is_kept_and_never_rendered(
    format: Format, place: Place, name: str, texts: list[str], first: int
) -> None:
    fields: list[Fields] = [{name: texts[0]}, {name: texts[1]}]
    fields.insert(2 * first, {})

    document = format.parse_answer(place(fields))[1]

    for mode in Mode:
        with pytest.raises(ReplayOnly):
            format.render(document, mode)


def value_pairs() -> st.SearchStrategy[list[Any]]:
    return st.lists(VALUE, min_size=2, max_size=2).filter(lambda pair: pair[0] != pair[1])


@pytest.mark.parametrize(("format", "place"), [place for place in PLACES if place.id != "messages-usage"])
@settings(max_examples=25)  # for each of many places
@given(name=NAME, values=value_pairs(), first=st.integers(0, 1))
def test_unknown_numbers_truths_and_lists_in_several_different_pieces_are_never_rendered(
    format: Format, place: Place, name: str, values: list[Any], first: int
) -> None:
    """In usage, numbers are counts."""
    fields: list[Fields] = [{name: values[0]}, {name: values[1]}]
    fields.insert(2 * first, {})

    document = format.parse_answer(place(fields))[1]

    for mode in Mode:
        with pytest.raises(ReplayOnly):
            format.render(document, mode)


@pytest.mark.parametrize(("format", "place"), PLACES)
def test_what_other_apis_have_words_for_is_understood_all_the_same(format: Format, place: Place) -> None:
    """A vendor's own words are no part of what other APIs say."""
    if any(word in place([{}, {}, {}]) for word in (b"tool_calls", b"audio")):
        pytest.skip("says more than text")

    document = format.parse_answer(place([{"vendor_x": "a"}, {"vendor_x": "b"}, {}]))[1]

    (choice,) = format.to_answer(document).choices
    assert [part.text for part in choice.parts if hasattr(part, "text")] == ["Tea is hot."]
