"""Finds, reads, purges, pins and counts stored entries for the dashboard. Raises StoreError only."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import asdict
from typing import Any

from aicache.dashboard.overview import entry_row
from aicache.domain.caller_digests import CallerMatcher
from aicache.domain.ports import StoreError
from aicache.engine import Engine
from aicache.engine.answer_comparison import extract_text
from aicache.maintenance import EntrySummary, Maintenance, summarize

PAGE_SIZE = 50
MAX_SCANNED_ENTRIES = 2000
"""Entries that one request may read."""
READ_TIMEOUT_S = 15.0
MAX_ANSWER_CHARS = 64 * 1024
MAX_SCAN_ROUNDS = 200  # a SCAN may return nothing many times over


class EntriesApi:
    """Operates on the current backends of *engine*."""

    def __init__(self, engine: Engine) -> None:
        self._maintenance = Maintenance(engine)

    async def page(self, cursor: str) -> dict[str, Any]:
        """Return some entries in no order, and the cursor of the next page."""
        found: dict[str, EntrySummary] = {}
        for _ in range(MAX_SCAN_ROUNDS):
            page, cursor = await self._maintenance.page(cursor)
            found |= {each.key: each for each in page}
            if not cursor or len(found) >= PAGE_SIZE:
                break
        return {"entries": [entry_row(each) for each in found.values()], "cursor": cursor}

    async def find_by_key(self, beginning: str) -> dict[str, Any]:
        """Return the entries whose key has this prefix."""
        keys = [beginning] if len(beginning) == 40 else await self._maintenance.keys_with_prefix(beginning)
        found = [await self._maintenance.fetch(key) for key in keys[:PAGE_SIZE]]
        return {"entries": [entry_row(summarize(each)) for each in found if each is not None], "cursor": ""}

    async def find_similar(self, text: str, similarity: float) -> dict[str, Any]:
        """Return the entries whose question is similar to a text; if there are few entries in all, also those that can
        only answer their exact request."""
        found = await self._maintenance.find_similar(text, similarity, PAGE_SIZE, exact_only=await self._are_few())
        return {"entries": [entry_row(each.summary, each.similarity) for each in found], "cursor": ""}

    async def find_text(self, text: str, cursor: str) -> dict[str, Any]:
        """Return some entries in whose question a text is found, in upper or lower case, and the cursor to go on."""
        wanted, seen = text.casefold(), 0
        found: dict[str, EntrySummary] = {}
        for _ in range(MAX_SCAN_ROUNDS):
            page, cursor = await self._maintenance.page(cursor)
            seen += len(page)
            found |= {each.key: each for each in page if each.question and wanted in each.question.casefold()}
            if not cursor or len(found) >= PAGE_SIZE or seen >= MAX_SCANNED_ENTRIES:
                break
        return {"entries": [entry_row(each) for each in found.values()], "cursor": cursor, "looked_at": seen}

    async def read(self, key: str) -> dict[str, Any] | None:
        """Return one entry with its answer's text."""
        if (entry := await self._maintenance.fetch(key)) is None:
            return None
        text = await extract_text(entry)
        answer = entry.body.decode("utf-8", "replace") if text is None else text
        row = entry_row(summarize(entry)) | {"mode": str(entry.mode), "content_type": entry.content_type}
        return row | {
            "answer": answer[:MAX_ANSWER_CHARS],
            "cut": len(answer) > MAX_ANSWER_CHARS,
            "raw": text is None,
            "took": entry.took,
        }

    async def change(self, key: str, what: str) -> bool:
        """Purge, pin or unpin an entry, or let it answer its own request only (``wrong``); False when there is no such
        entry."""
        match what:
            case "wrong":
                return await self._mark_wrong(key)
            case "purge":
                return await self._maintenance.purge([key]) > 0
            case "pin":
                return await self._maintenance.pin(key) is not None
            case _:
                return await self._maintenance.unpin(key) is not None

    async def _mark_wrong(self, key: str) -> bool:
        if await self._maintenance.fetch(key) is None:
            return False
        await self._maintenance.mark_wrong(key, by_meaning=True)
        return True

    async def purge_caller(self, caller: CallerMatcher, *, sure: bool) -> dict[str, Any]:
        """Delete all entries of a caller; unless *sure*, only count them."""
        found = await (self._maintenance.purge_caller(caller) if sure else self._maintenance.count_caller(caller))
        return asdict(found) | {"purged": sure}

    async def count_by_model(self) -> dict[str, Any]:
        """Count entries, in all and by model; the latter among the first `MAX_SCANNED_ENTRIES` only."""
        models: Counter[str] = Counter()
        sizes: Counter[str] = Counter()
        cursor, seen = "", 0
        while True:
            page, cursor = await self._maintenance.page(cursor)
            for each in page:
                models[each.model] += 1
                sizes[each.model] += each.size
            seen += len(page)
            if not cursor or seen >= MAX_SCANNED_ENTRIES:
                break
        count = seen if not cursor else await self._maintenance.count()
        rows = [
            {"model": model[:64], "entries": n, "bytes": sizes[model]} for model, n in models.most_common(PAGE_SIZE)
        ]
        return {"count": count, "looked_at": seen, "models": rows}

    async def _are_few(self) -> bool:
        seen = 0
        async for keys in self._maintenance.keys():
            seen += len(keys)
            if seen > MAX_SCANNED_ENTRIES:
                return False
        return True


async def with_timeout(work: Any, timeout_s: float = READ_TIMEOUT_S) -> Any:
    """Await *work* for *timeout_s* seconds at most. Raises StoreError after that."""
    try:
        async with asyncio.timeout(timeout_s):
            return await work
    except TimeoutError:
        raise StoreError("the entries took too long to read") from None
