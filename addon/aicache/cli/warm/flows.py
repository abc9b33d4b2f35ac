"""Reads flows that mitmproxy saved (``-w``) and HAR files of browsers or mitmproxy, with mitmproxy's own readers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

from mitmproxy.exceptions import FlowReadException, OptionsError
from mitmproxy.http import HTTPFlow
from mitmproxy.io import FlowReader
from mitmproxy.io.har import request_to_flow

from aicache.cli.warm.records import BrokenRecord, FlowRecord, Position, Records


def read_saved_flows(path: Path, file: BinaryIO, raw: BinaryIO, size: int) -> Records:
    """Read flows one by one; those behind a damaged one are lost. The position of *raw* is the progress of *file*."""
    number = 0
    try:
        for flow in FlowReader(file).stream():
            number += 1
            if isinstance(flow, HTTPFlow):
                yield FlowRecord(Position(f"{path}: flow {number}", raw.tell(), size), flow, headers_as_sent=True)
    except (FlowReadException, OSError, EOFError) as exc:
        why = (
            f"cannot be read ({exc}), nor can anything after it: the file is cut off, damaged, or of a newer mitmproxy"
        )
        yield BrokenRecord(Position(f"{path}: flow {number + 1}", size, size), why)


def read_har(path: Path, document: Any) -> Records:
    """Read the entries of a HAR document; a bad one does not stop the others."""
    entries = document["log"].get("entries") if isinstance(document.get("log"), dict) else None
    if not isinstance(entries, list):
        yield BrokenRecord(Position(str(path), 1, 1), "has no log.entries, as HAR files have")
        return
    for number, entry in enumerate(entries, 1):
        position = Position(f"{path}: entry {number}", number, len(entries))
        try:
            yield FlowRecord(position, _flow(entry))
        except (KeyError, TypeError, ValueError, AttributeError, OptionsError) as exc:
            missing = f"has no {exc.args[0]}" if isinstance(exc, KeyError) else f"cannot be read ({type(exc).__name__})"
            yield BrokenRecord(position, f"{missing}, as entries of HAR files have")


def _flow(entry: dict[str, Any]) -> HTTPFlow:
    flow = request_to_flow(entry)
    assert isinstance(flow, HTTPFlow)
    for name in [
        name for name in flow.request.headers if name.startswith(":")
    ]:  # HTTP/2 pseudo-headers, which Chrome writes
        del flow.request.headers[name]
    # Chrome and most others write the body before content coding
    post = entry["request"].get("postData", {})
    if post.get("text") and "content-encoding" in flow.request.headers:
        del flow.request.headers["content-encoding"]
    return flow
