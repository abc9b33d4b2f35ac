"""Translates between mitmproxy's HTTP messages and the cache's own values. It decides nothing."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping

from mitmproxy.connection import ConnectionState
from mitmproxy.http import Headers, HTTPFlow, Request, Response

from aicache import formats
from aicache.domain.directories import relocate
from aicache.domain.model import Bypass, Hit
from aicache.engine import Exchange
from aicache.entries.answer_source import source_of
from aicache.entries.embedding_batch import BatchExchange
from aicache.entries.recording import Recording, replay
from aicache.entries.response_templates import Template
from aicache.formats.hit_edits import AS_RECORDED, HitEdit, HitEdits

logger = logging.getLogger(__name__)

CORS_PREFIX = "access-control-"
REASON_PHRASES = {
    200: b"OK",
    400: b"Bad Request",
    426: b"Upgrade Required",
    502: b"Bad Gateway",
    504: b"Gateway Timeout",
}


def collect_headers(headers: Headers) -> dict[str, str]:
    """Return the fields by lower-case name, repeated ones joined. A single look-up in mitmproxy's own costs as much."""
    fields: dict[str, str] = {}
    for name, value in headers.items(multi=True):  # type: ignore[no-untyped-call]
        name = name.lower()
        if name in fields:
            value = f"{fields[name]}{'; ' if name == 'cookie' else ', '}{value}"  # RFC 9113, 8.2.3
        fields[name] = value
    return fields


def format_of(request: Request) -> formats.Format | None:
    """Return the API of an LLM call, or None for any other request."""
    return formats.match(method_of(request), request.path.partition("?")[0])


def embeddings_format_of(request: Request) -> formats.Embeddings | None:
    """Return the API of a request for embeddings, or None for any other request."""
    return formats.match_embeddings(method_of(request), request.path.partition("?")[0])


def method_of(request: Request) -> str:
    """Return the method as it was sent: it is case-sensitive (RFC 9110, 9.1), and mitmproxy capitalizes it."""
    return request.data.method.decode("utf-8", "surrogateescape")


def content_coding_of(headers: Mapping[str, str]) -> str:
    """Return the value of Content-Encoding in lower case; empty if there is none to undo."""
    coding = headers.get("content-encoding", "").strip().lower()
    return "" if coding == "identity" else coding


def parse_content_length(length: str) -> int:
    """Return the bytes that a Content-Length field gives; 0 if it is missing or malformed."""
    return int(length) if length.isascii() and length.isdecimal() and len(length) < 16 else 0


def to_recording(response: Response, body: bytes, asked_at: float = 0.0, pace: bytes = b"") -> Recording:
    """Return an upstream's response as a recording; *asked_at* (Unix time) is when it was requested, and *pace* how it
    came."""
    headers = collect_headers(response.headers)
    return Recording(
        status=response.status_code,
        content_type=headers.get("content-type", ""),
        content_encoding=headers.get("content-encoding", "").strip().lower(),
        body=body,
        cors=tuple(item for item in headers.items() if item[0].startswith(CORS_PREFIX)),
        cache_control=headers.get("cache-control", "").lower(),
        took=max(0.0, (response.timestamp_end or time.time()) - asked_at) if asked_at else 0.0,
        pace=pace,
    )


def has_client_left(flow: HTTPFlow) -> bool:
    """Tell whether a flow that ended in an error did so because its client closed the connection or the stream."""
    by_reset = flow.error is not None and flow.error.msg.startswith("stream reset by client")
    return by_reset or flow.client_conn.state is ConnectionState.CLOSED


def render_hit(
    hit: Hit, exchange: Exchange, template: Template | None = None, edits: HitEdits = AS_RECORDED
) -> Response:
    """Render a hit as a response. Raises ValueError when the stored answer cannot be rendered."""
    now = time.time()
    relocation = relocate(hit.entry.directories, exchange.identity.directories)
    edit = HitEdit(edits, now) if edits else None
    body, content_type = replay(hit.entry, exchange.call, exchange.format, template, relocation, edit)
    return build_response(200, body, hit_headers(hit, exchange, content_type, now))


