"""When to stop asking a part that fails, as a value that is told the time. Nothing here awaits."""

from __future__ import annotations


class Breaker:
    """Opens after *limit* failures in a row; while open it lets one attempt through every *pause* seconds.

    The attempt that is let through is an ordinary one: its success closes the breaker, its failure (or its silence)
    leaves it open. So there is no third state that a cancelled attempt could leave hanging.
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
        """Tell whether to ask now; while open, a True reserves the next attempt."""
        if not self.open:
            return True
        if now < self._next_attempt:
            return False
        self._next_attempt = now + self.pause
        return True

    def would_allow(self, now: float) -> bool:
        """Tell what `allow` would, and reserve nothing."""
        return not self.open or now >= self._next_attempt

    def succeeded(self) -> bool:
        """Note a success; True when it closed the breaker."""
        was_open, self._failures = self.open, 0
        return was_open

    def failed(self, now: float) -> bool:
        """Note a failure; True when it opened the breaker."""
        was_open = self.open
        self._failures += 1
        if self.open and not was_open:
            self._next_attempt = now + self.pause
        return self.open and not was_open
