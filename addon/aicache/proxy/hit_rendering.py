"""Renders a hit as the response that its client asked for, a large one in a thread."""

from __future__ import annotations

import asyncio

from mitmproxy.http import Response

from aicache.domain.model import Hit
from aicache.engine import MAX_BYTES_ON_LOOP, Exchange
from aicache.proxy.http_messages import render_hit
from aicache.runtime.lifecycle import Runtime


async def render(hit: Hit, exchange: Exchange, runtime: Runtime) -> Response:
    """Return the response. Raises ValueError when the stored answer cannot be rendered."""
    template, edits = runtime.settings.template_for(exchange.call), runtime.settings.hit_edits
    if len(hit.entry.body) > MAX_BYTES_ON_LOOP:
        return await asyncio.to_thread(render_hit, hit, exchange, template, edits)
    return render_hit(hit, exchange, template, edits)
