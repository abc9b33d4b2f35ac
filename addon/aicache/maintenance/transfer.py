"""Export and import of entries as files, with their vectors.

Everything raises StoreError, and OSError or ValueError where files are read and written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from aicache.domain import policy
from aicache.domain.model import Entry
from aicache.domain.ports import StoreError
from aicache.maintenance import archive
from aicache.maintenance.entry_access import FETCH_BATCH_SIZE, EntryAccess
from aicache.maintenance.results import PINNED, ImportResult


class EntryTransfer(EntryAccess):
    """Moves entries between the backends in use and files."""

    async def export_file(self, path: Path) -> int:
        """Write every entry into a file that only its owner may read, replacing it; return how many."""
        part = path.with_name(f".{path.name}.part")
        file = await asyncio.to_thread(archive.create_file, part)
        count = 0
        try:
            await asyncio.to_thread(file.write, archive.render_header(self._backends.deployment))
            async for keys in self.keys():
                async for batch in self._fetch_batches(keys):
                    count += await asyncio.to_thread(archive.write_entries, file, batch)
            await asyncio.to_thread(file.close)
            await asyncio.to_thread(part.replace, path)
        finally:
            file.close()
            part.unlink(missing_ok=True)
        return count

    async def import_file(self, path: Path) -> ImportResult:
        """Store the entries of a file that `export_file` wrote. Newer entries here stay, so it may be repeated."""
        taken = ImportResult()
        file = await asyncio.to_thread(path.open, "rb")
        try:
            archive.check_header(await asyncio.to_thread(file.readline, 1 << 16), self._backends.deployment)
            while entries := await asyncio.to_thread(archive.read_entries, file, FETCH_BATCH_SIZE):
                whole = [entry for entry in entries if entry is not None]
                taken += ImportResult(unreadable=len(entries) - len(whole)) + await self.import_entries(whole)
        finally:
            file.close()
        return taken

    async def import_entries(self, entries: Sequence[Entry], *, only_new: bool = False) -> ImportResult:
        """Store entries from elsewhere, with their vectors, unless the existing entry is the same or newer.

        With *only_new*, unless any entry exists: for entries of unknown age.
        """
        now = self._clock()
        entries = [self._clamp_times(entry, now) for entry in entries]
        by_age = sorted(entries, key=lambda entry: entry.stored_at)
        live = {entry.key: entry for entry in by_age if entry.expires_at > now}
        if not live:
            return ImportResult(expired=len(entries))
        existing = await self._exact.get_many(list(live))
        for each in existing:
            if isinstance(each, StoreError):
                raise each
            if each is not None and (only_new or each.stored_at >= live[each.key].stored_at):
                del live[each.key]
        new = list(live.values())
        vectors = await self._embed_findable(new)  # first: if it fails, the import can be repeated
        await self._exact.put_many(new)
        await self._upsert(new, vectors)
        expired = sum(entry.expires_at <= now for entry in entries)
        return ImportResult(len(new), len(entries) - expired - len(new), expired, findable=len(vectors))

    def _clamp_times(self, entry: Entry, now: float) -> Entry:
        """Limit an entry's times: stored no later than now, and expiring no later than a new one, unless pinned."""
        ttl = self._engine.rules.ttl
        if policy.has_plausible_times(entry, now, ttl):
            return entry
        until = entry.expires_at if entry.expires_at >= PINNED else min(entry.expires_at, now + ttl)
        return replace(entry, stored_at=min(entry.stored_at, now), expires_at=until)
