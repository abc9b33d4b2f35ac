"""The store of one replay, on the recorded clock. The user's own store is neither read nor written."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace

from aicache.adapters.memory import MemoryStore
from aicache.domain.model import Entry


class DiskBackedStore(MemoryStore):
    """A MemoryStore with the bodies of entries in a temporary file, since a recording may be larger than memory."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        super().__init__(clock)
        self._bodies = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the store
        self._spans: dict[str, tuple[int, int]] = {}

    async def get(self, key: str) -> Entry | None:
        if (entry := await super().get(key)) is None:
            await self.delete([key])
            return None
        start, size = self._spans[key]
        self._bodies.seek(start)
        return replace(entry, body=self._bodies.read(size))

    async def put(self, entry: Entry) -> None:
        start = self._bodies.seek(0, 2)
        self._bodies.write(entry.body)
        self._spans[entry.key] = start, len(entry.body)
        await super().put(replace(entry, body=b""))

    async def close(self) -> None:
        self._bodies.close()
