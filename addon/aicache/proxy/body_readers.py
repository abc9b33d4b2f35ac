"""Runs the parsing of large bodies in a thread: one at a time, callers in turn.

Parsing holds the interpreter's lock, so that two threads would delay the event loop twice as long and be done no
sooner. Work that has waited longer than its caller does is never begun.
"""

from __future__ import annotations

import asyncio
import sys
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from aicache.adapters.threads import SWITCH_INTERVAL_S
from aicache.domain.loop_time import LoopTimeout

T = TypeVar("T")

MAX_WAITING = 64
"""Requests that wait at once; more are refused."""
MAX_WAITING_PER_CALLER = 16
"""Requests of one caller among these."""


class Busy(Exception):
    """Too many bodies wait already, or the work was not done in time."""


class BodyReaders:
    """A thread, and the callers that wait for it."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._waiting: OrderedDict[Hashable, deque[asyncio.Future[None]]] = OrderedDict()
        self._taken = False

    async def run(self, who: Hashable, deadline: float, work: Callable[..., T], *args: Any) -> T:
        """Return what *work* returns, called on the thread when it is this caller's turn; what it raises is raised.

        Raises Busy when that is not done by the *deadline* (`looptime`), or when too much waits already.
        """
        loop = asyncio.get_running_loop()
        try:
            async with LoopTimeout(deadline):
                await self._turn(who)
                try:
                    working = loop.run_in_executor(self._thread(), work, *args)
                except BaseException:
                    self._next()
                    raise
                working.add_done_callback(self._done)  # the thread is not free before, even if its caller has gone
                return await asyncio.shield(working)
        except TimeoutError:
            raise Busy from None

    def close(self) -> None:
        """Begin no more work; the work under way ends by itself."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = None

    async def _turn(self, who: Hashable) -> None:
        if not self._taken:
            self._taken = True
            return
        waiting = sum(map(len, self._waiting.values()))
        if waiting >= MAX_WAITING or len(self._waiting.get(who, ())) >= MAX_WAITING_PER_CALLER:
            raise Busy
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(who, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._next()  # its turn came just then
            raise

    def _done(self, working: asyncio.Future[Any]) -> None:
        if not working.cancelled():
            working.exception()  # the error of work that nobody waits for any more is not logged
        self._next()

    def _next(self) -> None:
        """Give the turn to the caller whose last one was longest ago."""
        while self._waiting:
            who, queue = self._waiting.popitem(last=False)
            turn = queue.popleft()
            if queue:
                self._waiting[who] = queue
            if not turn.done():
                turn.set_result(None)
                return
        self._taken = False

    def _thread(self) -> ThreadPoolExecutor:
        if self._pool is None:
            sys.setswitchinterval(min(sys.getswitchinterval(), SWITCH_INTERVAL_S))
            self._pool = ThreadPoolExecutor(1, "ai-cache-reader")
        return self._pool
