"""Decides which log lines report a dependency's outages: each outage and each recovery once, and few a minute.

Callers pass the time and write the lines; nothing is logged here.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass

MAX_LINES_PER_MINUTE = 6
"""Lines about one dependency; further events of the same minute are summarized in one more line."""
MINUTE_S = 60.0
SETTLE_S = 60.0
"""Time without failures after which an outage that comes and goes by its nature is over for the log."""
MAX_CAUSES = 64
"""Causes of partial failures that are remembered."""

_SILENCE = re.compile("no answer|time-?out|timed out", re.IGNORECASE)
_NUMBERS = re.compile(r"\d+")


def cause_of(why: str) -> str:
    """Return a text that is equal for messages of the same cause.

    Numbers (times, process ids) differ with each attempt, and each layer words a timeout differently.
    """
    return "silence" if _SILENCE.search(why) else _NUMBERS.sub("#", why)


@dataclass(frozen=True, slots=True)
class OutageTexts:
    """Texts on the consequences of an outage for requests, and of its end."""

    down: str = "requests go upstream, it is tried again every few seconds"
    up: str = "answers again"
    others: str = "others are answered"
    """After a failure of one call alone."""


class OutageLog:
    """The outages of one dependency. A method that returns a log line returns None where there is nothing to log."""

    def __init__(self, name: str, texts: OutageTexts) -> None:
        self._name, self._texts = name, texts
        self._down = False
        self._logged = False  # whether the current outage was logged
        self._causes: set[str] = set()  # causes logged in the current outage
        self._partial: dict[str, float] = {}  # time of the last log line of each cause of partial failures
        self._failed_at = 0.0
        self._settles_at = 0.0
        self._why = ""
        self._lines: deque[float] = deque()  # times of the lines of the last minute
        self._suppressed = 0
        self.sum_up_at: float | None = None

    @property
    def down(self) -> bool:
        """Whether its last call failed."""
        return self._down

    def failed(self, why: str, now: float, *, hushed: bool = False, comes_and_goes: bool = False) -> str | None:
        """Record a failure. *hushed*: the outage of another dependency caused it and was logged."""
        self._down, self._failed_at, self._why = True, now, why
        self._settles_at = now + SETTLE_S if comes_and_goes else 0.0
        cause = cause_of(why)
        if hushed or cause in self._causes:
            return None
        self._logged = True
        self._causes.add(cause)
        return self._line(f"{self._name}: {why}; {self._texts.down}", now)

    def failed_in_part(self, why: str, now: float) -> str | None:
        """Record that one call failed while others succeed; logged once a minute, as its end cannot be detected."""
        cause = cause_of(why)
        if now - self._partial.get(cause, -MINUTE_S) < MINUTE_S:
            return None
        if len(self._partial) >= MAX_CAUSES:
            self._partial.clear()
        self._partial[cause] = now
        return self._line(f"{self._name}: {why} ({self._texts.others})", now)

    def answered(self, began: float, now: float) -> str | None:
        """Record the success of a call that started at *began*. One from before the last failure proves no recovery."""
        if began < self._failed_at:
            return None
        self._down = False
        if now < self._settles_at:
            return None
        logged, self._logged = self._logged, False
        self._causes.clear()
        return self._line(f"{self._name}: {self._texts.up}", now) if logged else None

    def summed_up(self, now: float) -> str | None:
        """Return a line with the number of suppressed lines and the current state."""
        count, self._suppressed, self.sum_up_at = self._suppressed, 0, None
        self._lines.clear()
        if not count:
            return None
        self._lines.append(now)
        state = f"{self._why}; {self._texts.down}" if self._down else self._texts.up
        return f"{self._name}: failed and recovered by turns, {count} times more than was said; now: {state}"

    def _line(self, line: str, now: float) -> str | None:
        while self._lines and now - self._lines[0] >= MINUTE_S:
            self._lines.popleft()
        if self.sum_up_at is None and len(self._lines) >= MAX_LINES_PER_MINUTE:
            self.sum_up_at = self._lines[0] + MINUTE_S
        if self.sum_up_at is not None:
            self._suppressed += 1
            return None
        self._lines.append(now)
        return line
