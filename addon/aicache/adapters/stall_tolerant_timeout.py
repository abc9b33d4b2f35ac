"""A timeout that does not count time in which this whole process was stalled."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

STEP_S = 0.25
"""Counts as so long, however long the event loop took for it."""


@contextlib.asynccontextmanager
async def stall_tolerant_timeout(seconds: float) -> AsyncIterator[None]:
    """Raise TimeoutError after *seconds* as ``asyncio.timeout`` does, not counting time in which the loop stood still.

    A machine that slept, or is busy with other work, makes everything late: that does not show that one process hangs.
    """
    loop = asyncio.get_running_loop()
    step = min(STEP_S, seconds)
    async with asyncio.timeout(None) as limit:
        counting = loop.create_task(_count(round(seconds / step), step, limit))
        try:
            yield
        finally:
            counting.cancel()


async def _count(steps: int, step: float, limit: asyncio.Timeout) -> None:
    for _ in range(steps):
        await asyncio.sleep(step)
    limit.reschedule(asyncio.get_running_loop().time())
