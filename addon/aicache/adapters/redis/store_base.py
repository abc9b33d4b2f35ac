"""What all parts of the exact store use: its servers, the prefix and the kinds of its keys, and a way through them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from aicache.adapters.redis.server import Servers, prefix_pattern
from aicache.domain.ports import StoreError

EXPIRING_KINDS = ("e:", "m:", "n:", "c:", "a:")
"""What the names of values that expire begin with, after the prefix: entries, flags, blobs, counters, aliases."""
LEASE_KIND = "l:"
"""What the names of leases begin with, after the prefix (`aicache.adapters.redis.leases`)."""
SHARED_KIND = "k:"
"""What the names of values that never expire begin with, after the prefix."""
VECTOR_KIND = "v:"
"""What the names of an index's keys begin with, after the prefix (`aicache.adapters.vectors.redis_index`)."""
MAX_TIME_S = 1e12
"""Later times are stored as this one."""


class StoreBase:
    """The keys below *prefix* on these *servers*. What it writes is signed with *sign*, unless that is empty."""

    def __init__(self, servers: Servers, prefix: str, sign: bytes) -> None:
        self._servers = servers
        self._prefix = prefix
        self._sign = sign
        self._closed = False
        self.deleted = 0
        """Deletions, other than by expiry."""

    def __str__(self) -> str:
        """Return its URL without user and password."""
        return str(self._servers)

    @property
    def _open(self) -> Servers:
        """Return the servers. Raises StoreError once the store is closed."""
        if self._closed:
            raise StoreError(f"{self}: closed")
        return self._servers

    async def execute(self, *command: str | bytes | int) -> Any:
        """Return the reply to a command without a key. Not for clusters."""
        return await self._open.execute(*command)

    async def _scan_page(self, cursor: str, pattern: str) -> tuple[list[str], str]:
        """Return names, without the prefix, of some keys of this pattern, and the next cursor, as `Servers.scan`."""
        page, cursor = await self._open.scan(cursor, prefix_pattern(self._prefix) + pattern)
        return [key.decode("utf-8", "replace").removeprefix(self._prefix) for key in page], cursor

    async def _scan_all(self, pattern: str) -> AsyncIterator[list[str]]:
        """Yield the names, without the prefix, of all keys of this pattern, page by page; a name may come twice."""
        cursor = ""
        while True:
            names, cursor = await self._scan_page(cursor, pattern)
            yield names
            if not cursor:
                return
