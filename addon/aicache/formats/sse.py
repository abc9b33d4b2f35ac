"""Decodes and encodes server-sent events and newline-delimited JSON, independent of their content. Pure.

The grammar is "Interpreting an event stream" of the WHATWG HTML standard
(https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation), with one addition: the end
of input also ends a block. A browser discards a block that no blank line follows, but some LLM APIs close the
connection right after ``data: [DONE]``, and without that event a complete answer would look truncated. So callers must
recognize a truncated payload themselves; a JSON parser does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_BOM = b"\xef\xbb\xbf"
_STREAM = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:(?:data|event|id|retry)[:\r\n]|:)")
_LINE_END = re.compile(r"\r\n|\r|\n")
_LINE_END_RUN = re.compile(rb"[\r\n]+")
MAX_LINES = 200_000
"""Lines of a body that is decoded at once: each takes a hundred bytes of memory, however short. Answers have 20,000."""
_MAX_RETRY_DIGITS = 18  # more milliseconds than any clock has; int() itself refuses thousands of digits


@dataclass(frozen=True, slots=True)
class Event:
    """One event. Data lines are joined by LF."""

    name: str
    """The event's name as sent; empty if the block had none, which browsers call ``message``."""
    data: str
    id: str | None = None
    """The id in this block; unlike a browser's ``lastEventId`` it is not inherited from earlier ones."""
    retry: int | None = None
    """Milliseconds to wait before connecting again."""


class Decoder:
    """Decodes a stream that arrives in chunks, cut anywhere. Any input is legal; invalid UTF-8 becomes U+FFFD."""

    def __init__(self) -> None:
        self._rest = bytearray()  # the beginning of a line whose end has not arrived
        self._first = True  # the next line is the first, where a byte order mark may stand
        self._after_cr = False  # a LF that comes next belongs to the CR that ended the chunk before
        self._data: list[bytes] = []
        self._name = ""
        self._id: str | None = None
        self._retry: int | None = None

    def feed(self, chunk: bytes) -> list[Event]:
        """Decode the next bytes; return the events they complete."""
        if not chunk:
            return []
        if self._after_cr:
            chunk = chunk.removeprefix(b"\n")
            self._after_cr = False
        self._rest += chunk
        if b"\n" not in chunk and b"\r" not in chunk:
            return []
        lines = self._rest.splitlines()
        self._after_cr = chunk.endswith(b"\r")
        self._rest = bytearray() if chunk.endswith((b"\r", b"\n")) else lines.pop()
        return self._decode(lines)

    def close(self) -> list[Event]:
        """Decode the end of input; return the event of a block that no blank line ended."""
        lines = [self._rest, bytearray()]
        self._rest = bytearray()
        return self._decode(lines)

    def _decode(self, lines: Iterable[bytearray]) -> list[Event]:
        events = []
        for line in lines:
            if self._first:
                self._first = False
                line = line.removeprefix(_BOM)
            if line:
                self._field(bytes(line))
                continue
            if self._data:
                data = b"\n".join(self._data).decode(errors="replace")
                events.append(Event(self._name, data, self._id, self._retry))
            self._data, self._name, self._id, self._retry = [], "", None, None
        return events

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        match name:
            case b"data":
                self._data.append(value)
            case b"event":
                self._name = value.decode(errors="replace")
            case b"id" if b"\0" not in value:
                self._id = value.decode(errors="replace")
            case b"retry" if value.isdigit() and len(value) <= _MAX_RETRY_DIGITS:
                self._retry = int(value)
            case _:
                pass  # a comment (no name before the colon), or a field to be ignored by the standard


def is_stream(body: bytes) -> bool:
    """Tell an event stream from a JSON document. White space before it keeps connections alive."""
    return _STREAM.match(body) is not None


def decode(body: bytes) -> list[Event]:
    """Decode a complete body; its last block need not be terminated. Raises ValueError for too many lines."""
    _check_line_count(body)
    decoder = Decoder()
    return decoder.feed(body) + decoder.close()


def _check_line_count(body: bytes) -> None:
    if body.count(b"\n") + body.count(b"\r") > 2 * MAX_LINES:  # either or both may end a line
        raise ValueError(f"more than {MAX_LINES} lines")


def encode(events: Iterable[Event]) -> bytes:
    """Encode events, with LF as line end. ``decode(encode(events)) == events``, but line ends in data become LF.

    Raises ValueError for a name or id that contains a line end (or an id with NUL).
    """
    lines = []
    for event in events:
        if _LINE_END.search(event.name) or (event.id is not None and re.search("[\r\n\0]", event.id)):
            raise ValueError("an event's name or id holds a character that no line can")
        if event.name:
            lines.append(f"event: {event.name}\n")
        if event.id is not None:
            lines.append(f"id: {event.id}\n")
        if event.retry is not None:
            lines.append(f"retry: {event.retry}\n")
        lines += [f"data: {line}\n" for line in _LINE_END.split(event.data)]
        lines.append("\n")
    return "".join(lines).encode()


def split_blocks(body: bytes) -> Iterator[bytes]:
    """Split a body after its blank lines, so that single events can be replaced. Joined, the blocks are the body.

    Raises ValueError for too many lines.
    """
    _check_line_count(body)
    start = 0
    for run in _LINE_END_RUN.finditer(body):
        if run[0] not in (b"\n", b"\r", b"\r\n"):  # so there is a blank line in it
            yield body[start : run.end()]
            start = run.end()
    if start < len(body):
        yield body[start:]


def decode_ndjson(body: bytes) -> list[bytes]:
    """Split newline-delimited JSON (https://github.com/ndjson/ndjson-spec) into its lines, without blank ones.

    Raises ValueError for too many lines.
    """
    _check_line_count(body)
    return [line for line in body.split(b"\n") if line.strip()]


def encode_ndjson(lines: Iterable[str]) -> bytes:
    """Render JSON documents, each of one line already, as newline-delimited JSON."""
    return "".join(f"{line}\n" for line in lines).encode()
