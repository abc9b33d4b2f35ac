"""A bounded queue of writes to an index: batched, retried with back-off, counted when dropped. Knows no service."""

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

MAX_ATTEMPTS = 10
MAX_PAUSE_S = 10.0
"""Pause between two attempts."""
WARN_INTERVAL_S = 60.0


@dataclass(frozen=True, slots=True)
class Upsert:
    """*vector* under *key*; the index may drop it after *expires* (Unix seconds)."""

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
    """The result of one write."""

    WRITTEN = auto()
    RETRY = auto()
    """It may succeed later."""
    REJECTED = auto()
    """It never will."""


class WriteQueue:
    """Passes writes to *send* in batches of one kind; *send* returns an outcome for each write and never raises.

    Keys are unique among the waiting writes: a later write replaces an earlier one of the same key, so the order in
    which batches are sent and retried does not matter.
    """

    def __init__(
        self,
        name: str,
        send: Callable[[Sequence[Write]], Awaitable[Sequence[Outcome]]],
        *,
        capacity: int = 1000,
        max_batch: int = 100,
        first_pause_s: float = 0.2,
        warn_interval_s: float = WARN_INTERVAL_S,
    ) -> None:
        """*first_pause_s* is the wait before the second attempt; it doubles with every failure.

        Dropped writes are counted in `dropped`, and logged at once and then every *warn_interval_s* while it grows.
        """
        self.dropped = 0
        self._name = name
        self._send = send
        self._capacity = capacity
        self._max_batch = max_batch
        self._first_pause_s = first_pause_s
        self._waiting: dict[str, Write] = {}
        self._sending: Sequence[Write] = ()
        self._writer: asyncio.Task[None] | None = None
        # Not a Throttle: drops after a warning must be logged at last, even if no further one follows.
        self._warn_interval_s = warn_interval_s
        self._logged = 0  # of `dropped`
        self._last_reason = ""
        self._warning_timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._waiting) + len(self._sending)

    def put(self, write: Write) -> None:
        """Queue a write. When *capacity* are waiting already, this one is dropped."""
        if write.key not in self._waiting and len(self) >= self._capacity:
            self._drop(1, f"{self._capacity} are waiting already")
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
        """Flush; drop the writes that remain after *within* seconds."""
        if not await self.flush(within) and self._writer is not None:
            # Counted before the cancellation, which discards writes in flight (some of which may still arrive).
            left = len(self)
            self._writer.cancel()
            await asyncio.wait([self._writer])
            self._waiting.clear()
            self._drop(left, "the proxy is shutting down")
        if self._warning_timer is not None:
            self._warning_timer.cancel()
            self._warning_timer = None
            self._log_dropped()

    async def _run(self) -> None:
        pause = self._first_pause_s
        try:
            while self._waiting:
                self._sending = self._next_batch()
                if self._settle(await self._send(self._sending)):
                    await asyncio.sleep(pause * random.uniform(0.5, 1))
                    pause = min(2 * pause, MAX_PAUSE_S)
                else:
                    pause = self._first_pause_s
        except Exception:
            logger.exception("%s: error in the write queue", self._name)
            self._drop(len(self._sending), "of an internal error")
        finally:
            self._sending = ()
            self._writer = None

    def _next_batch(self) -> list[Write]:
        kind = type(next(iter(self._waiting.values())))
        batch = [write for write in self._waiting.values() if type(write) is kind][: self._max_batch]
        for write in batch:
            del self._waiting[write.key]
        return batch

    def _settle(self, outcomes: Sequence[Outcome]) -> bool:
        """Queue failed writes again that may succeed later; return whether there were any, also those given up."""
        rejected = given_up = retried = 0
        for write, outcome in zip(self._sending, outcomes, strict=True):
            if outcome is Outcome.REJECTED:
                rejected += 1
            elif outcome is Outcome.RETRY and write.attempts + 1 >= MAX_ATTEMPTS:
                given_up += 1
            elif outcome is Outcome.RETRY:
                retried += 1
                # A later write of the same key takes precedence.
                self._waiting.setdefault(write.key, replace(write, attempts=write.attempts + 1))
        self._sending = ()
        if rejected:
            self._drop(rejected, "the service rejects them")
        if given_up:
            self._drop(given_up, f"{MAX_ATTEMPTS} attempts failed")
        return bool(retried or given_up)

    def _drop(self, count: int, why: str) -> None:
        self.dropped += count
        self._last_reason = why
        if self._warning_timer is None:
            self._warn()

    def _warn(self) -> None:
        loop = asyncio.get_running_loop()
        self._warning_timer = loop.call_later(self._warn_interval_s, self._warn) if self._log_dropped() else None

    def _log_dropped(self) -> bool:
        """Log how many writes have been dropped; False when their number has not changed."""
        if self.dropped == self._logged:
            return False
        self._logged = self.dropped
        logger.warning(
            "%s: %s writes dropped since the start, the last because %s: their answers serve exact requests only",
            *(self._name, self.dropped, self._last_reason),
        )
        return True
