"""When the embedded Valkey's append-only file is written anew: until then, what was deleted can be read in it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from aicache.domain.ports import StoreError

logger = logging.getLogger(__name__)

Execute: TypeAlias = Callable[..., Awaitable[Any]]

DUE_SHARE = 0.7
"""Of the time within which things are to be erased: the rest is for the rewriting, and for what comes late to it."""
MIN_INTERVAL_S = 2.0
"""Seconds between two rewritings at least, however much is purged ..."""
REST_FACTOR = 10.0
"""... and so many times as long as the last one took."""
AT_THE_END = 3.0
"""Seconds that the server's end waits for one."""


@dataclass(frozen=True, slots=True)
class _Counts:
    """What the server has counted: where they differ, there may be something in the file that is no more."""

    expired: int
    evicted: int
    deleted: int
    """Commands that delete."""
    surplus: int
    """Writes less keys: an overwritten value is a write without a key more."""


class AofRewriter:
    """*within* so many seconds nothing is to be left of what has gone. Called on one event loop."""

    def __init__(self, execute: Execute, within: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._execute, self.within, self._clock = execute, within, clock
        self._clean: tuple[_Counts | None, int] = None, 0  # the server's counts and the purges that nothing is left of
        self._begun: tuple[_Counts, int] | None = None  # those of a rewriting under way
        self._at = clock()
        self._took = 0.0

    async def look(self, purges: int) -> None:
        """Begin to rewrite when it is time to: soon after *purges* (a count) has grown, or regularly.

        Raises StoreError.
        """
        now = self._clock()
        purged = purges != self._clean[1]
        due = now - self._at >= DUE_SHARE * self.within
        if (
            self._begun is None
            and not due
            and not (purged and now - self._at >= max(MIN_INTERVAL_S, REST_FACTOR * self._took))
        ):
            return
        info = await self._info()
        if _number(info, "aof_rewrite_in_progress") or _number(info, "aof_rewrite_scheduled"):
            return
        if self._begun is not None:
            if info.get("aof_last_bgrewrite_status") == "ok":
                self._clean = self._begun
            self._took = max(0.0, float(_number(info, "aof_last_rewrite_time_sec")))
            self._begun = None
            return  # what was purged meanwhile has its turn next time
        if not purged:
            await self._meet_all()  # what has expired goes when it is met, or by chance
            info = await self._info()
        self._at = now
        counts = _counts(info)
        if not purged and counts == self._clean[0]:
            return
        if (
            self._clean[0] is None
            and not purged
            and _number(info, "aof_current_size") <= _number(info, "aof_base_size")
        ):
            self._clean = counts, purges
            return
        await self._execute("BGREWRITEAOF")
        self._begun = counts, purges
        logger.debug("the append-only file is written anew")

    async def finish(self, purges: int) -> None:
        """Rewrite before the server's end what was purged and is not erased yet, if it can be done in a moment."""
        if purges == self._clean[1]:
            return
        with contextlib.suppress(StoreError, TimeoutError):
            async with asyncio.timeout(AT_THE_END):
                await self._ended()
                await self._execute("BGREWRITEAOF")
                await self._ended()

    async def _ended(self) -> None:
        """Wait for a rewriting under way."""
        while True:
            await asyncio.sleep(0.05)
            if not _number(await self._info(), "aof_rewrite_in_progress"):
                return

    async def _meet_all(self) -> None:
        cursor = b"0"
        while True:
            reply = await self._execute("SCAN", cursor, "COUNT", 500)
            match reply:
                case [bytes(cursor), _] if cursor != b"0":
                    continue
                case _:
                    return

    async def _info(self) -> dict[str, str]:
        reply = await self._execute("INFO", "persistence", "stats", "commandstats", "keyspace")
        text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else str(reply)
        pairs = (line.partition(":") for line in text.splitlines())
        return {name: value for name, _, value in pairs if value}


def _counts(info: dict[str, str]) -> _Counts:
    calls = {name: _calls(info.get(f"cmdstat_{name}", "")) for name in ("set", "hincrby", "unlink", "del")}
    keys = sum(int(value.partition("keys=")[2].partition(",")[0]) for name, value in info.items() if name[:2] == "db")
    writes = calls["set"] + calls["hincrby"]
    return _Counts(
        _number(info, "expired_keys"), _number(info, "evicted_keys"), calls["unlink"] + calls["del"], writes - keys
    )


def _calls(stats: str) -> int:
    found = stats.partition("calls=")[2].partition(",")[0]
    return int(found) if found.isdecimal() else 0


def _number(info: dict[str, str], name: str) -> int:
    value = info.get(name, "0").strip()
    return int(value) if value.removeprefix("-").isdecimal() else 0
