"""Whether there is room for another look-up by meaning, and whose turn it is in the background. It asks no part."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from aicache.domain.loop_time import loop_time
from aicache.engine.fair_shares import Shares

logger = logging.getLogger(__name__)

MOST = 64
"""Look-ups by meaning under way at once: what one of this machine's encoders gets through in a third of a second."""
TURNS = 6
"""Turns of the event loop that a look-up by meaning takes, about: with what they are late it must end in time, too."""
CALM_WITHIN = 30.0  # seconds that something in the background waits for a loop that is not late
LOOK_EVERY = 0.1  # seconds
AT_ONCE = 8
"""That have waited for a calm loop go on at once; more would make it late again."""
SAY_EVERY = 60.0  # seconds


class Room:
    """``with room.of(caller):`` is one look-up by meaning. *patience* is what a look-up has, in seconds."""

    def __init__(self, patience: float) -> None:
        self.patience = patience
        self._places = Shares(MOST)
        self._turned_away = 0
        self._next_word = 0.0
        self._closed = False
        self._waiting: deque[tuple[float, asyncio.Future[None]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    @contextmanager
    def of(self, caller: Hashable) -> Iterator[None]:
        """One look-up by meaning of this caller's."""
        self._places.take(caller)
        try:
            yield
        finally:
            self._places.leave(caller)

    def has_none_for(self, caller: Hashable) -> bool:
        """Tell whether a look-up by meaning would hold up others: who have an answer stored, or ask less."""
        return self._is_late or not self._places.has(caller)

    @property
    def _is_late(self) -> bool:
        return loop_time().lag * TURNS > self.patience

    def turn_away(self) -> None:
        """Note that one was left out; the log says so now and then."""
        self._turned_away += 1
        now = asyncio.get_running_loop().time()
        if now >= self._next_word:
            self._next_word = now + SAY_EVERY
            logger.warning(
                "more requests than there is time for: new questions go upstream without a look-up by meaning (%d so "
                "far), what is stored for the very request is answered",
                self._turned_away,
            )

    async def calm(self) -> None:
        """Wait until the loop is not late, but not for ever."""
        if self._closed or not (self._is_late or self._waiting):
            return
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append((loop.time() + CALM_WITHIN, turn))
        if self._timer is None:
            self._timer = loop.call_later(LOOK_EVERY, self._look)
        await turn

    def close(self) -> None:
        """The end has come: nobody waits any more."""
        self._closed = True
        self._let_go(len(self._waiting))

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = None
        if not self._is_late:
            self._let_go(AT_ONCE)
        while self._waiting and self._waiting[0][0] <= loop.time():
            self._let_go(1)
        if self._waiting:
            self._timer = loop.call_later(LOOK_EVERY, self._look)

    def _let_go(self, most: int) -> None:
        for _ in range(min(most, len(self._waiting))):
            _, turn = self._waiting.popleft()
            if not turn.done():  # its task was cancelled
                turn.set_result(None)
