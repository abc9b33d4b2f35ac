"""A timeout that does not count time in which this whole process was stalled."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

STEP_S = 0.25
"""Counts as so long, however long the event loop took for it."""


class StallTolerantTimer:
    """Calls *callback* after *seconds*, not counting time in which the event loop stood still."""

    __slots__ = ("_callback", "_left", "_loop", "_step", "_timer")

    def __init__(self, seconds: float, callback: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._callback = callback
        self._step = min(STEP_S, seconds)
        self._left = round(seconds / self._step)
        self._timer = self._loop.call_later(self._step, self._count)

    def cancel(self) -> None:
        self._timer.cancel()

    def _count(self) -> None:
        self._left -= 1
        if self._left > 0:
            self._timer = self._loop.call_later(self._step, self._count)
        else:
            self._callback()


@contextlib.asynccontextmanager
async def stall_tolerant_timeout(seconds: float) -> AsyncIterator[None]:
    """Raise TimeoutError after *seconds* as ``asyncio.timeout`` does, not counting time in which the loop stood still.

    A machine that slept, or is busy with other work, makes everything late: that does not show that one process hangs.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(None) as limit:
        timer = StallTolerantTimer(seconds, lambda: limit.reschedule(loop.time()))
        try:
            yield
        finally:
            timer.cancel()
