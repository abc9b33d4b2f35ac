"""Many callers' texts as few batches: gathers what is asked at nearly the same time. Knows no model and no network."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from hashlib import blake2b
from typing import TypeAlias

from aicache.domain.model import Vector
from aicache.domain.ports import Purpose, StoreError

MAX_WAITING = 512
"""Texts; when so many wait, callers are refused at once."""

REMEMBERED = 8 * 1024**2
"""Bytes of vectors that are kept: four thousand of the local model's."""

Send: TypeAlias = Callable[[list[str], Purpose], Awaitable[Sequence[Vector | None]]]
"""Texts to one L2-normalised row each, in order; None for a text without a direction. Raises StoreError."""


_Asked: TypeAlias = tuple[str, Purpose, str]
"""A text, what for, and the partition that shares its vector."""


class RejectedError(StoreError):
    """These texts will not be taken as they are; each of them alone may be."""


class Remembered:
    """The vectors asked for last, within `REMEMBERED` bytes, by a digest of their texts and for whom they were."""

    def __init__(self) -> None:
        self._rows: OrderedDict[bytes, Vector] = OrderedDict()
        self._size = 0

    def get(self, asked: _Asked) -> Vector | None:
        key = _digest(asked)
        if (row := self._rows.get(key)) is not None:
            self._rows.move_to_end(key)
        return row

    def put(self, asked: _Asked, row: Vector) -> None:
        key = _digest(asked)
        self._size += row.nbytes - (self._rows[key].nbytes if key in self._rows else 0)
        self._rows[key] = row.copy()  # a row may hold on to the whole batch it came in
        self._rows.move_to_end(key)
        while self._size > REMEMBERED:
            self._size -= self._rows.popitem(last=False)[1].nbytes

    def clear(self) -> None:
        self._rows.clear()
        self._size = 0


