"""Decides when to stop calling a dependency that fails, as a value that is given the time. Nothing here awaits."""

from __future__ import annotations


class Breaker:
    """A circuit breaker: opens after *limit* consecutive failures; while open it allows one call every *pause* seconds.

    That call is an ordinary one: its success closes the breaker, its failure (or no reply) leaves it open. So there is
    no half-open state in which a canceled call could leave the breaker.
    """

    def __init__(self, *, limit: int = 3, pause: float = 5.0) -> None:
        self.limit = limit
        self.pause = pause
        self._failures = 0
        self._next_attempt = 0.0

    @property
    def open(self) -> bool:
        return self._failures >= self.limit

    def allow(self, now: float) -> bool:
        """Return whether to call now; while open, True uses up the call of this pause."""
        if not self.open:
            return True
        if now < self._next_attempt:
            return False
        self._next_attempt = now + self.pause
        return True

    def would_allow(self, now: float) -> bool:
        """Return what `allow` would, without using up a call."""
        return not self.open or now >= self._next_attempt

    def succeeded(self) -> bool:
        """Record a success; True when it closed the breaker."""
        was_open, self._failures = self.open, 0
        return was_open

    def trip(self, now: float) -> None:
        """Open it."""
        if not self.open:
            self._failures, self._next_attempt = self.limit, now + self.pause

    def failed(self, now: float) -> bool:
        """Record a failure; True when it opened the breaker."""
        was_open = self.open
        self._failures += 1
        if self.open and not was_open:
            self._next_attempt = now + self.pause
        return self.open and not was_open
