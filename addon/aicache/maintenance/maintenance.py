"""An operator's work on stored entries: list, count, find, purge, pin, and mark as wrong.

It sees every owner's entries, so what it returns is for the operator's eyes. Everything raises StoreError alone.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import replace

from aicache.domain import policy
from aicache.domain.caller_digests import CallerMatcher
from aicache.domain.digests import is_digest
from aicache.domain.events import Erased
from aicache.domain.model import Entry, Vector
from aicache.domain.ports import StoreError
from aicache.engine import Semantic
from aicache.engine.traffic_segments import SEGMENT_PREFIX
from aicache.maintenance.entry_access import FETCH_BATCH_SIZE, EntryAccess
from aicache.maintenance.results import PINNED, CallerTotals, EntrySummary, SimilarEntry, summarize

REPEAT_DELAYS_S = (30.0, 570.0)
"""Delays after which a purged caller's entries are looked for again, one after the other."""
MAX_NEIGHBORS = 1000
"""Neighbors fetched in one search; no index returns many more."""


class Maintenance(EntryAccess):
    """Reads and changes entries in the backends that an engine has in use at the moment."""

    async def page(self, cursor: str = "") -> tuple[list[EntrySummary], str]:
        """Return some entries, in no order, and the cursor to go on with; it begins and ends with an empty one."""
        keys, cursor = await self._exact.scan(cursor)
        return [summarize(entry) async for batch in self._fetch_batches(keys) for entry in batch], cursor

    async def count(self) -> int:
        """Return about how many entries there are: a scan may see one twice."""
        return sum([len(keys) async for keys in self.keys()])

    async def keys_with_prefix(self, prefix: str) -> list[str]:
        """Return the keys that begin with *prefix*."""
        return sorted({key async for keys in self.keys() for key in keys if key.startswith(prefix)})

    async def find_similar(
        self, text: str, similarity: float, limit: int = MAX_NEIGHBORS, *, exact_only: bool = True
    ) -> list[SimilarEntry]:
        """Return entries of all owners whose question is similar to *text*, the nearest first.

        The index has the entries that answer by meaning. With *exact_only* the others are compared as well: then all
        entries are read, and their questions embedded.
        """
        semantic = self._semantic
        [vector] = await self._embed(semantic, [text], "query")
        near = await semantic.index.search_all(vector, limit)
        similarities = {n.key: n.similarity for n in near if n.similarity >= similarity}
        similar = [
            SimilarEntry(summarize(entry), similarities[entry.key])
            async for batch in self._fetch_batches(list(similarities))
            for entry in batch
        ]
        if exact_only:
            similar += [
                each
                async for each in self._exact_only(semantic, vector, similarity)
                if each.summary.key not in similarities
            ]
        return sorted(similar, key=lambda each: (-each.similarity, each.summary.key))[:limit]

    async def purge(self, keys: Sequence[str]) -> int:
        """Delete entries, then their vectors; return how many entries existed.

        A vector that cannot be deleted now leads to no entry, and is deleted when a search finds it.
        """
        count = 0
        for start in range(0, len(keys), FETCH_BATCH_SIZE):
            chunk = list(keys[start : start + FETCH_BATCH_SIZE])
            aliases: list[str] = []
            try:
                found = [entry async for batch in self._fetch_batches(chunk) for entry in batch]
                aliases = _aliases(found)
                count += len(found)
            except StoreError:  # of a store that cannot be read they are deleted all the same, as far as they are there
                count += len(chunk)
            await self._delete(chunk, aliases)
        if keys:
            self._engine.erased(Erased(frozenset(keys)))
        return count

    async def purge_similar(self, text: str, similarity: float) -> int:
        """Delete everything that `find_similar` finds, in several rounds; return how many entries existed."""
        count = 0
        while similar := await self.find_similar(text, similarity):
            deleted = await self.purge([each.summary.key for each in similar])
            count += deleted
            if len(similar) < MAX_NEIGHBORS or not deleted:
                break
        return count

    async def purge_all(self) -> int:
        """Delete every entry under the store's prefix, of all owners, with its vector."""
        self._engine.erasures.add(None)  # first, so that no answer under way is stored after it
        count = 0
        async for keys in self.keys():
            await self._delete(keys)
            count += len(keys)
        await self._exact.delete_aliases()
        if (semantic := self._backends.semantic) is not None:
            with contextlib.suppress(StoreError):  # already warned about
                await semantic.index.clear()
        self._engine.erased(Erased(everything=True))
        return count

    async def count_caller(self, wanted: CallerMatcher) -> CallerTotals:
        """Count what is stored for a caller."""
        totals = CallerTotals()
        async for batch in self._fetch_all():
            totals += _counted(batch, wanted)
        marks = await self._exact.find_flags(wanted.matches)
        return totals + CallerTotals(marks=len(marks), kinds=sum(mark.startswith(SEGMENT_PREFIX) for mark in marks))

    async def purge_caller(self, wanted: CallerMatcher, *, asked_before: float = math.inf) -> CallerTotals:
        """Delete everything stored for a caller: entries with blobs and vectors, marks, evidence; return how much.

        This proxy stores no answer to a request the caller sends meanwhile. *asked_before* (Unix seconds) spares the
        entries of later requests.
        """
        if asked_before == math.inf:
            self._engine.erasures.add(wanted)
        done, keys = CallerTotals(), set[str]()
        async for batch in self._fetch_all():
            done += _counted(batch, wanted, asked_before)
            theirs = [e for e in batch if wanted.matches_any(e.owners) and e.stored_at - e.took <= asked_before]
            if theirs:
                await self._delete([entry.key for entry in theirs], _aliases(theirs))
                keys.update(entry.key for entry in theirs)
        if asked_before == math.inf:
            exact = self._exact
            marks = await exact.find_flags(wanted.matches)
            for mark in marks:
                if mark.startswith(SEGMENT_PREFIX):
                    await self._engine.learning.segments.delete(mark.removeprefix(SEGMENT_PREFIX), exact)
                else:
                    await exact.remember(mark, 0)
            done += CallerTotals(marks=len(marks), kinds=sum(mark.startswith(SEGMENT_PREFIX) for mark in marks))
            now = self._clock()
            self._engine.repeat(lambda: self._purge_again(wanted, now), REPEAT_DELAYS_S)
        if keys or asked_before == math.inf:
            self._engine.erased(Erased(frozenset(keys), wanted))
        return done

    async def _purge_again(self, wanted: CallerMatcher, asked_before: float) -> None:
        """Delete what other proxies that share the store, and did not know of the purge, have stored since."""
        await self.purge_caller(wanted, asked_before=asked_before)

    async def pin(self, key: str) -> Entry | None:
        """Let an entry never expire, nor its vector; None when there is no such entry.

        A fresh answer to the same request takes its place, and Redis may still evict it when its memory is full.
        """
        return await self._keep_until(key, PINNED)

    async def unpin(self, key: str) -> Entry | None:
        """Let an entry live as long as a new one would."""
        return await self._keep_until(key, self._clock() + self._engine.rules.ttl)

    async def mark_wrong(self, key: str, *, by_meaning: bool) -> None:
        """Record a wrong answer. If it answered its own request, the entry is deleted; if it answered another
        request by meaning, it stays for its own request and answers no other."""
        if not by_meaning:
            await self.purge([key])
        else:
            entry, now = await self.fetch(key), self._clock()
            lasts = self._engine.rules.ttl if entry is None else entry.expires_at - now
            await self._backends.withdraw(key, lasts, "" if entry is None else entry.alias)

    async def _exact_only(self, semantic: Semantic, vector: Vector, similarity: float) -> AsyncIterator[SimilarEntry]:
        """Compare with the questions that have no vector, since their entries answer only the exact request for now."""
        rules = self._engine.rules
        async for keys in self.keys():
            async for batch in self._fetch_batches(keys):
                asked = [entry for entry in batch if entry.question and is_digest(entry.key)]
                found = await _find_vectors(semantic, asked)
                hidden = [e for e in asked if e.key not in found or not policy.may_have_vector(e, rules)]
                if not hidden:
                    continue
                texts = [(entry.question or "")[: rules.max_question] for entry in hidden]
                for entry, each in zip(hidden, await self._embed(semantic, texts, "query"), strict=True):
                    if (own_similarity := float(each @ vector)) >= similarity:
                        yield SimilarEntry(summarize(entry), own_similarity)

    async def _keep_until(self, key: str, until: float) -> Entry | None:
        if (entry := await self.fetch(key)) is None:
            return None
        entry = replace(entry, expires_at=until)
        vectors = await self._embed_findable([entry])
        await self._exact.put(entry)
        await self._upsert([entry], vectors)
        return entry


async def _find_vectors(semantic: Semantic, entries: Sequence[Entry]) -> Collection[str]:
    """Return the keys of those entries that have vectors; of all, where the index does not tell."""
    keys = [entry.key for entry in entries]
    return await semantic.index.find_namespaces(keys) if semantic.index.knows_namespaces else keys


def _aliases(entries: Sequence[Entry]) -> list[str]:
    return [entry.alias for entry in entries if entry.alias]


def _counted(batch: Sequence[Entry], wanted: CallerMatcher, asked_before: float = math.inf) -> CallerTotals:
    theirs = [e for e in batch if wanted.matches_any(e.owners) and e.stored_at - e.took <= asked_before]
    unknown = sum(not entry.owners for entry in batch)
    return CallerTotals(len(theirs), sum(len(entry.body) for entry in theirs), unknown=unknown)
