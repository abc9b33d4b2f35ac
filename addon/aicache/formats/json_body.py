"""Parses and renders JSON bodies. All faults are reported as ValueError. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from aicache.formats import json_bounds
from aicache.formats.errors import ReplayOnly

JSONObject = dict[str, Any]
T = TypeVar("T")

_SPACE_BEFORE_COLON = re.compile(rb'"[ \t\r\n]+:')
_LINE_ENDS = (("\x85", "\\u0085"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029"))
_ARRAY = msgspec.json.Decoder(list[dict[str, Any]])
_CONTAINERS = frozenset({dict, list})


def parse_object(body: bytes | str, *, max_nodes: int = json_bounds.MAX_NODES) -> JSONObject:
    """Parse a JSON object. Numbers keep their type; floats are doubles, as with every other JSON parser.

    Raises ValueError, with what is wrong and where but no content, and TooComplex for an object over the limits
    (*max_nodes* and the others of `json_bounds.check_bounds`).
    """
    json_bounds.check_bounds(body, max_nodes=max_nodes)
    value = _decode(msgspec.json.decode, body)
    if not isinstance(value, dict):
        raise ValueError("a JSON value that is not an object")
    return value


def parse_array(body: bytes) -> list[JSONObject]:
    """Parse a JSON array of objects, as `parse_object` parses one."""
    json_bounds.check_bounds(body)
    return _decode(_ARRAY.decode, body)


def _decode(decode: Callable[[bytes | str], T], body: bytes | str) -> T:
    """Return what *decode* makes of a body. Raises ValueError, with what is wrong and no content."""
    try:
        return decode(body)
    except UnicodeError:
        raise ValueError("not JSON: text that is not UTF-8") from None
    except RecursionError:
        raise ValueError("JSON nested too deeply") from None
    except msgspec.DecodeError as exc:
        raise ValueError(f"not JSON: {exc}") from None


def parse_raw(raw: msgspec.Raw | None, kind: Any, name: str) -> Any:
    """Parse the value of a field that was left undecoded, as a *kind*. Raises ValueError, also where it is missing."""
    if raw is None:
        raise ValueError(f"{name}: missing")
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise ValueError(f"{name}: not what it should be") from None


def parse_request_object(body: bytes) -> JSONObject:
    """Parse a request's JSON object. Raises ValueError for JSON that not all parsers read alike.

    They differ over duplicate names, numbers beyond 64 bits and NUL in a text, so the upstream might answer another
    request than the one that is cached.
    """
    request = parse_object(body, max_nodes=json_bounds.MAX_REQUEST_NODES)
    if b"\\u0000" in body and b"\\u0000" in body.replace(b"\\\\", b""):
        raise ValueError("not JSON that all read alike: a NUL character")
    if not _has_names(_count_names(request), body):
        raise ValueError("not JSON that all read alike: a duplicate name")
    return request


def object_list(value: Any, name: str) -> list[JSONObject]:
    """Return a list of JSON objects; an absent one is empty. Raises ValueError for anything else."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ValueError(f"{name}: not a list of objects")
    return value


def index_of(holder: Mapping[str, Any], default: int, name: str = "index") -> int:
    """Return the index of a choice or an item of a stream; *default* where there is none."""
    index = holder.get(name)
    if index is None:
        return default
    if type(index) is not int or index < 0:
        raise ValueError(f"{name}: not a natural number")
    return index


def choice_count(request: Mapping[str, Any]) -> int:
    """Return the number of choices that a request asks for, one by default."""
    n = request.get("n")
    if n is None:
        return 1
    if type(n) is not int or n < 1:
        raise ValueError("n: not a positive integer")
    return n


def token_count(value: Any) -> int:
    """Return a count of tokens, or 0 if the value is not one."""
    return value if type(value) is int and 0 <= value < 1 << 53 else 0


def nested_token_count(usage: Mapping[str, Any], name: str, inner: str) -> int:
    """Return a count of tokens in a nested object, or 0 if there is none."""
    details = usage.get(name)
    return token_count(details.get(inner)) if isinstance(details, dict) else 0


def render_json(value: Any) -> bytes:
    """Render a JSON value without white space, so that it is one line.

    Raises ValueError; ReplayOnly for a value that is not JSON: an ambiguous value of a stream.
    """
    try:
        return msgspec.json.encode(value)
    except RecursionError:
        raise ValueError("JSON nested too deeply") from None
    except TypeError:
        raise ReplayOnly("a stream of pieces that nobody knows how to join") from None


def render_json_line(value: Any) -> str:
    """Render a JSON value so that clients which split text at all of Unicode's line ends can read it, too.

    Those that read by ``httpx.Response.iter_lines`` do, Ollama's own among them:
    https://github.com/florimondmanca/httpx-sse/issues/34.
    """
    line = render_json(value).decode()
    for character, escape in _LINE_ENDS:
        line = line.replace(character, escape)
    return line


def render_array(elements: Iterable[JSONObject]) -> bytes:
    """Render a JSON array whose elements arrive one by one, each on a line, as Gemini's do."""
    return "[{}\n]".format("\n,\r\n".join(map(render_json_line, elements))).encode()


def _count_names(value: Any) -> int:
    """Count the names in a JSON value. Raises ValueError for an integer beyond 64 bits."""
    found, pending = 0, [value]
    for item in pending:  # grows while iterating
        values = item
        if type(item) is dict:
            found += len(item)
            values = item.values()
        kinds = set(map(type, values))
        if not kinds.isdisjoint(_CONTAINERS):
            pending += [each for each in values if type(each) in _CONTAINERS]
        if int in kinds and not all(-(1 << 63) <= each < 1 << 64 for each in values if type(each) is int):
            raise ValueError("not JSON that all read alike: an integer beyond 64 bits")
    return found


def _has_names(count: int, body: bytes) -> bool:
    """Tell whether well-formed JSON has that many names, with duplicates counted twice.

    A name is a string before a colon. Counting quotes before colons is enough for most documents; strings that begin
    with a colon, and white space before a colon, need a closer look.
    """
    bare = body.replace(b"\\\\", b"").replace(b'\\"', b"")  # every quote left begins or ends a string
    if bare.count(b'":') == count and not _SPACE_BEFORE_COLON.search(bare):
        return True
    following = bare.split(b'"')[2::2]
    return sum(1 for piece in following if piece[:1] == b":" or piece.lstrip()[:1] == b":") == count
