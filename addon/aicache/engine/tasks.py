"""What goes on in the background: kept, bounded, and waited for at the end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from aicache.ports import StoreError

logger = logging.getLogger(__name__)

MAX_WRITES = 256  # tasks under way at once; beyond that answers are not kept


class Tasks:
    """Background tasks. *warn* is told, in words, when there are too many."""

    def __init__(self, warn: Callable[[str], None]) -> None:
        self._warn = warn
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> bool:
        """Run *work* in the background and keep its task; False (and a warning) when too much is under way."""
        if len(self._tasks) >= MAX_WRITES:
            work.close()
            self._warn(f"{MAX_WRITES} stores are under way, more are dropped")
            return False
        task = asyncio.get_running_loop().create_task(_top(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def drain(self, within: float) -> None:
        """Wait for those under way, at most *within* seconds; the rest is dropped."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=within)
            for task in late:
                task.cancel()


async def _top(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except StoreError as exc:
        logger.debug("%s", exc)
    except Exception:
        logger.exception("a background task failed")
