"""What a keeper does to the cache, beside all requests: read, count, purge, pin, carry entries off and bring them.

It sees every owner's entries, so what it returns is for the operator's eyes. Everything raises StoreError alone, and
OSError or ValueError where files are read and written.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path

from aicache.domain import policy
from aicache.domain.caller_digests import Wanted
from aicache.domain.events import Erased
from aicache.domain.keys import vector_namespace
from aicache.domain.model import Entry, Vector
from aicache.domain.ports import Empties, ExactStore, Purpose, StoreError
from aicache.engine import Engine, Semantic
from aicache.engine.backends import entries as fetched
from aicache.engine.backends import looked_at
from aicache.engine.traffic_segments import KIND
from aicache.maintenance import archive
from aicache.maintenance.results import PINNED, Brief, Found, OfCaller, Taken, brief

TOGETHER = 16
"""Entries fetched at once; each may have megabytes."""
AGAIN_AFTER = (30.0, 570.0)
"""Seconds after which a caller's entries are looked for again, and then again."""
MOST = 1000
"""Neighbours looked at in one go; no index gives many more."""


class Upkeep:
    """Works on the parts that an engine has in use at the moment."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._in_use = engine.in_use
        self._clock = clock

    # ------------------------------------------------------------------ read

    async def get(self, key: str) -> Entry | None:
        [found] = await self._in_use.exact_part.ask(looked_at(self._exact, [key]), "an entry read")
        if isinstance(found, StoreError):
            raise found
        return found

    async def keys(self) -> AsyncIterator[list[str]]:
        """Go through the keys of all entries, some at a time. One may come twice."""
        exact, cursor = self._exact, ""
        while True:
            keys, cursor = await self._in_use.exact_upkeep.ask(exact.scan(cursor), "keys read")
            yield keys
            if not cursor:
                return

    async def page(self, cursor: str = "") -> tuple[list[Brief], str]:
        """Return some entries, in no order, and the cursor to go on with; it begins and ends with an empty one."""
        keys, cursor = await self._in_use.exact_upkeep.ask(self._exact.scan(cursor), "keys read")
        return [brief(entry) async for batch in self._fetched(keys) for entry in batch], cursor

    async def count(self) -> int:
        """Return how many entries there are, about."""
        return sum([len(keys) async for keys in self.keys()])

    async def named(self, beginning: str) -> list[str]:
        """Return the keys that begin like this."""
        return sorted({key async for keys in self.keys() for key in keys if key.startswith(beginning)})

    async def like(self, text: str, similarity: float, most: int = MOST, *, exact_only: bool = True) -> list[Found]:
        """Return entries whose question is like *text*, of all owners, the nearest first.

        The index has those that answer by meaning. With *exact_only* the others' questions are embedded for the
        purpose, and all entries are read for it.
        """
        semantic = self._semantic
        [vector] = await self._embed(semantic, [text], "query")
        near = await self._in_use.index_part.ask(semantic.index.anywhere(vector, most), "neighbours read")
        similarities = {n.key: n.similarity for n in near if n.similarity >= similarity}
        found = [
            Found(brief(entry), similarities[entry.key])
            async for batch in self._fetched(list(similarities))
            for entry in batch
        ]
        if exact_only:
            found += [
                each async for each in self._hidden(semantic, vector, similarity) if each.brief.key not in similarities
            ]
        return sorted(found, key=lambda each: (-each.similarity, each.brief.key))[:most]

    # ------------------------------------------------------------------ change

    async def purge(self, keys: Sequence[str]) -> int:
        """Delete entries, then their vectors; return how many of them there were.

        A vector that cannot be deleted leads nowhere any more, and is deleted when it is found.
        """
        count = 0
        for start in range(0, len(keys), TOGETHER):
            some = list(keys[start : start + TOGETHER])
            try:
                count += sum([len(batch) async for batch in self._fetched(some)])
            except StoreError:  # of a store that cannot be read they are deleted all the same, as far as they are there
                count += len(some)
            await self._delete(some)
        if keys:
            self._engine.erased(Erased(frozenset(keys)))
        return count

    async def purge_like(self, text: str, similarity: float) -> int:
        """Delete all that `like` finds, however much it is; return how many there were."""
        count = 0
        while found := await self.like(text, similarity):
            some = await self.purge([each.brief.key for each in found])
            count += some
            if len(found) < MOST or not some:
                break
        return count

    async def purge_all(self) -> int:
        """Delete every entry of the store under its prefix, whoever's it is, with its vector."""
        self._engine.erasures.note(None)  # first: what is on its way is not stored after it
        count = 0
        async for keys in self.keys():
            await self._delete(keys)
            count += len(keys)
        if (semantic := self._in_use.semantic) is not None and isinstance(index := semantic.index, Empties):
            with contextlib.suppress(StoreError):  # which has been warned of
                await self._in_use.index_part.ask(index.clear(), "all vectors deleted")
        self._engine.erased(Erased(everything=True))
        return count

    async def of_caller(self, wanted: Wanted) -> OfCaller:
        """Count what there is of a caller."""
        found = OfCaller()
        async for batch in self._all():
            found += _counted(batch, wanted)
        marks = await self._in_use.exact_part.ask(self._exact.marks_of(wanted.has), "a caller's marks")
        return found + OfCaller(marks=len(marks), kinds=sum(mark.startswith(KIND) for mark in marks))

    async def purge_caller(self, wanted: Wanted, *, asked_before: float = math.inf) -> OfCaller:
        """Delete all that there is of a caller: entries with notes and vectors, marks, evidence; return how much.

        What is asked while this goes on is not stored, here; *asked_before* (Unix seconds) leaves what was asked since.
        """
        if asked_before == math.inf:
            self._engine.erasures.note(wanted)
        done, keys = OfCaller(), set[str]()
        async for batch in self._all():
            done += _counted(batch, wanted, asked_before)
            theirs = [e.key for e in batch if wanted.owns(e.owners) and e.stored_at - e.took <= asked_before]
            if theirs:
                await self._delete(theirs)
                keys.update(theirs)
        if asked_before == math.inf:
            exact, part = self._exact, self._in_use.exact_part
            marks = await part.ask(exact.marks_of(wanted.has), "a caller's marks")
            for mark in marks:
                if mark.startswith(KIND):
                    await self._engine.learning.kinds.forget(mark.removeprefix(KIND), exact)
                else:
                    await part.ask(exact.mark(mark, 0), "a caller's mark deleted")
            done += OfCaller(marks=len(marks), kinds=sum(mark.startswith(KIND) for mark in marks))
            now = self._clock()
            self._engine.repeat(lambda: self._purge_again(wanted, now), AGAIN_AFTER)
        if keys or asked_before == math.inf:
            self._engine.erased(Erased(frozenset(keys), wanted))
        return done

    async def _purge_again(self, wanted: Wanted, asked_before: float) -> None:
        """Delete what another proxy, which shares the store and knew nothing of it, has stored since."""
        await self.purge_caller(wanted, asked_before=asked_before)

    async def pin(self, key: str) -> Entry | None:
        """Let an entry never expire, nor its vector; None when there is no such entry.

        A fresh answer to the same request takes its place, and Redis may still evict it when its memory is full.
        """
        return await self._keep_until(key, PINNED)

    async def unpin(self, key: str) -> Entry | None:
        """Let an entry live for as long as a new one would."""
        return await self._keep_until(key, self._clock() + self._engine.rules.ttl)

    async def wrong(self, key: str, *, by_meaning: bool) -> None:
        """Take note that an entry answered wrong. To the very request it was asked for, it goes; one that answered by
        meaning is kept for its own request, and answers no other any more."""
        if not by_meaning:
            await self.purge([key])
        elif (semantic := self._in_use.semantic) is not None:
            entry, now = await self.get(key), self._clock()
            lasts = self._engine.rules.ttl if entry is None else entry.expires_at - now
            await self._in_use.withdraw(semantic, key, lasts)

    # ------------------------------------------------------------------ carry

    async def export(self, path: Path) -> int:
        """Write every entry into a file that its owner alone may read; return how many. What was there is replaced."""
        part = path.with_name(f".{path.name}.part")
        file = await asyncio.to_thread(archive.new, part)
        count = 0
        try:
            await asyncio.to_thread(file.write, archive.header(self._in_use.deployment))
            async for keys in self.keys():
                async for batch in self._fetched(keys):
                    count += await asyncio.to_thread(archive.write, file, batch)
            await asyncio.to_thread(file.close)
            await asyncio.to_thread(part.replace, path)
        finally:
            file.close()
            part.unlink(missing_ok=True)
        return count

    async def bring(self, path: Path) -> Taken:
        """Take the entries of a file that `export` wrote; what is newer here stays, so it may be done again."""
        taken = Taken()
        file = await asyncio.to_thread(path.open, "rb")
        try:
            archive.check_header(await asyncio.to_thread(file.readline, 1 << 16), self._in_use.deployment)
            while entries := await asyncio.to_thread(archive.some, file, TOGETHER):
                whole = [entry for entry in entries if entry is not None]
                taken += Taken(unread=len(entries) - len(whole)) + await self.take(whole)
        finally:
            file.close()
        return taken

    async def take(self, entries: Sequence[Entry], *, only_new: bool = False) -> Taken:
        """Store entries that come from elsewhere, with their vectors, unless what is there is newer, or the same.

        With *only_new*, unless anything is there at all: for entries of whose age nothing is known.
        """
        now, exact = self._clock(), self._exact
        entries = [self._in_time(entry, now) for entry in entries]
        by_age = sorted(entries, key=lambda entry: entry.stored_at)
        live = {entry.key: entry for entry in by_age if entry.expires_at > now}
        if not live:
            return Taken(expired=len(entries))
        there = await self._in_use.exact_part.ask(fetched(exact, list(live)), "entries compared")
        for each in there:
            if isinstance(each, StoreError):
                raise each
            if each is not None and (only_new or each.stored_at >= live[each.key].stored_at):
                del live[each.key]
        new = list(live.values())
        vectors = await self._vectors(new)  # first: what fails leaves the entries to be brought again
        await self._in_use.exact_writes.ask(_put(exact, new), "entries stored")
        await self._upsert(new, vectors)
        expired = sum(entry.expires_at <= now for entry in entries)
        return Taken(len(new), len(entries) - expired - len(new), expired, found=len(vectors))

    # ------------------------------------------------------------------ parts

    @property
    def _exact(self) -> ExactStore:
        if (exact := self._in_use.exact) is None:
            raise StoreError("exact store: it is not in use, or still starting")
        return exact

    @property
    def _semantic(self) -> Semantic:
        if (semantic := self._in_use.semantic) is None:
            raise StoreError("hits by meaning: they are not in use, or still starting")
        return semantic

    async def _fetched(self, keys: Sequence[str]) -> AsyncIterator[list[Entry]]:
        """Fetch entries, as many at once as memory bears; what has gone, or is on a node that is down, is left out."""
        exact = self._exact
        for start in range(0, len(keys), TOGETHER):
            asking = looked_at(exact, list(keys[start : start + TOGETHER]))
            found = await self._in_use.exact_part.ask(asking, "entries read")
            yield [entry for entry in found if isinstance(entry, Entry)]

    async def _all(self) -> AsyncIterator[list[Entry]]:
        async for keys in self.keys():
            async for batch in self._fetched(keys):
                yield batch

    def _in_time(self, entry: Entry, now: float) -> Entry:
        """Let an entry from elsewhere be no newer than now, and live no longer than one of here, or be pinned."""
        ttl = self._engine.rules.ttl
        if policy.is_of_this_time(entry, now, ttl):
            return entry
        until = entry.expires_at if entry.expires_at >= PINNED else min(entry.expires_at, now + ttl)
        return replace(entry, stored_at=min(entry.stored_at, now), expires_at=until)

    async def _hidden(self, semantic: Semantic, vector: Vector, similarity: float) -> AsyncIterator[Found]:
        """Compare with the questions that have no vector, since they are answered by the exact request only."""
        rules = self._engine.rules
        async for keys in self.keys():
            async for batch in self._fetched(keys):
                hidden = [entry for entry in batch if entry.question and not policy.may_be_found(entry, rules)]
                if not hidden:
                    continue
                texts = [(entry.question or "")[: rules.max_question] for entry in hidden]
                for entry, each in zip(hidden, await self._embed(semantic, texts, "query"), strict=True):
                    if (found := float(each @ vector)) >= similarity:
                        yield Found(brief(entry), found)

    async def _delete(self, keys: Sequence[str]) -> None:
        await self._in_use.exact_deletes.ask(self._exact.delete(keys), "entries deleted")
        if (semantic := self._in_use.semantic) is not None:
            try:
                vectors = [key for key in keys if archive.DIGEST.fullmatch(key)]
                await self._in_use.index_deletes.ask(semantic.index.delete(vectors), "vectors deleted")
            except StoreError:  # which has been warned of
                return

    async def _keep_until(self, key: str, until: float) -> Entry | None:
        if (entry := await self.get(key)) is None:
            return None
        entry = replace(entry, expires_at=until)
        vectors = await self._vectors([entry])
        await self._in_use.exact_writes.ask(self._exact.put(entry), "an entry's time changed")
        await self._upsert([entry], vectors)
        return entry

    async def _vectors(self, entries: Sequence[Entry]) -> dict[str, Vector]:
        """Embed the questions of those that are to be found by meaning; none where that is not in use."""
        semantic, rules = self._in_use.semantic, self._engine.rules
        questions = {entry.key: entry.question or "" for entry in entries if policy.may_be_found(entry, rules)}
        if semantic is None or not questions:
            return {}
        purpose: Purpose = "document" if semantic.embedder.asymmetric else "query"
        return dict(zip(questions, await self._embed(semantic, list(questions.values()), purpose), strict=True))

    async def _upsert(self, entries: Sequence[Entry], vectors: dict[str, Vector]) -> None:
        if (semantic := self._in_use.semantic) is None:
            return
        model, dimensions = semantic.embedder.model, semantic.embedder.dimensions
        for entry in entries:
            if (vector := vectors.get(entry.key)) is not None:
                namespace = vector_namespace(entry.namespace, model, dimensions)
                upsert = semantic.index.upsert(entry.key, namespace, vector, entry.expires_at)
                await self._in_use.index_writes.ask(upsert, "a vector stored")

    async def _embed(self, semantic: Semantic, texts: Sequence[str], purpose: Purpose) -> Vector:
        return await self._in_use.embedder_writes.ask(semantic.embedder.embed(texts, purpose), "questions embedded")


def _counted(batch: Sequence[Entry], wanted: Wanted, asked_before: float = math.inf) -> OfCaller:
    theirs = [e for e in batch if wanted.owns(e.owners) and e.stored_at - e.took <= asked_before]
    unknown = sum(not entry.owners for entry in batch)
    return OfCaller(len(theirs), sum(len(entry.body) for entry in theirs), unknown=unknown)


async def _put(exact: ExactStore, entries: Sequence[Entry]) -> None:
    for entry in entries:
        await exact.put(entry)
