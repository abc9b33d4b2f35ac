"""A clock of the event loop that stops while the loop is late, and timeouts by it.

An overloaded loop handles everything late: replies that arrived long ago, and the timers of their timeouts. On this
clock the loop's lateness does not count.
"""

from __future__ import annotations

import asyncio
import math
from types import TracebackType
from typing import Self
from weakref import WeakKeyDictionary

TICK_S = 0.02
"""Interval of the measurements while there are waiters; a longer turn of the loop is counted as lateness."""
MAX_LATENESS_S = 5.0
"""Longest extension of one wait: a client is waiting for a reply that may never come."""
GRACE_TURNS = 6
"""Turns of the loop that a reply needs at most from its last byte to its waiter."""
SUFFICIENT_TURNS = 10
"""Turns in which a reply would have been noticed, however late the loop was."""
LAG_WINDOW_S = 1.0
"""Window of the moving average of the lag."""


class LoopTime:
    """The clock of one event loop. It measures only while there are waiters."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiters = 0
        self._late = 0.0
        self.turns = 0  # measured turns of the loop
        self._due = math.inf  # the next measurement; inf while there are no waiters
        self._measured_at = loop.time()
        self._lag = 0.0

    def time(self) -> float:
        now = self._loop.time()
        return now - self._late - max(0.0, now - self._due)

    @property
    def lag(self) -> float:
        """The mean lateness of the loop's timers, in seconds, over `LAG_WINDOW_S`."""
        now = self._loop.time()
        if self._due == math.inf:
            return self._lag * math.exp((self._measured_at - now) / LAG_WINDOW_S)
        return max(self._lag, _mean(self._lag, now - self._due, now - self._measured_at))

    def begin(self) -> None:
        """Add a waiter."""
        self._waiters += 1
        if self._due == math.inf:
            now = self._loop.time()
            self._lag *= math.exp((self._measured_at - now) / LAG_WINDOW_S)
            self._measured_at = now
            self._schedule(now)

    def end(self) -> None:
        """Remove a waiter."""
        self._waiters -= 1

    def _measure(self) -> None:
        now = self._loop.time()
        late = max(0.0, now - self._due)
        self.turns += 1
        self._late += late
        self._lag = _mean(self._lag, late, now - self._measured_at)
        self._measured_at, self._due = now, math.inf
        if self._waiters:
            self._schedule(now)

    def _schedule(self, now: float) -> None:
        self._due = now + TICK_S
        self._loop.call_at(self._due, self._measure)


def _mean(before: float, value: float, seconds: float) -> float:
    """Return the exponential moving average over `LAG_WINDOW_S`, after *value* has lasted for *seconds*."""
    return before + (value - before) * (1 - math.exp(-seconds / LAG_WINDOW_S))


_times: WeakKeyDictionary[asyncio.AbstractEventLoop, LoopTime] = WeakKeyDictionary()


def loop_time() -> LoopTime:
    """Return the clock of the running loop."""
    loop = asyncio.get_running_loop()
    if (found := _times.get(loop)) is None:
        found = _times[loop] = LoopTime(loop)
    return found


def loop_timeout(seconds: float) -> LoopTimeout:
    """Return a timeout *seconds* from now."""
    clock = loop_time()
    return LoopTimeout(clock.time() + seconds, clock)


class LoopTimeout:
    """``async with LoopTimeout(deadline)``: as `asyncio.timeout_at`, with a deadline on the loop's `LoopTime`.

    A reply that has arrived when the deadline passes still reaches its waiter. After a TimeoutError *loop_was_late*
    says whether only the loop's lateness caused it: `MAX_LATENESS_S` was used up, and the loop has hardly turned.
    """

    __slots__ = (
        "_clock",
        "_deadline",
        "_grace_turns",
        "_inner",
        "_latest",
        "_loop",
        "_timer",
        "_turns_before",
        "loop_was_late",
    )

    def __init__(self, deadline: float, clock: LoopTime | None = None) -> None:
        self._clock = clock or loop_time()
        self._deadline = deadline
        self._loop = asyncio.get_running_loop()
        self._inner = asyncio.timeout(None)
        self._timer: asyncio.Handle | None = None
        self._grace_turns = GRACE_TURNS
        self._latest = 0.0
        self._turns_before = 0
        self.loop_was_late = False

    async def __aenter__(self) -> Self:
        await self._inner.__aenter__()
        self._clock.begin()
        left = max(0.0, self._deadline - self._clock.time())
        now = self._loop.time()
        self._latest = now + left + MAX_LATENESS_S
        self._turns_before = self._clock.turns
        self._timer = self._loop.call_at(now + left, self._on_timer)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clock.end()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        await self._inner.__aexit__(kind, exc, trace)  # raises TimeoutError in its place

    def _on_timer(self) -> None:
        now = self._loop.time()
        left = self._deadline - self._clock.time()
        if left > 0.001 and now < self._latest:
            self._timer = self._loop.call_at(min(now + left, self._latest), self._on_timer)
        elif self._grace_turns:
            self._grace_turns -= 1
            self._timer = self._loop.call_soon(self._on_timer)
        else:
            self.loop_was_late = left > 0.001 and self._clock.turns - self._turns_before < SUFFICIENT_TURNS
            self._inner.reschedule(now)
