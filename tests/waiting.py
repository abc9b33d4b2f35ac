"""Waits for what a test has set going."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def until(is_true: Callable[[], bool], within: float = 20.0, every: float = 0.02) -> None:
    """Wait for a condition. Raises TimeoutError after *within* seconds: on a busy machine, much takes long.

    What is so for a moment only wants to be looked for at *every* turn of the loop: 0.
    """
    async with asyncio.timeout(within):
        while not is_true():
            await asyncio.sleep(every)
