"""Daemon threads for blocking libraries: one that runs calls in order, a pool of them, and one that coalesces calls.

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
from typing import Any, Generic, TypeVar

from aicache.domain.ports import StoreError

T = TypeVar("T")
Question = TypeVar("Question")
Answer = TypeVar("Answer")

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


class _Batch(Generic[Question, Answer]):
    def __init__(self) -> None:
        self.questions: list[Question] = []
        self.left: set[int] = set()
        """Places of those that nobody waits for any more."""
        self.answers: asyncio.Future[list[Answer | Exception | None]]


class CoalescingWorker(Generic[Question, Answer]):
    """Hands *answer*, on the worker's thread, whatever waits when that gets there: at most *most* questions at once.

    *answer* returns one answer a question, or an error that its asker alone is raised.
    """

    def __init__(self, worker: Worker, answer: Callable[[list[Question]], list[Answer | Exception]], most: int) -> None:
        self._worker = worker
        self._answer = answer
        self._most = most
        self._waiting: _Batch[Question, Answer] | None = None
        self._lock = threading.Lock()  # for what both threads do in a moment: to add to a batch, and to take it away

    async def ask(self, question: Question) -> Answer:
        """Return its answer. Raises what *answer* raises or returns for it, and what `Worker.run` raises.

        A caller that is cancelled takes its question with it unless its batch has begun.
        """
        with self._lock:
            batch = self._waiting
            is_new = batch is None or len(batch.questions) >= self._most
            if batch is None or is_new:
                batch = self._waiting = _Batch()
            place = len(batch.questions)
            batch.questions.append(question)
        if is_new:
            batch.answers = asyncio.ensure_future(self._worker.run(self._work, batch))
            batch.answers.add_done_callback(lambda answers: self._leave(batch, answers))
        try:
            answer = (await asyncio.shield(batch.answers))[place]
        except asyncio.CancelledError:
            batch.left.add(place)
            raise
        except StoreError as exc:
            raise type(exc)(*exc.args) from exc  # to each asker one of its own
        assert answer is not None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _work(self, batch: _Batch[Question, Answer]) -> list[Answer | Exception | None]:
        with self._lock:
            if self._waiting is batch:
                self._waiting = None
        places = [place for place in range(len(batch.questions)) if place not in batch.left]
        answers: list[Answer | Exception | None] = [None] * len(batch.questions)
        if places:
            found = self._answer([batch.questions[place] for place in places])
            for place, answer in zip(places, found, strict=True):
                answers[place] = answer
        return answers

    def _leave(self, batch: _Batch[Question, Answer], answers: asyncio.Future[list[Answer | Exception | None]]) -> None:
        if not answers.cancelled():
            answers.exception()  # one that nobody waits for any more is no news
        with self._lock:
            if self._waiting is batch:  # it was refused
                self._waiting = None
