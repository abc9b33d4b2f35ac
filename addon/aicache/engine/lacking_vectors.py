"""Notes in the store that answers were stored without their vectors, for the proxy that refills the index."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

import msgspec

from aicache.domain.asyncio_tasks import TaskSet
from aicache.domain.ports import StoreError
from aicache.engine.backends import Backends

BLOB = "vectors-lacking"
"""Unix time at which an answer was last stored without its vector, by whichever proxy."""
NOTE_INTERVAL_S = 60.0
"""Least time between two notes."""
NOTED_S = 7 * 86400.0
"""How long a note is kept."""


class LackingVectors:
    """Nothing is written before `start` and after `stop`; what is noted then is written after the next `start`."""

    def __init__(self, backends: Backends, clock: Callable[[], float] = time.time) -> None:
        self._backends, self._clock = backends, clock
        self._tasks = TaskSet()
        self._started = self._pending = False
        self._noted = asyncio.Event()

    def note(self) -> None:
        """Note soon that an answer has no vector."""
        self._pending = True
        if self._started and not len(self._tasks):
            self._tasks.spawn(self._write())

    def start(self) -> None:
        self._started = True
        if self._pending:
            self.note()

    async def stop(self) -> None:
        self._started = False
        await self._tasks.cancel_and_wait()

    async def wait(self, within: float) -> None:
        """Wait until this process has noted something, for so many seconds at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._noted.wait()
        self._noted.clear()

    async def _write(self) -> None:
        while self._pending:
            self._pending = False
            try:
                if (store := self._backends.exact) is None:
                    raise StoreError("exact store: it is not in use")
                now = self._clock()
                await store.put_blob(BLOB, msgspec.json.encode(now), now + NOTED_S)
                self._noted.set()
            except StoreError:
                self._pending = True
            await asyncio.sleep(NOTE_INTERVAL_S)
