"""One round through all entries: those whose vectors the index lacks get them, from their questions."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence

from aicache.domain import policy
from aicache.domain.digests import is_digest
from aicache.domain.loop_time import loop_time
from aicache.domain.model import Entry, Vector
from aicache.domain.ports import Purpose, StoreError
from aicache.engine.backends import withdrawn
from aicache.engine.guarded_semantic import Semantic
from aicache.engine.guarded_store import GuardedStore

logger = logging.getLogger(__name__)

KEYS_AT_ONCE = 128
"""Keys that the index is asked about in one step."""
ENTRIES_AT_ONCE = 16
"""Entries that are fetched and embedded in one step: soon the embedder is free for a look-up again."""
REST_FACTOR = 1.0
"""Rest after a step, as a multiple of the time that it took."""
MAX_FAILURES = 3
"""Steps that fail one after the other before the round ends early."""


class RefillRound:
    """One round over *store*; *now* is in Unix seconds.

    With *check_all*, a vector in another namespace counts as none: it is another model's, where the operator has named
    the table or collection. Only the entries themselves tell, so all of them are fetched.
    """

    def __init__(
        self,
        store: GuardedStore,
        semantic: Semantic,
        rules: Callable[[], policy.Rules],
        now: float,
        *,
        check_all: bool,
    ) -> None:
        self._store, self._semantic, self._rules, self._now = store, semantic, rules, now
        self._check_all = check_all
        self._failures = 0  # since the last step that succeeded
        self._failure: StoreError | None = None
        self.embedded = 0
        """Questions that were embedded so far."""

    async def steps(self) -> AsyncGenerator[None]:
        """Yield after each step, and the rest that follows it. Raises StoreError unless every step succeeds."""
        cursor = ""
        while True:
            keys, cursor = await self._store.scan(cursor)
            keys = [key for key in keys if is_digest(key)]
            for start in range(0, len(keys), KEYS_AT_ONCE):
                some = keys[start : start + KEYS_AT_ONCE]
                began = loop_time().time()
                namespaces = await self._semantic.index.find_namespaces(some)
                await _rest(began)
                unsure = some if self._check_all else [key for key in some if key not in namespaces]
                yield
                for begin in range(0, len(unsure), ENTRIES_AT_ONCE):
                    await self._take_step(unsure[begin : begin + ENTRIES_AT_ONCE], namespaces)
                    yield
            if not cursor:
                break
        if self._failure is not None:
            raise self._failure
        if self.embedded:
            logger.info(
                "vector index: %d stored answers are found by meaning again: their questions were embedded with %s",
                *(self.embedded, self._semantic.embedder.model),
            )

    async def _take_step(self, keys: Sequence[str], namespaces: Mapping[str, str]) -> None:
        began = loop_time().time()
        try:
            await self._fill(keys, namespaces)
            self._failures = 0
        except StoreError as exc:
            self._failure, self._failures = exc, self._failures + 1
            if self._failures == MAX_FAILURES:
                raise
        await _rest(began)

    async def _fill(self, keys: Sequence[str], namespaces: Mapping[str, str]) -> None:
        found = await self._find(keys)
        lacking = [e for e in found.values() if namespaces.get(e.key) != self._semantic.namespace_of(e.namespace)]
        if not lacking:
            return
        if not self.embedded:
            logger.info("vector index: stored answers have no vectors there: their questions are embedded")
        vectors = await self._embed(lacking)
        embedded = [entry for entry in lacking if entry.key in vectors]
        try:
            for entry in embedded:
                await self._upsert(entry, vectors[entry.key])
        except StoreError:
            await self._check_again(embedded, vectors)
            raise
        await self._check_again(embedded, vectors)

    async def _find(self, keys: Sequence[str]) -> dict[str, Entry]:
        """Return those entries that may be found by meaning."""
        rules = self._rules()
        entries = [each for each in await self._store.peek(keys, "entries to refill from") if isinstance(each, Entry)]
        live = [e for e in entries if e.expires_at > self._now and policy.may_have_vector(e, rules)]
        flags = await asyncio.gather(*(self._store.remembers(withdrawn(entry.key)) for entry in live))
        return {entry.key: entry for entry, is_withdrawn in zip(live, flags, strict=True) if not is_withdrawn}

    async def _embed(self, entries: Sequence[Entry]) -> dict[str, Vector]:
        """Return the vectors by key; none for a question that the embedder refuses. StoreError if it does not work."""
        with contextlib.suppress(StoreError):
            return await self._embed_at_once(entries)
        await self._ping()
        vectors: dict[str, Vector] = {}
        for entry in entries:
            try:
                vectors |= await self._embed_at_once([entry])
            except StoreError:  # refused, if others are not; an answer also shows that the embedder is not failing
                await self._ping()
        return vectors

    async def _ping(self) -> None:
        """Raise StoreError unless the embedder works."""
        await self._semantic.embedder.embed([f"ping {secrets.token_hex(8)}"], "query", step="test of the embedder")

    async def _embed_at_once(self, entries: Sequence[Entry]) -> dict[str, Vector]:
        embedder = self._semantic.embedder
        purpose: Purpose = "document" if embedder.asymmetric else "query"
        texts = [entry.question or "" for entry in entries]
        rows = await embedder.embed(texts, purpose, step="stored questions embedded")
        self.embedded += len(entries)
        return {entry.key: row for entry, row in zip(entries, rows, strict=True)}

    async def _upsert(self, entry: Entry, vector: Vector) -> None:
        namespace = self._semantic.namespace_of(entry.namespace)
        await self._semantic.index.upsert(entry.key, namespace, vector, entry.expires_at)

    async def _check_again(self, entries: Sequence[Entry], vectors: Mapping[str, Vector]) -> None:
        """Undo what was done for entries that were deleted, withdrawn or replaced meanwhile."""
        try:
            left = await self._find([entry.key for entry in entries])
        except StoreError:
            await self._semantic.index.delete([entry.key for entry in entries])
            raise
        if gone := [entry.key for entry in entries if entry.key not in left]:
            await self._semantic.index.delete(gone)
        for entry in entries:
            if entry.key in left and left[entry.key].expires_at != entry.expires_at:
                await self._upsert(left[entry.key], vectors[entry.key])


async def _rest(began: float) -> None:
    await asyncio.sleep(REST_FACTOR * (loop_time().time() - began))
