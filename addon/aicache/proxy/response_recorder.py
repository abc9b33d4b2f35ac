"""The upstream's responses: stored, compared with a hit, or completed to a whole batch. The engine judges them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from mitmproxy.http import HTTPFlow, Response

from aicache.domain.model import Bypass, Entry
from aicache.engine import Engine, Exchange, is_large
from aicache.entries.embedding_batch import BatchExchange
from aicache.entries.recording import Recording
from aicache.proxy import stale_answers
from aicache.proxy.body_limits import BodyLimits
from aicache.proxy.error_responses import render_incomplete_batch
from aicache.proxy.flow_state import FlowState
from aicache.proxy.http_messages import has_client_left, mark_forwarded, to_recording
from aicache.proxy.proxy_context import ProxyContext
from aicache.proxy.upstream_replay import take_response
from aicache.runtime.lifecycle import Runtime

logger = logging.getLogger(__name__)


class ResponseRecorder:
    """Handles the responses that come from upstream; those of the cache itself pass."""

    def __init__(self, context: ProxyContext, limits: BodyLimits) -> None:
        self._context = context
        self._limits = limits

    def responseheaders(self, flow: HTTPFlow) -> None:
        runtime, state = self._context.runtime(), self._context.flows.of(flow)
        if flow.response is None or runtime is None or state.is_answered or state.replay is not None:
            return
        if isinstance(state.exchange, Exchange | BatchExchange):
            runtime.engine.answered(state.exchange, flow.response.status_code)
        if stale_answers.replaces(state.exchange, flow.response.status_code):
            state.awaits_stale = True  # so nothing of it is passed on, unless it turns out too large to hold
            return
        self._limits.responseheaders(flow, flow.response, runtime)
        if isinstance(state.exchange, Exchange):
            self._context.collapsed.offer_stream(state, state.exchange, flow.response, runtime)

    def response(self, flow: HTTPFlow) -> Awaitable[None] | None:
        """Deal with a whole response, or one that has been passed on to its end.

        Not a coroutine, so that it costs no task: only large answers and batches that cannot be completed are awaited.
        """
        self._context.unread.sent(flow)
        state, response, runtime = self._context.flows.end(flow), flow.response, self._context.runtime()
        if response is None or runtime is None or state.is_answered:
            state.end_flight()
            return None
        if state.replay is not None:
            take_response(flow, response, state.replay, runtime.engine, self._context.events.spent)
            return None
        body = response.raw_content
        if state.tee is not None:
            state.tee.break_off("its end was not seen")  # without effect where it was
        if state.tee is not None and body is None:
            body = state.tee.body
            response.raw_content = body  # so that mitmweb, "save" and other addons can see what passed
        exchange = state.exchange
        if exchange is None:
            return None
        pace = b"" if state.tee is None else state.tee.pace
        recording = to_recording(response, body or b"", flow.request.timestamp_start, pace)
        if state.tee is not None and body is None and not isinstance(exchange, Bypass):
            self._context.events.finished(flow, state, recording, None, "larger than store.max_bytes")
            return None
        if isinstance(exchange, BatchExchange):  # completed even if the cache has been switched off since the request
            return self._finish_batch(flow, state, response, recording, exchange, runtime.engine)
        if not runtime.settings.enabled:  # switched off since the request
            state.end_flight()
            return None
        if isinstance(exchange, Bypass):
            if state.tee is None:
                mark_forwarded(response, exchange, stored=False)
            self._context.events.finished(flow, state, recording, None, "bypass")
            return None
        if state.awaits_stale and body is not None and state.tee is None:
            return self._replace_error(flow, state, response, recording, exchange, runtime)
        if body is None:  # streamed by another addon
            state.end_flight()
            mark_forwarded(response, exchange, stored=False)
            return None
        return self._finish_answer(flow, state, response, recording, exchange, runtime.engine)

    async def _replace_error(
        self,
        flow: HTTPFlow,
        state: FlowState,
        response: Response,
        recording: Recording,
        exchange: Exchange,
        runtime: Runtime,
    ) -> None:
        """Serve a stale answer in place of the upstream's error."""
        if (stale := await stale_answers.render(exchange, runtime)) is not None:
            state.is_stale = True
            self._context.flows.answer(flow, stale)
        else:
            mark_forwarded(response, exchange, stored=False)
        self._context.events.finished(flow, state, recording, None, f"status {recording.status}")

    def error(self, flow: HTTPFlow) -> None:
        """Deal with a flow whose client left or whose upstream broke off.

        What came so far is an answer only if the stream's last event is part of it: OpenAI's own client, and so every
        chat UI made with it, leaves once it has read that event, whether or not the response has ended.
        """
        self._context.unread.sent(flow)
        self._context.collapsed.broken_off(flow)
        state, response, runtime = self._context.flows.end(flow), flow.response, self._context.runtime()
        exchange = state.exchange
        if exchange is None and state.is_answered:  # a stored stream, whose client has left in the middle
            state.end_flight()
            return
        state.client_left = has_client_left(flow) and not state.awaits_error
        if state.tee is not None:
            state.tee.break_off(flow.error.msg if flow.error is not None else "broken off")
        body = None if state.tee is None else state.tee.so_far
        if runtime is None or response is None or state.tee is None or not body or not isinstance(exchange, Exchange):
            self._context.events.finished(flow, state, None, None, state.why_failed)
            return
        response.raw_content = body
        if not runtime.settings.enabled:  # switched off since the request
            state.end_flight()
            return
        recording = to_recording(response, body, flow.request.timestamp_start, state.tee.pace)
        self._store_stream(flow, state, recording, exchange, runtime.engine)

    def _finish_answer(
        self,
        flow: HTTPFlow,
        state: FlowState,
        response: Response,
        recording: Recording,
        exchange: Exchange,
        engine: Engine,
    ) -> Awaitable[None] | None:
        if state.tee is not None:
            self._store_stream(flow, state, recording, exchange, engine)
            return None
        if is_large(recording):
            return self._store_large(flow, state, response, recording, exchange)
        record = partial(engine.record, exchange, recording)
        mark_forwarded(response, exchange, stored=self._store(flow, state, recording, exchange, record))
        return None

    def _store_stream(
        self, flow: HTTPFlow, state: FlowState, recording: Recording, exchange: Exchange, engine: Engine
    ) -> None:
        """Record and store a streamed answer in the background: it has been sent, and its end must not wait."""

        def recorded(entries: Sequence[Entry]) -> None:
            state.end_flight(recording.status, entries[0])

        engine.record_and_store_soon(
            exchange, recording, partial(self._context.events.finished, flow, state, recording), recorded
        )

    async def _store_large(
        self, flow: HTTPFlow, state: FlowState, response: Response, recording: Recording, exchange: Exchange
    ) -> None:
        """Record an answer that takes long to parse in a thread: its own client waits for that, and no other."""
        if (runtime := self._context.runtime()) is None:
            return
        parsing = asyncio.ensure_future(runtime.engine.record_in_thread(exchange, recording))
        await asyncio.wait([parsing])
        mark_forwarded(response, exchange, stored=self._store(flow, state, recording, exchange, parsing.result))

    def _store(
        self,
        flow: HTTPFlow,
        state: FlowState,
        recording: Recording,
        exchange: Exchange,
        record: Callable[[], Sequence[Entry]],
    ) -> bool:
        """Store the entry that *record* makes of an answer; the outcome is reported once it is known.

        The flow itself is marked at once, for mitmproxy may save it now, and again if storing failed.
        """
        expected = False

        def finished(entry: Entry | None, why_not: str | None) -> None:
            self._context.events.finished(flow, state, recording, entry, why_not, expected=expected)

        try:
            [entry] = record()
        except ValueError as exc:
            logger.debug("not stored: %s", exc)
            finished(None, str(exc))
        except Exception:
            logger.exception("an answer was not stored")
            finished(None, "not understood")
        else:
            state.end_flight(recording.status, entry)
            if (runtime := self._context.runtime()) is None:
                finished(None, "the proxy ends")
            elif runtime.engine.store_soon(exchange, [entry], finished):
                expected = self._context.events.expect_stored(flow, state, recording, entry)
                return True
        return False

    def _finish_batch(
        self,
        flow: HTTPFlow,
        state: FlowState,
        response: Response,
        recording: Recording,
        exchange: BatchExchange,
        engine: Engine,
    ) -> Awaitable[None] | None:
        if exchange.known and is_large(recording):
            return self._complete_large(flow, state, response, recording, exchange, engine)
        completed = self._context.batches.complete(response, recording, exchange, engine)
        self._context.events.finished(flow, state, recording, None, None)
        return None if completed else self._fetch_whole(flow, exchange)

    async def _complete_large(
        self,
        flow: HTTPFlow,
        state: FlowState,
        response: Response,
        recording: Recording,
        exchange: BatchExchange,
        engine: Engine,
    ) -> None:
        """Complete a batch with a response that takes long to parse, in a thread."""
        completed = False
        try:
            completed = await self._context.batches.complete_in_thread(response, recording, exchange, engine)
        except Exception:
            logger.exception("a batch could not be completed")
        if not completed:
            await self._fetch_whole(flow, exchange)
        self._context.events.finished(flow, state, recording, None, None)

    async def _fetch_whole(self, flow: HTTPFlow, exchange: BatchExchange) -> None:
        """Request the whole batch from the upstream, whose response to a part of it does not fit the known inputs."""
        try:
            response = await self._context.replays.fetch(flow, exchange.body)
        except Exception:
            logger.exception("a batch could not be requested as a whole")
            response = None
        self._context.flows.answer(flow, response or render_incomplete_batch(exchange.format))
