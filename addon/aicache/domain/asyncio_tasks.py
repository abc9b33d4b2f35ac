"""Background tasks of one object. Ignores their exceptions, and limits neither their number nor their duration."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


class TaskSet:
    """Tasks, each kept until it is done: the event loop itself holds only weak references to them.

    https://docs.python.org/3/library/asyncio-task.html#asyncio.create_task
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run *work* in a task on the running loop."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def cancel(self) -> None:
        for task in [*self._tasks]:
            task.cancel()

    async def cancel_and_wait(self) -> None:
        """Cancel all tasks and return when they are done."""
        self.cancel()
        await self.wait()

    async def wait(self) -> None:
        """Return when all tasks that exist now are done."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
