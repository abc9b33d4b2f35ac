"""When each event of a stored stream is to be sent: as it was recorded, or in steps. Pure."""

from __future__ import annotations

import struct
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate, pairwise

from aicache.formats import sse

MAX_POINTS = 2048
"""Points that are kept of one stream, of eight bytes each: a small part of the events themselves."""
_LINE_STREAMS = frozenset({"application/x-ndjson", "application/jsonl", "application/stream+json"})
_POINT = struct.Struct("<II")
_MAX_U32 = 2**32 - 1


class ChunkTimes:
    """Notes when the chunks of a stream came. Of many chunks it keeps points that are evenly apart."""

    def __init__(self) -> None:
        self._points: list[tuple[int, int]] = []  # byte offset, milliseconds since the first chunk
        self._began = 0.0
        self._apart_ms = 1

    def note(self, offset: int, now: float) -> None:
        """Note that the byte at *offset* has come *now*, in seconds of any clock that never goes back."""
        if not self._points:
            self._began = now
            self._points.append((offset, 0))
            return
        ms = round((now - self._began) * 1000)
        if ms - self._points[-1][1] < self._apart_ms or max(offset, ms) > _MAX_U32:
            return
        if len(self._points) == MAX_POINTS:
            self._thin_out(ms)
        self._points.append((offset, ms))

    def _thin_out(self, ms: int) -> None:
        """Keep half as many points as may be, or fewer."""
        self._apart_ms = 2 * ms // MAX_POINTS + 1
        kept = self._points[:1]
        for point in self._points:
            if point[1] - kept[-1][1] >= self._apart_ms:
                kept.append(point)
        self._points = kept

    def packed(self) -> bytes:
        """Return the points as an entry has them: each as offset and milliseconds, unsigned, 32 bits, little-endian."""
        return b"".join(_POINT.pack(*point) for point in self._points)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The events of a stream: the byte offset at which each ends, and the seconds after which it is due. Both rise."""

    ends: tuple[int, ...]
    due: tuple[float, ...]


def event_ends(body: bytes, content_type: str) -> tuple[int, ...]:
    """Return the offsets at which a body's events or lines end; a document that is neither ends once.

    Raises ValueError for too many lines.
    """
    if sse.is_stream(body):
        return tuple(accumulate(map(len, sse.split_blocks(body))))
    if content_type.partition(";")[0].strip().lower() in _LINE_STREAMS:
        lines = body.split(b"\n", sse.MAX_LINES)
        if len(lines) > sse.MAX_LINES:
            raise ValueError(f"more than {sse.MAX_LINES} lines")
        sizes = [len(line) + 1 for line in lines]
        sizes[-1] -= 1  # no line end follows the last one
        return tuple(accumulate(size for size in sizes if size))
    return (len(body),)


def in_steps(ends: tuple[int, ...], every: float) -> Schedule:
    """Have one event follow the other after *every* seconds, the first at once."""
    return Schedule(ends, tuple(every * i for i in range(len(ends))))


def as_recorded(ends: tuple[int, ...], packed: bytes, scale: float, max_gap: float) -> Schedule | None:
    """Have events follow each other as they came, the time between two multiplied by *scale*, at most *max_gap*
    seconds.

    An event came with its last byte. None for what `ChunkTimes.packed` does not return, and nothing.
    """
    if (points := _unpack(packed)) is None:
        return None
    offsets = [offset for offset, _ in points]
    came = [points[bisect_right(offsets, end - 1) - 1][1] / 1000 for end in ends]
    gaps = (min(max_gap, scale * (later - earlier)) for earlier, later in pairwise(came))
    return Schedule(ends, tuple(accumulate(gaps, initial=0.0)))


def _unpack(packed: bytes) -> list[tuple[int, int]] | None:
    if not packed or len(packed) % _POINT.size or len(packed) > MAX_POINTS * _POINT.size:
        return None
    points = list(_POINT.iter_unpack(packed))
    rise = all(a[0] < b[0] and a[1] <= b[1] for a, b in pairwise(points))
    return points if rise and points[0] == (0, 0) else None
