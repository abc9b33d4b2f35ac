"""A bounded queue of an index's writes: batched, retried with back-off, counted when dropped. It speaks no protocol."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import TypeAlias

from aicache.domain.model import Vector

logger = logging.getLogger(__name__)

ATTEMPTS = 10
LONGEST_PAUSE = 10.0  # seconds between two attempts
WARN_EVERY = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Upsert:
    """*vector* under *key*, which may go at *expires* (Unix seconds)."""

    key: str
    namespace: str
    vector: Vector = field(repr=False)
    expires: int
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Delete:
    key: str
    attempts: int = 0


Write: TypeAlias = Upsert | Delete


class Outcome(Enum):
    """What became of one write."""

    WRITTEN = auto()
    AGAIN = auto()
    """It may work later."""
    REFUSED = auto()
    """It never will."""


class WriteQueue:
    """Hands writes to *send*, batch after batch, each of one kind; *send* returns an outcome a write and never raises.

    Keys are unique among what waits: a later write replaces an earlier one of the same key, so the order in which
    batches are sent and retried does not matter.
    """

    def __init__(
        self,
        name: str,
        send: Callable[[Sequence[Write]], Awaitable[Sequence[Outcome]]],
        *,
        capacity: int = 1000,
        batch: int = 100,
        first_pause: float = 0.2,
        warn_every: float = WARN_EVERY,
    ) -> None:
        """*first_pause* in seconds is the wait before the second attempt; it doubles with every failure.

        What is dropped is counted in `dropped` and said at once, and then every *warn_every* seconds while it grows.
        """
        self.dropped = 0
        self._name = name
        self._send = send
        self._capacity = capacity
        self._batch = batch
        self._first_pause = first_pause
        self._waiting: dict[str, Write] = {}
        self._sending: Sequence[Write] = ()
        self._writer: asyncio.Task[None] | None = None
        self._warn_every = warn_every
        self._said = 0  # of `dropped`
        self._why_dropped = ""
        self._next_warning: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._waiting) + len(self._sending)

    def put(self, write: Write) -> None:
        """Queue a write. When *capacity* are waiting already, this one is dropped, counted, and warned of."""
        if write.key not in self._waiting and len(self) >= self._capacity:
            self._drop(1, f"{self._capacity} are waiting")
            return
        self._waiting[write.key] = write
        if self._writer is None:
            self._writer = asyncio.get_running_loop().create_task(self._run())

    async def flush(self, within: float) -> bool:
        """Wait until every write is sent or dropped; False when that takes longer than *within* seconds."""
        if self._writer is not None:
            await asyncio.wait([self._writer], timeout=within)
        return self._writer is None

    async def close(self, within: float) -> None:
        """Flush; what is left after *within* seconds is dropped."""
        if not await self.flush(within) and self._writer is not None:
            # Counted before the cancellation, which forgets what is being sent (some of it may yet arrive).
            left = len(self)
            self._writer.cancel()
            await asyncio.wait([self._writer])
            self._waiting.clear()
            self._drop(left, "the proxy ends")
        if self._next_warning is not None:
            self._next_warning.cancel()
            self._next_warning = None
            self._say_dropped()

    async def _run(self) -> None:
        pause = self._first_pause
        try:
            while self._waiting:
                self._sending = self._next_batch()
                if self._settle(await self._send(self._sending)):
                    await asyncio.sleep(pause * random.uniform(0.5, 1))
                    pause = min(2 * pause, LONGEST_PAUSE)
                else:
                    pause = self._first_pause
        except Exception:
            logger.exception("%s: writing failed", self._name)
            self._drop(len(self._sending), "an error of our own")
        finally:
            self._sending = ()
            self._writer = None

    def _next_batch(self) -> list[Write]:
        kind = type(next(iter(self._waiting.values())))
        batch = [write for write in self._waiting.values() if type(write) is kind][: self._batch]
        for write in batch:
            del self._waiting[write.key]
        return batch

    def _settle(self, outcomes: Sequence[Outcome]) -> bool:
        """Requeue what may work later; True if there is any."""
        refused = given_up = again = 0
        for write, outcome in zip(self._sending, outcomes, strict=True):
            if outcome is Outcome.REFUSED:
                refused += 1
            elif outcome is Outcome.AGAIN and write.attempts + 1 >= ATTEMPTS:
                given_up += 1
            elif outcome is Outcome.AGAIN:
                again += 1
                # A later write of the same key goes first.
                self._waiting.setdefault(write.key, replace(write, attempts=write.attempts + 1))
        self._sending = ()
        if refused:
            self._drop(refused, "the service refuses them")
        if given_up:
            self._drop(given_up, f"{ATTEMPTS} attempts failed")
        return bool(again or given_up)

    def _drop(self, count: int, why: str) -> None:
        self.dropped += count
        self._why_dropped = why
        if self._next_warning is None:
            self._warn()

    def _warn(self) -> None:
        loop = asyncio.get_running_loop()
        self._next_warning = loop.call_later(self._warn_every, self._warn) if self._say_dropped() else None

    def _say_dropped(self) -> bool:
        """Say how many are dropped by now; False when that is no news."""
        if self.dropped == self._said:
            return False
        self._said = self.dropped
        logger.warning(
            "%s: %s writes dropped since the start, the last because %s: those answers are found by the exact request "
            "only",
            *(self._name, self.dropped, self._why_dropped),
        )
        return True
