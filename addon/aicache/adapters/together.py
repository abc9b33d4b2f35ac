"""Questions that wait for a worker's thread at the same time, answered there by one call."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from aicache.adapters.threads import Worker
from aicache.domain.ports import StoreError

Question = TypeVar("Question")
Answer = TypeVar("Answer")


class _Batch(Generic[Question, Answer]):
    def __init__(self) -> None:
        self.questions: list[Question] = []
        self.left: set[int] = set()
        """Places of those that nobody waits for any more."""
        self.answers: asyncio.Future[list[Answer | Exception | None]]


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
