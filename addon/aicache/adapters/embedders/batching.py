"""Collects many callers' texts into few batches. It knows no model and no network."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from aicache.adapters.embedders.remembered_vectors import EmbeddingKey, RememberedVectors
from aicache.domain.asyncio_tasks import TaskSet
from aicache.domain.model import Vector
from aicache.domain.ports import Purpose, StoreError

MAX_WAITING_TEXTS = 512
"""Number of waiting texts from which new callers are refused at once."""

Send: TypeAlias = Callable[[list[str], Purpose], Awaitable[Sequence[Vector | None]]]
"""Texts to one L2-normalized row each, in order; None for a vector that is zero or not finite. Raises StoreError."""
_Waiter: TypeAlias = "asyncio.Future[Vector]"


class RejectedError(StoreError):
    """The service rejects a batch as it is; it may take the texts one by one."""


class Batcher:
    """Sends texts in batches, each of one purpose. A text in flight is not sent twice, a remembered vector not at all.

    Callers of different partitions share neither: otherwise one caller could tell from the time that an answer takes
    that another had sent the same text.

    A batch is sent *max_delay_s* after its first text arrived, or as soon as it has *max_batch* texts; at most
    *max_in_flight* batches are in flight at once. Texts that arrive meanwhile are sent together afterwards. When they
    are more than *split_above*, half of them go first, so that their callers can go on while the rest is in flight.
    When a batch is rejected, its texts are sent again one by one, so that one bad text costs no other caller an answer.
    """

    def __init__(
        self,
        name: str,
        send: Send,
        *,
        max_batch: int,
        max_delay_s: float = 0.0,
        max_in_flight: int = 1,
        split_above: int | None = None,
    ) -> None:
        self._name = name
        self._send = send
        self._max_batch = max_batch
        self._max_delay_s = max_delay_s
        self._max_in_flight = max_in_flight
        self._split_above = split_above
        self._waiting: dict[EmbeddingKey, _PendingText] = {}
        self._in_flight: dict[EmbeddingKey, _PendingText] = {}
        self._remembered = RememberedVectors()
        self._timer: asyncio.TimerHandle | None = None
        self._tasks = TaskSet()
        self._closed = False

    async def embed(self, texts: Sequence[str], purpose: Purpose, partition: str = "") -> list[Vector]:
        """Return one row for each text. Raises StoreError when any of them has no vector."""
        if self._closed:
            raise StoreError(f"{self._name}: closed")
        if len(self._waiting) >= MAX_WAITING_TEXTS:
            raise StoreError(f"{self._name}: {MAX_WAITING_TEXTS} texts are waiting already")
        keys = [EmbeddingKey(text, purpose, partition) for text in texts]
        waiters = [self._join(key) for key in keys]
        try:
            return [await waiter for waiter in waiters]
        finally:
            for key, waiter in zip(keys, waiters, strict=True):
                self._leave(key, waiter)

    def forget(self) -> None:
        """Drop all remembered vectors."""
        self._remembered.clear()

    async def close(self) -> None:
        """Cancel all batches; waiting callers get a StoreError."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        await self._tasks.cancel_and_wait()
        # A text left pending would block its caller for good.
        for pending in (*self._in_flight.values(), *self._waiting.values()):
            pending.fail(f"{self._name}: closed")

    def _join(self, key: EmbeddingKey) -> _Waiter:
        """Wait for *key* with the callers that sent it before, or put it in the queue."""
        loop = asyncio.get_running_loop()
        waiter: _Waiter = loop.create_future()
        pending = self._in_flight.get(key) or self._waiting.get(key)
        if pending is None and (row := self._remembered.get(key)) is not None:
            waiter.set_result(row)
            return waiter
        if pending is None:
            pending = self._waiting[key] = _PendingText(key)
            if self._timer is None:
                self._timer = loop.call_later(self._max_delay_s, self._on_timer)
            if len(self._waiting) >= self._max_batch:
                # Not at once: an eager task (Python 3.12) would send before the caller has joined all its texts.
                loop.call_soon(self._dispatch, True)
        pending.waiters.append(waiter)
        return waiter

    def _leave(self, key: EmbeddingKey, waiter: _Waiter) -> None:
        if waiter.done() and not waiter.cancelled():
            waiter.exception()  # or asyncio would log a failure that no caller awaits any more
            return
        waiter.cancel()
        pending = self._waiting.get(key)
        if pending is not None and not pending.is_awaited:
            del self._waiting[key]

    def _on_timer(self) -> None:
        self._timer = None
        self._dispatch()

    def _dispatch(self, full_only: bool = False) -> None:
        """Send what waits, within *max_in_flight*; *full_only* leaves an incomplete batch to its timer."""
        while self._waiting and len(self._tasks) < self._max_in_flight and not self._closed:
            if full_only and len(self._waiting) < self._max_batch:
                return
            self._tasks.spawn(self._run(self._next_batch())).add_done_callback(self._on_done)

    def _on_done(self, _task: asyncio.Task[None]) -> None:
        self._dispatch(full_only=self._timer is not None)

    def _next_batch(self) -> list[_PendingText]:
        """Move the oldest text, and those that may go with it, from waiting to in flight."""
        batch: list[_PendingText] = []
        limit = self._max_batch
        if self._split_above is not None:
            limit = min(limit, max(self._split_above, -(-len(self._waiting) // 2)))
        for pending in self._round_robin():
            if batch and (pending.alone or pending.key.purpose != batch[0].key.purpose):
                continue
            batch.append(pending)
            if pending.alone or len(batch) == limit:
                break
        for pending in batch:
            self._in_flight[pending.key] = self._waiting.pop(pending.key)
        return batch

    def _round_robin(self) -> list[_PendingText]:
        """Return what waits: the oldest text of each partition, then the second of each, and so on.

        So no partition waits until all texts of another have been sent.
        """
        counts: Counter[str] = Counter()
        ranked: list[tuple[int, int, _PendingText]] = []
        for pending in self._waiting.values():
            ranked.append((counts[pending.key.partition], len(ranked), pending))
            counts[pending.key.partition] += 1
        return [pending for _, _, pending in sorted(ranked, key=lambda rank: rank[:2])]

    async def _run(self, batch: Sequence[_PendingText]) -> None:
        rows: Sequence[Vector | None] = []
        why = ""
        try:
            rows = await self._send([pending.key.text for pending in batch], batch[0].key.purpose)
        except StoreError as exc:
            if isinstance(exc, RejectedError) and len(batch) > 1:
                return self._retry_one_by_one(batch)
            why = str(exc)
        except Exception as exc:  # whatever a library may raise; its message may repeat a text
            why = f"{self._name}: {type(exc).__name__}"
        for index, pending in enumerate(batch):
            del self._in_flight[pending.key]
            row = rows[index] if index < len(rows) else None
            if row is None:
                pending.fail(why or f"{self._name}: the vector of a text is zero or not finite")
            else:
                self._remembered.put(pending.key, row)
                pending.succeed(row)
        return None

    def _retry_one_by_one(self, batch: Sequence[_PendingText]) -> None:
        for pending in batch:
            del self._in_flight[pending.key]
            if pending.is_awaited:
                pending.alone = True
                self._waiting[pending.key] = pending


class _PendingText:
    """A text whose row is awaited, and a future for each caller that awaits it."""

    __slots__ = ("alone", "key", "waiters")

    def __init__(self, key: EmbeddingKey) -> None:
        self.key = key
        self.waiters: list[_Waiter] = []
        self.alone = False  # is sent in a batch of its own, because a batch with it was rejected

    @property
    def is_awaited(self) -> bool:
        return not all(waiter.done() for waiter in self.waiters)

    def succeed(self, row: Vector) -> None:
        for waiter in self.waiters:
            if not waiter.done():  # its caller was canceled
                waiter.set_result(row)

    def fail(self, why: str) -> None:
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_exception(StoreError(why))
