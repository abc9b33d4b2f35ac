"""Removes expired vectors of the index in use, and rewrites its files without what was deleted, in the background."""

from __future__ import annotations

import asyncio
import logging
import time

from aicache.adapters.redis.store import RedisStore
from aicache.adapters.valkey.aof_rewrite import DUE_SHARE, MIN_INTERVAL_S, REST_FACTOR
from aicache.adapters.vectors.zvec import ZvecIndex
from aicache.domain.model import MAX_CLOCK_SKEW_S
from aicache.domain.ports import StoreError
from aicache.engine import Engine
from aicache.runtime.component import CLOSE_TIMEOUT_S
from aicache.runtime.factories import AnyIndex

logger = logging.getLogger(__name__)

SWEEP_INTERVAL_S = 120.0
"""Interval of the sweeps of expired vectors."""
ORPHAN_BATCH_SIZE = 1024
"""Vectors whose entries are looked for at once."""


class IndexUpkeep:
    """At most one task that sweeps and one that erases."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sweeping: asyncio.Task[None] | None = None
        self._erasing: asyncio.Task[None] | None = None
        self._swept = self._erased = time.monotonic()
        self._purges = engine.purges  # those of which nothing is left
        self._took = 0.0

    def begin_what_is_due(self, index: AnyIndex, erased_within: float) -> None:
        """Begin to sweep, and to erase what must be gone after *erased_within* seconds, if it is time for it."""
        if time.monotonic() - self._swept > SWEEP_INTERVAL_S and (self._sweeping is None or self._sweeping.done()):
            self._sweeping = asyncio.get_running_loop().create_task(self._sweep_or_warn(index))  # nobody waits for it
        if isinstance(index, ZvecIndex) and self._is_erasing_due(erased_within):
            self._erasing = asyncio.get_running_loop().create_task(self._erase(index))

    def erase_soon(self) -> None:
        self._purges = -1

    async def stop(self) -> None:
        for task in (self._sweeping, self._erasing):
            if task is not None:
                task.cancel()
                await asyncio.wait([task], timeout=CLOSE_TIMEOUT_S)
        self._sweeping = self._erasing = None

    def _is_erasing_due(self, within: float) -> bool:
        """Tell whether the index is to be written anew: soon after a purge, or regularly."""
        if self._erasing is not None and not self._erasing.done():
            return False
        since = time.monotonic() - self._erased
        purged = self._purges != self._engine.purges
        return since >= DUE_SHARE * within or (purged and since >= max(MIN_INTERVAL_S, REST_FACTOR * self._took))

    async def _sweep(self, index: AnyIndex) -> None:
        self._swept, now = time.monotonic(), time.time()
        await index.sweep(now, now + self._engine.rules.ttl + MAX_CLOCK_SKEW_S)

    async def _sweep_or_warn(self, index: AnyIndex) -> None:
        try:
            await self._sweep(index)
        except StoreError as exc:
            logger.warning("%s (what has expired is not swept; it is tried again)", exc)
        except Exception:
            logger.exception("what has expired is not swept")

    async def _drop_orphans(self, index: ZvecIndex) -> None:
        """Delete vectors whose entries have gone: evicted, or purged by another proxy. An entry comes first."""
        store = None if (exact := self._engine.exact) is None else exact.port
        if not isinstance(store, RedisStore):
            return
        async for keys in index.key_pages():
            for start in range(0, len(keys), ORPHAN_BATCH_SIZE):
                await index.delete(await store.find_missing(keys[start : start + ORPHAN_BATCH_SIZE]))

    async def _erase(self, index: ZvecIndex) -> None:
        self._erased, self._purges = time.monotonic(), self._engine.purges
        try:
            await self._sweep(index)
            await self._drop_orphans(index)
            await index.erase()
        except StoreError as exc:
            self.erase_soon()
            logger.warning("vectors that were deleted may still be in the files: %s", exc)
        except Exception:
            logger.exception("vectors that were deleted may still be in the files")
        self._took = time.monotonic() - self._erased