def _digest(asked: _Asked) -> bytes:
    text, purpose, partition = asked
    said = f"{len(partition)} {partition} {purpose} {text}"
    return blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Batcher:
    """Sends texts in batches of one purpose; not one that is on its way already, nor one whose vector is remembered.

    Both within a partition alone: that a text is on its way for one caller, or was, may not show in another's time.

    A batch leaves *gather* seconds after its first text, or as soon as it holds *limit* texts; *in_flight* of them at
    most are under way at once. What comes meanwhile leaves together afterwards; where that is more than *whole* texts,
    half of it first, for whoever asked can go on with those while the rest is under way. When a batch is refused, its
    texts go again one by one, so that one caller's bad text costs nobody else an answer.
    """

    def __init__(
        self,
        name: str,
        send: Send,
        *,
        limit: int,
        gather: float = 0.0,
        in_flight: int = 1,
        whole: int | None = None,
    ) -> None:
        self._name = name
        self._send = send
        self._limit = limit
        self._whole = whole
        self._gather = gather
        self._in_flight = in_flight
        self._waiting: dict[_Asked, _Question] = {}
        self._flying: dict[_Asked, _Question] = {}
        self._remembered = Remembered()
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    async def embed(self, texts: Sequence[str], purpose: Purpose, partition: str = "") -> list[Vector]:
        """Return a row a text. Raises StoreError, for all of them when one has none."""
        if self._closed:
            raise StoreError(f"{self._name}: closed")
        if len(self._waiting) >= MAX_WAITING:
            raise StoreError(f"{self._name}: {MAX_WAITING} texts wait already")
        asked = [self._ask((text, purpose, partition)) for text in texts]
        try:
            return [await asyncio.shield(question.row) for question in asked]
        finally:
            for question in asked:
                self._leave(question)

    def forget(self) -> None:
        """Keep no vector of what was asked before."""
        self._remembered.clear()

    async def close(self) -> None:
        """End what is under way; whoever waits gets a StoreError."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        # A question left unanswered would hold its caller for good.
        for question in (*self._flying.values(), *self._waiting.values()):
            question.fail(f"{self._name}: closed")

    def _ask(self, key: _Asked) -> _Question:
        question = self._flying.get(key) or self._waiting.get(key)
        if question is None and (row := self._remembered.get(key)) is not None:
            question = _Question(key)
            question.row.set_result(row)
        if question is None:
            question = self._waiting[key] = _Question(key)
            loop = asyncio.get_running_loop()
            if self._timer is None:
                self._timer = loop.call_later(self._gather, self._due)
            if len(self._waiting) >= self._limit:
                # Not at once: an eager task (Python 3.12) would send before the caller is done asking.
                loop.call_soon(self._dispatch, True)
        question.waiters += 1
        return question

    def _leave(self, question: _Question) -> None:
        question.waiters -= 1
        if not question.waiters and self._waiting.get(question.asked) is question:
            del self._waiting[question.asked]

    def _due(self) -> None:
        self._timer = None
        self._dispatch()

    def _dispatch(self, full_only: bool = False) -> None:
        """Send what waits, as far as the number in flight allows; *full_only* leaves a small rest to its timer."""
        while self._waiting and len(self._tasks) < self._in_flight and not self._closed:
            if full_only and len(self._waiting) < self._limit:
                return
            task = asyncio.get_running_loop().create_task(self._run(self._take()))
            self._tasks.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._dispatch(full_only=self._timer is not None)

    def _take(self) -> list[_Question]:
        """Move the oldest question, and what may go with it, from waiting to flying: partitions in turn."""
        batch: list[_Question] = []
        limit = self._limit
        if self._whole is not None:
            limit = min(limit, max(self._whole, -(-len(self._waiting) // 2)))
        for question in self._in_turn():
            if batch and (question.alone or question.purpose != batch[0].purpose):
                continue
            batch.append(question)
            if question.alone or len(batch) == limit:
                break
        for question in batch:
            self._flying[question.asked] = self._waiting.pop(question.asked)
        return batch

    def _in_turn(self) -> list[_Question]:
        """Return what waits: the oldest of each partition, then the second of each; none waits for all of one."""
        before: Counter[str] = Counter()
        places: list[tuple[int, int, _Question]] = []
        for question in self._waiting.values():
            places.append((before[question.asked[2]], len(places), question))
            before[question.asked[2]] += 1
        return [question for _, _, question in sorted(places, key=lambda place: place[:2])]

    async def _run(self, batch: Sequence[_Question]) -> None:
        rows: Sequence[Vector | None] = []
        why = ""
        try:
            rows = await self._send([question.text for question in batch], batch[0].purpose)
        except StoreError as exc:
            if isinstance(exc, RejectedError) and len(batch) > 1:
                return self._one_by_one(batch)
            why = str(exc)
        except Exception as exc:  # whatever a library may raise; its message might hold a text
            why = f"{self._name}: {type(exc).__name__}"
        for index, question in enumerate(batch):
            del self._flying[question.asked]
            row = rows[index] if index < len(rows) else None
            if row is None:
                question.fail(why or f"{self._name}: a text without a direction")
            else:
                self._remembered.put(question.asked, row)
                if not question.row.done():
                    question.row.set_result(row)
        return None

    def _one_by_one(self, batch: Sequence[_Question]) -> None:
        for question in batch:
            del self._flying[question.asked]
            if question.waiters:
                question.alone = True
                self._waiting[question.asked] = question


class _Question:
    """A text on its way, and how many wait for its row."""

    __slots__ = ("alone", "asked", "purpose", "row", "text", "waiters")

    def __init__(self, asked: _Asked) -> None:
        self.asked = asked
        self.text, self.purpose, _ = asked
        self.waiters = 0
        self.alone = False  # goes without others, because with them it was refused
        self.row: asyncio.Future[Vector] = asyncio.get_running_loop().create_future()
        # A failure that nobody waits for any more is no news.
        self.row.add_done_callback(lambda row: row.cancelled() or row.exception())

    def fail(self, why: str) -> None:
        if not self.row.done():
            self.row.set_exception(StoreError(why))
