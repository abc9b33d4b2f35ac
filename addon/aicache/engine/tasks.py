"""What goes on in the background: kept, bounded, and waited for at the end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from aicache.ports import StoreError

logger = logging.getLogger(__name__)


class Tasks:
    """Background tasks, *most* at once. *warn* is told when there would be more."""

    def __init__(self, most: int, warn: Callable[[], None]) -> None:
        self._most, self._warn = most, warn
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> bool:
        """Run *work* in the background and keep its task; False (and a warning) when too much is under way."""
        if len(self._tasks) >= self._most:
            work.close()
            self._warn()
            return False
        task = asyncio.get_running_loop().create_task(_top(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    def __len__(self) -> int:
        return len(self._tasks)

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
