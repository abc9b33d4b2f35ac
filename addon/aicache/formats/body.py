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


def objects(value: Any, name: str) -> list[JSONObject]:
    """Return a list of JSON objects, an absent one as an empty one. Raises ValueError for anything else."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ValueError(f"{name}: not a list of objects")
    return value


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
