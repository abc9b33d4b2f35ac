"""Probes a failing dependency in the background, so that no request has to find out that it answers again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from aicache.domain.asyncio_tasks import TaskSet
from aicache.engine.dependency import Dependency

logger = logging.getLogger(__name__)

PROBE_INTERVAL_S = 0.5
MAX_PROBE_INTERVAL_S = 5.0
"""The interval grows to this if a dependency answers probes and then fails requests again."""


class Recovery:
    """One task that calls *probe* while a dependency fails: as a request would, raising StoreError on failure.

    *dependency* returns the one in use. It runs from `start` to `close`.
    """

    def __init__(self, dependency: Callable[[], Dependency], probe: Callable[[], Awaitable[object]]) -> None:
        self._dependency, self._probe = dependency, probe
        self._tasks = TaskSet()

    def start(self) -> None:
        self._tasks.spawn(self._run())

    async def close(self) -> None:
        await self._tasks.cancel_and_wait()

    async def _run(self) -> None:
        try:
            await self._probe_while_failing()
        except Exception:
            logger.exception("a failing dependency is not probed any more, and recovers by requests only")

    async def _probe_while_failing(self) -> None:
        loop = asyncio.get_running_loop()
        interval, answered = PROBE_INTERVAL_S, -MAX_PROBE_INTERVAL_S
        while True:
            await asyncio.sleep(interval)
            dependency = self._dependency()
            if not dependency.failing:
                if loop.time() - answered > 2 * MAX_PROBE_INTERVAL_S:
                    interval = PROBE_INTERVAL_S
                continue
            if await dependency.retry(self._probe()):
                lately = loop.time() - answered < 2 * MAX_PROBE_INTERVAL_S
                interval = min(2 * interval, MAX_PROBE_INTERVAL_S) if lately else PROBE_INTERVAL_S
                answered = loop.time()
