"""What goes on in the background: kept, bounded, and waited for at the end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Hashable
from functools import partial
from typing import Any

from aicache.domain.ports import StoreError
from aicache.engine.fair_shares import Shares

logger = logging.getLogger(__name__)


class Tasks:
    """Background tasks, *most* at once, of one caller never all. *warn* is told when there would be more."""

    def __init__(self, most: int, warn: Callable[[], None]) -> None:
        self._shares, self._warn = Shares(most), warn
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, None], caller: Hashable | None = None) -> bool:
        """Run *work* in the background and keep its task; False (and a warning) when too much is under way."""
        if not self._shares.take(caller):
            work.close()
            self._warn()
            return False
        task = asyncio.get_running_loop().create_task(_top(work))
        self._tasks.add(task)
        task.add_done_callback(partial(self._done, caller))
        return True

    def _done(self, caller: Hashable | None, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._shares.leave(caller)

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
