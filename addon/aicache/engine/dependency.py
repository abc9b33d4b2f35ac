"""Calls an external dependency with a deadline, a circuit breaker and rate-limited warnings."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar

from aicache.domain.circuit_breaker import Breaker
from aicache.domain.loop_time import LoopTimeout, loop_time
from aicache.domain.outages import OutageLog, OutageTexts
from aicache.domain.ports import Busy, NoRoom, ShareError, StoreError

logger = logging.getLogger(__name__)

T = TypeVar("T")

BACKGROUND_TIMEOUT_S = 10.0
"""Time limit of calls that no request waits for."""
NO_ANSWER = "no answer in time"
MIN_TIMEOUT_SHARE = 0.5
"""A timeout counts as a failure only where the call had at least this share of the dependency's time limit."""


class Dependency:
    """One kind of call to an external service: its name for the log, its time limit and its circuit breaker.

    Calls that fail independently are dependencies of their own: a store that refuses writes may answer reads.
    """

    def __init__(
        self,
        name: str,
        timeout: float,
        breaker: Breaker | None = None,
        *,
        words: OutageTexts | None = None,
        behind: Dependency | None = None,
        max_concurrent: int | None = None,
        always: bool = False,
        quiet: bool = False,
    ) -> None:
        """*timeout* is in seconds. While the dependency *behind* which this one stands is down, this one logs nothing.

        Calls above *max_concurrent* wait, outside of the time limit. *always*: call it even while its breaker is open.
        *quiet*: log nothing, since failures cost nothing that is not told elsewhere.
        """
        self.name = name
        self._timeout = timeout
        self._breaker = breaker or Breaker()
        self._outages = OutageLog(name, words or OutageTexts())
        self._behind, self._always = behind, always
        self._slots = asyncio.Semaphore(max_concurrent) if max_concurrent is not None else None
        self._answered_at = 0.0
        self._failed_in_part = False
        self._silent, self._summing = quiet, False
        self.failures = 0
        self.last_failure: str | None = None

    @property
    def failing(self) -> bool:
        """Whether the breaker is open: after several failures it is called now and then only."""
        return self._breaker.open and not self._always

    @property
    def works(self) -> bool:
        """Whether the last call that counts succeeded."""
        return not (self._outages.down or self._failed_in_part)

    def close(self) -> None:
        """Log nothing more: calls under way will fail, since the service is being closed."""
        self._silent = True

    async def call(
        self,
        work: Coroutine[Any, Any, T],
        step: str,
        deadline: float | None = None,
        *,
        from_memory: bool = False,
        crowded: bool = False,
    ) -> T:
        """Await *work* within the time limit and the *deadline* (`LoopTime`; None where no request waits).

        Raises only StoreError: the service's own, for a timeout, and at once while the breaker is open. Busy blames
        this process instead: the loop was late, the service was answering other calls, or it is *crowded* by this one
        caller. *step* names the call in the DEBUG log, where its duration is. The success of a call that may be
        answered *from memory* says nothing about the service.
        """
        try:
            if self._slots is None:
                return await self._call(work, step, deadline, from_memory=from_memory, crowded=crowded)
            async with self._slots:
                return await self._call(work, step, deadline, from_memory=from_memory, crowded=crowded)
        finally:
            work.close()  # a no-op for a coroutine that has finished

    async def _call(
        self, work: Coroutine[Any, Any, T], step: str, deadline: float | None, *, from_memory: bool, crowded: bool
    ) -> T:
        loop, time = asyncio.get_running_loop(), loop_time()
        began, since = loop.time(), time.time()
        allow = self._breaker.would_allow if from_memory else self._breaker.allow
        if not (self._always or allow(began)):
            raise StoreError(f"{self.name}: not asked, it is failing")
        limit = since + BACKGROUND_TIMEOUT_S if deadline is None else min(since + self._timeout, deadline)
        within = LoopTimeout(limit, time)
        try:
            async with within:
                answer = await work
        except Busy:
            raise
        except ShareError as exc:  # the rest of the service answers
            self._count_failure(str(exc))
            self._failed_in_part = True
            self._warn(self._outages.failed_in_part(str(exc), loop.time()))
            raise StoreError(f"{self.name}: {exc}") from exc
        except TimeoutError as exc:
            had_too_little = limit - since < self._timeout * MIN_TIMEOUT_SHARE
            if crowded or within.loop_was_late or self._answered_at > began or had_too_little:
                raise Busy(f"{self.name}: no time for it") from exc
            self._failed(NO_ANSWER, loop.time())
            raise StoreError(f"{self.name}: {NO_ANSWER}") from exc
        except StoreError as exc:
            if crowded and isinstance(exc.__cause__, TimeoutError):
                raise Busy(f"{self.name}: its caller has asked for too much at once") from exc
            why = str(exc) or NO_ANSWER
            self._failed(why, loop.time(), comes_and_goes=isinstance(exc, NoRoom))
            raise StoreError(f"{self.name}: {why}") from exc
        now = loop.time()
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug("%s: %.1f ms", step, (now - began) * 1000)
        if not from_memory and time.time() - since <= self._timeout:  # a slower answer is useless to a request
            self._answered_at = now
            self._succeeded(began)
        return answer

    async def retry(self, work: Awaitable[object]) -> bool:
        """Call a failing service once more, past its breaker; True when it answers: the breaker is closed then."""
        began = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self._timeout):
                await work
        except (StoreError, TimeoutError):
            return False
        self._succeeded(began)
        return True

    def restored(self) -> None:
        """Close the breaker: the service is known to run again, so no request has to wait out the pause."""
        self._succeeded(asyncio.get_running_loop().time())

    def broken(self, why: str) -> None:
        """Open the breaker: the service is known not to answer, so no request has to find it out."""
        now = asyncio.get_running_loop().time()
        self._breaker.trip(now)
        self._failed(why, now)

    def _succeeded(self, began: float) -> None:
        """Record the success of a call that *began* then."""
        self._failed_in_part = False
        self._breaker.succeeded()
        self._warn(self._outages.answered(began, asyncio.get_running_loop().time()))

    def _failed(self, why: str, now: float, *, comes_and_goes: bool = False) -> None:
        self._breaker.failed(now)
        self._count_failure(why)
        hushed = self._behind is not None and not self._behind.works
        self._warn(self._outages.failed(why, now, hushed=hushed, comes_and_goes=comes_and_goes))

    def _count_failure(self, why: str) -> None:
        self.failures, self.last_failure = self.failures + 1, why

    def _warn(self, line: str | None) -> None:
        if self._silent:
            return
        if line is not None:
            logger.warning("%s", line)
        elif (at := self._outages.sum_up_at) is not None and not self._summing:
            self._summing = True
            asyncio.get_running_loop().call_at(at, self._sum_up)

    def _sum_up(self) -> None:
        self._summing = False
        line = self._outages.summed_up(asyncio.get_running_loop().time())
        if line is not None and not self._silent:
            logger.warning("%s", line)
