"""Who was erased lately: an answer that was asked for before that is not stored after it. It deletes nothing itself."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from aicache.domain.caller_digests import CallerMatcher
from aicache.engine.exchange import Exchange
from aicache.entries.embedding_batch import BatchExchange

MOST = 256
"""Remembered; of whom nobody remembers any more, all answers are dropped that were asked for before that."""
FOR = 3600.0
"""Seconds: no answer is longer on its way."""


class Erasures:
    """By the monotonic clock."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._erased: deque[tuple[CallerMatcher, float]] = deque()
        self._all_before = float("-inf")

    def note(self, wanted: CallerMatcher | None) -> None:
        """Take note, before anything is deleted, that a caller is erased; None: everybody is."""
        now = self._clock()
        if wanted is None:
            self._erased.clear()
            self._all_before = now
            return
        self._erased.append((wanted, now))
        while len(self._erased) > MOST or now - self._erased[0][1] > FOR:
            self._all_before = max(self._all_before, self._erased.popleft()[1])

    def cover(self, exchange: Exchange | BatchExchange | None) -> bool:
        """Tell whether an answer was asked for by one who has been erased since."""
        if exchange is None:
            return False
        if exchange.asked_at <= self._all_before:
            return True
        return any(exchange.asked_at <= at and wanted.matches_any(exchange.owners) for wanted, at in self._erased)
