"""Collapses equal calls into one request to the upstream (RFC 9111, section 4): the others wait for its answer.

It bounds each wait, and decides nothing: `domain/in_flight.py` does.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from aicache.domain import policy, storing_policy
from aicache.domain.in_flight import Alone, Apart, CallId, Form, InFlight, Join, Lead, Step, Steps, Take, Wait
from aicache.domain.model import Entry
from aicache.engine.backends import Backends
from aicache.engine.exchange import Exchange
from aicache.engine.leases import Leases
from aicache.engine.relayed_streams import Offer

MAX_FLIGHT_S = 600.0
"""Time after which nothing is learned from an answer that is still in flight."""


@dataclass(frozen=True, slots=True)
class SharedAnswer:
    """An answer that has come, and the name of the request that it was for."""

    entry: Entry
    leader: str


Following: TypeAlias = "Apart | Alone | Take[SharedAnswer] | Join[Any]"
"""What becomes of a call that wants the answer to another question: it has that, or goes its own way."""
Decision: TypeAlias = "Flight | Alone | Take[SharedAnswer] | Join[Any]"
"""What becomes of a call: it leads a flight, goes upstream alone, or has another's answer, whole or as it comes."""


class Flight:
    """The answer to a leader's call, for which others may wait. It ends once; what is reported later is ignored."""

    def __init__(self, collapsing: Collapsing, key: str, call: CallId, leader: str) -> None:
        self.leader = leader
        """A name for people to find the leader's request by."""
        self._collapsing, self._key, self._call = collapsing, key, call
        self._on_end: list[Callable[[Entry | None], None]] = []
        self.is_over = False

    def begin_stream(self, form: Form, stream: object, offer: Offer | None = None) -> None:
        """Let calls of the same *form* follow the answer as it comes, with an *offer* also at other proxies."""
        if offer is not None and not self.is_over:
            self._collapsing.leases.offer_stream(self._key, offer)
        self._collapsing.apply(self._collapsing.state.begin_stream(self._key, self._call, form, stream))

    def complete(self, entry: Entry) -> None:
        """The answer has come whole, and may be stored."""
        if self._end(entry):
            shared = SharedAnswer(entry, self.leader)
            self._collapsing.apply(self._collapsing.state.complete(self._key, self._call, shared, time.monotonic()))

    def stored(self) -> None:
        """The answer is stored, or could not be."""
        self._collapsing.state.stored(self._key, time.monotonic())
        self._collapsing.left(self._key)

    def withhold(self) -> None:
        """The answer has come, and must not be stored."""
        if self._end(None):
            self._collapsing.apply(self._collapsing.state.withhold(self._key, self._call, time.monotonic()))
            self._collapsing.left(self._key)

    def fail(self) -> None:
        """There is no answer, or an error."""
        if self._end(None):
            self._collapsing.apply(self._collapsing.state.fail(self._key, self._call))
            self._collapsing.left(self._key)

    def leave(self) -> None:
        """The leader's client has left before there was an answer."""
        if self._end(None):
            self._collapsing.apply(self._collapsing.state.leave(self._key, self._call))
            self._collapsing.left(self._key)

    def when_over(self, report: Callable[[Entry | None], None]) -> None:
        """Have *report* called with the answer once there is one, or with None."""
        self._on_end.append(report)

    def _end(self, entry: Entry | None) -> bool:
        if self.is_over:
            return False
        self.is_over = True
        reports, self._on_end = self._on_end, []
        for report in reports:
            report(entry)
        return True


class Collapsing:
    """The calls in flight of this process. Used from one event loop."""

    def __init__(self, backends: Backends) -> None:
        self.state: InFlight[SharedAnswer, Any] = InFlight(lambda shared: len(shared.entry.body))
        self.leases = Leases(backends, self.state)
        self._calls = itertools.count()
        self._steps: dict[CallId, asyncio.Future[Step[SharedAnswer, Any]]] = {}
        self._on_left: dict[str, asyncio.Event] = {}

    def __len__(self) -> int:
        """Return how many calls wait for another's answer."""
        return len(self._steps)

    async def decide(
        self, key: str, form: Form, name: str, began: float, within: float
    ) -> tuple[Decision, float | None]:
        """Decide on a call for which nothing is stored; wait at most *within* seconds for the answer to an equal one.

        *began* is when its look-up did (`time.monotonic`), inf where that failed; *name* is how people find the call's
        request. Return the seconds that it has waited, too, or None if it has not. A `Flight` that is returned must be
        ended.
        """
        waited = None
        call = next(self._calls)
        step = self.state.arrive(key, call, form, began, time.monotonic())
        if isinstance(step, Wait):
            began = time.perf_counter()
            step = await self._wait(key, call, within)
            waited = time.perf_counter() - began
        match step:
            case Lead():
                return Flight(self, key, call, name), waited
            case Wait() | Apart():
                raise AssertionError("a call waits twice, or for another question")
            case _:
                return step, waited

    async def follow(self, key: str, form: Form, began: float, within: float) -> tuple[Following, float]:
        """Wait at most *within* seconds for the answer to another question that is in flight; return how long it took.

        `Alone`: it has not come in time.
        """
        call, asked = next(self._calls), time.perf_counter()
        step = self.state.arrive_by_meaning(key, call, form, began, time.monotonic())
        if isinstance(step, Wait):
            step = await self._wait(key, call, within)
        if isinstance(step, Lead | Wait):
            raise AssertionError("a call leads with another's question")
        return step, time.perf_counter() - asked

    async def _wait(self, key: str, call: CallId, within: float) -> Step[SharedAnswer, Any]:
        waiting = self._steps[call] = asyncio.get_running_loop().create_future()
        try:
            done, _ = await asyncio.wait([waiting], timeout=within)
            if done:
                step: Step[SharedAnswer, Any] = waiting.result()
                return step
            self.state.give_up(key, call)
            return Alone()
        except asyncio.CancelledError:
            self.apply(self.state.leave(key, call))  # also where it has just become the leader
            raise
        finally:
            del self._steps[call]

    async def until_stored(self, key: str) -> None:
        """Wait until the answer that is in flight for a key is stored, or there will be none."""
        if key in self.state:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(MAX_FLIGHT_S):
                    await self._on_left.setdefault(key, asyncio.Event()).wait()

    def left(self, key: str) -> None:
        """A leader has nothing more to do with a key; its lease is for the next one, where there is one."""
        if key not in self.state:
            self.leases.release_soon(key)
            if (waited_for := self._on_left.pop(key, None)) is not None:
                waited_for.set()

    def apply(self, steps: Steps[SharedAnswer, Any]) -> None:
        """Wake the calls for which there are steps."""
        for call, step in steps:
            if (waiting := self._steps.get(call)) is not None and not waiting.done():
                waiting.set_result(step)


def may_collapse(exchange: Exchange, rules: policy.Rules) -> bool:
    """Tell whether a call may wait for an equal one, and equal ones for it.

    Its answer must be one to store, and the caller must not have asked for an answer of its own.
    """
    directives = exchange.directives
    if directives.skip or directives.no_cache or directives.only_if_cached or directives.max_age <= 0:
        return False
    return storing_policy.may_be_kept(exchange.call, directives, rules)
