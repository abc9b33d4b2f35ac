"""Which entries are behind a flow: by what its metadata tells, or by its request, read again. It asks no store."""

from __future__ import annotations

import re

from mitmproxy.flow import Flow
from mitmproxy.http import HTTPFlow

from aicache.config.request_settings import Settings
from aicache.domain.model import Bypass
from aicache.domain.request_directives import NO_DIRECTIVES
from aicache.engine import Exchange
from aicache.proxy.http_messages import collect_headers, embeddings_format_of, format_of
from aicache.proxy.request_identity import identify_batch, identify_request
from aicache.ui.flow_fields import ENTRY, KEY, OUTCOME

_KEY = re.compile(r"[0-9a-f]{40}")


def answering_key(flow: Flow) -> str | None:
    """Return the key of the entry that answered a flow, or was made of its answer; None where it is not told."""
    for name in (ENTRY, KEY):
        if isinstance(key := flow.metadata.get(name), str) and _KEY.fullmatch(key):
            return key
    return None


def entry_keys(flow: Flow, settings: Settings) -> tuple[str, ...]:
    """Return the keys of all entries behind a flow: a batch of embeddings has one for each input."""
    if (key := answering_key(flow)) is not None:
        return (key,)
    if not isinstance(flow, HTTPFlow) or flow.metadata.get(OUTCOME) == "bypass":
        return ()
    if (exchange := reread_exchange(flow, settings)) is not None:
        return (exchange.identity.key,)
    if (format := embeddings_format_of(flow.request)) is None:
        return ()
    batch = identify_batch(flow, format, collect_headers(flow.request.headers), NO_DIRECTIVES, settings)
    return () if isinstance(batch, Bypass) else tuple(dict.fromkeys(batch.keys))


def reread_exchange(flow: HTTPFlow, settings: Settings) -> Exchange | None:
    """Read a flow's request as it was read when it came; None where it is none of the cache's business."""
    if (format := format_of(flow.request)) is None:
        return None
    exchange = identify_request(flow, format, collect_headers(flow.request.headers), NO_DIRECTIVES, settings)
    return None if isinstance(exchange, Bypass) else exchange
