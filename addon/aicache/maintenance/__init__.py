"""An operator's work on stored entries, apart from requests: read, count, purge, pin, export and import them."""

from aicache.maintenance.entry_access import FETCH_BATCH_SIZE
from aicache.maintenance.maintenance import MAX_NEIGHBORS, Maintenance
from aicache.maintenance.results import PINNED, CallerTotals, EntrySummary, ImportResult, SimilarEntry, summarize
from aicache.maintenance.transfer import EntryTransfer

__all__ = [
    "FETCH_BATCH_SIZE",
    "MAX_NEIGHBORS",
    "PINNED",
    "CallerTotals",
    "EntrySummary",
    "EntryTransfer",
    "ImportResult",
    "Maintenance",
    "SimilarEntry",
    "summarize",
]
