"""Finds the entries of a flow by its metadata, or by parsing its request again. It contacts no store."""

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
    """Return the key of the entry that answered a flow or was stored from it; None where metadata lack it."""
    for name in (ENTRY, KEY):
        if isinstance(key := flow.metadata.get(name), str) and _KEY.fullmatch(key):
            return key
    return None


def entry_keys(flow: Flow, settings: Settings) -> tuple[str, ...]:
    """Return the keys of all entries of a flow: a batch of embeddings has one per input."""
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
    """Parse a flow's request again; None where it is not to an LLM, or bypasses the cache."""
    if (format := format_of(flow.request)) is None:
        return None
    exchange = identify_request(flow, format, collect_headers(flow.request.headers), NO_DIRECTIVES, settings)
    return None if isinstance(exchange, Bypass) else exchange
