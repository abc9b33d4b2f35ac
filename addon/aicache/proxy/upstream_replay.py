"""Requests that go upstream once more, by mitmproxy's own client: to check a hit, or to get a batch whole."""

from __future__ import annotations

import asyncio
import logging
from weakref import WeakKeyDictionary

from mitmproxy import ctx
from mitmproxy.addons.clientplayback import ReplayHandler
from mitmproxy.http import HTTPFlow, Response

from aicache.domain.task_set import TaskSet
from aicache.engine import Exchange

logger = logging.getLogger(__name__)

AT_ONCE = 4  # audits under way; what would be one more is not checked
WITHIN = 300.0  # seconds that an upstream has to answer
AUDIT = "ai-cache: checks a hit"
WHOLE = "ai-cache: asks for the whole batch"


class Replays:
    """Those under way. Their flows pass all hooks, marked as replayed; what is theirs is no client's."""

    def __init__(self) -> None:
        self._flows: WeakKeyDictionary[HTTPFlow, Exchange | None] = WeakKeyDictionary()
        self._audits = TaskSet()

    def __contains__(self, flow: HTTPFlow) -> bool:
        return flow in self._flows

    def take(self, flow: HTTPFlow) -> Exchange | None:
        """Return what an auditing flow is compared by."""
        return self._flows.get(flow)

    def audit(self, flow: HTTPFlow, exchange: Exchange) -> None:
        """Ask the upstream, in the background, what it says to a request that *flow* has no answer to yet."""
        if len(self._audits) < AT_ONCE:
            # Copied before the hit is in it.
            self._audits.spawn(self._run(self._copy(flow, AUDIT, exchange)))

    async def again(self, flow: HTTPFlow, body: bytes) -> Response | None:
        """Return the upstream's response to a request with another body; None when there is none."""
        copy = self._copy(flow, WHOLE, None)
        copy.request.content = body
        await self._run(copy)
        return copy.response

    def end(self) -> None:
        self._audits.cancel()

    def _copy(self, flow: HTTPFlow, comment: str, exchange: Exchange | None) -> HTTPFlow:
        copy: HTTPFlow = flow.copy()  # type: ignore[no-untyped-call]
        copy.is_replay, copy.response, copy.error = "request", None, None
        copy.comment, copy.marked, copy.metadata = comment, "", {}
        copy.request.headers["accept-encoding"] = "identity"
        self._flows[copy] = exchange
        return copy

    async def _run(self, flow: HTTPFlow) -> None:
        try:
            async with asyncio.timeout(WITHIN):
                await ReplayHandler(flow, ctx.options).replay()
        except TimeoutError:
            logger.debug("%s: it took too long", flow.comment)
        except Exception:
            logger.exception("%s: it could not", flow.comment)
