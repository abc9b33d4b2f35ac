"""How an outside part is asked: within a time limit, past a breaker, and with a line when it fails or recovers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar

from aicache.domain.circuit_breaker import Breaker
from aicache.domain.loop_time import LoopTimeout, loop_time
from aicache.domain.outages import OutageLog, OutageTexts
from aicache.domain.ports import Busy, ShareError, StoreError

logger = logging.getLogger(__name__)

T = TypeVar("T")

WRITE_TIMEOUT = 10.0  # seconds for what nobody waits for
SILENT = "no answer in time"
FAIR = 0.5  # share of its time limit that a part must have had for its silence to count


class Part:
    """An outside part, or what it is asked for: its name for the log, its time limit in seconds, its breaker.

    What fails together is one of these: a store that refuses writes and answers reads is two.
    """

    def __init__(
        self,
        name: str,
        timeout: float,
        breaker: Breaker | None = None,
        *,
        words: OutageTexts | None = None,
        behind: Part | None = None,
        at_once: int | None = None,
        always: bool = False,
    ) -> None:
        """While the part *behind* which this one stands is down, that is all the log says. Of its calls so many go
        *at_once*; others wait, which is none of its time. *always*: it is asked however often it has failed."""
        self.name = name
        self._timeout = timeout
        self._breaker = breaker or Breaker()
        self._outages = OutageLog(name, words or OutageTexts())
        self._behind, self._always = behind, always
        self._turns = asyncio.Semaphore(at_once) if at_once is not None else contextlib.nullcontext()
        self._answered_at = 0.0
        self._failed_in_part = False
        self._silent = self._summing = False
        self.failures = 0
        self.last_failure: str | None = None

    @property
    def failing(self) -> bool:
        """Tell whether it is asked now and then only, since it failed several times."""
        return self._breaker.open and not self._always

    @property
    def works(self) -> bool:
        """Tell whether the last that was seen of it was no failure."""
        return not (self._outages.down or self._failed_in_part)

    def close(self) -> None:
        """Say nothing more: it ends, and what is still under way with it will fail."""
        self._silent = True

    async def ask(
        self,
        asking: Coroutine[Any, Any, T],
        step: str,
        deadline: float | None = None,
        *,
        shows: bool = True,
        crowded: bool = False,
    ) -> T:
        """Await the part's answer, within its time limit and the lookup's *deadline* (`LoopTime`; None: nobody waits).

        Raises StoreError alone: for its own, for silence, and at once while the breaker is open. Busy is of ours: of
        the loop that was late, of a part that was answering others meanwhile, or that is *crowded* by this caller
        alone. *step* is what the log calls it at DEBUG, with how long it took. What may be answered from memory *shows*
        nothing of the part by its success.
        """
        try:
            async with self._turns:
                return await self._ask(asking, step, deadline, shows=shows, crowded=crowded)
        finally:
            asking.close()  # which is nothing to one that has ended

    async def _ask(
        self, asking: Coroutine[Any, Any, T], step: str, deadline: float | None, *, shows: bool, crowded: bool
    ) -> T:
        loop, time = asyncio.get_running_loop(), loop_time()
        began, since = loop.time(), time.time()
        allow = self._breaker.allow if shows else self._breaker.would_allow
        if not (self._always or allow(began)):
            raise StoreError(f"{self.name}: not asked, it is failing")
        limit = since + WRITE_TIMEOUT if deadline is None else min(since + self._timeout, deadline)
        within = LoopTimeout(limit, time)
        try:
            async with within:
                answer = await asking
        except Busy:
            raise
        except ShareError as exc:  # the rest of the part answers
            self._note(str(exc))
            self._failed_in_part = True
            self._say(self._outages.failed_in_part(str(exc), loop.time()))
            raise StoreError(f"{self.name}: {exc}") from exc
        except TimeoutError as exc:
            if crowded or within.loop_was_late or self._answered_at > began or limit - since < self._timeout * FAIR:
                raise Busy(f"{self.name}: no time for it") from exc
            self._breaker.failed(loop.time())
            self._failed(SILENT, loop.time())
            raise StoreError(f"{self.name}: {SILENT}") from exc
        except StoreError as exc:
            if crowded and isinstance(exc.__cause__, TimeoutError):
                raise Busy(f"{self.name}: its caller has asked for too much at once") from exc
            why = str(exc) or SILENT
            self._breaker.failed(loop.time())
            self._failed(why, loop.time())
            raise StoreError(f"{self.name}: {why}") from exc
        now = loop.time()
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug("%s: %.1f ms", step, (now - began) * 1000)
        if shows and time.time() - since <= self._timeout:  # what takes longer is no good to those who wait
            self._answered_at = now
            self._works_since(began)
        return answer

    async def retry(self, asking: Awaitable[object]) -> bool:
        """Ask a part that fails once more, past its breaker; True when it answers: then all may ask it again."""
        began = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self._timeout):
                await asking
        except (StoreError, TimeoutError):
            return False
        self._works_since(began)
        return True

    def restored(self) -> None:
        """Take note that it stands again: no request has to find that out when the breaker's pause is over."""
        self._works_since(asyncio.get_running_loop().time())

    def _works_since(self, began: float) -> None:
        """Take note of a success of what *began* then."""
        self._failed_in_part = False
        self._breaker.succeeded()
        self._say(self._outages.answered(began, asyncio.get_running_loop().time()))

    def _note(self, why: str) -> None:
        self.failures, self.last_failure = self.failures + 1, why

    def _failed(self, why: str, now: float) -> None:
        self._note(why)
        hushed = self._behind is not None and not self._behind.works
        self._say(self._outages.failed(why, now, hushed=hushed))

    def _say(self, line: str | None) -> None:
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
