"""How long the event loop was held up: something that turns once a millisecond, and how late it was each time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

SCHEDSTAT = Path("/proc/thread-self/schedstat")  # of Linux: nanoseconds on a CPU, nanoseconds of waiting for one, …


class FairClock:
    """Seconds, for the thread that makes it: the clock stands still while the thread would run and gets no CPU.

    So what else the machine does is nobody's fault, and blocking and computing are. Where the system does not tell, it
    is a plain clock.
    """

    def __init__(self) -> None:
        self._file = os.open(SCHEDSTAT, os.O_RDONLY) if SCHEDSTAT.exists() else None

    def __call__(self) -> float:
        return time.monotonic() - self._waited()

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)

    def _waited(self) -> float:
        return 0.0 if self._file is None else int(os.pread(self._file, 100, 0).split()[1]) / 1e9


@contextlib.contextmanager
def fair_clock() -> Iterator[FairClock]:
    clock = FairClock()
    try:
        yield clock
    finally:
        clock.close()


@contextlib.asynccontextmanager
async def watched_loop() -> AsyncIterator[list[float]]:
    """Yield the seconds that each turn took, by a `FairClock`; the list grows while the block runs."""
    turns: list[float] = []

    async def tick() -> None:
        with fair_clock() as clock:
            while True:
                before = clock()
                await asyncio.sleep(0.001)
                turns.append(clock() - before)

    ticking = asyncio.create_task(tick())
    try:
        yield turns
    finally:
        ticking.cancel()
