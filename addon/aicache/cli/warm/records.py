"""What every reader of a source yields: a flow, or what is wrong with a record. No message of theirs quotes content."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from mitmproxy.connection import Client, Server
from mitmproxy.http import Headers, HTTPFlow, Request, Response


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands: in words, and how far that is in the whole."""

    name: str
    """``flows.mitm: flow 12``, ``faq.jsonl line 3``"""
    done: int
    total: int
    """In the same unit as *done*: bytes or records; 0 where it is not known."""


@dataclass(frozen=True, slots=True)
class Found:
    place: Place
    flow: HTTPFlow
    dated: bool = True
    """Whether the source says when the answer came."""
    faithful: bool = False
    """Whether the request's headers are as they were sent: others leave the credential out, or blank it."""


@dataclass(frozen=True, slots=True)
class Broken:
    place: Place
    why: str


Records: TypeAlias = Iterator[Found | Broken]


class SourceError(Exception):
    """A source that cannot be read at all, or not any further. The message names it and the way out."""


def make_flow(
    method: str,
    url: str,
    headers: Mapping[str, str] | Headers,
    body: bytes,
    response: Response,
    at: float | None,
) -> HTTPFlow:
    """Return a flow as mitmproxy would have recorded it; *at* (Unix seconds) is when the answer came, None: just now.

    Raises ValueError for what is no URL.
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


def time_of(value: Any) -> float | None:
    """Return Unix seconds of a number, or of a date in ISO 8601 (local where it says no zone); None for None.

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
            raise ValueError("its time is no date such as 2026-11-28T12:00:00Z") from None
    if not 0 < value < 1e11:
        raise ValueError("its time is not in seconds since 1970")
    return float(value)
