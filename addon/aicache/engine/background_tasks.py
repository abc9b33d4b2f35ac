"""Background tasks of the engine: kept, limited in number, and waited for at the end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Hashable
from functools import partial
from typing import Any

from aicache.domain.ports import StoreError
from aicache.engine.fair_shares import FairShares

logger = logging.getLogger(__name__)


class BackgroundTasks:
    """Runs at most *max_tasks* tasks at once, never all for one caller. *on_full* is called for each one it refuses."""

    def __init__(self, max_tasks: int, on_full: Callable[[], None]) -> None:
        self._shares, self._on_full = FairShares(max_tasks), on_full
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, None], caller: Hashable | None = None) -> bool:
        """Run *work* in the background; False when there are too many tasks."""
        if not self._shares.acquire(caller):
            work.close()
            self._on_full()
            return False
        task = asyncio.get_running_loop().create_task(_run(work))
        self._tasks.add(task)
        task.add_done_callback(partial(self._done, caller))
        return True

    def _done(self, caller: Hashable | None, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._shares.release(caller)

    def __len__(self) -> int:
        return len(self._tasks)

    async def drain(self, within: float) -> None:
        """Wait at most *within* seconds for the tasks under way, and cancel the rest."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=within)
            for task in late:
                task.cancel()


async def _run(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except StoreError as exc:
        logger.debug("%s", exc)
    except Exception:
        logger.exception("a background task failed")
