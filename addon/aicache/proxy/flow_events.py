"""Reports what becomes of each flow: to the watchers, and on the flow itself. It decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from mitmproxy.http import HTTPFlow

from aicache.domain.events import Decided, Finished
from aicache.domain.model import Entry
from aicache.engine import Exchange
from aicache.entries.recording import Recording
from aicache.proxy.flow_state import FlowState, FlowStates
from aicache.telemetry import reporting
from aicache.telemetry.event_watchers import Watchers
from aicache.telemetry.header_misses import HeaderMisses


class FlowMarks(Protocol):
    """Marks flows in mitmproxy's own list. It never raises."""

    def decided(self, flow: HTTPFlow, decided: Decided) -> None:
        """Mark a flow with its decision; again with what became known since."""

    def finished(self, flow: HTTPFlow, ended: Finished, *, again: bool) -> None:
        """Add how a miss ended; *again*: in place of what was added before."""


class FlowEvents:
    """Notifies the watchers and marks the flow, in that order."""

    def __init__(self, flows: FlowStates, watchers: Watchers, marks: FlowMarks, header_misses: HeaderMisses) -> None:
        self._flows = flows
        self._watchers = watchers
        self._marks = marks
        self._header_misses = header_misses

    def decided(self, flow: HTTPFlow, decided: Decided) -> None:
        """Report the decision on a request."""
        self._flows.of(flow).decided = decided
        self._watchers.decided(decided)
        self._marks.decided(flow, decided)

    def joined(self, flow: HTTPFlow, decided: Decided) -> None:
        """Mark a flow that has begun to follow another's answer; what that amounts to is not known yet."""
        self._marks.decided(flow, decided)

    def followed(self, flow: HTTPFlow, decided: Decided) -> None:
        """Report the decision on a flow that has followed another's answer to its end."""
        self._watchers.decided(decided)
        self._marks.decided(flow, decided)

    def spent(self, purpose: Literal["audit", "refresh"], exchange: Exchange, entries: Sequence[Entry]) -> None:
        """Report that the cache itself has asked the upstream, whose answer these entries are."""
        for entry in entries:
            self._watchers.spent(reporting.spent_event(purpose, exchange, entry))

    def expect_stored(self, flow: HTTPFlow, state: FlowState, recording: Recording, entry: Entry) -> bool:
        """Mark a flow as stored ahead of `finished`, since mitmproxy may save it now; tell whether that was done."""
        if state.decided is None:
            return False
        self._marks.finished(flow, reporting.finished_event(state.decided, recording, entry, None), again=False)
        return True

    def finished(
        self,
        flow: HTTPFlow,
        state: FlowState,
        recording: Recording | None,
        entry: Entry | None,
        why_not: str | None,
        *,
        expected: bool = False,
    ) -> None:
        """Report how a request that went upstream ended; *expected*: `expect_stored` has marked it as stored."""
        if entry is not None and isinstance(exchange := state.exchange, Exchange):
            self._header_misses.remember(exchange.identity.question, exchange.sender, exchange.fields)
        state.end_flight(0 if recording is None else recording.status, entry)
        if state.flight is not None:
            state.flight.stored()
        if state.decided is not None:
            finished = reporting.finished_event(state.decided, recording, entry, why_not, is_stale=state.is_stale)
            self._watchers.finished(finished)
            if not (expected and entry is not None):
                self._marks.finished(flow, finished, again=expected)
