"""Daemon threads for blocking libraries: a worker that runs calls in order, a pool, and a worker that coalesces calls.

Not `concurrent.futures`: its threads are joined at exit, so one hung native call would keep the interpreter alive.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from aicache.domain.ports import StoreError

T = TypeVar("T")
Item = TypeVar("Item")
Result = TypeVar("Result")

SWITCH_INTERVAL_S = 0.0005
"""Time after which a thread may take the GIL from another that computes. Python's own 0.005 is longer than most calls
here take: beside a busy event loop a search of 2 ms took 7."""


class _Outcome(Protocol):
    """What a call's result or error is given to, on the event loop: a future, or what stands for several."""

    def cancelled(self) -> bool:
        """Tell whether nobody waits for it any more; called on the thread."""

    def done(self) -> bool: ...

    def set_result(self, result: Any, /) -> None: ...

    def set_exception(self, error: BaseException, /) -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """A call for a thread."""

    fn: Callable[..., Any]
    args: tuple[Any, ...]
    may_take: float
    """Seconds, for who looks for calls that hang."""
    loop: asyncio.AbstractEventLoop
    outcome: _Outcome

    @property
    def name(self) -> str:
        return getattr(self.fn, "__name__", "").strip("_")

    def run(self) -> None:
        if self.outcome.cancelled():
            return
        try:
            result, error = self.fn(*self.args), None
        except BaseException as exc:
            # SystemExit, KeyboardInterrupt and StopIteration must not be raised where a result is awaited.
            plain = isinstance(exc, Exception) and not isinstance(exc, StopIteration)
            result, error = None, exc if plain else RuntimeError(type(exc).__name__)
        # RuntimeError: the loop is closed, and with it the caller is gone.
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(_settle, self.outcome, result, error)


def _settle(outcome: _Outcome, result: Any, error: BaseException | None) -> None:
    if outcome.done():
        return
    if error is None:
        outcome.set_result(result)
    else:
        outcome.set_exception(error)


