"""Reads cassettes: of this cache, of vcrpy (and pytest-recording) in YAML or JSON, and of Ruby's VCR."""

from __future__ import annotations

import base64
import binascii
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import yaml
from mitmproxy.http import Headers, HTTPFlow, Response

from aicache.cassette.file_format import CassetteError
from aicache.cassette.file_format import read_cassette as read_cassette_of_ours
from aicache.cassette.interaction import Interaction
from aicache.cli.warm.records import BrokenRecord, FlowRecord, Position, Records, SourceError, build_flow

_Safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
INTERACTIONS = ("interactions", "http_interactions")
"""The list of interactions in cassettes of vcrpy and of VCR."""
MAGIC = {"gzip": b"\x1f\x8b", "x-gzip": b"\x1f\x8b", "deflate": b"\x78"}


class _Loader(_Safe):  # type: ignore[misc]  # the base class is chosen at run time
    """Loads plain values only, and Ruby's tag for bytes."""


_Loader.add_constructor("!binary", yaml.SafeLoader.construct_yaml_binary)


def read_cassette(path: Path, text: bytes) -> Records:
    """Read a cassette in YAML (or JSON, which is YAML). A bad interaction does not stop the others.

    Raises SourceError for a file that is not a cassette.
    """
    loader = _Loader(text)
    try:
        items = _interactions(path, loader.get_single_node())
        for number, node in enumerate(items, 1):
            position = Position(f"{path} line {node.start_mark.line + 1}", number, len(items))
            try:
                yield _parse_interaction(position, loader.construct_document(node))
            except (KeyError, TypeError, AttributeError, ValueError, yaml.YAMLError) as exc:
                yield BrokenRecord(position, _describe_error(exc))
    except yaml.MarkedYAMLError as exc:
        line = f" line {exc.problem_mark.line + 1}" if exc.problem_mark is not None else ""
        raise SourceError(f"{path}{line}: is not YAML ({exc.problem})") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as exc:
        raise SourceError(f"{path}: is not YAML ({type(exc).__name__})") from None
    finally:
        loader.dispose()


def read_own(path: Path, text: bytes) -> Records:
    """Read a cassette of this cache, which has no times and no credentials. Raises SourceError."""
    try:
        interactions, _ = read_cassette_of_ours(text, str(path))
    except CassetteError as exc:
        raise SourceError(str(exc)) from None
    for number, each in enumerate(interactions, 1):
        position = Position(f"{path}: recording {number}", number, len(interactions))
        try:
            yield FlowRecord(position, to_flow(each), dated=False)
        except ValueError as exc:
            yield BrokenRecord(position, str(exc))


def to_flow(interaction: Interaction, at: float | None = None) -> HTTPFlow:
    """Return an interaction as mitmproxy would have recorded it; *at* is the time (Unix seconds; None for now).

    Raises ValueError for an invalid URL.
    """
    asked, answered = interaction.request, interaction.response
    headers = dict(asked.headers)
    if asked.body:
        headers.setdefault("content-type", "application/json")
    response = Response.make(answered.status, answered.body, dict(answered.headers))
    return build_flow(asked.method, asked.url, headers, asked.body, response, at)


def _interactions(path: Path, root: yaml.Node | None) -> list[yaml.Node]:
    if isinstance(root, yaml.MappingNode):
        for key, value in root.value:
            if key.value in INTERACTIONS and isinstance(value, yaml.SequenceNode):
                return list(value.value)
    raise SourceError(f"{path}: is not a cassette: it has no list of interactions (vcrpy) or http_interactions (VCR)")


def _describe_error(exc: Exception) -> str:
    if isinstance(exc, KeyError):
        return f"has no {exc.args[0]}, as interactions of cassettes have"
    if isinstance(exc, ValueError):
        return str(exc)
    return f"cannot be read as an interaction ({type(exc).__name__})"


def _parse_interaction(position: Position, item: Any) -> FlowRecord:
    request, response = item["request"], item["response"]
    headers = _headers(response["headers"])
    at = _parse_date(item.get("recorded_at") or headers.get("date"))
    body = _body(response["content"] if "content" in response else response["body"])
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding and (not body.startswith(MAGIC.get(encoding, b"")) or _is_text(body)):
        del headers["content-encoding"]  # some recorders decode the body and keep the header
    for name in ("content-length", "transfer-encoding"):
        headers.pop(name, None)
    flow = build_flow(
        str(request["method"]).upper(),
        str(request["uri"]),
        _headers(request["headers"]),
        _body(request["body"]),
        Response(b"HTTP/1.1", _status(response), b"", headers, body, None, 0.0, 0.0),
        at,
    )
    return FlowRecord(position, _without_framing(flow), dated=at is not None)


def _without_framing(flow: HTTPFlow) -> HTTPFlow:
    for name in ("content-length", "transfer-encoding"):
        flow.request.headers.pop(name, None)
    return flow


def _headers(found: Any) -> Headers:
    """Parse headers, whose values are strings or lists of strings."""
    fields = []
    for name, values in (found or {}).items():
        for value in values if isinstance(values, list) else [values]:
            text = value if isinstance(value, bytes) else str(value).encode()
            fields.append((str(name).encode(), text))
    return Headers(fields)


def _body(found: Any) -> bytes:
    """Parse a body: text or bytes, directly or as ``string``, or base64 as ``base64_string``; None is an empty body."""
    if isinstance(found, dict):
        if (packed := found.get("base64_string")) is not None:
            try:
                return base64.b64decode(packed)
            except (binascii.Error, ValueError, TypeError):
                raise ValueError("its base64_string is not in base64") from None
        found = found.get("string")
    if found is None:
        return b""
    if isinstance(found, str):
        return found.encode("utf-8", "surrogateescape")
    if isinstance(found, bytes):
        return found
    raise ValueError("its body is neither text nor bytes")


def _status(response: dict[str, Any]) -> int:
    if "status_code" in response:  # httpx, recorded by vcrpy before version 6
        return int(response["status_code"])
    return int(response["status"]["code"])


def _parse_date(date: Any) -> float | None:
    """Parse an HTTP date (RFC 9110, section 5.6.7), which VCR writes, too; None if there is none or it is invalid."""
    try:
        return parsedate_to_datetime(date).timestamp() if isinstance(date, str) else None
    except (ValueError, TypeError, IndexError):
        return None


def _is_text(body: bytes) -> bool:
    return body[:1] in (b"{", b"[", b":") or body.startswith((b"data", b"event"))
