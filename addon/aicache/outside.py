"""How an outside part is asked: within a time limit, past a breaker, and with one warning when it fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

from aicache.breaker import Breaker
from aicache.ports import ShareError, StoreError

logger = logging.getLogger(__name__)

T = TypeVar("T")

WARN_EVERY = 60.0  # seconds between two warnings about one part
WRITE_TIMEOUT = 10.0  # seconds for what nobody waits for


class Part:
    """An outside part: its name for the log, its time limit in seconds, its breaker."""

    def __init__(self, name: str, timeout: float, breaker: Breaker | None = None) -> None:
        self.name = name
        self._timeout = timeout
        self._breaker = breaker or Breaker()
        self._next_warning = 0.0
        self.failures = 0
        self.last_failure: str | None = None

    @property
    def failing(self) -> bool:
        """Tell whether it is asked now and then only, since it failed several times."""
        return self._breaker.open

    async def ask(self, asking: Coroutine[Any, Any, T], step: str, deadline: float | None = None) -> T:
        """Await the part's answer, within its time limit and the lookup's *deadline* (loop time; None: nobody waits).

        Raises StoreError alone: for its own, for silence, and at once while the breaker is open. *step* is what the log
        calls it at DEBUG, with how long it took.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        if not self._breaker.allow(began):
            asking.close()
            raise StoreError(f"{self.name}: not asked, it is failing")
        limit = began + WRITE_TIMEOUT if deadline is None else min(began + self._timeout, deadline)
        try:
            async with asyncio.timeout_at(limit):
                answer = await asking
        except ShareError as exc:  # the rest of the part answers
            self._note(str(exc))
            self.warn(str(exc))
            raise StoreError(f"{self.name}: {exc}") from exc
        except (StoreError, TimeoutError) as exc:
            why = str(exc) or "no answer in time"
            self._breaker.failed(loop.time())
            self._note(why)
            self.warn(why)
            raise StoreError(f"{self.name}: {why}") from exc
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug("%s: %.1f ms", step, (loop.time() - began) * 1000)
        if self._breaker.succeeded():
            self._next_warning = 0.0
            logger.warning("%s: answers again", self.name)
        return answer

    def _note(self, why: str) -> None:
        self.failures, self.last_failure = self.failures + 1, why

    def warn(self, why: str) -> None:
        """Say once in a while what is wrong."""
        now = asyncio.get_running_loop().time()
        if now >= self._next_warning:
            self._next_warning = now + WARN_EVERY
            logger.warning("%s: %s; requests go upstream, it is asked again every few seconds", self.name, why)
