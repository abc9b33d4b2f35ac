"""The evidence on an entry, as it is stored beside the entry."""

from __future__ import annotations

import logging

from aicache.domain.model import Entry
from aicache.engine.guarded_store import GuardedStore
from aicache.evidence import entry_record
from aicache.evidence.entry_record import EntryRecord

logger = logging.getLogger(__name__)


async def put_record(store: GuardedStore, entry: Entry, record: EntryRecord) -> None:
    """Write the record of an entry; it ends with the entry. Raises StoreError."""
    await store.put_blob(entry.key, entry_record.pack(record), entry.expires_at)


def parse_record(key: str, packed: bytes | None, now: float) -> EntryRecord:
    """Return the record of the entry *key*: of a group of its own, and empty, where there is none that can be read."""
    if packed is None:
        return EntryRecord(key)
    try:
        return entry_record.unpack(packed, now)
    except ValueError as exc:
        logger.debug("evidence of an entry cannot be read: %s", exc)
        return EntryRecord(key)
