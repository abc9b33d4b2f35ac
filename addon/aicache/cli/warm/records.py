"""The records that readers of sources yield: a flow, or the error of a broken record. No error quotes content."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from mitmproxy.connection import Client, Server
from mitmproxy.http import Headers, HTTPFlow, Request, Response


@dataclass(frozen=True, slots=True)
class Position:
    """The position of a record in its source: in words, and as progress."""

    name: str
    """``flows.mitm: flow 12``, ``faq.jsonl line 3``"""
    done: int
    total: int
    """The size of the source in the unit of *done*, bytes or records; 0 if unknown."""


@dataclass(frozen=True, slots=True)
class FlowRecord:
    """A record that was read, as a flow."""

    position: Position
    flow: HTTPFlow
    dated: bool = True
    """Whether the source has the time of the answer."""
    headers_as_sent: bool = False
    """Whether the request's headers are complete; other sources omit or redact the credential."""


@dataclass(frozen=True, slots=True)
class BrokenRecord:
    """A record that could not be read, and why."""

    position: Position
    reason: str


Records: TypeAlias = Iterator[FlowRecord | BrokenRecord]


class SourceError(Exception):
    """A source cannot be read, or not any further. The message names the source and the way out."""


def build_flow(
    method: str,
    url: str,
    headers: Mapping[str, str] | Headers,
    body: bytes,
    response: Response,
    at: float | None,
) -> HTTPFlow:
    """Return a flow as mitmproxy would have recorded it; *at* is the time of the answer (Unix seconds; None for now).

    Raises ValueError for an invalid URL.
    """
    flow = HTTPFlow(Client(peername=("127.0.0.1", 0), sockname=("127.0.0.1", 0)), Server(address=None))
    fields = (
        headers if isinstance(headers, Headers) else Headers([(k.encode(), v.encode()) for k, v in headers.items()])
    )
    flow.request = Request.make(method, url, body, fields)
    then = time.time() if at is None else at
    flow.request.timestamp_start = flow.request.timestamp_end = then
    response.timestamp_start = response.timestamp_end = then
    flow.response = response
    flow.live = False
    return flow


def parse_time(value: Any) -> float | None:
    """Return Unix seconds of a number or of an ISO 8601 date (local time if it has no zone); None for None.

    Raises ValueError for anything else.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("its time is neither a number of seconds nor a date such as 2026-11-28T12:00:00Z")
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value).timestamp()
        except (ValueError, OverflowError, OSError):
            raise ValueError("its time is not a date such as 2026-11-28T12:00:00Z") from None
    if not 0 < value < 1e11:
        raise ValueError("its time is not in seconds since 1970")
    return float(value)
