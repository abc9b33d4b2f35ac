"""Admits look-ups by meaning, and holds background work back while the event loop is late. It calls no dependency."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager

from aicache.domain.loop_time import loop_time
from aicache.domain.throttle import Throttle
from aicache.engine.fair_shares import FairShares

logger = logging.getLogger(__name__)

MAX_LOOKUPS = 64
"""Look-ups by meaning under way at once: what one of this machine's encoders gets through in a third of a second."""
TURNS_PER_LOOKUP = 6
"""Turns of the event loop that a look-up by meaning takes, about: it must end in time even if each of them is late."""
MAX_CALM_WAIT_S = 30.0
"""Wait of background work for a loop that is not late."""
CHECK_INTERVAL_S = 0.1
RESUMED_PER_CHECK = 8
"""Waiting tasks that resume at each check of a calm loop; more would make it late again."""


class Admission:
    """``with admission.admit(caller):`` is one look-up by meaning. *lookup_timeout* is what it has, in seconds."""

    def __init__(self, lookup_timeout: float) -> None:
        self.lookup_timeout = lookup_timeout
        self._places = FairShares(MAX_LOOKUPS)
        self._rejected = 0
        self._throttle = Throttle()
        self._closed = False
        self._waiting: deque[tuple[float, asyncio.Future[None]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    @contextmanager
    def admit(self, caller: Hashable) -> Iterator[Callable[[], None]]:
        """Count one look-up by meaning of this caller for as long as the context lasts, or until it calls what it is
        given: it only waits from then on, and holds up no other."""
        self._places.acquire(caller)
        released = False

        def release() -> None:
            nonlocal released
            if not released:
                released = True
                self._places.release(caller)

        try:
            yield release
        finally:
            release()

    def is_full_for(self, caller: Hashable) -> bool:
        """Tell whether a look-up by meaning would delay requests of other callers, or those with a stored answer."""
        return self._is_late or not self._places.has_place_for(caller)

    @property
    def _is_late(self) -> bool:
        return loop_time().lag * TURNS_PER_LOOKUP > self.lookup_timeout

    def reject(self) -> None:
        """Count a look-up that was not admitted, and log that now and then."""
        self._rejected += 1
        if self._throttle.allow(asyncio.get_running_loop().time()):
            logger.warning(
                "more requests than there is time for: new questions go upstream without a look-up by meaning (%d so "
                "far), what is stored for the very request is answered",
                self._rejected,
            )

    async def wait_until_calm(self) -> None:
        """Wait until the loop is not late, at most `MAX_CALM_WAIT_S`."""
        if self._closed or not (self._is_late or self._waiting):
            return
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append((loop.time() + MAX_CALM_WAIT_S, turn))
        if self._timer is None:
            self._timer = loop.call_later(CHECK_INTERVAL_S, self._check)
        await turn

    def close(self) -> None:
        """Resume all background work: the proxy ends."""
        self._closed = True
        self._resume(len(self._waiting))

    def _check(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = None
        if not self._is_late:
            self._resume(RESUMED_PER_CHECK)
        while self._waiting and self._waiting[0][0] <= loop.time():
            self._resume(1)
        if self._waiting:
            self._timer = loop.call_later(CHECK_INTERVAL_S, self._check)

    def _resume(self, limit: int) -> None:
        for _ in range(min(limit, len(self._waiting))):
            _, turn = self._waiting.popleft()
            if not turn.done():  # its task was canceled
                turn.set_result(None)
