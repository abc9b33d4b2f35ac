"""Rate limits as values. Callers pass the time and do what is limited; nothing is logged here."""

from __future__ import annotations

import math


class Throttle:
    """Allows one event in *interval_s* seconds."""

    def __init__(self, interval_s: float = 60.0) -> None:
        self._interval_s = interval_s
        self._next_at = -math.inf

    def allow(self, now: float) -> bool:
        """Return whether the event may happen at *now* (seconds, monotonic); if so, the next interval begins."""
        if now < self._next_at:
            return False
        self._next_at = now + self._interval_s
        return True


class CallBudget:
    """Allows *limit* calls in each interval of *interval_s* seconds."""

    def __init__(self, limit: int, interval_s: float = 60.0) -> None:
        self._limit, self._interval_s = limit, interval_s
        self._began = -math.inf
        self._taken = 0

    def take(self, now: float) -> bool:
        """Return whether one more call may be made at *now* (seconds, monotonic); if so, count it."""
        if now - self._began >= self._interval_s:
            self._began, self._taken = now, 0
        if self._taken >= self._limit:
            return False
        self._taken += 1
        return True

    def put_back(self) -> None:
        """Take back one call that was counted and not made."""
        self._taken = max(0, self._taken - 1)
