"""Requests for embeddings as mitmproxy has them <-> the cache's own values. It decides nothing."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from mitmproxy.http import HTTPFlow, Request, Response

from aicache import formats, keys
from aicache.controls import Controls
from aicache.messages import make, origin_of, plain_body
from aicache.model import Bypass, Entry
from aicache.pieces import BatchExchange, completed, replay_pieces
from aicache.settings import Settings

logger = logging.getLogger(__name__)

SIGNING = ("content-md5", "digest", "content-digest", "x-amz-content-sha256", "signature")
"""Request headers that are computed from the body."""


def embeddings_format_of(request: Request) -> formats.Embeddings | None:
    """Return the API of a request for embeddings, or None for any other request."""
    return formats.match_embeddings(request.method, request.path.partition("?")[0])


def read_batch(
    flow: HTTPFlow, format: formats.Embeddings, headers: dict[str, str], wishes: Controls, settings: Settings
) -> BatchExchange | Bypass:
    """Identify a request for embeddings, or say why it is passed by."""
    if isinstance(body := plain_body(flow, headers, wishes, settings), Bypass):
        return body
    path, _, query = flow.request.path.partition("?")
    credential = keys.credential(headers, query)
    if (origin := origin_of(flow, headers, (path, query), credential, settings)) is None:
        return Bypass("no-scope")
    try:
        batch = format.parse_request(path, body)
        names, namespace = keys.identify_inputs(batch, origin, settings.key_rules)
    except (ValueError, RecursionError) as exc:
        logger.debug("not understood: %s", exc)
        return Bypass("not-understood")
    proof = keys.digest("accepted", credential, origin.upstream, batch.model) if settings.shares else None
    return BatchExchange(batch, names, namespace, wishes, format, proof, headers.get("origin"))


def may_be_reduced(headers: dict[str, str]) -> bool:
    """Tell whether a request's body may be changed: not where something in its head was computed from it."""
    return not any(name in headers for name in SIGNING) and "signature" not in headers.get("authorization", "").lower()


def write_pieces(entries: Sequence[Entry], exchange: BatchExchange) -> Response:
    """Write a response of known pieces alone. Raises ValueError when one of them cannot be read."""
    now = time.time()
    headers = dict(entries[0].cors) | {
        "content-type": entries[0].content_type,
        "age": str(max(0, int(now - min(entry.stored_at for entry in entries)))),
        "cache-status": f"ai-cache; hit; detail=exact; ttl={int(min(entry.expires_at for entry in entries) - now)}",
        "x-cache-status": "hit",
    }
    if len(entries) == 1:
        headers["x-ai-cache-key"] = entries[0].key
    return make(200, replay_pieces(entries, exchange.format), headers)


def complete(response: Response, exchange: BatchExchange, fresh: Sequence[Entry]) -> None:
    """Put what was known of a batch into the upstream's response to the rest. Raises ValueError."""
    response.content = replay_pieces(completed(exchange, fresh), exchange.format)


def write_bad_gateway() -> Response:
    """For an upstream that answers a part of a batch in another way than it did before: asked again, it gets all."""
    body = (
        b'{"error":{"message":"The answer could not be completed from the cache: ask again.",'
        b'"type":"cache_error","param":null,"code":"incomplete_batch"}}'
    )
    headers = {"content-type": "application/json", "cache-status": "ai-cache; fwd=partial", "x-cache-status": "miss"}
    return make(502, body, headers | {"retry-after": "0"})