class Worker:
    """A thread called *name*, started by the first call. A call's error is raised to its caller."""

    def __init__(self, name: str, *, max_waiting: int = 256) -> None:
        self.name = name
        self._max_waiting = max_waiting
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self.running: Job | None = None
        """The call that the thread is in; of several threads, one of them."""
        self._closed = False

    async def run(self, fn: Callable[..., T], *args: Any, may_take: float = 0.0) -> T:
        """Return ``fn(*args)``, called on the thread after all earlier calls; *may_take* is `Job.may_take`.

        The call of a canceled caller is skipped unless it has begun, but its place in the queue stays taken until the
        thread gets there. So behind a hung call the queue fills, and from then on callers are refused at once.

        Raises StoreError when *max_waiting* calls wait, after `close`, and where no thread can be started.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.begin(future, fn, *args, may_take=may_take)
        return await future

    def begin(self, outcome: _Outcome, fn: Callable[..., T], *args: Any, may_take: float = 0.0) -> None:
        """Do as `run`, and give what it would return or raise to *outcome*."""
        if self._closed:
            raise StoreError(f"{self.name}: closed")
        if self._jobs.qsize() >= self._max_waiting:
            raise StoreError(f"{self.name}: {self._max_waiting} calls are waiting already")
        self._put(outcome, fn, *args, may_take=may_take)

    async def close(self, last: Callable[[], None] | None = None, *, within: float = 5.0) -> None:
        """Refuse new calls, let the waiting ones finish, then call *last* on the thread and end it.

        Raises StoreError when that takes longer than *within* seconds; the thread, being a daemon, is then left behind.
        """
        if self._closed:
            return
        self._closed = True
        if self._thread is None and last is None:
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._put(done, last or (lambda: None))
        self._jobs.put(None)
        try:
            async with asyncio.timeout(within):
                await done
        except TimeoutError as exc:
            raise StoreError(f"{self.name}: not finished within {within:g} s") from exc

    def _put(self, outcome: _Outcome, fn: Callable[..., Any], *args: Any, may_take: float = 0.0) -> None:
        if self._thread is None:
            sys.setswitchinterval(min(sys.getswitchinterval(), SWITCH_INTERVAL_S))
            self._thread = self._start_thread(self.name)
        self._jobs.put(Job(fn, args, may_take, asyncio.get_running_loop(), outcome))

    def _start_thread(self, name: str) -> threading.Thread:
        """Raise StoreError where the system gives this process no further thread."""
        thread = threading.Thread(target=self._work, name=name, daemon=True)
        try:
            thread.start()
        except RuntimeError as exc:
            raise StoreError(f"{self.name}: a thread cannot be started") from exc
        return thread

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            self.running = job
            job.run()
            self.running = None
            # Or the last call's arguments and result would live until the next call.
            del job


class Pool(Worker):
    """A Worker with up to *threads* threads: that many calls run at once, and they end in any order."""

    def __init__(self, name: str, threads: int, *, max_waiting: int = 256) -> None:
        super().__init__(name, max_waiting=max_waiting)
        self._to_start = threads - 1  # the first is started by Worker

    def _put(self, outcome: _Outcome, fn: Callable[..., Any], *args: Any, may_take: float = 0.0) -> None:
        super()._put(outcome, fn, *args, may_take=may_take)
        with contextlib.suppress(StoreError):  # then the others do its work
            while self._to_start:
                self._start_thread(f"{self.name}-{self._to_start}")
                self._to_start -= 1

    def _work(self) -> None:
        super()._work()
        self._jobs.put(None)  # the sentinel that ended this thread ends the next


class _Batch(Generic[Item, Result]):
    """Items that wait for the thread, and a future for each. It is the `_Outcome` of the call that processes them."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.futures: list[asyncio.Future[Result]] = []

    def cancelled(self) -> bool:
        return False  # the call must begin: from then on items go into another batch

    def done(self) -> bool:
        return False

    def set_result(self, results: Sequence[Result | Exception | None]) -> None:
        for future, result in zip(self.futures, results, strict=True):
            if future.done():  # its caller was canceled
                continue
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                assert result is not None
                future.set_result(result)

    def set_exception(self, error: BaseException) -> None:
        for future in self.futures:
            if not future.done():  # a separate error for each caller
                future.set_exception(type(error)(*error.args) if isinstance(error, StoreError) else error)


class CoalescingWorker(Generic[Item, Result]):
    """Passes *process*, on the worker's thread, all items that wait when the thread gets there, at most *max_batch*.

    *process* returns one result for each item, or an error to be raised to its caller alone.
    """

    def __init__(
        self, worker: Worker, process: Callable[[list[Item]], list[Result | Exception]], max_batch: int
    ) -> None:
        self._worker = worker
        self._process = process
        self._max_batch = max_batch
        self._waiting: _Batch[Item, Result] | None = None
        self._lock = threading.Lock()  # both threads hold it only for a moment: to add to a batch, and to take it

    async def submit(self, item: Item) -> Result:
        """Return the result of *item*. Raises what *process* raises or returns for it, and what `Worker.run` raises.

        A caller that is canceled withdraws its item unless its batch has begun.
        """
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        with self._lock:
            batch = self._waiting
            is_new = batch is None or len(batch.items) >= self._max_batch
            if batch is None or is_new:
                batch = self._waiting = _Batch()
            batch.items.append(item)
            batch.futures.append(future)
        if is_new:
            try:
                self._worker.begin(batch, self._run, batch)
            except StoreError:
                self._take(batch)
                raise
        return await future

    def _run(self, batch: _Batch[Item, Result]) -> list[Result | Exception | None]:
        self._take(batch)
        positions = [position for position, future in enumerate(batch.futures) if not future.done()]
        results: list[Result | Exception | None] = [None] * len(batch.items)
        if positions:
            processed = self._process([batch.items[position] for position in positions])
            for position, result in zip(positions, processed, strict=True):
                results[position] = result
        return results

    def _take(self, batch: _Batch[Item, Result]) -> None:
        """Let no more items be added to a batch."""
        with self._lock:
            if self._waiting is batch:
                self._waiting = None
