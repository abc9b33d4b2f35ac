"""A rate limit of log lines, as a value. Callers pass the time and write the lines; nothing is logged here."""

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
