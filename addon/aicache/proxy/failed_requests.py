"""Requests whose upstream gave no response: their client gets an error in the shape of its API.

Only requests to LLM APIs; others get mitmproxy's own page, as does every request while the cache is off.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable

from mitmproxy.http import HTTPFlow
from mitmproxy.proxy.mode_specs import ReverseMode
from mitmproxy.utils import human

from aicache.domain.bounded import BoundedDict
from aicache.domain.throttle import Throttle
from aicache.engine import Exchange
from aicache.formats.api_errors import APIError
from aicache.patches import error_responses
from aicache.proxy import stale_answers
from aicache.proxy.error_responses import NO_RETRY, render_error
from aicache.proxy.flow_state import FlowState, FlowStates
from aicache.proxy.http_messages import embeddings_format_of, format_of, mark_forwarded
from aicache.proxy.upstream_failures import UpstreamFailure, describe_failure
from aicache.runtime.lifecycle import Runtime

logger = logging.getLogger(__name__)

MAX_WARNED = 100
"""Upstreams and reasons that are remembered for the log."""


class FailedRequests:
    """*runtime* returns the one in force."""

    def __init__(self, runtime: Callable[[], Runtime | None], flows: FlowStates) -> None:
        self._runtime = runtime
        self._flows = flows
        self._warnings: BoundedDict[tuple[str, str], Throttle] = BoundedDict(MAX_WARNED)

    def install(self) -> Callable[[], None]:
        """Have mitmproxy send what `error` puts in; return a function that undoes that."""
        return error_responses.install(self._expect)

    def _expect(self, flow: HTTPFlow) -> None:
        self._flows.of(flow).awaits_error = True

    def error(self, flow: HTTPFlow) -> Awaitable[None] | None:
        """Give a failed flow its response, before its state ends; a stale answer must be awaited. It never raises."""
        try:
            state, runtime = self._flows.of(flow), self._runtime()
            is_ours = state.recorded is not None or (runtime is not None and runtime.settings.enabled)
            if state.awaits_error and is_ours and state.replay is None:
                self._respond(flow, state)
                exchange = state.exchange
                if runtime is not None and isinstance(exchange, Exchange) and exchange.stale is not None:
                    return self._give_stale(flow, state, exchange, runtime)
        except Exception:
            logger.exception("a failed request was left to mitmproxy")
        return None

    async def _give_stale(self, flow: HTTPFlow, state: FlowState, exchange: Exchange, runtime: Runtime) -> None:
        if (stale := await stale_answers.render(exchange, runtime)) is not None:
            flow.response, state.is_stale = stale, True

    def _respond(self, flow: HTTPFlow, state: FlowState) -> None:
        request = flow.request
        if flow.error is None or (format := format_of(request) or embeddings_format_of(request)) is None:
            return
        failure = describe_failure(
            flow.error.msg, name := _name_upstream(flow), is_tls=request.scheme == "https", started=bool(flow.response)
        )
        state.why_failed = failure.reason
        self._warn(name, failure)
        code = failure.reason.replace("-", "_")
        error = APIError(failure.status, failure.message, "upstream_error", code)
        response = render_error(format, error, {} if failure.may_pass else NO_RETRY)
        if state.exchange is not None:
            mark_forwarded(response, state.exchange, stored=False)
        flow.response = response

    def _warn(self, name: str, failure: UpstreamFailure) -> None:
        throttle = self._warnings.setdefault((name, failure.reason), Throttle())
        if throttle.allow(time.monotonic()):
            logger.warning("%s", failure.message)


def _name_upstream(flow: HTTPFlow) -> str:
    """Return host and port; the name that TLS was set up for where the client connected to an address."""
    request, sni = flow.request, flow.client_conn.sni
    is_address = request.host.replace(".", "").isdigit() or ":" in request.host
    if sni and is_address and not isinstance(flow.client_conn.proxy_mode, ReverseMode):
        return human.format_address((sni, request.port))
    return human.format_address((request.host, request.port))
