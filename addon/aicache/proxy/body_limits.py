"""Decides which bodies mitmproxy holds until they end, which pass on as they come, and which are dropped."""

from __future__ import annotations

from collections.abc import Callable

from mitmproxy import ctx
from mitmproxy.http import HTTPFlow, Request, Response

from aicache.domain.model import Mode
from aicache.domain.request_directives import parse_directives
from aicache.engine import Exchange
from aicache.entries.stream_pace import ChunkTimes
from aicache.patches.large_bodies import LargeBody
from aicache.proxy.embedding_batches import hold_response
from aicache.proxy.flow_metadata import strip_directives
from aicache.proxy.flow_state import FlowState, FlowStates
from aicache.proxy.http_messages import (
    collect_headers,
    embeddings_format_of,
    format_of,
    mark_forwarded,
    parse_content_length,
)
from aicache.proxy.response_tee import Tee
from aicache.runtime.lifecycle import Runtime

STREAM_TYPES = ("text/event-stream", "application/x-ndjson", "application/stream+json", "application/jsonl")


class BodyLimits:
    """*runtime* returns the one in force; *is_unobserved* tells whether no other addon or option wants flows;
    *is_own_page* tells whether a request may be for the cache's own pages."""

    def __init__(
        self,
        runtime: Callable[[], Runtime | None],
        flows: FlowStates,
        is_unobserved: Callable[[], bool],
        is_own_page: Callable[[HTTPFlow], bool],
    ) -> None:
        self._runtime = runtime
        self._flows = flows
        self._is_unobserved = is_unobserved
        self._is_own_page = is_own_page

    def requestheaders(self, flow: HTTPFlow) -> None:
        """Let no request leave before the `request` hook could answer it, as mitmproxy does when it streams one."""
        streamed = flow.request.stream or (
            ctx.options.stream_large_bodies and "transfer-encoding" in flow.request.headers
        )
        if streamed and flow.killable and self._is_own_page(flow):
            flow.kill()  # type: ignore[no-untyped-call]
            return
        size = parse_content_length(flow.request.headers.get("content-length", ""))
        if not streamed and self.decide(flow, True, size) is LargeBody.PASS_ON:
            flow.request.stream = True

    def responseheaders(self, flow: HTTPFlow, response: Response, runtime: Runtime) -> None:
        """Pass on streams, and responses too large to store; hold those that complete a batch."""
        state = self._flows.of(flow)
        if state.partial_batch is not None:
            hold_response(response)
            return
        if callable(response.stream):
            return  # another addon's; what it makes of the stream is not the upstream's answer
        if _is_stream(response, state):
            # mitmproxy would hold the stream back until its end, whether it is ours to store or not.
            pace = runtime.settings.stream_pace
            times = None if pace is None or pace.scale is None else ChunkTimes()
            _tee(response, state, runtime.engine.rules.max_bytes, times)
        else:
            self.decide(flow, False, parse_content_length(response.headers.get("content-length", "")))

    def decide(self, flow: HTTPFlow, request: bool, size: int) -> LargeBody | None:
        """Decide on a body (the request's, else the response's) of at least *size* bytes; None: mitmproxy holds it."""
        runtime, state = self._runtime(), self._flows.of(flow)
        if runtime is None or not runtime.settings.enabled or state.replay is not None:
            return None
        if request:
            return self._decide_on_request(flow, runtime, size)
        return self._decide_on_response(flow, state, runtime, size)

    def _decide_on_request(self, flow: HTTPFlow, runtime: Runtime, size: int) -> LargeBody | None:
        if size <= runtime.settings.max_request or not flow.live:
            return None
        if self._is_own_page(flow):
            return LargeBody.DROP
        if not (self._is_unobserved() or _is_llm_call(flow.request)):
            return None
        headers = collect_headers(flow.request.headers)
        if parse_directives(headers).only_if_cached:
            return LargeBody.DROP
        strip_directives(flow, headers)
        return LargeBody.PASS_ON

    def _decide_on_response(self, flow: HTTPFlow, state: FlowState, runtime: Runtime, size: int) -> LargeBody | None:
        """Pass on a response larger than what is stored, unless known inputs of a batch are to complete it."""
        max_bytes, response = runtime.engine.rules.max_bytes, flow.response
        if size <= max_bytes or response is None or state.is_answered or state.partial_batch is not None:
            return None
        if state.exchange is None and not self._is_unobserved():
            return None
        if state.tee is None:
            _tee(response, state, max_bytes)
        return LargeBody.PASS_ON


def _tee(response: Response, state: FlowState, max_bytes: int, times: ChunkTimes | None = None) -> None:
    """Pass a response on as it comes, and keep a copy of at most *max_bytes*."""
    response.stream = state.tee = Tee(max_bytes, times)
    if state.exchange is not None:
        mark_forwarded(response, state.exchange, stored=False)


def _is_stream(response: Response, state: FlowState) -> bool:
    content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    asks_stream = isinstance(state.exchange, Exchange) and state.exchange.call.mode is Mode.STREAM
    return content_type in STREAM_TYPES or (asks_stream and "content-length" not in response.headers)


def _is_llm_call(request: Request) -> bool:
    return format_of(request) is not None or embeddings_format_of(request) is not None
