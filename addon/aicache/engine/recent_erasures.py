"""Remembers the callers erased lately: an answer requested before that is not stored after it. It deletes nothing."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from aicache.domain.caller_digests import CallerMatcher
from aicache.engine.exchange import Exchange
from aicache.entries.embedding_batch import BatchExchange

MAX_ERASURES = 256
"""Erasures that are remembered. Once one is forgotten, all answers requested before it are dropped, of any caller."""
MAX_EXCHANGE_S = 3600.0
"""The longest time that an answer takes."""


class RecentErasures:
    """Times are of the monotonic clock, as `Exchange.asked_at` is."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.on_added: Callable[[CallerMatcher | None], None] = lambda caller: None
        """Called when an erasure begins here, and not for those that are only remembered."""
        self._erasures: deque[tuple[CallerMatcher, float]] = deque()
        self._all_before = float("-inf")

    def add(self, caller: CallerMatcher | None) -> None:
        """Remember an erasure, before anything is deleted; None: of all callers."""
        self.remember(caller)
        self.on_added(caller)

    def remember(self, caller: CallerMatcher | None) -> None:
        """Remember an erasure that has begun elsewhere."""
        now = self._clock()
        if caller is None:
            self._erasures.clear()
            self._all_before = now
            return
        self._erasures.append((caller, now))
        while len(self._erasures) > MAX_ERASURES or now - self._erasures[0][1] > MAX_EXCHANGE_S:
            self._all_before = max(self._all_before, self._erasures.popleft()[1])

    def cover(self, exchange: Exchange | BatchExchange | None) -> bool:
        """Tell whether the caller of an exchange has been erased since its request."""
        if exchange is None:
            return False
        if exchange.asked_at <= self._all_before:
            return True
        return any(exchange.asked_at <= at and caller.matches_any(exchange.owners) for caller, at in self._erasures)
