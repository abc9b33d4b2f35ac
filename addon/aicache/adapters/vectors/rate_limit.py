"""A limit on calls per second, as a value that is given the time. Nothing here awaits."""

from __future__ import annotations

from collections import deque

WINDOW_S = 1.0
MIN_WAIT_S = 0.001
"""Or a clock that is read a little too early would make a busy loop."""


class RateLimit:
    """Allows at most *per_second* calls in any second. Look-ups may use all of them, writes all but *reserved*.

    A sliding window over the times of the calls, not a token bucket: so no pause saves up for a burst that exceeds the
    limit, wherever the service's own second begins.
    """

    def __init__(self, per_second: int, *, reserved: int) -> None:
        self._max_lookups = per_second
        self._max_writes = max(1, per_second - reserved)
        self._calls: deque[float] = deque()  # times, within the window

    def acquire(self, now: float, *, write: bool = False) -> float:
        """Count a call at *now* (seconds, monotonic) and return 0.0; or return the seconds until one is allowed."""
        while self._calls and self._calls[0] <= now - WINDOW_S:
            self._calls.popleft()
        limit = self._max_writes if write else self._max_lookups
        if len(self._calls) < limit:
            self._calls.append(now)
            return 0.0
        return max(MIN_WAIT_S, self._calls[-limit] + WINDOW_S - now)
