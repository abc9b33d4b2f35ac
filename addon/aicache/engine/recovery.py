"""Finds out that a part which failed answers again, so that no request has to. It asks only while the part fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from aicache.engine.dependency import Dependency

logger = logging.getLogger(__name__)

EVERY = 0.5
"""Seconds between two questions."""
AT_MOST = 5.0
"""Seconds between two to a part that answers these, and then fails others again."""


class Recovery:
    """One task that asks a part by *probe*, which is as a request would, and raises StoreError while it fails.

    *part* returns the part in use. From `start` to `close`.
    """

    def __init__(self, part: Callable[[], Dependency], probe: Callable[[], Awaitable[object]]) -> None:
        self._part, self._probe = part, probe
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        try:
            await self._look()
        except Exception:
            logger.exception("a part that fails is not asked any more beside the requests")

    async def _look(self) -> None:
        loop = asyncio.get_running_loop()
        pause, answered = EVERY, -AT_MOST
        while True:
            await asyncio.sleep(pause)
            part = self._part()
            if not part.failing:
                if loop.time() - answered > 2 * AT_MOST:
                    pause = EVERY
                continue
            if await part.retry(self._probe()):
                pause = min(2 * pause, AT_MOST) if loop.time() - answered < 2 * AT_MOST else EVERY
                answered = loop.time()
