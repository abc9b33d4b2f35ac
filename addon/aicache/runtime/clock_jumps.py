"""Tells when the system's clock has jumped. It changes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable

from aicache.domain.model import MAX_CLOCK_SKEW_S


class ClockJumps:
    """Compares the system's clock with a steady one. What was stored before a jump may live too long."""

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic) -> None:
        self._wall, self._steady = wall, steady
        self._apart: float | None = None

    def reset(self) -> None:
        """Assume a jump: what was before is not known."""
        self._apart = None

    def jumped(self) -> bool:
        """Tell whether the clock has jumped since the last call."""
        apart = self._wall() - self._steady()
        before, self._apart = self._apart, apart
        return before is None or abs(apart - before) > MAX_CLOCK_SKEW_S
