"""Makes the entries that recorded flows would have left in this cache. It stores nothing and sends nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mitmproxy.http import HTTPFlow, Response

from aicache.config.request_settings import Settings
from aicache.domain import policy
from aicache.domain.model import Bypass, Entry
from aicache.domain.request_directives import parse_directives
from aicache.engine import Exchange
from aicache.engine.storing import lasting, record_entries
from aicache.entries.embedding_batch import BatchExchange
from aicache.entries.recording import Recording
from aicache.proxy import content_codings
from aicache.proxy.flow_metadata import CACHE_NAME, directives_of
from aicache.proxy.http_messages import collect_headers, embeddings_format_of, format_of, to_recording
from aicache.proxy.request_identity import identify_batch, identify_request

INFLATED_WHEN_JUDGED = ("", "identity", "gzip", "x-gzip", "deflate")
"""Content codings that the engine itself decodes, within bounds, when it judges an answer."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A flow that leaves no entry, and why. The reason never holds content."""

    reason: str


def identify_flow(flow: HTTPFlow, settings: Settings) -> Exchange | BatchExchange | Skipped:
    """Identify a recorded request as the cache would have done when it came."""
    request = flow.request
    headers = collect_headers(request.headers) | directives_of(flow)
    # HAR files of HTTP/2 have the host in the URL alone
    headers.setdefault("host", request.authority or f"{request.host}:{request.port}")
    directives = parse_directives(headers)
    identified: Exchange | BatchExchange | Bypass
    if (format := format_of(request)) is not None:
        identified = identify_request(flow, format, headers, directives, settings)
    elif settings.embeddings and (batches := embeddings_format_of(request)) is not None:
        identified = identify_batch(flow, batches, headers, directives, settings)
    else:
        return Skipped("no LLM call")
    return Skipped(identified.reason) if isinstance(identified, Bypass) else identified


def recording_of(flow: HTTPFlow, max_bytes: int) -> Recording | Skipped:
    """Return a flow's response as a recording."""
    response = flow.response
    if response is None or (body := response.raw_content) is None:
        return Skipped("no answer")
    recording = to_recording(response, body, flow.request.timestamp_start if response.timestamp_end else 0.0)
    if recording.content_encoding in INFLATED_WHEN_JUDGED:
        return recording
    try:  # a response that was not requested through this cache may have any content coding
        body = content_codings.decode(body, recording.content_encoding, max_bytes)
    except content_codings.TooLarge:
        return Skipped("larger than store.max_bytes")
    except ValueError:
        return Skipped(f"content-encoding {recording.content_encoding}")
    return replace(recording, content_encoding="", body=body)


def entries_of(flow: HTTPFlow, settings: Settings, rules: policy.Rules, now: float) -> tuple[Entry, ...] | Skipped:
    """Return the entries of a recorded flow, stored when its answer came, or why there are none.

    Entries that have expired since are returned as well. An answer from this cache leaves none.
    """
    if flow.response is not None and _is_ours(flow.response):
        return Skipped("answered from the cache")
    exchange = identify_flow(flow, settings)
    if isinstance(exchange, Skipped):
        return exchange
    recording = recording_of(flow, rules.max_bytes)
    if isinstance(recording, Skipped):
        return recording
    then = min(answered_at(flow), now)
    try:
        entries = record_entries(exchange, recording, rules, then)
    except (ValueError, RecursionError) as exc:
        return Skipped(
            str(exc).partition(" (")[0] or "not understood"
        )  # the rest is specific to the flow: a place, a size
    return tuple(lasting(exchange, entries)) or Skipped("not to be kept")


def answered_at(flow: HTTPFlow) -> float:
    """Return when a flow's answer was complete (Unix time), or when its request began if that is not known."""
    response = flow.response
    times = (response.timestamp_end, response.timestamp_start) if response is not None else ()
    return next((time for time in times if time), flow.request.timestamp_start)


def _is_ours(response: Response) -> bool:
    members = [member.strip() for member in response.headers.get("cache-status", "").split(",")]
    return any(member.startswith((f"{CACHE_NAME}; hit", f"{CACHE_NAME}; fwd=partial")) for member in members)
