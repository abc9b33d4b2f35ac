"""The state of each flow between mitmproxy's hooks. It decides nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol
from weakref import WeakKeyDictionary

from mitmproxy.http import HTTPFlow, Response

from aicache.cassette.matching import MatchedRequest
from aicache.domain.events import Decided
from aicache.domain.model import Bypass, Entry
from aicache.engine import Exchange
from aicache.engine.collapsing import Flight
from aicache.entries.embedding_batch import BatchExchange
from aicache.patches.unread_responses import UnreadResponses
from aicache.proxy.response_tee import Tee


@dataclass(frozen=True, slots=True)
class Replay:
    """Marks a flow that this addon itself sends upstream."""

    audited: Exchange | None = None
    """The exchange whose hit it checks, if any."""
    refreshed: Exchange | None = None
    """The exchange whose expired answer it replaces, if any."""


class RecordsResponses(Protocol):
    """What records the responses of flows."""

    async def record(self, flow: HTTPFlow, recorded: CassetteFlow) -> None:
        """Record a flow's whole response. Never raises."""

    async def record_broken(self, flow: HTTPFlow, recorded: CassetteFlow) -> None:
        """Record a response that has not ended, if all of the answer has come. Never raises."""


@dataclass(frozen=True, slots=True)
class CassetteFlow:
    """A request on its way upstream whose response is to be recorded on a cassette."""

    session: RecordsResponses
    order: int
    """Its place among the requests of the session."""
    asked: MatchedRequest
    credentials: tuple[str, ...]
    tee: Tee


@dataclass(slots=True)
class FlowState:
    """One flow. At most one of *exchange*, *is_answered*, *replay* and *recorded* is set; none for traffic that is no
    LLM call."""

    exchange: Exchange | BatchExchange | Bypass | None = None
    """A request on its way upstream, as the look-up left it."""
    decided: Decided | None = None
    """The decision, from when it is reported until the end of the flow is."""
    tee: Tee | None = None
    is_answered: bool = False
    """Whether the response is the cache's own and not the upstream's."""
    replay: Replay | None = None
    recorded: CassetteFlow | None = None
    flight: Flight | None = None
    """Its answer, for which equal requests may wait."""
    client_left: bool = False
    awaits_error: bool = False
    """Whether its upstream failed, and the client gets the response that the `error` hook sets."""
    awaits_stale: bool = False
    """Whether the upstream's response is an error that a stale answer is to replace."""
    is_stale: bool = False
    """Whether a stale answer was served in place of the upstream's failure."""
    why_failed: str = "broken off"
    """Why it has no response, or not a whole one."""

    def end_flight(self, status: int = 0, entry: Entry | None = None) -> None:
        """Give the answer to the requests that wait for it, or let them go their own way.

        *status* is that of a response that has come whole, *entry* what is or could be stored of it.
        """
        if self.flight is None:
            return
        if entry is not None:
            self.flight.complete(entry)
        elif self.client_left:
            self.flight.leave()
        elif status == 200:
            self.flight.withhold()
        else:
            self.flight.fail()

    @property
    def partial_batch(self) -> BatchExchange | None:
        """The batch of which only the unknown inputs went upstream, so that the response has to be completed."""
        return self.exchange if isinstance(self.exchange, BatchExchange) and self.exchange.known else None


class FlowStates:
    """The state of every flow that is alive, and the one way to answer a flow from the cache."""

    def __init__(self, unread: UnreadResponses) -> None:
        self._states: WeakKeyDictionary[HTTPFlow, FlowState] = WeakKeyDictionary()
        self._unread = unread

    def of(self, flow: HTTPFlow) -> FlowState:
        if (state := self._states.get(flow)) is None:
            state = self._states[flow] = FlowState()
        return state

    def end(self, flow: HTTPFlow) -> FlowState:
        """Return a flow's state at its end, so that it is dealt with once; whose response it is stays known."""
        if (state := self._states.pop(flow, None)) is None:
            return FlowState()
        if state.is_answered or state.replay is not None:
            self._states[flow] = FlowState(is_answered=state.is_answered, replay=state.replay)
        return state

    def answer(self, flow: HTTPFlow, response: Response) -> None:
        """Give a flow a response of the cache's own."""
        self.of(flow).is_answered = True
        self._unread.expect(flow, len(response.raw_content or b""))
        flow.response = response

    def partial_batches(self) -> Iterator[tuple[HTTPFlow, BatchExchange]]:
        """Return the batches of which only the unknown inputs went upstream."""
        for flow, state in list(self._states.items()):
            if (batch := state.partial_batch) is not None:
                yield flow, batch
