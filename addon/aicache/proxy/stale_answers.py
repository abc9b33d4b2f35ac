"""Expired answers in place of an upstream's failure (RFC 5861, 4). The engine says which may be served."""

from __future__ import annotations

import logging

from mitmproxy.http import Response

from aicache.domain.model import Bypass, Hit
from aicache.engine import Exchange
from aicache.entries.embedding_batch import BatchExchange
from aicache.proxy import hit_rendering
from aicache.runtime.lifecycle import Runtime

logger = logging.getLogger(__name__)

TOO_MANY_REQUESTS = 429


def replaces(exchange: Exchange | BatchExchange | Bypass | None, status: int) -> bool:
    """Tell whether a stale answer is to be served in place of a response with this status."""
    failed = status == TOO_MANY_REQUESTS or status // 100 == 5
    return failed and isinstance(exchange, Exchange) and exchange.stale is not None


async def render(exchange: Exchange, runtime: Runtime) -> Response | None:
    """Return the stale answer as a response; None if it cannot be rendered, or its caller has been erased meanwhile.

    It never raises.
    """
    if exchange.stale is None or runtime.engine.erasures.cover(exchange):
        return None
    try:
        return await hit_rendering.render(Hit(exchange.stale, is_stale=True), exchange, runtime)
    except ValueError as exc:
        logger.debug("a stale answer cannot be rendered: %s", exc)
    except Exception:
        logger.exception("a stale answer was not served")
    return None
