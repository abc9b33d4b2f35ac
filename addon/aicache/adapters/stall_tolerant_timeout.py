"""A time limit of the time that this process had: while all of it is held up, nobody else is late."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

TURN = 0.25
"""Seconds that count as one turn of the event loop, however long it took."""


@contextlib.asynccontextmanager
async def stall_tolerant_timeout(seconds: float) -> AsyncIterator[None]:
    """Raise TimeoutError after *seconds* as ``asyncio.timeout`` does, but not for those in which the loop stood still.

    A machine that slept, or computes for others, makes everything late; that is no sign that one part hangs.
    """
    loop = asyncio.get_running_loop()
    turn = min(TURN, seconds)
    async with asyncio.timeout(None) as limit:
        counting = loop.create_task(_count(round(seconds / turn), turn, limit))
        try:
            yield
        finally:
            counting.cancel()


async def _count(turns: int, turn: float, limit: asyncio.Timeout) -> None:
    for _ in range(turns):
        await asyncio.sleep(turn)
    limit.reschedule(asyncio.get_running_loop().time())
