"""Flows that mitmproxy saved (``-w``), and HAR files, of browsers or mitmproxy, through mitmproxy's own readers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

from mitmproxy.exceptions import FlowReadException, OptionsError
from mitmproxy.http import HTTPFlow
from mitmproxy.io import FlowReader
from mitmproxy.io.har import request_to_flow

from aicache.cli.warm.records import Broken, Found, Place, Records


def saved_flows(path: Path, file: BinaryIO, raw: BinaryIO, size: int) -> Records:
    """Read flows one by one; what is behind damage is lost. *raw* tells how far *file* has been read."""
    number = 0
    try:
        for flow in FlowReader(file).stream():
            number += 1
            if isinstance(flow, HTTPFlow):
                yield Found(Place(f"{path}: flow {number}", raw.tell(), size), flow, faithful=True)
    except (FlowReadException, OSError, EOFError) as exc:
        why = (
            f"cannot be read ({exc}), nor can what is behind it: the file is cut off, damaged, or of a newer mitmproxy"
        )
        yield Broken(Place(f"{path}: flow {number + 1}", size, size), why)


def har(path: Path, document: Any) -> Records:
    """Read the entries of a HAR document; each is good or bad for itself."""
    entries = document["log"].get("entries") if isinstance(document.get("log"), dict) else None
    if not isinstance(entries, list):
        yield Broken(Place(str(path), 1, 1), "has no log.entries, as HAR files have")
        return
    for number, entry in enumerate(entries, 1):
        place = Place(f"{path}: entry {number}", number, len(entries))
        try:
            yield Found(place, _flow(entry))
        except (KeyError, TypeError, ValueError, AttributeError, OptionsError) as exc:
            missing = f"has no {exc.args[0]}" if isinstance(exc, KeyError) else f"cannot be read ({type(exc).__name__})"
            yield Broken(place, f"{missing}, as entries of HAR files have")


def _flow(entry: dict[str, Any]) -> HTTPFlow:
    flow = request_to_flow(entry)
    assert isinstance(flow, HTTPFlow)
    for name in [name for name in flow.request.headers if name.startswith(":")]:  # Chrome's, of HTTP/2
        del flow.request.headers[name]
    # Chrome, and most others, write down the body as it was before its encoding
    post = entry["request"].get("postData", {})
    if post.get("text") and "content-encoding" in flow.request.headers:
        del flow.request.headers["content-encoding"]
    return flow
