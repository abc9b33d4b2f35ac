"""Hits that are checked: the same request goes upstream once more, in the background, by mitmproxy's own client."""

from __future__ import annotations

import asyncio
import logging
from weakref import WeakKeyDictionary

from mitmproxy import ctx
from mitmproxy.addons.clientplayback import ReplayHandler
from mitmproxy.http import HTTPFlow

from aicache.engine import Exchange

logger = logging.getLogger(__name__)

AT_ONCE = 4  # audits under way; what would be one more is not checked
WITHIN = 300.0  # seconds that an upstream has to answer
COMMENT = "ai-cache: checks a hit"


class Audits:
    """The checks under way. Their flows pass all hooks, marked as replayed; what is theirs is no client's."""

    def __init__(self) -> None:
        self._exchanges: WeakKeyDictionary[HTTPFlow, Exchange] = WeakKeyDictionary()
        self._tasks: set[asyncio.Task[None]] = set()

    def __contains__(self, flow: HTTPFlow) -> bool:
        return flow in self._exchanges

    def take(self, flow: HTTPFlow) -> Exchange | None:
        """Return what a checking flow is compared by, once."""
        return self._exchanges.pop(flow, None)

    def begin(self, flow: HTTPFlow, exchange: Exchange) -> None:
        """Ask the upstream what it says to a request, which *flow* is still without an answer to."""
        if len(self._tasks) >= AT_ONCE:
            return
        copy: HTTPFlow = flow.copy()  # type: ignore[no-untyped-call]
        copy.is_replay = "request"
        copy.comment, copy.marked, copy.metadata = COMMENT, "", {}
        copy.request.headers["accept-encoding"] = "identity"
        self._exchanges[copy] = exchange
        task = asyncio.get_running_loop().create_task(_replay(copy))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def end(self) -> None:
        for task in self._tasks:
            task.cancel()


async def _replay(flow: HTTPFlow) -> None:
    try:
        async with asyncio.timeout(WITHIN):
            await ReplayHandler(flow, ctx.options).replay()
    except TimeoutError:
        logger.debug("a check of a hit took too long")
    except Exception:
        logger.exception("a hit could not be checked")
