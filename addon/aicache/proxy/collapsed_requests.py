"""Has a request wait for the answer to an equal one that is in flight, or follow it as it comes, instead of going
upstream as well."""

from __future__ import annotations

import asyncio
import math
import time
import weakref
from dataclasses import replace

from mitmproxy.http import Headers, HTTPFlow, Response

from aicache.config.request_settings import Settings
from aicache.domain import policy, response_headers, storing_policy
from aicache.domain.asyncio_tasks import TaskSet
from aicache.domain.events import ANOTHER_PROXY
from aicache.domain.in_flight import Form, Join, Take
from aicache.domain.model import Entry, Hit, Miss, Mode
from aicache.domain.trace import Trace
from aicache.engine import Exchange, after_miss
from aicache.engine.collapsing import Flight
from aicache.engine.leases import FIRST_POLL_S
from aicache.engine.relayed_streams import RelayedStream
from aicache.patches.live_responses import LiveResponses
from aicache.patches.unread_responses import UnreadResponses
from aicache.proxy.flow_events import FlowEvents
from aicache.proxy.flow_state import FlowState, FlowStates
from aicache.proxy.followed_stream import FollowedStream
from aicache.proxy.http_messages import collapsed_headers, to_recording
from aicache.proxy.streams_in_flight import Joined, StreamInFlight, digest, fill, of_another_proxy
from aicache.runtime.lifecycle import Runtime
from aicache.telemetry import reporting

MAX_NEIGHBORS_FOLLOWED = 2
"""Questions in flight whose answers a request waits for, one after the other; then it goes its own way."""


