"""Which lines the log has of a part that fails and recovers: each outage and each recovery once, and few a minute.

A value that is told the time; it logs nothing itself.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass

MAX_LINES_PER_MINUTE = 6
"""Lines about one part in `MINUTE_S`; what goes on beyond that is summed up in one more."""
MINUTE_S = 60.0  # seconds
CAUSES = 64  # that are remembered

_SILENCE = re.compile("no answer|time-?out|timed out", re.IGNORECASE)
_NUMBERS = re.compile(r"\d+")


def cause_of(why: str) -> str:
    """Return what makes two messages one and the same cause: times and process ids change with each attempt, and whose
    clock it is by which there is no answer."""
    return "silence" if _SILENCE.search(why) else _NUMBERS.sub("#", why)


@dataclass(frozen=True, slots=True)
class OutageTexts:
    """What an outage of a part means for requests, and what its end does."""

    down: str = "requests go upstream, it is asked again every few seconds"
    up: str = "answers again"


class OutageLog:
    """One part's. Every method that returns a line returns None where there is nothing to say."""

    def __init__(self, name: str, words: OutageTexts) -> None:
        self._name, self._words = name, words
        self._down = False
        self._told = False  # of the outage that there is
        self._causes: set[str] = set()  # that were told of it, without their numbers
        self._in_part: dict[str, float] = {}  # when it was said last, by the cause
        self._failed_at = 0.0
        self._why = ""
        self._lines: deque[float] = deque()
        self._unsaid = 0
        self.sum_up_at: float | None = None

    @property
    def down(self) -> bool:
        """Whether the last that was seen of it was a failure."""
        return self._down

    def failed(self, why: str, now: float, *, hushed: bool = False) -> str | None:
        """Note a failure. *hushed*: it follows from another part's, which is told already."""
        self._down, self._failed_at, self._why = True, now, why
        cause = cause_of(why)
        if hushed or cause in self._causes:
            return None
        self._told = True
        self._causes.add(cause)
        return self._line(f"{self._name}: {why}; {self._words.down}", now)

    def failed_in_part(self, why: str, now: float) -> str | None:
        """Note that one call failed while others are answered: whose end nothing shows, so it is said now and then."""
        cause = cause_of(why)
        if now - self._in_part.get(cause, -MINUTE_S) < MINUTE_S:
            return None
        if len(self._in_part) >= CAUSES:
            self._in_part.clear()
        self._in_part[cause] = now
        return self._line(f"{self._name}: {why} (others are answered)", now)

    def answered(self, began: float, now: float) -> str | None:
        """Note a success of what *began* then. What began before the last failure shows no recovery."""
        if not self._down or began < self._failed_at:
            return None
        told, self._down, self._told = self._told, False, False
        self._causes.clear()
        return self._line(f"{self._name}: {self._words.up}", now) if told else None

    def summed_up(self, now: float) -> str | None:
        """Say how often it failed and recovered since there were lines enough, and how it is now."""
        count, self._unsaid, self.sum_up_at = self._unsaid, 0, None
        self._lines.clear()
        if not count:
            return None
        self._lines.append(now)
        state = f"{self._why}; {self._words.down}" if self._down else self._words.up
        return f"{self._name}: failed and recovered by turns, {count} times more than was said; now: {state}"

    def _line(self, line: str, now: float) -> str | None:
        while self._lines and now - self._lines[0] >= MINUTE_S:
            self._lines.popleft()
        if self.sum_up_at is None and len(self._lines) >= MAX_LINES_PER_MINUTE:
            self.sum_up_at = self._lines[0] + MINUTE_S
        if self.sum_up_at is not None:
            self._unsaid += 1
            return None
        self._lines.append(now)
        return line
