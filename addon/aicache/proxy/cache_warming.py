"""Fills the cache from recorded flows in batches, and counts the results. It decides nothing."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from mitmproxy import ctx
from mitmproxy.http import HTTPFlow

from aicache.config.request_settings import Settings
from aicache.domain.model import Entry
from aicache.domain.ports import StoreError
from aicache.engine import Engine
from aicache.maintenance import EntryTransfer, ImportResult
from aicache.proxy.recorded_flows import Skipped, entries_of

logger = logging.getLogger(__name__)

BATCH_SIZE = 32
"""Entries stored together: their questions are embedded together."""
MAX_BATCHES = 2
"""Batches stored at once: the questions of one are embedded while the entries of the other are written."""
RETRY_PAUSES_S = (0.5, 1.0, 2.0, 4.0)
"""Pause before each new attempt at a request that a store or service refused."""
MAX_REASONS_SHOWN = 8


class WarmedCache(Protocol):
    """The engine that is filled and the settings in force, both of which may change meanwhile."""

    @property
    def engine(self) -> Engine: ...

    @property
    def settings(self) -> Settings: ...


@dataclass(slots=True)
class Tally:
    """The results of a warm-up."""

    imported: ImportResult = field(default_factory=ImportResult)
    skipped: Counter[str] = field(default_factory=Counter)
    """Flows that left no entry, by reason."""
    failed: int = 0
    """Entries that could not be stored."""
    why_failed: str = ""

    def summary(self) -> str:
        """Return the results in one line."""
        imported = self.imported
        parts = [f"{imported.stored} stored ({imported.findable} to be found by meaning, too)"]
        parts.append(f"{imported.not_newer} not newer than what is there")
        if imported.expired:
            parts.append(f"{imported.expired} expired (exact.ttl counts from when they were recorded)")
        if self.failed:
            parts.append(f"{self.failed} could not be stored ({self.why_failed})")
        if self.skipped:
            parts.append(f"{self.skipped.total()} not kept: {format_reasons(self.skipped)}")
        return "; ".join(parts)


def format_reasons(skipped: Counter[str]) -> str:
    """Name the most frequent reasons, each with its count."""
    named = [f"{count} {reason}" for reason, count in skipped.most_common(MAX_REASONS_SHOWN)]
    rest = skipped.total() - sum(count for _, count in skipped.most_common(MAX_REASONS_SHOWN))
    return ", ".join([*named, f"{rest} for other reasons"] if rest else named)


class Warmup:
    """One warm-up: flows are added one after the other, and `finish` stores the last of them."""

    def __init__(self, parts: WarmedCache, clock: Callable[[], float] = time.time) -> None:
        self.tally = Tally()
        self._parts, self._clock = parts, clock
        self._transfer = EntryTransfer(parts.engine, clock)
        self._dated: list[Entry] = []
        self._undated: list[Entry] = []
        self._starting = asyncio.Lock()
        self._storing: dict[asyncio.Task[None], frozenset[str]] = {}  # the keys of each batch
        self._ended = False
        self._pauses: tuple[float, ...] = RETRY_PAUSES_S

    async def add(self, flow: HTTPFlow, *, dated: bool = True) -> None:
        """Store a flow's entries. Those of a flow that is not *dated* replace no others. Never raises StoreError."""
        if self._ended:
            return
        try:
            entries = entries_of(flow, self._parts.settings, self._parts.engine.rules, self._clock())
        except Exception:
            logger.exception("a recorded flow could not be understood and is skipped")
            entries = Skipped("not understood")
        if isinstance(entries, Skipped):
            self.tally.skipped[entries.reason] += 1
            return
        (self._dated if dated else self._undated).extend(entries)
        if len(self._dated) + len(self._undated) >= BATCH_SIZE:
            await self._store_waiting()

    async def finish(self) -> None:
        """Store the entries that wait, however long that takes, and accept no more."""
        self._ended = True
        await self._store_waiting()
        while self._storing:
            await self._end_batches()

    async def _store_waiting(self) -> None:
        """Begin to store the entries that wait, in batches, at most `MAX_BATCHES` of them at once."""
        async with self._starting:
            for waiting in (self._dated, self._undated):
                while waiting:
                    batch = waiting[:BATCH_SIZE]
                    del waiting[:BATCH_SIZE]
                    keys = frozenset(entry.key for entry in batch)
                    # Of two entries with one key, the second is compared with what the first has left.
                    while len(self._storing) >= MAX_BATCHES or any(map(keys.intersection, self._storing.values())):
                        await self._end_batches()
                    storing = self._store(batch, only_new=waiting is self._undated)
                    self._storing[asyncio.get_running_loop().create_task(storing)] = keys

    async def _end_batches(self) -> None:
        """Wait until a batch is stored, or could not be."""
        done, _ = await asyncio.wait(self._storing, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            if self._storing.pop(task, None) is not None:
                task.result()

    async def _store(self, entries: list[Entry], *, only_new: bool) -> None:
        backends = self._parts.engine.backends
        await backends.exact_once_known()
        await backends.semantic_once_known()
        why = ""
        for pause in (0.0, *self._pauses):
            await asyncio.sleep(pause)
            try:
                imported = await self._transfer.import_entries(entries, only_new=only_new)
                self.tally.imported += imported  # which other batches add to, too
                self._pauses = RETRY_PAUSES_S
                return
            except StoreError as exc:
                why = str(exc)
        self._pauses = ()  # the next ones need not wait: the store does not come back
        self.tally.failed += len(entries)
        self.tally.why_failed = why


class FileWarmup:
    """Fills the cache from the flows that ``mitmdump -nr FILE`` reads. *parts* returns None while there is no cache."""

    def __init__(self, parts: Callable[[], WarmedCache | None]) -> None:
        self._parts = parts
        self._warming: Warmup | None = None

    def response(self, flow: HTTPFlow) -> Awaitable[None] | None:
        """Store the answer of a flow that was read from a file; None for any other flow."""
        if flow.live or flow.response is None or (parts := self._parts()) is None:
            return None
        if not parts.settings.enabled or not _only_reads():
            return None
        self._warming = self._warming or Warmup(parts)
        return self._warming.add(flow)

    async def finish(self) -> None:
        """Store the last flows that were read, and log the tally."""
        if self._warming is not None:
            await self._warming.finish()
            logger.info("%s: %s", ctx.options.rfile, self._warming.tally.summary())


def _only_reads() -> bool:
    """Tell whether mitmproxy reads a file of flows and then ends: flows that are only viewed in a UI fill nothing."""
    options = ctx.options
    ends = ctx.master.addons.get("keepserving") is not None  # type: ignore[no-untyped-call]  # mitmdump's own
    return bool(ends and options.ai_cache_warm and options.rfile and not options.server)
