"""Sends stored streams event by event, at the pace that `stream_pace` wants, instead of at once."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Callable
from functools import partial

from mitmproxy.http import HTTPFlow, Response

from aicache.config import StreamPace
from aicache.config.request_settings import Settings
from aicache.domain.model import Entry, Hit, Mode
from aicache.engine import MAX_BYTES_ON_LOOP, Exchange
from aicache.entries.stream_pace import Schedule, as_recorded, event_ends, in_steps
from aicache.patches.live_responses import LiveResponses
from aicache.patches.unread_responses import UnreadResponses
from aicache.proxy.flow_state import FlowStates
from aicache.proxy.followed_stream import FollowedStream


class PacedBody:
    """A stored stream whose events come one after the other; the first is there at the first `take`. A `ChunkQueue`."""

    def __init__(self, body: bytes, schedule: Schedule) -> None:
        self._body = body
        self._schedule = schedule
        self._taken = 0  # events
        self._come = 0  # events
        self._began: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_cut_off = False
        self.wake: Callable[[], None] = lambda: None

    @property
    def error(self) -> str | None:
        return "its client does not read it" if self._is_cut_off else None

    @property
    def has_more(self) -> bool:
        return not self._is_cut_off and (self._began is None or self._come > self._taken)

    @property
    def is_over(self) -> bool:
        return self._is_cut_off or self._taken == len(self._schedule.ends)

    def take(self) -> list[bytes]:
        if self._began is None and not self._is_cut_off:
            self._began = asyncio.get_running_loop().time()
            self._advance(self._began)
        if not self.has_more:
            return []
        ends = self._schedule.ends
        start = ends[self._taken - 1] if self._taken else 0
        self._taken = self._come
        return [self._body[start : ends[self._come - 1]]]

    def let_go(self) -> None:
        self._is_cut_off = True
        self._stop()
        self.wake()

    def leave(self) -> bytes | None:
        self._stop()
        return self._body

    def _advance(self, began: float) -> None:
        """Have the events come that are due, one at least: a timer may be early by the clock's resolution."""
        loop, due = asyncio.get_running_loop(), self._schedule.due
        self._come = max(self._come + 1, bisect_right(due, loop.time() - began))
        self._timer = None
        if self._come < len(due):
            self._timer = loop.call_at(began + due[self._come], self._advance, began)
        self.wake()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class PacedStreams:
    """Decides which hits are sent that way, and sends them."""

    def __init__(self, flows: FlowStates, unread: UnreadResponses, live: LiveResponses) -> None:
        self._flows = flows
        self._unread = unread
        self._live = live

    async def schedule(self, hit: Hit, exchange: Exchange, response: Response, settings: Settings) -> Schedule | None:
        """Return when the events of a hit's response are due; None if it is to be sent at once."""
        pace, body, entry = settings.stream_pace, response.raw_content, hit.entry
        if pace is None or not body or exchange.call.mode is not Mode.STREAM or not self._live.is_installed:
            return None
        is_edited = bool(settings.hit_edits) and entry.api == exchange.call.api
        recorded = entry if body is entry.body or is_edited else None
        scheduling = partial(_schedule, body, response.headers["content-type"], pace, recorded)
        return await asyncio.to_thread(scheduling) if len(body) > MAX_BYTES_ON_LOOP else scheduling()

    def answer(self, flow: HTTPFlow, response: Response, schedule: Schedule) -> None:
        """Answer a flow with a response whose body comes by a schedule."""
        body = response.raw_content or b""
        response.raw_content = None  # until it has been sent
        self._flows.answer(flow, response)
        self._live.attach(flow, FollowedStream(PacedBody(body, schedule), flow.client_conn, self._unread))


def _schedule(body: bytes, content_type: str, pace: StreamPace, recorded: Entry | None) -> Schedule | None:
    """Return the schedule of a body; *recorded* is the entry that it was recorded as, perhaps with other numbers."""
    try:
        ends = event_ends(body, content_type)
        came = () if recorded is None or pace.scale is None else event_ends(recorded.body, content_type)
    except ValueError:  # more lines than are worth it
        return None
    if len(ends) < 2:
        return None
    if recorded is not None and pace.scale is not None and len(came) == len(ends):
        schedule = as_recorded(came, recorded.pace, pace.scale, pace.max_gap)
        return Schedule(ends, schedule.due) if schedule is not None else in_steps(ends, pace.every)
    return in_steps(ends, pace.every)
