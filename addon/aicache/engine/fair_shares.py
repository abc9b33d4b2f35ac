"""How much of what there is only so much of one caller may have: never all of it. Nothing here awaits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from aicache.domain.ports import Busy

GREED = 2
"""How many places a caller may have for each that is free: alone two thirds of all, and there is always one for others
(dynamic thresholds, Choudhury and Hahne 1998)."""


class Shares:
    """*most* places. What nobody in particular asks for (a caller of None) may have all that are free."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: Counter[Hashable] = Counter()

    def has(self, caller: Hashable | None) -> bool:
        """Tell whether there is a place for this caller."""
        free = self._most - self._taken.total()
        return free > 0 and (caller is None or self._taken[caller] < GREED * free)

    def take(self, caller: Hashable | None) -> bool:
        """Take a place; False where there is none for this caller."""
        if not self.has(caller):
            return False
        self._taken[caller] += 1
        return True

    def leave(self, caller: Hashable | None) -> None:
        """Give a place back."""
        self._taken[caller] -= 1
        if not self._taken[caller]:
            del self._taken[caller]

    @contextmanager
    def place(self, caller: Hashable | None) -> Iterator[int]:
        """Have a place for as long as the context lasts, which is told how many this caller has. Raises Busy."""
        if not self.take(caller):
            raise Busy("too much of one caller's at once")
        try:
            yield self._taken[caller]
        finally:
            self.leave(caller)
