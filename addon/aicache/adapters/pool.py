"""A few daemon threads over one queue, for SDKs that wait for a network: a call blocks one thread, never the loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from aicache.adapters.threads import Worker

T = TypeVar("T")


class Pool(Worker):
    """A Worker with up to *threads* threads: as many calls run at once, and they end in any order."""

    def __init__(self, name: str, threads: int, *, max_waiting: int = 256) -> None:
        super().__init__(name, max_waiting=max_waiting)
        self._to_start = threads - 1  # the first is started by Worker

    def _put(self, fn: Callable[..., T], *args: Any) -> asyncio.Future[T]:
        answer = super()._put(fn, *args)
        while self._to_start:
            name = f"{self._name}-{self._to_start}"
            self._to_start -= 1
            threading.Thread(target=self._work, name=name, daemon=True).start()
        return answer

    def _work(self) -> None:
        super()._work()
        self._jobs.put(None)  # the mark that ended this thread ends the next
