"""Questions that wait for a worker's thread at the same time, answered there by one call."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from aicache.adapters.worker import Worker

Question = TypeVar("Question")
Answer = TypeVar("Answer")


class _Batch(Generic[Question, Answer]):
    def __init__(self) -> None:
        self.questions: list[Question] = []
        self.answers: asyncio.Future[list[Answer | Exception]]


class Together(Generic[Question, Answer]):
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
        """Return its answer. Raises what *answer* raises or returns for it, and what `Worker.run` raises."""
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
        answer = (await asyncio.shield(batch.answers))[place]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _work(self, batch: _Batch[Question, Answer]) -> list[Answer | Exception]:
        with self._lock:
            if self._waiting is batch:
                self._waiting = None
        return self._answer(batch.questions)

    def _leave(self, batch: _Batch[Question, Answer], answers: asyncio.Future[list[Answer | Exception]]) -> None:
        if not answers.cancelled():
            answers.exception()  # one that nobody waits for any more is no news
        with self._lock:
            if self._waiting is batch:  # it was refused
                self._waiting = None
