"""Decides which answers are read to their end though their clients have left: those worth storing, and those that
others follow."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from weakref import WeakKeyDictionary

from mitmproxy.http import HTTPFlow

from aicache.domain import storing_policy
from aicache.engine import Exchange, is_large
from aicache.patches.unattended_responses import UnattendedResponses
from aicache.proxy.flow_state import FlowState, FlowStates
from aicache.proxy.http_messages import to_recording
from aicache.runtime.lifecycle import Runtime

logger = logging.getLogger(__name__)

MAX_UNATTENDED = 64
"""Answers that are read at once only to be stored."""
MAX_FOLLOWED_S = 3600.0
"""Time for which an answer that others follow is read; their own clients may leave it at any time."""


class UnattendedFlows:
    """*runtime* returns the one in force; *flows* has the flows' states."""

    def __init__(self, runtime: Callable[[], Runtime | None], flows: FlowStates) -> None:
        self._runtime = runtime
        self._flows = flows
        self._left_at: WeakKeyDictionary[HTTPFlow, float] = WeakKeyDictionary()  # by `time.monotonic`
        self.responses = UnattendedResponses(self._begins, self._goes_on)

    def _begins(self, flow: HTTPFlow) -> float | None:
        """Return for how long a flow goes on, whose client leaves now; None: it ends."""
        try:
            runtime, state = self._runtime(), self._flows.of(flow)
            if runtime is None or not isinstance(exchange := state.exchange, Exchange):
                return None
            self._left_at[flow] = time.monotonic()
            if state.tee is not None and state.tee.is_followed:
                return MAX_FOLLOWED_S
            seconds = runtime.settings.in_flight.finish
            if seconds is None or len(self.responses) >= MAX_UNATTENDED:
                return None
            if not storing_policy.may_be_kept(exchange.call, exchange.directives, runtime.engine.rules):
                return None
            if not _is_good(flow, state, runtime) or _is_complete(flow, state, exchange, runtime):
                return None
            logger.debug("%s: its client has left, the answer is read to its end", exchange.label)
            return seconds
        except Exception:
            logger.exception("an answer ends with its client")
            return None

    def _goes_on(self, flow: HTTPFlow) -> bool:
        """Tell whether a flow whose client has left is still wanted."""
        try:
            runtime, state = self._runtime(), self._flows.of(flow)
            if runtime is None:
                return False
            if state.tee is not None and state.tee.is_followed:
                return True
            seconds, left_at = runtime.settings.in_flight.finish, self._left_at.get(flow, 0.0)
            return seconds is not None and time.monotonic() < left_at + seconds and _is_good(flow, state, runtime)
        except Exception:
            logger.exception("an answer ends, since its client has left")
            return False


def _is_good(flow: HTTPFlow, state: FlowState, runtime: Runtime) -> bool:
    """Tell whether a response may be stored, as far as is known before it has ended."""
    if not runtime.settings.enabled:
        return False
    if (response := flow.response) is None:
        return True
    if response.status_code != 200 or (state.tee is not None and state.tee.is_too_large):
        return False
    cache_control = response.headers.get("cache-control", "").lower()
    return storing_policy.check_cache_control(cache_control, runtime.engine.rules) is None


def _is_complete(flow: HTTPFlow, state: FlowState, exchange: Exchange, runtime: Runtime) -> bool:
    """Tell whether a stream's last event is there, so that nothing is left to wait for; only where that is read fast.

    OpenAI's own client leaves then, and some upstreams keep the response open for longer.
    """
    if flow.response is None or state.tee is None or not (body := state.tee.so_far):
        return False
    recording = to_recording(flow.response, body)
    if is_large(recording):
        return False
    try:
        runtime.engine.record(exchange, recording)
    except ValueError:
        return False
    return True
