"""Looks a client's request up: answers it from the cache, or sends it on upstream. The engine decides which."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Protocol

from mitmproxy import ctx
from mitmproxy.http import HTTPFlow, Response

from aicache.domain.events import Decided
from aicache.domain.model import Bypass, Hit, Miss
from aicache.domain.request_directives import Directives
from aicache.domain.trace import Trace
from aicache.engine import Exchange, after_miss
from aicache.entries.embedding_batch import BatchExchange
from aicache.entries.stream_pace import Schedule
from aicache.formats import Embeddings, Format
from aicache.formats.errors import ReplayOnly
from aicache.formats.hit_edits import HitUsage
from aicache.proxy import hit_rendering, websocket_upgrades
from aicache.proxy.embedding_batches import reduce_request
from aicache.proxy.error_responses import render_not_cached
from aicache.proxy.http_messages import embeddings_format_of, format_of
from aicache.proxy.preconnector import Preconnector
from aicache.proxy.proxy_context import ProxyContext
from aicache.proxy.request_identity import identify_batch, identify_request
from aicache.proxy.request_parser import RequestParser, take_directives
from aicache.proxy.streams_in_flight import Joined
from aicache.runtime.lifecycle import Runtime
from aicache.telemetry import reporting
from aicache.telemetry.header_misses import HeaderMisses

logger = logging.getLogger(__name__)


class RecentHits(Protocol):
    """Hits given before, to be given again without a look-up."""

    def fingerprints(self, flow: HTTPFlow) -> tuple[bytes, ...]:
        """Return the fingerprints under which a request's hit may be found."""

    def recall(self, fingerprints: tuple[bytes, ...], began: float) -> tuple[Response, Decided] | None:
        """Return the response and its event; *began* is when the request was complete, by `time.perf_counter`."""

    def remember(self, fingerprints: tuple[bytes, ...], exchange: Exchange, hit: Hit, response: Response) -> None:
        """Remember a hit for the next request with these fingerprints."""


