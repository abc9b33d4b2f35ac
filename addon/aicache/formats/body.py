"""JSON bodies: bytes to JSON values and back. Whatever is wrong with them, only ValueError comes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

JSONObject = dict[str, Any]


class Stateful(ValueError):
    """The request leans on state that the upstream holds, so equal requests need not have equal answers."""


def load_object(body: bytes | str) -> JSONObject:
    """Parse a JSON object. Numbers keep their type; floats are doubles, as with every other reader of JSON.

    The message of the ValueError says what is wrong and where, and quotes nothing.
    """
    try:
        value = msgspec.json.decode(body)
    except UnicodeError:
        raise ValueError("not JSON: text that is not UTF-8") from None
    except RecursionError:
        raise ValueError("JSON nested too deeply") from None
    except msgspec.DecodeError as exc:
        raise ValueError(f"not JSON: {exc}") from None
    if not isinstance(value, dict):
        raise ValueError("a JSON value that is not an object")
    return value


def load_request(body: bytes) -> JSONObject:
    """Parse a request's JSON object, and take it for nothing else than any upstream would. Raises ValueError.

    Readers of JSON differ over a name that stands twice, over numbers beyond 64 bits and over NUL in a text, so a
    request with one of those might be answered as another one than it is kept as.
    """
    request = load_object(body)
    if b"\\u0000" in body:
        raise ValueError("not JSON that all read alike: a NUL character")
    if _names(request) != _names_written(body):
        raise ValueError("not JSON that all read alike: a name that stands twice")
    return request


def objects(value: Any, name: str) -> list[JSONObject]:
    """Return a list of JSON objects, an absent one as an empty one. Raises ValueError for anything else."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ValueError(f"{name}: not a list of objects")
    return value


def count(value: Any) -> int:
    """Return a count of tokens, 0 for what is none."""
    return value if type(value) is int and 0 <= value < 1 << 53 else 0


def dump(value: Any) -> bytes:
    """Write a JSON value without white space, so that it is one line. Raises ValueError."""
    try:
        return msgspec.json.encode(value)
    except RecursionError:
        raise ValueError("JSON nested too deeply") from None


def refuse_stateful(request: Mapping[str, Any]) -> None:
    """Raise Stateful where a request names a conversation, an earlier response or a background job."""
    for name in ("previous_response_id", "conversation", "background"):
        if request.get(name):
            raise Stateful(f"{name}: refers to state held by the upstream")


def _names(value: Any) -> int:
    """Count the names in a JSON value. Raises ValueError for an integer beyond 64 bits."""
    found, pending = 0, [value]
    while pending:
        item = pending.pop()
        if type(item) is dict:
            found += len(item)
            pending += item.values()
        elif type(item) is list:
            pending += item
        elif type(item) is int and not -(1 << 63) <= item < 1 << 64:
            raise ValueError("not JSON that all read alike: an integer beyond 64 bits")
    return found


def _names_written(body: bytes) -> int:
    """Count the names in well-formed JSON, those that stand twice included: strings that a colon follows."""
    between = body.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')[2::2]  # what follows each string
    return sum(1 for piece in between if piece[:1] == b":" or piece.lstrip()[:1] == b":")
