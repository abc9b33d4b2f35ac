"""Access to all stored entries, of every owner, beside the requests. It raises StoreError alone."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence

from aicache.domain import policy
from aicache.domain.digests import vector_namespace
from aicache.domain.model import Entry, Vector
from aicache.domain.ports import Purpose, StoreError
from aicache.engine import Engine, Semantic
from aicache.engine.guarded_store import GuardedStore
from aicache.maintenance import archive

FETCH_BATCH_SIZE = 16
"""Entries fetched at once; each may have megabytes."""


class EntryAccess:
    """Uses the backends that an engine has in use at the moment."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._backends = engine.backends
        self._clock = clock

    async def fetch(self, key: str) -> Entry | None:
        [found] = await self._exact.peek([key])
        if isinstance(found, StoreError):
            raise found
        return found

    async def keys(self) -> AsyncIterator[list[str]]:
        """Yield the keys of all entries, some at a time. One may come twice."""
        exact, cursor = self._exact, ""
        while True:
            keys, cursor = await exact.scan(cursor)
            yield keys
            if not cursor:
                return

    @property
    def _exact(self) -> GuardedStore:
        if (exact := self._backends.exact) is None:
            raise StoreError("exact store: it is not in use, or still starting")
        return exact

    @property
    def _semantic(self) -> Semantic:
        if (semantic := self._backends.semantic) is None:
            raise StoreError("hits by meaning: they are not in use, or still starting")
        return semantic

    async def _fetch_batches(self, keys: Sequence[str]) -> AsyncIterator[list[Entry]]:
        """Fetch entries, as many at once as memory bears, without those that are gone or on a node that is down."""
        exact = self._exact
        for start in range(0, len(keys), FETCH_BATCH_SIZE):
            entries = await exact.peek(keys[start : start + FETCH_BATCH_SIZE])
            yield [entry for entry in entries if isinstance(entry, Entry)]

    async def _fetch_all(self) -> AsyncIterator[list[Entry]]:
        async for keys in self.keys():
            async for batch in self._fetch_batches(keys):
                yield batch

    async def _delete(self, keys: Sequence[str], aliases: Sequence[str] = ()) -> None:
        await self._exact.delete(keys, aliases)
        if (semantic := self._backends.semantic) is not None:
            try:
                vectors = [key for key in keys if archive.DIGEST.fullmatch(key)]
                await semantic.index.delete(vectors)
            except StoreError:  # already warned about
                return

    async def _embed_findable(self, entries: Sequence[Entry]) -> dict[str, Vector]:
        """Embed the questions of the entries that may be found by meaning, by key; {} where that is not in use."""
        semantic, rules = self._backends.semantic, self._engine.rules
        questions = {entry.key: entry.question or "" for entry in entries if policy.may_have_vector(entry, rules)}
        if semantic is None or not questions:
            return {}
        purpose: Purpose = "document" if semantic.embedder.asymmetric else "query"
        return dict(zip(questions, await self._embed(semantic, list(questions.values()), purpose), strict=True))

    async def _upsert(self, entries: Sequence[Entry], vectors: dict[str, Vector]) -> None:
        if (semantic := self._backends.semantic) is None:
            return
        model, dimensions = semantic.embedder.model, semantic.embedder.dimensions
        for entry in entries:
            if (vector := vectors.get(entry.key)) is not None:
                namespace = vector_namespace(entry.namespace, model, dimensions)
                await semantic.index.upsert(entry.key, namespace, vector, entry.expires_at)

    async def _embed(self, semantic: Semantic, texts: Sequence[str], purpose: Purpose) -> Vector:
        return await semantic.embedder.embed(texts, purpose)
