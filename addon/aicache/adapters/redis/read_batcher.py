"""Collects the reads of one turn of the event loop, which then travel together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

from aicache.domain.asyncio_tasks import TaskSet
from aicache.domain.ports import StoreError

_Waiter: TypeAlias = "asyncio.Future[Any]"


class ReadBatcher:
    """*group* splits names into those that travel and fail together; *fetch* returns a value or StoreError for each,
    or a task that returns it, which no other read waits for.

    *closed* is the error of reads whose task is canceled.

    Sixty-four GETs sent as one MGET take a fifth of the CPU of as many GETs.
    """

    def __init__(
        self,
        group: Callable[[Sequence[str]], Collection[Sequence[str]]],
        fetch: Callable[[Sequence[str]], Awaitable[Sequence[Any]]],
        tasks: TaskSet,
        closed: str,
    ) -> None:
        self._group, self._fetch, self._tasks, self._closed = group, fetch, tasks, closed
        self._waiting: dict[str, list[_Waiter]] = {}

    async def read(self, name: str) -> Any:
        return await self.begin(name)

    def begin(self, name: str) -> _Waiter:
        """Return the future of a read that travels with the others of this turn; its StoreError must be fetched."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._send)
        waiter: _Waiter = loop.create_future()
        self._waiting.setdefault(name, []).append(waiter)
        return waiter

    def _send(self) -> None:
        waiting, self._waiting = self._waiting, {}
        groups = self._group(list(waiting))
        for group in groups:
            share = waiting if len(groups) == 1 else {name: waiting[name] for name in group}
            self._tasks.spawn(self._answer(share))

    async def _answer(self, waiting: Mapping[str, Sequence[_Waiter]]) -> None:
        found: Sequence[Any] = [StoreError(self._closed)] * len(waiting)
        try:
            found = await self._fetch(list(waiting))
        except StoreError as exc:
            found = [exc] * len(waiting)
        finally:
            for each, waiters in zip(found, waiting.values(), strict=True):
                if isinstance(each, asyncio.Task):
                    each.add_done_callback(partial(self._on_done, waiters))
                else:
                    _settle(waiters, each)

    def _on_done(self, waiters: Sequence[_Waiter], task: asyncio.Task[Any]) -> None:
        failed = task.cancelled() or task.exception() is not None
        _settle(waiters, StoreError(self._closed) if failed else task.result())


def _settle(waiters: Sequence[_Waiter], value: Any) -> None:
    for waiter in waiters:
        if waiter.done():  # its caller was canceled
            continue
        if isinstance(value, StoreError):
            waiter.set_exception(type(value)(*value.args))
        else:
            waiter.set_result(value)
