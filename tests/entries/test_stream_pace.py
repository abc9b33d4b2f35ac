"""Schedules: events are due as their bytes came, scaled and capped, or in steps; what is stored of it is bounded."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.entries.stream_pace import MAX_POINTS, ChunkTimes, as_recorded, event_ends, in_steps
from aicache.formats import sse

EVENTS = (b"data: a\n\n", b"data: bc\n\n", b"data: [DONE]\n\n")
BODY = b"".join(EVENTS)
ENDS = (9, 19, 33)


def packed(*chunks: tuple[int, float]) -> bytes:
    """Return what is noted of chunks that begin at an offset and come at a time, in seconds."""
    times = ChunkTimes()
    for offset, now in chunks:
        times.note(offset, 1000.0 + now)
    return times.packed()


@pytest.mark.parametrize(
    ("body", "content_type", "ends"),
    [
        (BODY, "text/event-stream", ENDS),
        (b"data: a\n\ndata: b", "text/event-stream; charset=utf-8", (9, 16)),
        (b'{"a":1}\n{"b":2}\n', "application/x-ndjson", (8, 16)),
        (b'{"a":1}\n{"b":2}', "Application/X-NDJSON; charset=utf-8", (8, 15)),
        (b'[{"a":1},\n{"b":2}]', "application/json", (18,)),
    ],
)
def test_a_body_is_divided_after_its_events_or_lines(body: bytes, content_type: str, ends: tuple[int, ...]) -> None:
    assert event_ends(body, content_type) == ends


@pytest.mark.parametrize("content_type", ["text/event-stream", "application/x-ndjson"])
def test_a_body_of_too_many_lines_is_not_divided(content_type: str) -> None:
    head = b"data: a" if content_type == "text/event-stream" else b""
    with pytest.raises(ValueError, match="lines"):
        event_ends(head + b"\n" * (3 * sse.MAX_LINES), content_type)


def test_steps_begin_at_once_and_are_equal() -> None:
    assert in_steps(ENDS, 0.5).due == (0.0, 0.5, 1.0)


def test_recorded_gaps_are_scaled_and_capped() -> None:
    pace = packed((0, 0.0), (9, 0.1), (19, 2.1))

    assert (schedule := as_recorded(ENDS, pace, 1.0, 0.5)) is not None
    assert schedule.due == pytest.approx((0.0, 0.1, 0.6))
    assert (schedule := as_recorded(ENDS, pace, 0.1, 0.5)) is not None
    assert schedule.due == pytest.approx((0.0, 0.01, 0.21))


def test_an_event_is_due_when_its_last_byte_came() -> None:
    pace = packed((0, 0.0), (5, 0.1), (25, 0.3))  # the first event is cut in two, the second came with its end

    assert (schedule := as_recorded(ENDS, pace, 1.0, 1.0)) is not None
    assert schedule.due == pytest.approx((0.0, 0.0, 0.2))


@pytest.mark.parametrize(
    "pace",
    [
        b"",
        b"1234567",
        struct.pack("<4I", 0, 0, 0, 1),
        struct.pack("<4I", 0, 9, 5, 1),
        struct.pack("<2I", 1, 0),
        b"".join(struct.pack("<II", i, i) for i in range(MAX_POINTS + 1)),
    ],
)
def test_what_no_recording_makes_is_no_pace(pace: bytes) -> None:
    assert as_recorded(ENDS, pace, 1.0, 1.0) is None


@given(st.lists(st.tuples(st.integers(1, 2**20), st.floats(0, 5000)), max_size=100))
def test_any_stream_s_times_can_be_read(chunks: list[tuple[int, float]]) -> None:
    times, offset, now = ChunkTimes(), 0, 5e6
    for size, gap in chunks:
        times.note(offset, now)
        offset, now = offset + size, now + gap
    pace = times.packed()

    assert (as_recorded((offset,), pace, 1.0, 1.0) is not None) == bool(chunks)


def test_a_long_stream_keeps_its_length_and_its_even_pace() -> None:
    chunks = [(10 * i, 0.02 * i) for i in range(10_000)]
    ends = tuple(10 * (i + 1) for i in range(10_000))

    assert len(packed(*chunks)) <= 8 * MAX_POINTS
    assert (schedule := as_recorded(ends, packed(*chunks), 1.0, 60.0)) is not None
    assert max(abs(due - 0.02 * i) for i, due in enumerate(schedule.due)) < 0.2
