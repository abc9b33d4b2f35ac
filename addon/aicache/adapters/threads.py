"""One daemon thread that runs blocking calls in order, for libraries that block or must not be called twice at once.

Not `concurrent.futures`: its threads are joined at exit, so one hung native call would keep the interpreter alive.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from aicache.domain.ports import StoreError

T = TypeVar("T")

SWITCH = 0.0005
"""Seconds after which a thread may have the interpreter's lock that another computes under. Python's own 0.005 are
longer than most calls here take: beside a busy event loop a search of 2 ms took 7."""


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    fn: Callable[..., Any]
    args: tuple[Any, ...]
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Any]

    def run(self) -> None:
        if self.answer.cancelled():
            return
        try:
            result, error = self.fn(*self.args), None
        except BaseException as exc:
            # What ends a program, or an iterator, is no answer to whoever awaits this one.
            plain = isinstance(exc, Exception) and not isinstance(exc, StopIteration)
            result, error = None, exc if plain else RuntimeError(type(exc).__name__)
        # A closed loop has nobody left who waits.
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(_answer, self.answer, result, error)


def _answer(future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


class Worker:
    """A thread called *name*, started by the first call. What a call raises is raised to its caller."""

    def __init__(self, name: str, *, max_waiting: int = 256) -> None:
        self._name = name
        self._max_waiting = max_waiting
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False

    async def run(self, fn: Callable[..., T], *args: Any) -> T:
        """Return ``fn(*args)``, called on the thread after all calls that came before.

        A caller that is cancelled takes its call with it unless it has begun; its place in the queue stays taken until
        the thread gets there. So behind a hung call the queue fills, and from then on callers are refused at once.

        Raises StoreError when *max_waiting* calls wait, or after `close`.
        """
        if self._closed:
            raise StoreError(f"{self._name}: closed")
        if self._jobs.qsize() >= self._max_waiting:
            raise StoreError(f"{self._name}: {self._max_waiting} calls wait already")
        return await self._put(fn, *args)

    async def close(self, last: Callable[[], None] | None = None, *, within: float = 5.0) -> None:
        """Refuse new calls, let the waiting ones finish, then call *last* on the thread and end it.

        Raises StoreError when that takes longer than *within* seconds; the thread, being a daemon, is then left behind.
        """
        if self._closed:
            return
        self._closed = True
        if self._thread is None and last is None:
            return
        done = self._put(last or (lambda: None))
        self._jobs.put(None)
        try:
            async with asyncio.timeout(within):
                await done
        except TimeoutError as exc:
            raise StoreError(f"{self._name}: not finished within {within:g} s") from exc

    def _put(self, fn: Callable[..., T], *args: Any) -> asyncio.Future[T]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._jobs.put(_Job(fn, args, loop, answer))
        if self._thread is None:
            sys.setswitchinterval(min(sys.getswitchinterval(), SWITCH))
            self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
            self._thread.start()
        return answer

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job.run()
            # Or the last call's arguments and answer would live until the next call.
            del job
