"""A body as a cassette shows it: a JSON document, events, text or base64, and back to bytes. Pure."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from typing import Any

from aicache.cassette.interaction import media_type
from aicache.cassette.yaml_text import MAX_KEY_CHARS

STREAM_TYPES = frozenset({"text/event-stream", "application/x-ndjson", "application/stream+json", "application/jsonl"})
MAX_NUMBERS = 64
"""A longer list of numbers, such as a vector, keeps its JSON: as YAML it takes long to read, and nobody reads it."""
MAX_DEPTH = 60
NAMES = ("json", "events", "text", "base64")
"""The names under which a message has its body; at most one of them."""

_SURROGATE = re.compile(r"[\ud800-\udfff]")


def to_document(body: bytes, content_type: str) -> dict[str, Any]:
    """Return a body under the name that tells how to read it; an empty dict for an empty body.

    ``json`` is for JSON that is the same when it is written again. ``events`` are those of a stream as they were sent,
    with line feeds for other line ends. ``text`` is any other UTF-8, ``base64`` any other body.
    """
    if not body:
        return {}
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}
    if media_type(content_type) in STREAM_TYPES:
        events = text.replace("\r\n", "\n")
        return {"events": events} if "\r" not in events else {"text": text}
    value = parse_json(text)
    return {"json": value} if isinstance(value, dict | list) and _is_for_reading(value) else {"text": text}


def to_body(document: dict[str, Any]) -> bytes:
    """Return the bytes of a body. Raises ValueError for one that is not as `to_document` makes it."""
    match {name: document[name] for name in NAMES if name in document}:
        case {"json": value, **rest} if not rest:
            return render_json(value)
        case {"events": str(text), **rest} | {"text": str(text), **rest} if not rest:
            return text.encode()
        case {"base64": str(text), **rest} if not rest:
            try:
                return base64.b64decode(text, validate=True)
            except binascii.Error:
                raise ValueError("base64: is not in base64") from None
        case {} as nothing if not nothing:
            return b""
    raise ValueError("has several bodies, or one that is no text: json, events, text and base64 exclude each other")


def parse_json(text: str) -> Any:
    """Return a JSON value that every parser reads alike and that can be written again; None for any other text."""
    try:
        value = json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    if "\\u" in text and _SURROGATE.search(json.dumps(value, ensure_ascii=False)):
        return None
    return value


def render_json(value: Any) -> bytes:
    """Render JSON on one line. Raises ValueError for a value that is not JSON."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, RecursionError):
        raise ValueError("json: is not JSON: a date, or a value within itself") from None


def _is_for_reading(value: Any, depth: int = 0) -> bool:
    """Tell whether YAML can show the value, and the reader wants it to."""
    match value:
        case dict():
            return depth < MAX_DEPTH and all(
                len(name) <= MAX_KEY_CHARS and _is_for_reading(item, depth + 1) for name, item in value.items()
            )
        case list():
            if len(value) > MAX_NUMBERS and all(isinstance(item, int | float) for item in value):
                return False
            return depth < MAX_DEPTH and all(_is_for_reading(item, depth + 1) for item in value)
        case float():
            return math.isfinite(value)
    return True


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a duplicate name")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
