"""Requests that mitmproxy's own client sends upstream once more: to check a hit, or to get a batch whole."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

from mitmproxy import ctx
from mitmproxy.addons.clientplayback import ReplayHandler
from mitmproxy.http import HTTPFlow, Response

from aicache.domain.asyncio_tasks import TaskSet
from aicache.domain.model import Entry
from aicache.engine import Engine, Exchange
from aicache.proxy.flow_state import FlowStates, Replay
from aicache.proxy.http_messages import to_recording

logger = logging.getLogger(__name__)

OnSpent = Callable[[Literal["audit", "refresh"], Exchange, Sequence[Entry]], None]
"""Is told the entries of an answer that the cache itself has asked for."""

MAX_AUDITS = 4
"""Audits under way at once; further hits are not checked."""
REPLAY_TIMEOUT_S = 300.0
AUDIT = "ai-cache: checks a hit"
MAX_REFRESHES = 16
"""Expired answers being replaced at once; further ones wait for their next request."""
REFRESH = "ai-cache: replaces an expired answer"
WHOLE = "ai-cache: asks for the whole batch"


class UpstreamReplays:
    """Sends copies of flows. mitmproxy passes these to all hooks, so *flows* marks them as replays."""

    def __init__(self, flows: FlowStates) -> None:
        self._flows = flows
        self._audits = TaskSet()
        self._refreshes = TaskSet()
        self._refreshed: set[str] = set()

    def audit(self, flow: HTTPFlow, exchange: Exchange) -> None:
        """Get the upstream's answer, in the background, to a request whose hit *flow* does not hold yet."""
        if len(self._audits) < MAX_AUDITS:
            # Copied before the hit is in it.
            self._audits.spawn(self._send(self._copy(flow, AUDIT, exchange)))

    def refresh(self, flow: HTTPFlow, exchange: Exchange) -> None:
        """Have the upstream's answer stored, in the background, to a request that gets an expired one.

        Once at a time for each key; *flow* does not hold that answer yet.
        """
        key = exchange.identity.key
        if key in self._refreshed or len(self._refreshes) >= MAX_REFRESHES:
            return
        copy = self._copy(flow, REFRESH, None)
        self._flows.of(copy).replay = Replay(refreshed=exchange)
        self._refreshed.add(key)
        self._refreshes.spawn(self._refresh(copy, key))

    async def _refresh(self, copy: HTTPFlow, key: str) -> None:
        try:
            await self._send(copy)
        finally:
            self._refreshed.discard(key)

    async def fetch(self, flow: HTTPFlow, body: bytes) -> Response | None:
        """Return the upstream's response to a request with another body; None if there is no response."""
        copy = self._copy(flow, WHOLE, None)
        copy.request.content = body
        await self._send(copy)
        return copy.response

    def close(self) -> None:
        self._audits.cancel()
        self._refreshes.cancel()

    def _copy(self, flow: HTTPFlow, comment: str, exchange: Exchange | None) -> HTTPFlow:
        copy: HTTPFlow = flow.copy()  # type: ignore[no-untyped-call]
        copy.is_replay, copy.response, copy.error = "request", None, None
        copy.comment, copy.marked, copy.metadata = comment, "", {}
        copy.request.headers["accept-encoding"] = "identity"
        self._flows.of(copy).replay = Replay(exchange)
        return copy

    async def _send(self, flow: HTTPFlow) -> None:
        try:
            async with asyncio.timeout(REPLAY_TIMEOUT_S):
                await ReplayHandler(flow, ctx.options).replay()
        except TimeoutError:
            logger.debug("replay timed out (%s)", flow.comment)
        except Exception:
            logger.exception("replay failed (%s)", flow.comment)


def take_response(flow: HTTPFlow, response: Response, replay: Replay, engine: Engine, spent: OnSpent) -> None:
    """Compare the upstream's answer with the hit that was given, or store it in place of an expired one."""
    recording = to_recording(response, response.raw_content or b"", flow.request.timestamp_start)
    if replay.audited is not None:
        engine.check_hit(replay.audited, recording, partial(spent, "audit", replay.audited))
    if replay.refreshed is not None:
        engine.answered(replay.refreshed, recording.status)
        on_recorded = partial(spent, "refresh", replay.refreshed)
        engine.record_and_store_soon(replay.refreshed, recording, on_recorded=on_recorded)
