"""The event loop's time, less what the loop was late: what a part is given to answer in. It blames nobody.

A loop with more to do than it has time for comes late to everything: to the reply that has long been there, and to the
clock by which the reply is called late. In this time neither counts: it stands still while the loop is late.
"""

from __future__ import annotations

import asyncio
import math
from types import TracebackType
from typing import Self
from weakref import WeakKeyDictionary

TICK = 0.02
"""Seconds between two looks at the clock while anybody waits; what a turn of the loop takes beyond, it is late."""
MAX_LATENESS_S = 5.0
"""Seconds of lateness that are not counted in one wait, at most: a client waits for what is not going to come."""
TURNS = 6
"""Turns of the loop between a reply's last byte and whoever waits for it, at most."""
FAIR = 10
"""Turns in which, however late, whoever is going to answer has been heard."""
MEMORY = 1.0
"""Seconds over which the lag is a mean."""


class LoopTime:
    """One event loop's. It looks at the clock only while somebody waits."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting = 0
        self._late = 0.0
        self.turns = 0  # of the loop, as far as they were looked at
        self._due = math.inf  # when the next look is due; never, while nobody waits
        self._looked = loop.time()
        self._lag = 0.0

    def time(self) -> float:
        now = self._loop.time()
        return now - self._late - max(0.0, now - self._due)

    @property
    def lag(self) -> float:
        """Seconds that the loop came late to its timers lately, on the mean."""
        now = self._loop.time()
        if self._due == math.inf:
            return self._lag * math.exp((self._looked - now) / MEMORY)
        return max(self._lag, _mean(self._lag, now - self._due, now - self._looked))

    def begin(self) -> None:
        """Somebody begins to wait."""
        self._waiting += 1
        if self._due == math.inf:
            now = self._loop.time()
            self._lag *= math.exp((self._looked - now) / MEMORY)
            self._looked = now
            self._look_again(now)

    def end(self) -> None:
        self._waiting -= 1

    def _look(self) -> None:
        now = self._loop.time()
        late = max(0.0, now - self._due)
        self.turns += 1
        self._late += late
        self._lag = _mean(self._lag, late, now - self._looked)
        self._looked, self._due = now, math.inf
        if self._waiting:
            self._look_again(now)

    def _look_again(self, now: float) -> None:
        self._due = now + TICK
        self._loop.call_at(self._due, self._look)


def _mean(before: float, value: float, seconds: float) -> float:
    """Return the mean that fades over `MEMORY`, after *value* held for so many seconds."""
    return before + (value - before) * (1 - math.exp(-seconds / MEMORY))


_times: WeakKeyDictionary[asyncio.AbstractEventLoop, LoopTime] = WeakKeyDictionary()


def loop_time() -> LoopTime:
    """Return the running loop's."""
    loop = asyncio.get_running_loop()
    if (found := _times.get(loop)) is None:
        found = _times[loop] = LoopTime(loop)
    return found


def loop_timeout(seconds: float) -> LoopTimeout:
    """Give so many seconds from now."""
    time = loop_time()
    return LoopTimeout(time.time() + seconds, time)


class LoopTimeout:
    """``async with LoopTimeout(deadline)``: as `asyncio.timeout_at`, with a deadline in the loop's punctual time.

    A reply that is there when the deadline passes still finds its way to whoever waits. *loop_was_late* tells of a
    TimeoutError that it came of the loop's lateness alone: no more was forgiven, and the loop has hardly turned.
    """

    __slots__ = ("_deadline", "_inner", "_last", "_loop", "_since", "_time", "_timer", "_turns", "loop_was_late")

    def __init__(self, deadline: float, time: LoopTime | None = None) -> None:
        self._time = time or loop_time()
        self._deadline = deadline
        self._loop = asyncio.get_running_loop()
        self._inner = asyncio.timeout(None)
        self._timer: asyncio.Handle | None = None
        self._turns = TURNS
        self._last = 0.0
        self._since = 0
        self.loop_was_late = False

    async def __aenter__(self) -> Self:
        await self._inner.__aenter__()
        self._time.begin()
        left = max(0.0, self._deadline - self._time.time())
        now = self._loop.time()
        self._last = now + left + MAX_LATENESS_S
        self._since = self._time.turns
        self._timer = self._loop.call_at(now + left, self._due)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._time.end()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        await self._inner.__aexit__(kind, exc, trace)  # raises TimeoutError in its place

    def _due(self) -> None:
        now = self._loop.time()
        left = self._deadline - self._time.time()
        if left > 0.001 and now < self._last:
            self._timer = self._loop.call_at(min(now + left, self._last), self._due)
        elif self._turns:
            self._turns -= 1
            self._timer = self._loop.call_soon(self._due)
        else:
            self.loop_was_late = left > 0.001 and self._time.turns - self._since < FAIR
            self._inner.reschedule(now)
