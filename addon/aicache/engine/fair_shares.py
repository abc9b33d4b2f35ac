"""Divides a limited number of places between callers, so that none can take them all. Nothing here awaits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from aicache.domain.ports import Busy

PLACES_PER_FREE_PLACE = 2
"""The number of places that a caller may have for each free one. A caller alone gets two thirds of all, and one place
is always left for others (dynamic thresholds, Choudhury and Hahne 1998)."""


class FairShares:
    """*max_places* places. Work of no caller in particular (None) may have all that are free."""

    def __init__(self, max_places: int) -> None:
        self._max_places = max_places
        self._taken: Counter[Hashable] = Counter()

    def has_place_for(self, caller: Hashable | None) -> bool:
        free = self._max_places - self._taken.total()
        return free > 0 and (caller is None or self._taken[caller] < PLACES_PER_FREE_PLACE * free)

    def acquire(self, caller: Hashable | None) -> bool:
        """Take a place; False where there is none for this caller."""
        if not self.has_place_for(caller):
            return False
        self._taken[caller] += 1
        return True

    def release(self, caller: Hashable | None) -> None:
        """Give a place back."""
        self._taken[caller] -= 1
        if not self._taken[caller]:
            del self._taken[caller]

    @contextmanager
    def place(self, caller: Hashable | None) -> Iterator[int]:
        """Hold a place for as long as the context lasts; yield how many this caller has now. Raises Busy."""
        if not self.acquire(caller):
            raise Busy("too much of one caller's at once")
        try:
            yield self._taken[caller]
        finally:
            self.release(caller)
