"""A limit on calls per second, as a value that is told the time. Nothing here awaits."""

from __future__ import annotations

from collections import deque

WINDOW = 1.0  # seconds
SOONEST = 0.001  # seconds; a clock that is read a hair too early must not make a busy loop


class RateLimit:
    """At most *per_second* calls in any second. Look-ups may have them all, writes leave *reserved* of them free.

    It is a window that slides over the calls' own times, not a bucket that fills: so no pause saves up for a burst that
    goes over the limit, wherever the service's own second begins.
    """

    def __init__(self, per_second: int, *, reserved: int) -> None:
        self._most_lookups = per_second
        self._most_writes = max(1, per_second - reserved)
        self._taken: deque[float] = deque()

    def take(self, now: float, *, write: bool = False) -> float:
        """Count a call at *now* (seconds, monotonic) and return 0.0; or return how many seconds are to be waited."""
        while self._taken and self._taken[0] <= now - WINDOW:
            self._taken.popleft()
        most = self._most_writes if write else self._most_lookups
        if len(self._taken) < most:
            self._taken.append(now)
            return 0.0
        return max(SOONEST, self._taken[-most] + WINDOW - now)
