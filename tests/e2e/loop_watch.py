"""A mitmproxy script of the tests' own: ten times a second it writes down how long the event loop was held up at most.

A line is the time (seconds, of the machine's monotonic clock) and the longest turn since the line before (seconds).
Where to is in the environment: LOOP_WATCH.
"""

import asyncio
import os
import time
from pathlib import Path

from stalls import watched_loop

EVERY = 0.1


class LoopWatch:
    def running(self) -> None:
        self._watching = asyncio.get_running_loop().create_task(self._watch())

    async def _watch(self) -> None:
        with Path(os.environ["LOOP_WATCH"]).open("w", encoding="utf-8", buffering=1) as file:  # noqa: ASYNC230
            async with watched_loop() as turns:
                while True:
                    await asyncio.sleep(EVERY)
                    file.write(f"{time.monotonic()} {max(turns, default=0.0)}\n")
                    turns.clear()


addons = [LoopWatch()]
