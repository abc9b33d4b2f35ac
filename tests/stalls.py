"""How long the event loop was held up: something that turns once a millisecond, and how late it was each time."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator


@contextlib.asynccontextmanager
async def watched_loop() -> AsyncIterator[list[float]]:
    """Yield the seconds that each turn took; the list grows while the block runs."""
    turns: list[float] = []

    async def tick() -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.001)
            turns.append(time.monotonic() - before)

    ticking = asyncio.create_task(tick())
    try:
        yield turns
    finally:
        ticking.cancel()
