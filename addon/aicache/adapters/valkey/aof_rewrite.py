"""Decides when the embedded Valkey rewrites its append-only file, which until then contains deleted data."""

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
"""Share of the erasure deadline after which a rewrite begins; the rest is for the rewrite and for delays."""
MIN_INTERVAL_S = 2.0
"""Shortest time between two rewrites, however much is purged ..."""
REST_FACTOR = 10.0
"""... and at least the last rewrite's duration times this factor."""
FINISH_TIMEOUT_S = 3.0
"""Limit of the last rewrite, before the server is stopped."""


@dataclass(frozen=True, slots=True)
class _Counters:
    """Counters of the server. When any has changed, the file may contain data that no longer exists."""

    expired: int
    evicted: int
    deleted: int
    """Number of deleting commands."""
    surplus: int
    """Writes minus keys: overwriting a value is a write that adds no key."""


class AofRewriter:
    """Rewrites the file so that *within* so many seconds nothing deleted is left in it. Used on one event loop."""

    def __init__(self, execute: Execute, within: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._execute, self.within, self._clock = execute, within, clock
        self._clean: tuple[_Counters | None, int] = None, 0  # counters and purges as of the last rewrite
        self._rewriting: tuple[_Counters, int] | None = None  # as of a rewrite in progress
        self._last_check = clock()
        self._duration_s = 0.0  # of the last rewrite

    async def rewrite_if_due(self, purges: int) -> None:
        """Begin a rewrite when it is due: soon after *purges* (a count) has grown, or regularly. Raises StoreError."""
        now = self._clock()
        purged = purges != self._clean[1]
        due = now - self._last_check >= DUE_SHARE * self.within
        if (
            self._rewriting is None
            and not due
            and not (purged and now - self._last_check >= max(MIN_INTERVAL_S, REST_FACTOR * self._duration_s))
        ):
            return
        info = await self._info()
        if _number(info, "aof_rewrite_in_progress") or _number(info, "aof_rewrite_scheduled"):
            return
        if self._rewriting is not None:
            if info.get("aof_last_bgrewrite_status") == "ok":
                self._clean = self._rewriting
            self._duration_s = max(0.0, float(_number(info, "aof_last_rewrite_time_sec")))
            self._rewriting = None
            return  # later purges are left to the next rewrite
        if not purged:
            await self._visit_all_keys()  # an expired key is deleted when it is visited, or by chance
            info = await self._info()
        self._last_check = now
        counts = _parse_counters(info)
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
        self._rewriting = counts, purges
        logger.debug("embedded Valkey: rewriting the append-only file")

    async def finish(self, purges: int) -> None:
        """Rewrite once more before the server is stopped, if something was purged since the last time."""
        if purges == self._clean[1]:
            return
        with contextlib.suppress(StoreError, TimeoutError):
            async with asyncio.timeout(FINISH_TIMEOUT_S):
                await self._wait_until_done()
                await self._execute("BGREWRITEAOF")
                await self._wait_until_done()

    async def _wait_until_done(self) -> None:
        """Wait for the end of a rewrite in progress."""
        while True:
            await asyncio.sleep(0.05)
            if not _number(await self._info(), "aof_rewrite_in_progress"):
                return

    async def _visit_all_keys(self) -> None:
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


def _parse_counters(info: dict[str, str]) -> _Counters:
    calls = {name: _calls(info.get(f"cmdstat_{name}", "")) for name in ("set", "hincrby", "unlink", "del")}
    keys = sum(int(value.partition("keys=")[2].partition(",")[0]) for name, value in info.items() if name[:2] == "db")
    writes = calls["set"] + calls["hincrby"]
    return _Counters(
        _number(info, "expired_keys"), _number(info, "evicted_keys"), calls["unlink"] + calls["del"], writes - keys
    )


def _calls(stats: str) -> int:
    found = stats.partition("calls=")[2].partition(",")[0]
    return int(found) if found.isdecimal() else 0


def _number(info: dict[str, str], name: str) -> int:
    value = info.get(name, "0").strip()
    return int(value) if value.removeprefix("-").isdecimal() else 0
