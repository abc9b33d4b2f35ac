"""Packs and unpacks large entries in threads, and keeps the order of the changes of each key meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from aicache.adapters.threads import Worker
from aicache.domain.ports import StoreError

LARGE_BYTES = 512 * 1024
"""Size from which an entry is large. To pack one of 512 kB takes 1 to 4 ms, of 4 MB 26 to 55, of 16 MB up to 220; to
unpack it a third of that."""
MAX_TIMEOUT_SHARE = 0.6
"""Part of a look-up's time for a read that unpacking may take."""
CLOSE_TIMEOUT_S = 1.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SizeLimit:
    """The most bytes that an entry may take, and why so."""

    most: int
    why: str


class LargeValues:
    """A thread that packs and one that unpacks, large values one after the other: each takes memory three times."""

    def __init__(self) -> None:
        self._packing, self._unpacking = Worker("ai-cache-packing"), Worker("ai-cache-unpacking")
        self._under_way: dict[str, asyncio.Event] = {}  # by the key whose large entry is being written

    async def pack(self, fn: Callable[..., T], *args: Any) -> T:
        """Return ``fn(*args)``, called in the thread that packs."""
        return await self._packing.run(fn, *args)

    async def unpack(self, fn: Callable[..., T], *args: Any) -> T:
        """Do the same in the other thread: who reads does not wait for what is written."""
        return await self._unpacking.run(fn, *args)

    @contextlib.asynccontextmanager
    async def turn(self, key: str) -> AsyncIterator[None]:
        """Have later changes of a key wait in `wait` until its large entry is written, on whichever connection."""
        await self.wait([key])
        done = self._under_way[key] = asyncio.Event()
        try:
            yield
        finally:
            del self._under_way[key]
            done.set()

    async def wait(self, keys: Iterable[str]) -> None:
        """Wait for the large entries of these keys that are being written."""
        if self._under_way:
            for key in keys:
                while (event := self._under_way.get(key)) is not None:
                    await event.wait()

    async def close(self) -> None:
        for worker in (self._packing, self._unpacking):
            with contextlib.suppress(StoreError):
                await worker.close(within=CLOSE_TIMEOUT_S)