class RequestLookup:
    """*is_switched_off* tells whether the operator has all requests pass the cache by."""

    def __init__(
        self,
        context: ProxyContext,
        recent: RecentHits,
        header_misses: HeaderMisses,
        is_switched_off: Callable[[], bool],
    ) -> None:
        self._context = context
        self._recent = recent
        self._header_misses = header_misses
        self._is_switched_off = is_switched_off
        self._parser = RequestParser(is_switched_off)
        self._preconnector = Preconnector()

    def start(self, flow: HTTPFlow, runtime: Runtime) -> Awaitable[None] | None:
        """Answer at once with a hit at hand, else return the look-up; None also for what is no LLM call.

        Not a coroutine, so that a hit at hand costs no task.
        """
        began = time.perf_counter()
        try:
            if (format := format_of(flow.request)) is not None:
                fingerprints = self._recent.fingerprints(flow)
                if self._context.unread.is_behind(flow.client_conn):
                    return _safely(self._look_up_later(flow, runtime, format, fingerprints))
                if not self._recall(flow, fingerprints, began):
                    return _safely(self._look_up(flow, runtime, format, fingerprints))
            elif runtime.settings.embeddings and (batches := embeddings_format_of(flow.request)) is not None:
                return _safely(self._look_up_batch(flow, runtime, batches))
            elif (format := websocket_upgrades.websocket_format_of(flow.request)) is not None:
                self._upgrade(flow, runtime, format, began)
        except Exception:
            logger.exception("a request went upstream past the cache")
        return None

    def close(self) -> None:
        self._parser.close()

    async def _look_up_later(
        self, flow: HTTPFlow, runtime: Runtime, format: Format, fingerprints: tuple[bytes, ...]
    ) -> None:
        """Look a request up once its client has read most of the responses sent before."""
        began = time.perf_counter()
        if not await self._context.unread.wait_until_read(flow.client_conn):
            _, directives = take_directives(flow, runtime.settings)
            self._bypass(flow, Bypass("unread"), directives, format, began)
        elif not self._recall(flow, fingerprints, began):
            await self._look_up(flow, runtime, format, fingerprints)

    def _recall(self, flow: HTTPFlow, fingerprints: tuple[bytes, ...], began: float) -> bool:
        """Give a hit again if it is at hand; tell whether it was."""
        if (recalled := self._recent.recall(fingerprints, began)) is None:
            return False
        response, decided = recalled
        self._context.flows.answer(flow, response)
        self._context.events.decided(flow, decided)
        return True

    async def _look_up(self, flow: HTTPFlow, runtime: Runtime, format: Format, fingerprints: tuple[bytes, ...]) -> None:
        began = time.perf_counter()
        deadline = runtime.engine.deadline()
        exchange, directives = await self._parser.parse(flow, runtime, identify_request, format, deadline)
        if isinstance(exchange, Bypass):
            self._bypass(flow, exchange, directives, format, began)
            return
        if (key := directives.wrong or directives.right) is not None:
            runtime.engine.feedback(exchange, key, directives.right is not None)
        trace = Trace()
        on_search = partial(self._preconnect, flow, exchange, trace, runtime)
        outcome: Hit | Joined | Miss = await runtime.engine.lookup(exchange, trace, deadline, on_search)
        if isinstance(outcome, Miss):
            outcome, exchange = await self._context.collapsed.wait(
                flow, after_miss(exchange, outcome), outcome, runtime, trace, deadline
            )
        if isinstance(outcome, Joined):
            if outcome.hit is not None:
                self._audit(flow, exchange, outcome.hit)
            self._context.collapsed.join(flow, exchange, outcome, trace, began)
            return
        if isinstance(outcome, Hit):
            try:
                response = await hit_rendering.render(outcome, exchange, runtime)
            except ValueError as exc:
                crossing = outcome.entry.api != exchange.call.api  # not all that one API says can be said in another
                level = logging.DEBUG if crossing or isinstance(exc, ReplayOnly) else logging.WARNING
                logger.log(level, "a stored answer cannot be rendered (%s); the request goes upstream", exc)
                outcome = Miss("not-renderable")
            else:
                if not await self._has_read(flow):
                    self._bypass(flow, Bypass("unread"), directives, format, began)
                    return
                if runtime.settings.hit_edits.fresh_ids:
                    fingerprints = ()  # what is at hand would be given again with the same id
                schedule = await self._context.paced.schedule(outcome, exchange, response, runtime.settings)
                self._give(flow, outcome, exchange, response, fingerprints, schedule)
                event = reporting.lookup_event(exchange, outcome, trace, began, waited=outcome.waited)
                self._context.events.decided(flow, event)
                return
        self._miss(flow, exchange, outcome, trace, began)

    def _preconnect(self, flow: HTTPFlow, exchange: Exchange, trace: Trace, runtime: Runtime) -> None:
        """Have the connection to the upstream opened, unless the request is not likely to go there if it is a miss."""
        is_in_flight = exchange.identity.key in runtime.engine.collapsing.state
        if runtime.settings.preconnect and not exchange.directives.only_if_cached and not is_in_flight:
            self._preconnector.connect(flow, trace)

    async def _has_read(self, flow: HTTPFlow) -> bool:
        """Wait until a client has read most of the responses sent before; False if it reads nothing."""
        client = flow.client_conn
        return not self._context.unread.is_behind(client) or await self._context.unread.wait_until_read(client)

    def _give(
        self,
        flow: HTTPFlow,
        hit: Hit,
        exchange: Exchange,
        response: Response,
        fingerprints: tuple[bytes, ...],
        schedule: Schedule | None,
    ) -> None:
        self._audit(flow, exchange, hit)
        if hit.is_stale:
            self._context.replays.refresh(flow, exchange)
        if schedule is not None:  # not remembered either: what is at hand is sent at once
            self._context.paced.answer(flow, response, schedule)
            return
        self._context.flows.answer(flow, response)
        if hit.collapsed_with is None and not hit.is_stale:
            self._recent.remember(fingerprints, exchange, hit, response)

    def _audit(self, flow: HTTPFlow, exchange: Exchange, hit: Hit) -> None:
        """Have a hit checked against the upstream's answer, if it is to be. The flow has no response yet."""
        directives = exchange.directives
        if hit.trial is not None and not (directives.only_if_cached or directives.no_store):
            self._context.replays.audit(flow, replace(exchange, trial=hit.trial))

    def _miss(self, flow: HTTPFlow, exchange: Exchange, miss: Miss, trace: Trace, began: float) -> None:
        logger.debug("miss: %s", miss.reason)
        differing = self._header_misses.differing(exchange.identity.question, exchange.sender, exchange.fields)
        event = reporting.lookup_event(exchange, miss, trace, began, differing, waited=exchange.waited or 0.0)
        self._context.events.decided(flow, event)
        if exchange.directives.only_if_cached:
            self._context.flows.answer(flow, render_not_cached(exchange.format, miss))
        else:
            self._send_upstream(flow, exchange)

    async def _look_up_batch(self, flow: HTTPFlow, runtime: Runtime, format: Embeddings) -> None:
        began = time.perf_counter()
        deadline = runtime.engine.deadline()
        exchange, directives = await self._parser.parse(flow, runtime, identify_batch, format, deadline)
        if isinstance(exchange, Bypass):
            self._bypass(flow, exchange, directives, format, began)
            return
        exchange = replace(exchange, counted=runtime.settings.hit_edits.usage is not HitUsage.ZERO)
        streams = bool(ctx.options.stream_large_bodies)  # mitmproxy would not hold a response to be completed
        outcome, known = await self._context.batches.look_up(
            flow.request, exchange, runtime.engine, deadline, divide=not streams
        )
        answered = isinstance(outcome, Response)
        if isinstance(outcome, Response):
            if self._context.unread.is_behind(client := flow.client_conn):
                await self._context.unread.wait_until_read(client)  # over HTTP/2 as well: vectors of a batch are small
            self._context.flows.answer(flow, outcome)
        elif self._context.runtime() is not None:  # else it has ended meanwhile, and nobody would complete a batch
            self._send_upstream(flow, outcome)
            reduce_request(flow.request, outcome)
        self._context.events.decided(flow, reporting.batch_event(exchange, known, began, answered=answered))

    def _upgrade(self, flow: HTTPFlow, runtime: Runtime, format: Format, began: float) -> None:
        """Decline a WebSocket, or pass it on."""
        _, directives = take_directives(flow, runtime.settings)
        outcome = websocket_upgrades.decide(directives, runtime.settings, is_switched_off=self._is_switched_off())
        if outcome is websocket_upgrades.DECLINED:
            self._context.events.decided(flow, reporting.bypass_event(outcome, format.api, began))
            self._context.flows.answer(flow, websocket_upgrades.render_declined(format))
        else:
            self._bypass(flow, outcome, directives, format, began)

    def _send_upstream(self, flow: HTTPFlow, exchange: Exchange | BatchExchange) -> None:
        self._context.flows.of(flow).exchange = exchange
        flow.request.headers["accept-encoding"] = "identity"

    def _bypass(
        self, flow: HTTPFlow, bypass: Bypass, directives: Directives, format: Format | Embeddings, began: float
    ) -> None:
        logger.debug("bypass: %s", bypass.reason)
        self._context.events.decided(flow, reporting.bypass_event(bypass, format.api, began))
        if directives.only_if_cached:
            self._context.flows.answer(flow, render_not_cached(format, bypass))
        else:
            self._context.flows.of(flow).exchange = bypass


async def _safely(lookup: Awaitable[None]) -> None:
    try:
        await lookup
    except Exception:
        logger.exception("a request went upstream past the cache")
