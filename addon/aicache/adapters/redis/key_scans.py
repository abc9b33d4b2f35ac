"""What maintenance does with many keys at once: finds those that are there or gone, and shortens their lives.

Commands: SCAN, EXISTS, PTTL, PEXPIRE, UNLINK.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from aicache.adapters.redis.server import Command, check_replies
from aicache.adapters.redis.store_base import EXPIRING_KINDS, StoreBase
from aicache.domain.model import MAX_CLOCK_SKEW_S, PINNED

SHORTEN_BATCH_SIZE = 500
EXISTS_BATCH_SIZE = 64
PINNED_TOLERANCE_S = 86400.0 * 366
"""A value that expires this long before `PINNED`, or later, counts as pinned."""


class RedisScans(StoreBase):
    """The part of the exact store for maintenance; no look-up uses it."""

    async def scan(self, cursor: str = "") -> tuple[list[str], str]:
        names, cursor = await self._scan_page(cursor, "e:*")
        return [name[2:] for name in names], cursor

    async def delete_aliases(self) -> None:
        async for names in self._scan_all("a:*"):
            if names:
                self.deleted += 1
                await self._open.unlink([self._prefix + name for name in names])

    async def find_missing(self, keys: Sequence[str]) -> list[str]:
        """Return the keys that have no entry."""
        missing: list[str] = []
        # A cluster refuses commands with keys of several slots.
        size = EXISTS_BATCH_SIZE if self._servers.connect is not None else 1
        for start in range(0, len(keys), size):
            batch = keys[start : start + size]
            if await self._count_existing(batch) < len(batch):
                missing += [key for key in batch if not await self._count_existing([key])]
        return missing

    async def _count_existing(self, keys: Sequence[str]) -> int:
        return int(await self._open.execute("EXISTS", *(self._prefix + "e:" + key for key in keys)))

    async def shorten(self, max_ttl: Callable[[str], float]) -> int:
        """Limit the remaining TTL of each value to *max_ttl* of its name, in seconds; return how many were longer.

        Names are ``e:…``, ``m:…``, ``n:…``, ``c:…`` and ``a:…``. Pinned values stay as they are. The server expires
        values by its own clock: one stored while that was ahead stays longer than this, by as much as it was ahead.
        """
        count = 0
        async for names in self._scan_all("?:*"):
            ours = [name for name in names if name[:2] in EXPIRING_KINDS]
            for start in range(0, len(ours), SHORTEN_BATCH_SIZE):
                batch = {self._prefix + name: max_ttl(name) for name in ours[start : start + SHORTEN_BATCH_SIZE]}
                count += await self._shorten(batch)
        return count

    async def _shorten(self, max_ttls: Mapping[str, float]) -> int:
        """Limit the remaining TTL of some keys, in seconds; return how many were longer."""
        ttls = check_replies(await self._open.execute_all([("PTTL", key) for key in max_ttls]))
        latest = (PINNED - PINNED_TOLERANCE_S - time.time()) * 1000
        shortening: list[Command] = [
            ("PEXPIRE", key, int(seconds * 1000))
            for (key, seconds), ttl in zip(max_ttls.items(), ttls, strict=True)
            if isinstance(ttl, int) and (seconds + MAX_CLOCK_SKEW_S) * 1000 < ttl <= latest
        ]
        if shortening:
            check_replies(await self._open.execute_all(shortening))
        return len(shortening)
