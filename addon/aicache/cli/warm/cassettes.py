"""Cassettes: what vcrpy (and pytest-recording) writes in YAML or JSON, and what Ruby's VCR writes."""

from __future__ import annotations

import base64
import binascii
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import yaml
from mitmproxy.http import Headers, HTTPFlow, Response

from aicache.cli.warm.records import Broken, Found, Place, Records, SourceError, make_flow

_Safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
INTERACTIONS = ("interactions", "http_interactions")
"""vcrpy's, and VCR's."""
MAGIC = {"gzip": b"\x1f\x8b", "x-gzip": b"\x1f\x8b", "deflate": b"\x78"}


class _Loader(_Safe):  # type: ignore[misc]  # which of the two it is, is known at run time
    """Loads plain values alone, and Ruby's way to write bytes."""


_Loader.add_constructor("!binary", yaml.SafeLoader.construct_yaml_binary)


def cassette(path: Path, text: bytes) -> Records:
    """Read a cassette of YAML (JSON is YAML, too), each interaction for itself. Raises SourceError for other files."""
    loader = _Loader(text)
    try:
        items = _interactions(path, loader.get_single_node())
        for number, node in enumerate(items, 1):
            place = Place(f"{path} line {node.start_mark.line + 1}", number, len(items))
            try:
                yield _found(place, loader.construct_document(node))
            except (KeyError, TypeError, AttributeError, ValueError, yaml.YAMLError) as exc:
                yield Broken(place, _why(exc))
    except yaml.MarkedYAMLError as exc:
        line = f" line {exc.problem_mark.line + 1}" if exc.problem_mark is not None else ""
        raise SourceError(f"{path}{line}: is not YAML ({exc.problem})") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as exc:
        raise SourceError(f"{path}: is not YAML ({type(exc).__name__})") from None
    finally:
        loader.dispose()


def _interactions(path: Path, root: yaml.Node | None) -> list[yaml.Node]:
    if isinstance(root, yaml.MappingNode):
        for key, value in root.value:
            if key.value in INTERACTIONS and isinstance(value, yaml.SequenceNode):
                return list(value.value)
    raise SourceError(f"{path}: is no cassette: it has no list of interactions (vcrpy) or http_interactions (VCR)")


def _why(exc: Exception) -> str:
    if isinstance(exc, KeyError):
        return f"has no {exc.args[0]}, as interactions of cassettes have"
    if isinstance(exc, ValueError):
        return str(exc)
    return f"cannot be read as an interaction ({type(exc).__name__})"


def _found(place: Place, item: Any) -> Found:
    request, response = item["request"], item["response"]
    headers = _headers(response["headers"])
    at = _moment(item.get("recorded_at") or headers.get("date"))
    body = _body(response["content"] if "content" in response else response["body"])
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding and (not body.startswith(MAGIC.get(encoding, b"")) or _is_text(body)):
        del headers["content-encoding"]  # kept by recorders that undo what it says
    for name in ("content-length", "transfer-encoding"):
        headers.pop(name, None)
    flow = make_flow(
        str(request["method"]).upper(),
        str(request["uri"]),
        _headers(request["headers"]),
        _body(request["body"]),
        Response(b"HTTP/1.1", _status(response), b"", headers, body, None, 0.0, 0.0),
        at,
    )
    return Found(place, _whole(flow), dated=at is not None)


def _whole(flow: HTTPFlow) -> HTTPFlow:
    for name in ("content-length", "transfer-encoding"):
        flow.request.headers.pop(name, None)
    return flow


def _headers(found: Any) -> Headers:
    """Read headers, whose values are texts, or lists of them."""
    fields = []
    for name, values in (found or {}).items():
        for value in values if isinstance(values, list) else [values]:
            text = value if isinstance(value, bytes) else str(value).encode()
            fields.append((str(name).encode(), text))
    return Headers(fields)


def _body(found: Any) -> bytes:
    """Read a body: text or bytes, on its own or as ``string``, in base64 as ``base64_string``; none is an empty one."""
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
    if "status_code" in response:  # of httpx, by vcrpy before its version 6
        return int(response["status_code"])
    return int(response["status"]["code"])


def _moment(date: Any) -> float | None:
    """Read a date as HTTP writes it (RFC 9110, 5.6.7), which VCR does, too; None where there is none."""
    try:
        return parsedate_to_datetime(date).timestamp() if isinstance(date, str) else None
    except (ValueError, TypeError, IndexError):
        return None


def _is_text(body: bytes) -> bool:
    return body[:1] in (b"{", b"[", b":") or body.startswith((b"data", b"event"))