class CollapsedRequests:
    """Decides on requests for which nothing is stored; *flows* holds what becomes of each."""

    def __init__(self, flows: FlowStates, events: FlowEvents, unread: UnreadResponses, live: LiveResponses) -> None:
        self._flows = flows
        self._events = events
        self._unread = unread
        self._live = live
        self._filling = TaskSet()
        """The tasks that read streams of other proxies."""

    async def wait(
        self, flow: HTTPFlow, exchange: Exchange, miss: Miss, runtime: Runtime, trace: Trace, deadline: float
    ) -> tuple[Hit | Joined | Miss, Exchange]:
        """Return the answer to an equal request, as a hit or as a stream that has begun; or the miss, where there is no
        such request, or it has no good answer. With `in_flight.by_meaning`, the same for a request in other words.

        A miss goes upstream, and its flow's state has the flight that equal requests wait for. *trace* and *deadline*
        are those of the look-up.
        """
        engine, settings = runtime.engine, runtime.settings
        if not settings.in_flight.collapse or not engine.may_collapse(exchange):
            return miss, exchange
        within, waited = settings.in_flight.wait, None
        began = math.inf if miss.reason.startswith("store-error") else exchange.asked_at
        if settings.in_flight.by_meaning:
            found, exchange = await self._wait_for_neighbor(exchange, miss, runtime, trace, deadline, began)
            if not isinstance(found, Miss):
                return found, exchange
            miss, waited = found, exchange.waited
            within -= waited or 0.0
            if within <= 0:
                return miss, exchange
        decision, seconds = await engine.collapsing.decide(
            exchange.identity.key, self._form(exchange, settings), flow.id, began, within
        )
        if seconds is not None:
            waited = (waited or 0.0) + seconds
        match decision:
            case Take(shared):
                if engine.refusal(exchange, shared.entry) is None:
                    return Hit(shared.entry, collapsed_with=shared.leader, waited=waited or 0.0), exchange
            case Join(StreamInFlight() as stream):
                if (follower := stream.tee.follow()) is not None:
                    return Joined(stream, follower, waited or 0.0), exchange
            case Flight() as flight:
                lost = weakref.finalize(flow, _lose, flight, asyncio.get_running_loop())
                lost.atexit = False
                if settings.in_flight.by_meaning:
                    engine.neighbors_in_flight.add(exchange, flight)
                if settings.in_flight.across_proxies:
                    asked, form = time.perf_counter(), self._form(exchange, settings)
                    other = await _ask_others(flight, exchange, runtime, form)
                    if (seconds := time.perf_counter() - asked) > FIRST_POLL_S:
                        waited = (waited or 0.0) + seconds
                    if isinstance(other, Entry):
                        return Hit(other, collapsed_with=ANOTHER_PROXY, waited=waited or 0.0), exchange
                    if other is not None and (joined := self._follow(other, flight, form, runtime, waited)) is not None:
                        lost.detach()
                        return joined, exchange
                self._flows.of(flow).flight = flight
            case _:  # it goes upstream alone
                pass
        return miss, exchange if waited is None else replace(exchange, waited=waited)

    async def _wait_for_neighbor(
        self, exchange: Exchange, miss: Miss, runtime: Runtime, trace: Trace, deadline: float, began: float
    ) -> tuple[Hit | Joined | Miss, Exchange]:
        """Return the answer to a request in flight that asks the same in other words, or the miss.

        After a miss, no such request is in flight that this one has not been compared with, unless time has run out.
        """
        engine, settings = runtime.engine, runtime.settings
        within, follows = settings.in_flight.wait, engine.rules.refusals is policy.Refusals.ALWAYS
        form = self._form(exchange, settings) if follows else None  # an answer that declines is told at its end only
        for _ in range(MAX_NEIGHBORS_FOLLOWED):
            if exchange.identity.key in engine.collapsing.state:
                break
            found = await engine.neighbors_in_flight.find(exchange, miss, trace, began, deadline)
            if isinstance(found, Miss):
                return found, after_miss(exchange, found)
            left = within - (exchange.waited or 0.0)
            decision, seconds = await engine.collapsing.follow(found.entry.key, form, began, left)
            waited = (exchange.waited or 0.0) + seconds
            match decision:
                case Take(shared) if engine.may_answer_by_meaning(exchange, shared.entry):
                    hit = replace(found, entry=shared.entry, collapsed_with=shared.leader, waited=waited)
                    return hit, exchange
                case Join(StreamInFlight() as stream) if (follower := stream.tee.follow()) is not None:
                    return Joined(stream, follower, waited, found), exchange
            exchange, deadline = replace(exchange, waited=waited), engine.deadline()
            if waited >= within:
                break
        return miss, exchange

    def _follow(
        self, relayed: RelayedStream, flight: Flight, form: Form, runtime: Runtime, waited: float | None
    ) -> Joined | None:
        """Follow a stream of another proxy, and let equal requests here do so, too: it ends the flight."""
        stream = of_another_proxy(relayed, flight, runtime.engine.rules.max_bytes)
        if stream is None or (follower := stream.tee.follow()) is None:
            return None
        flight.begin_stream(form, stream)
        self._filling.spawn(fill(stream, relayed))
        return Joined(stream, follower, waited or 0.0)

    def offer_stream(self, state: FlowState, exchange: Exchange, response: Response, runtime: Runtime) -> None:
        """Let requests that are to be sent the same bytes follow an answer that has begun to stream, if it is good."""
        flight, tee, settings = state.flight, state.tee, runtime.settings
        if flight is None or tee is None or response.status_code != 200:
            return
        headers = to_recording(response, b"")
        content_type = response_headers.media_type(headers.content_type)
        if content_type is None or headers.content_encoding not in ("", "identity"):
            return
        if storing_policy.check_cache_control(headers.cache_control, runtime.engine.rules) is not None:
            return
        flight.when_over(lambda _: tee.break_off("it was dropped"))  # without effect where it has ended
        stream = StreamInFlight(tee, flight, content_type, response_headers.cors(headers.cors), flight.leader)
        form = self._form(exchange, settings)
        offer = stream.offer(form, runtime.engine.rules.max_bytes) if settings.in_flight.across_proxies else None
        flight.begin_stream(form, stream, offer)

    def join(self, flow: HTTPFlow, exchange: Exchange, joined: Joined, trace: Trace, began: float) -> None:
        """Answer a request with a stream in flight, from its first byte on."""
        stream, hit = joined.stream, joined.hit
        headers = dict(stream.cors) if exchange.page is not None else {}
        key = exchange.identity.key if hit is None else hit.entry.key
        headers |= collapsed_headers(stream.content_type, key, hit)
        if not flow.request.is_http2 and not flow.request.is_http3:
            if flow.request.http_version == "HTTP/1.1":
                headers["transfer-encoding"] = "chunked"
            else:
                headers["connection"] = "close"
        fields = [(name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in headers.items()]
        now = time.time()
        self._flows.answer(flow, Response(b"HTTP/1.1", 200, b"OK", Headers(fields), None, None, now, None))
        self._live.attach(flow, FollowedStream(joined.follower, flow.client_conn, self._unread))
        decided = reporting.joined_event(exchange, stream.leader, trace, began, joined.waited, hit)
        self._events.joined(flow, decided)

        def followed(entry: Entry | None) -> None:
            whole = entry if flow.error is None else None
            self._events.followed(flow, reporting.followed_event(decided, whole, time.perf_counter() - began))

        stream.flight.when_over(followed)

    def broken_off(self, flow: HTTPFlow) -> None:
        """A flow has ended in an error, perhaps before it was sent anything of the stream that it had joined."""
        self._live.drop(flow)

    def _form(self, exchange: Exchange, settings: Settings) -> Form:
        """Return a value that is equal for calls that are sent the same bytes; None for one that follows no stream."""
        call = exchange.call
        if call.mode is not Mode.STREAM or not self._live.is_installed:
            return None
        if settings.template_for(call) is not None or settings.hit_edits:
            return None
        max_tokens = None if call.common is None else call.common.max_tokens  # no part of the key with `any-api`
        return call.api, call.variant, call.wants_usage, max_tokens, exchange.page, exchange.identity.directories


def _lose(flight: Flight, loop: asyncio.AbstractEventLoop) -> None:
    """End the flight of a flow that mitmproxy has dropped without a word. Called in any thread."""
    if not flight.is_over and not loop.is_closed():
        loop.call_soon_threadsafe(flight.fail)


async def _ask_others(flight: Flight, exchange: Exchange, runtime: Runtime, form: Form) -> Entry | RelayedStream | None:
    """Return the answer to an equal request at another proxy, which ends the flight, or the stream that has begun, if
    it has the same *form*; None if the flight's leader is to go upstream.
    """
    engine = runtime.engine
    try:
        entry = await engine.collapsing.leases.lead_or_wait(
            exchange.identity.key,
            exchange.label,
            runtime.settings.in_flight.wait,
            None if form is None else digest(form),
        )
    except BaseException:
        flight.leave()
        raise
    if isinstance(entry, RelayedStream):
        return entry
    if entry is None or engine.refusal(exchange, entry) is not None:
        return None
    flight.complete(entry)
    flight.stored()
    return entry
