"""Notices calls of blocking libraries that do not return. Such a call cannot be ended, only the process can."""

from __future__ import annotations

import asyncio
import atexit
import signal
from collections.abc import Callable, Sequence

from aicache.adapters.threads import Worker

HUNG_AFTER_S = 60.0
"""Time after which a call counts as hung, unless it may take long."""
LONG_CALL_FACTOR = 3
"""A call that may take long hangs after so many times that: on a slow disk it is late, and would be again after the end
of this process."""
LOOK_INTERVAL_S = 5.0
END_WITHIN_S = 5.0
"""Time that the interpreter's end may take with a hung call: a library may wait for its threads when it is unloaded."""


class HungCalls:
    """Looks at what *workers* are doing, and calls *on_hung* with a text about each call that hangs."""

    def __init__(self, workers: Sequence[Worker], on_hung: Callable[[str], None]) -> None:
        self._workers, self._on_hung = workers, on_hung
        self._seen: list[object] = [None] * len(workers)
        self._looks = [0] * len(workers)
        self._hung: list[object] = [None] * len(workers)
        self._has_hung = False

    @property
    def any_hangs(self) -> bool:
        """Whether a call hangs that has not returned since."""
        if not self._has_hung:
            return False
        pairs = zip(self._workers, self._hung, strict=True)
        return any(hung is not None and worker.running is hung for worker, hung in pairs)

    async def watch(self) -> None:
        """Look every `LOOK_INTERVAL_S` seconds until canceled."""
        while True:
            await asyncio.sleep(LOOK_INTERVAL_S)
            self.look()

    def look(self) -> None:
        """Count how often each call was seen. Not its time: that runs on while the whole process is paused."""
        for place, worker in enumerate(self._workers):
            running = worker.running
            self._looks[place] = self._looks[place] + 1 if running is self._seen[place] else 0
            self._seen[place] = running
            if running is None or running is self._hung[place]:
                continue
            seconds = self._looks[place] * LOOK_INTERVAL_S
            if seconds >= max(HUNG_AFTER_S, LONG_CALL_FACTOR * running.may_take):
                self._hung[place], self._has_hung = running, True
                atexit.register(_end_soon, self)
                self._on_hung(f"the call {running.name} of {worker.name} has not returned for {seconds:.0f} s")


def _end_soon(calls: HungCalls) -> None:
    """Have the kernel end this process in `END_WITHIN_S` seconds, if a call hangs and it has not ended by then."""
    if calls.any_hangs and hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, END_WITHIN_S)
