"""Vectors of entries that are older than the index: one that was begun anew learns them from exact hits again."""

from __future__ import annotations

from aicache.domain import policy
from aicache.domain.bounded import BoundedDict
from aicache.domain.model import Entry
from aicache.domain.ports import ExactStore, StoreError
from aicache.engine.backends import InUse, withdrawn
from aicache.engine.background_tasks import Tasks
from aicache.engine.exchange import Exchange, Semantic
from aicache.engine.storing import has_vector, store_vector

AT_ONCE = 4
"""Vectors on their way; a hit that comes meanwhile leaves its own to the next one."""
REMEMBERED = 20_000
"""Keys whose vector was seen to."""


class Relearning:
    """Sees to each key once, in the background, and holds up no hit."""

    def __init__(self, in_use: InUse) -> None:
        self._in_use = in_use
        self._tasks = Tasks(AT_ONCE, lambda: None)
        self._index: object = None
        self._seen = BoundedDict[str, None](REMEMBERED)

    def hit(self, exact: ExactStore, exchange: Exchange, entry: Entry, rules: policy.Rules) -> None:
        """Take note of an exact hit."""
        semantic = self._in_use.semantic
        if semantic is None or entry.stored_at >= semantic.begun_at or exchange.directives.no_store:
            return
        if self._index is not semantic.index:
            self._index = semantic.index
            self._seen.clear()
        if entry.key in self._seen or not has_vector(exchange, entry, rules):
            return
        if self._tasks.spawn(self._learn(exact, semantic, exchange, entry, rules)):
            self._seen[entry.key] = None

    async def _learn(
        self, exact: ExactStore, semantic: Semantic, exchange: Exchange, entry: Entry, rules: policy.Rules
    ) -> None:
        try:
            asking = exact.remembers(withdrawn(entry.key))
            if not await self._in_use.exact_part.ask(asking, "a neighbour that was wrong"):
                await store_vector(self._in_use, semantic, exchange, entry, rules)
        except StoreError:  # nothing is learned where that is not known, and at the next hit it is asked again
            self._seen.pop(entry.key, None)
            raise

    async def drain(self, within: float) -> None:
        await self._tasks.drain(within)
