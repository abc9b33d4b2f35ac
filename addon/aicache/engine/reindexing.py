"""Gives entries that are older than a rebuilt index their vectors again, at their exact hits."""

from __future__ import annotations

from aicache.domain import policy
from aicache.domain.bounded import BoundedDict
from aicache.domain.model import Entry
from aicache.domain.ports import StoreError
from aicache.engine.backends import Backends, withdrawn
from aicache.engine.background_tasks import BackgroundTasks
from aicache.engine.exchange import Exchange
from aicache.engine.guarded_semantic import Semantic
from aicache.engine.guarded_store import GuardedStore
from aicache.engine.storing import has_vector, put_vector

MAX_CONCURRENT = 4
"""Vectors on their way; a hit that comes meanwhile leaves its own to the next one."""
MAX_SEEN_KEYS = 20_000


class Reindexing:
    """Handles each key once, in the background, and delays no hit."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends
        self._tasks = BackgroundTasks(MAX_CONCURRENT, lambda: None)
        self._index: object = None
        self._seen = BoundedDict[str, None](MAX_SEEN_KEYS)

    def on_hit(self, store: GuardedStore, exchange: Exchange, entry: Entry, rules: policy.Rules) -> None:
        """Store the vector of an exact hit's entry where the index may lack it."""
        semantic = self._backends.semantic
        if semantic is None or entry.stored_at >= semantic.begun_at or exchange.directives.no_store:
            return
        if self._index is not semantic.index:
            self._index = semantic.index
            self._seen.clear()
        if entry.key in self._seen or not has_vector(exchange, entry, rules):
            return
        if self._tasks.spawn(self._reindex(store, semantic, exchange, entry, rules)):
            self._seen[entry.key] = None

    async def _reindex(
        self, store: GuardedStore, semantic: Semantic, exchange: Exchange, entry: Entry, rules: policy.Rules
    ) -> None:
        try:
            if not await store.remembers(withdrawn(entry.key)):
                await put_vector(self._backends, semantic, exchange, entry, rules)
        except StoreError:  # the next hit tries again
            self._seen.pop(entry.key, None)
            raise

    async def drain(self, within: float) -> None:
        await self._tasks.drain(within)
