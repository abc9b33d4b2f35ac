"""Measures memory and disk when somebody asks for them, at most so often, and without keeping anybody waiting."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Generic, TypeVar

from aicache.adapters.disk_usage import measure_disk
from aicache.domain.ports import StoreError
from aicache.domain.resource_usage import DiskUsage, ResourceUsage, StoreUsage
from aicache.domain.store_ports import Measurable

logger = logging.getLogger(__name__)

T = TypeVar("T")

MIN_INTERVAL_S = 10.0
"""Within this time what was measured is told again."""
MAX_WAIT_S = 0.5


class ResourceMeter:
    """*store* returns the store in use, if its usage can be known; *folder* is the data folder."""

    def __init__(self, store: Callable[[], Measurable | None], clock: Callable[[], float] = time.monotonic) -> None:
        self.folder: Path | None = None
        self._store = _Measurement(self._measure_store, clock)
        self._disk = _Measurement(self._measure_disk, clock)
        self._find_store = store

    async def measure(self) -> ResourceUsage:
        """Return what can be measured now. A disk that hangs, or a server that does not answer, is left out."""
        store, disk = await asyncio.gather(self._store.get(), self._disk.get())
        return ResourceUsage(store, disk)

    async def _measure_store(self) -> StoreUsage | None:
        store = self._find_store()
        return None if store is None else await store.usage()

    async def _measure_disk(self) -> DiskUsage | None:
        return None if self.folder is None else await asyncio.to_thread(measure_disk, self.folder)


class _Measurement(Generic[T]):
    """One value that takes its time: it is measured once at a time, also where that never ends."""

    def __init__(self, measure: Callable[[], Awaitable[T | None]], clock: Callable[[], float]) -> None:
        self._measure, self._clock = measure, clock
        self._task: asyncio.Task[T | None] | None = None
        self._began = 0.0

    async def get(self) -> T | None:
        if self._task is None or (self._task.done() and self._clock() - self._began >= MIN_INTERVAL_S):
            self._began = self._clock()
            self._task = asyncio.get_running_loop().create_task(self._try())
        task = self._task
        await asyncio.wait([task], timeout=MAX_WAIT_S)
        return task.result() if task.done() and not task.cancelled() else None

    async def _try(self) -> T | None:
        try:
            return await self._measure()
        except (StoreError, OSError) as exc:
            logger.debug("not measured: %s", exc if isinstance(exc, StoreError) else exc.strerror)
            return None
