"""The named examples are those of the WHATWG HTML standard, section 9.2.6."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aicache.formats.json_body import render_json_line
from aicache.formats.sse import Decoder, Event, decode, decode_ndjson, encode, encode_ndjson, split_blocks

LINE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"))
EVENTS = st.lists(
    st.builds(
        Event,
        name=LINE,
        data=st.lists(LINE, min_size=1).map("\n".join),
        id=st.none() | LINE.map(lambda text: text.replace("\0", "")),
        retry=st.none() | st.integers(0, 10**17),
    )
)
RAW = st.lists(
    st.sampled_from([b"data", b"event", b"id", b"retry", b":", b" ", b"\r", b"\n", b"\r\n", b"x", b"7", b"\0"])
    | st.sampled_from(["é", "語", "😀", "\ufeff", "\u2028"]).map(str.encode)
    | st.binary(max_size=3)
).map(b"".join)


def test_lines_of_data_are_joined() -> None:
    assert decode(b"data: YHOO\ndata: +2\ndata: 10\n\n") == [Event("", "YHOO\n+2\n10")]


def test_comments_ids_and_fields_without_value() -> None:
    body = b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n"

    assert decode(body) == [Event("", "first event", "1"), Event("", "second event", ""), Event("", " third event")]


def test_data_may_be_empty() -> None:
    assert decode(b"data\n\ndata\ndata\n\n") == [Event("", ""), Event("", "\n")]


def test_only_one_space_is_taken_off() -> None:
    assert decode(b"data:test\n\ndata: test\n\ndata:  test\n\n") == [
        Event("", "test"),
        Event("", "test"),
        Event("", " test"),
    ]


def test_events_have_names() -> None:
    assert decode(b"event: add\ndata: 1\n\nevent: remove\ndata: 2\n\n") == [Event("add", "1"), Event("remove", "2")]


def test_a_name_without_data_is_no_event_and_is_forgotten() -> None:
    assert decode(b"event: ping\nid: 4\nretry: 9\n\ndata: x\n\n") == [Event("", "x")]


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_every_line_end_counts(end: bytes) -> None:
    assert decode(end.join([b"data: a", b"data: b", b"", b"data: c", b"", b""])) == [Event("", "a\nb"), Event("", "c")]


def test_line_ends_of_other_standards_do_not_count() -> None:
    text = "a\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029b"

    assert decode(f"data: {text}\n\n".encode()) == [Event("", text)]


def test_a_byte_order_mark_is_skipped_once() -> None:
    assert decode(b"\xef\xbb\xbfdata: a\n\n\xef\xbb\xbfdata: b\n\n") == [Event("", "a")]


@pytest.mark.parametrize("line", [b"id: 1\x002", b"retry: 1s", b"retry: -1", b"retry:", b"retry: " + b"9" * 5000])
def test_fields_that_the_standard_ignores_are_ignored(line: bytes) -> None:
    assert decode(line + b"\ndata: x\nunknown: y\n\n") == [Event("", "x")]


def test_bytes_that_are_not_utf8_are_replaced() -> None:
    assert decode(b"data: a\xff\xc3\ndata: \xe8\xaa\n\n") == [Event("", "a\ufffd\ufffd\n\ufffd")]


def test_the_end_of_input_ends_a_block_too() -> None:
    assert decode(b"data: 1\n\ndata: [DONE]") == [Event("", "1"), Event("", "[DONE]")]


def test_an_event_is_out_with_its_blank_line_however_that_is_cut() -> None:
    decoder = Decoder()

    assert decoder.feed(b"data: a\r\n\r") == [Event("", "a")]
    assert decoder.feed(b"\ndata: b\r\n") == []
    assert decoder.feed(b"") == []
    assert decoder.feed(b"\r\n") == [Event("", "b")]
    assert decoder.close() == []


@given(RAW, st.lists(st.integers(0, 200)))
@example(b"\xef\xbb\xbfdata: \xf0\x9f\x98\x80\r\n\r\ndata: x", [1, 2, 9, 10, 11, 13, 14, 15, 16])
def test_any_chunking_gives_the_same_events(body: bytes, cuts: list[int]) -> None:
    decoder = Decoder()
    edges = [0, *sorted(cut for cut in cuts if cut <= len(body)), len(body)]

    events = [event for a, b in pairwise(edges) for event in decoder.feed(body[a:b])]

    assert events + decoder.close() == decode(body)


@given(EVENTS)
def test_what_was_encoded_is_decoded(events: list[Event]) -> None:
    assert decode(encode(events)) == events


@pytest.mark.parametrize("event", [Event("a\nb", ""), Event("a\rb", ""), Event("", "", "1\n"), Event("", "", "\0")])
def test_what_no_line_can_hold_is_refused(event: Event) -> None:
    with pytest.raises(ValueError, match="no line"):
        encode([event])


def test_any_line_end_in_data_starts_a_new_line_of_data() -> None:
    assert encode([Event("", "a\r\nb\rc\n")]) == b"data: a\ndata: b\ndata: c\ndata: \n\n"


@given(RAW)
def test_blocks_are_the_body_and_hold_an_event_each(body: bytes) -> None:
    cut = list(split_blocks(body))

    assert b"".join(cut) == body
    assert all(len(decode(block)) <= 1 for block in cut)
    if b"\xef\xbb\xbf" not in body:
        assert [event for block in cut for event in decode(block)] == decode(body)


# newline-delimited JSON


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\n\n", b"\n \n"])
def test_lines_are_cut_at_line_feeds_and_blank_ones_say_nothing(end: bytes) -> None:
    assert [line.strip() for line in decode_ndjson(end.join([b"", b'{"a":1}', b"{}", b""]))] == [b'{"a":1}', b"{}"]
    assert decode_ndjson(b"\n \n") == []


def test_a_last_line_without_its_end_is_a_line() -> None:
    assert decode_ndjson(b"{}\n[1") == [b"{}", b"[1"]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(["\x85", "a\u2028\u2029"])))
def test_documents_written_as_lines_are_read_again_wherever_unicode_ends_lines(documents: list[str]) -> None:
    body = encode_ndjson(map(render_json_line, documents))

    assert [json.loads(line) for line in decode_ndjson(body)] == documents
    assert [json.loads(line) for line in body.decode().splitlines()] == documents
