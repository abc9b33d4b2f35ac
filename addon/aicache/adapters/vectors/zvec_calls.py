"""Calls on the thread of a zvec folder: each has a time limit, and there is none while one hangs."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from aicache.adapters.damaged_files import find_obstacle
from aicache.adapters.errors import time_limit
from aicache.adapters.hung_calls import HungCalls
from aicache.adapters.threads import Worker
from aicache.adapters.vectors.zvec_folder import ZvecFolder
from aicache.domain.loop_time import loop_timeout
from aicache.domain.ports import StoreError

logger = logging.getLogger(__name__)

T = TypeVar("T")

HANGS = "zvec: a call hangs"
"""The error of every operation while that is so."""
MAX_FAILURES = 3
"""Consecutive errors of zvec in one kind of call before the folder is suspected."""


class ZvecCalls:
    """Runs calls on the *worker* of a *folder*, for *timeout* seconds unless they may take longer."""

    def __init__(self, folder: ZvecFolder, worker: Worker, hung: HungCalls, timeout: float) -> None:
        self._folder, self._worker, self._hung, self._timeout = folder, worker, hung, timeout
        self._failures: dict[str, int] = {}  # consecutive ones, by the name of the call

    async def run(self, fn: Callable[..., T], *args: Any, within: float | None = None) -> T:
        """Return ``fn(*args)``, called on the thread of the folder, within a time limit. Raises StoreError."""
        self.check_hung()
        name, seconds = fn.__name__.strip("_"), within or self._timeout
        result = await self.wait(self._worker.run(fn, *args, may_take=seconds), name, seconds)
        self._failures.pop(name, None)
        return result

    def check_hung(self) -> None:
        """Raise StoreError at once, also where memory could answer: what was deleted since may still be there."""
        if self._hung.any_hangs:
            raise StoreError(HANGS)

    async def wait(self, result: Awaitable[T], name: str, seconds: float | None = None) -> T:
        """Wait for the result of a call of this name, within a time limit. Raises StoreError."""
        seconds = seconds or self._timeout
        async with time_limit(loop_timeout(seconds), seconds, "zvec"):
            try:
                return await result
            except (StoreError, TimeoutError):
                raise
            except Exception as exc:  # zvec raises RuntimeError, ValueError and more, without a base of its own
                self._failures[name] = self._failures.get(name, 0) + 1
                raise StoreError(f"zvec: {type(exc).__name__} in {name}") from exc

    def find_problem(self) -> str | None:
        """Return why the folder must be opened again; None when it need not be. To be called on its thread."""
        if self._folder.is_gone():
            return "its files were removed or replaced"
        failing = [name for name, count in self._failures.items() if count >= MAX_FAILURES]
        if not failing:
            return None
        self._failures.clear()  # or it would be reported at every call
        if (obstacle := find_obstacle(self._folder.path)) is not None:
            logger.debug("zvec: errors in %s, and the folder cannot be used: %s", failing, obstacle)
            return None
        return f"it fails again and again in {', '.join(failing)}"