def hit_headers(
    hit: Hit, exchange: Exchange, content_type: str, now: float, source: str | None = None
) -> dict[str, str]:
    """Return the header fields that describe a hit; *now* is Unix time, *source* that of the entry, if it is known."""
    if hit.from_higress:
        return {"content-type": content_type, "cache-status": "ai-cache; hit; detail=legacy", "x-cache-status": "hit"}
    cors = dict(hit.entry.cors) if exchange.page is not None else {}
    if hit.collapsed_with is not None:
        return cors | collapsed_headers(content_type, hit.entry.key, hit)
    tier = _detail(hit)
    headers = cors | {
        "content-type": content_type,
        "age": str(max(0, int(now - hit.entry.stored_at))),
        "cache-status": f"ai-cache; hit; detail={tier}; ttl={int(hit.entry.expires_at - now)}",
        "x-cache-status": "hit",
        "x-ai-cache-key": hit.entry.key,
        "x-ai-cache-source": source or source_of(hit.entry),
    }
    if hit.is_stale:
        headers["warning"] = '110 ai-cache "Response is Stale"'  # obsolete since RFC 9111, and read by older clients
    return headers | _by_meaning(hit)


def collapsed_headers(content_type: str, key: str, hit: Hit | None = None) -> dict[str, str]:
    """Return the header fields of the answer to a request in flight (RFC 9211, 2.6): no stored one is a hit.

    *hit* is the one by meaning that it may be.
    """
    detail = "" if hit is None or hit.similarity is None else f"; detail={_detail(hit)}"
    headers = {
        "content-type": content_type,
        "cache-status": f"ai-cache; fwd=miss; collapsed{detail}",
        "x-cache-status": "hit",
        "x-ai-cache-key": key,
    }
    return headers if hit is None else headers | _by_meaning(hit)


def _detail(hit: Hit) -> str:
    if hit.same_words:
        return "same-words"
    if hit.is_stale:
        return "stale"
    return "exact" if hit.similarity is None else "semantic" if hit.judge_seconds is None else "judged"


def _by_meaning(hit: Hit) -> dict[str, str]:
    """Return the header fields that a hit by meaning has more than others."""
    headers = {}
    if hit.similarity is not None:
        headers["x-ai-cache-similarity"] = f"{hit.similarity:.4f}"
    if hit.judge_seconds is not None:
        headers["x-ai-cache-judge"] = f"yes; ms={hit.judge_seconds * 1000:.0f}"
    if hit.error_bound is not None:
        headers["x-ai-cache-error-bound"] = f"{hit.error_bound:.4f}"
    return headers


def mark_forwarded(response: Response, exchange: Exchange | BatchExchange | Bypass, *, stored: bool) -> None:
    """Add this cache's member to ``cache-status`` (RFC 9211), behind that of an upstream cache."""
    if isinstance(exchange, Bypass):
        status, value = "bypass", "ai-cache; fwd=bypass"
    elif isinstance(exchange, BatchExchange):
        status = "miss"
        wanted, total = len(exchange.wanted), len(exchange.keys)
        value = f'ai-cache; fwd=partial; detail="{total - wanted}/{total}"' if wanted < total else "ai-cache; fwd=miss"
        if exchange.directives.no_cache:
            value = "ai-cache; fwd=request"
    else:
        status = "miss"
        value = "ai-cache; fwd=request" if exchange.directives.no_cache else "ai-cache; fwd=miss"
        if exchange.waited is not None:
            value += "; collapsed=?0"
        if response.status_code // 100 == 2:  # an error has no entry
            response.headers["x-ai-cache-key"] = exchange.identity.key
    if stored:
        value += "; stored"
    before = response.headers.get("cache-status")
    response.headers["cache-status"] = f"{before}, {value}" if before else value
    response.headers["x-cache-status"] = status


def build_response(status: int, body: bytes, headers: dict[str, str]) -> Response:
    """Build a response as ``Response.make`` does, in a third of its time."""
    fields = [(name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in headers.items()]
    fields.append((b"content-length", str(len(body)).encode()))
    now = time.time()
    return Response(b"HTTP/1.1", status, REASON_PHRASES[status], Headers(fields), body, None, now, now)
