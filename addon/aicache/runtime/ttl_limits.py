"""Limits the time to live of stored values after the clock has jumped: the server expires them by its own clock."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from aicache.adapters.redis.store import RedisStore
from aicache.domain.ports import StoreError
from aicache.domain.store_ports import ACCOUNT_KEPT_S, ACCOUNT_PREFIX
from aicache.engine.credential_status import REFUSED_TTL_S
from aicache.engine.refilling import DONE_PREFIX, MODEL_BLOB, NOTED_S
from aicache.engine.traffic_segments import SEGMENT_PREFIX, SEGMENT_TTL_S
from aicache.runtime.clock_jumps import ClockJumps

logger = logging.getLogger(__name__)


def max_ttl(name: str, ttl: float, kept: float = 0.0) -> float:
    """Return the longest life, in seconds, of what has this name in the store (``e:…`` and so on).

    Entries are *kept* for so long after their expiry.
    """
    match name[:2]:
        case "e:":
            return ttl + kept
        case "a:":
            return ttl
        case "m:" if not name.startswith(f"m:{SEGMENT_PREFIX}"):
            return max(ttl, REFUSED_TTL_S)
        case "c:" if name.startswith(f"c:{ACCOUNT_PREFIX}"):
            return ACCOUNT_KEPT_S
        case "n:" if name[2:].startswith((MODEL_BLOB, DONE_PREFIX)):
            return max(ttl, NOTED_S)
        case _:
            return max(ttl, SEGMENT_TTL_S)


class TTLLimits:
    """Watches the clock, and shortens the values of a store in a task of its own."""

    def __init__(self) -> None:
        self._clock_jumps = ClockJumps()
        self._shortening: asyncio.Task[None] | None = None

    async def apply_if_clock_jumped(self, store: RedisStore, max_ttl: Callable[[str], float]) -> None:
        """Begin to shorten what would outlive its limit; *max_ttl* is as for `RedisStore.shorten`."""
        if self._clock_jumps.jumped():
            await self.cancel()
            self._shortening = asyncio.get_running_loop().create_task(self._shorten(store, max_ttl))

    def store_changed(self) -> None:
        """Check the next store, too: the clock may have jumped before it was in use."""
        self._clock_jumps.reset()

    async def cancel(self) -> None:
        if self._shortening is not None:
            self._shortening.cancel()
            await asyncio.wait([self._shortening])
            self._shortening = None

    async def _shorten(self, store: RedisStore, max_ttl: Callable[[str], float]) -> None:
        try:
            if count := await store.shorten(max_ttl):
                logger.info("%s: %d entries and notes would have outlived exact.ttl, and are shortened", store, count)
        except StoreError as exc:
            self._clock_jumps.reset()  # it is done again
            logger.debug("%s", exc)
        except Exception:
            logger.exception("entries may outlive exact.ttl")
