"""The outside parts in use at the moment, each asked within its time limit and past its breaker."""

from __future__ import annotations

import asyncio
import contextlib

from aicache.domain.model import Entry
from aicache.domain.outages import OutageTexts
from aicache.domain.ports import DerivedCache, ExactStore, Judge, Peeks, StoreError
from aicache.engine.dependency import WRITE_TIMEOUT, Part
from aicache.engine.exchange import Semantic
from aicache.engine.fair_shares import Shares

MAX_EMBEDDING = 384  # callers' questions that are being embedded
START_WITHIN = 60.0  # seconds that an answer waits to be stored while the parts are still starting
WRITES = 16  # under way at once: half of a server's connections are left to whoever waits for an answer

STORED = OutageTexts("answers are not stored, hits go on", "answers are stored again")
DELETED = OutageTexts("entries are not deleted", "entries are deleted again")
SCANNED = OutageTexts("no entries are found for upkeep", "entries are found for upkeep again")
BY_MEANING = OutageTexts(
    "no hits by meaning, exact hits go on; it is asked again every few seconds", "hits by meaning again"
)
FOUND = OutageTexts("new answers are found by their exact request only", "new answers are found by meaning again")
VECTORS_DELETED = OutageTexts("vectors are not deleted", "vectors are deleted again")
JUDGED = OutageTexts("nothing is learned by it", "judges again")
LEFT = OutageTexts("they answer nothing for now", "they answer again")


class InUse:
    """None, an exact store, or all. They may be replaced at any time: whoever works with them takes hold of them first,
    and goes on with those it began with."""

    def __init__(self) -> None:
        self.exact: ExactStore | None = None
        self._holds: DerivedCache | None = None
        self.semantic: Semantic | None = None
        self.judge: Judge | None = None
        self.deployment = ""  # names the secret that keys are derived of: others' entries are never asked for
        self._use_exact_parts(0.25)
        self._use_semantic_parts(0.4, 0.4)
        self.embedding = Shares(MAX_EMBEDDING)
        self.judge_part = Part("judge model", 30.0, words=JUDGED)
        self._exact_known, self._semantic_known = asyncio.Event(), asyncio.Event()  # in use, or known to be none

    def use_exact(self, store: ExactStore | None, timeout: float) -> None:
        """Take an exact store into use; its predecessor's failures are forgotten."""
        self.exact = store
        self._holds = store if isinstance(store, DerivedCache) else None
        self._use_exact_parts(timeout)
        if store is not None:
            self._exact_known.set()

    def exact_restored(self) -> None:
        """Take note that the server behind the store in use stands again."""
        for part in (self.exact_part, self.exact_writes, self.exact_deletes, self.exact_upkeep, self.legacy_part):
            part.restored()

    def use_semantic(self, semantic: Semantic | None) -> None:
        """Take embedder and index into use, or do without."""
        self.semantic = semantic
        if semantic is not None:
            self._use_semantic_parts(semantic.embedder_timeout, semantic.index_timeout)
        else:
            self._leave("embedder_part", "embedder_writes", "index_part", "index_writes", "index_deletes")
        self._semantic_known.set()

    def _use_exact_parts(self, timeout: float) -> None:
        """What it is asked for fails apart: a store that is full or a replica answers, and may well delete."""
        self._leave("exact_part", "exact_writes", "exact_deletes", "exact_upkeep", "legacy_part")
        self.exact_part = reads = Part("exact store", timeout)
        self.exact_writes = Part("exact store (writes)", WRITE_TIMEOUT, words=STORED, behind=reads, at_once=WRITES)
        self.exact_deletes = Part("exact store (deletions)", WRITE_TIMEOUT, words=DELETED, behind=reads, always=True)
        self.exact_upkeep = Part("exact store (upkeep)", WRITE_TIMEOUT, words=SCANNED, behind=reads, always=True)
        self.legacy_part = Part("answers of Higress", timeout, words=LEFT, behind=reads)

    def _use_semantic_parts(self, embedder: float, index: float) -> None:
        """As of the exact store; and who embeds in ten seconds is good for what is stored, and not for a look-up."""
        self._leave("embedder_part", "embedder_writes", "index_part", "index_writes", "index_deletes")
        self.embedder_part = asked = Part("embedder", embedder, words=BY_MEANING)
        self.embedder_writes = Part("embedder (of what is stored)", WRITE_TIMEOUT, words=FOUND, behind=asked)
        self.index_part = searched = Part("vector index", index, words=BY_MEANING)
        self.index_writes = Part("vector index (writes)", WRITE_TIMEOUT, words=FOUND, behind=searched, at_once=WRITES)
        self.index_deletes = Part(
            "vector index (deletions)", WRITE_TIMEOUT, words=VECTORS_DELETED, behind=searched, always=True
        )

    def _leave(self, *names: str) -> None:
        """Have the parts of before say nothing of their end."""
        for name in names:
            if (part := getattr(self, name, None)) is not None:
                part.close()

    def use_judge(self, judge: Judge | None, timeout: float) -> None:
        """Take a model that compares answers into use, or do without."""
        self.judge = judge
        self.judge_part.close()
        self.judge_part = Part("judge model", 3 * timeout, words=JUDGED)  # it has its own, and lets few in at once

    async def exact_once_known(self) -> ExactStore | None:
        """Wait for a part that is starting: an answer that comes in the meantime is not lost."""
        await _known(self._exact_known)
        return self.exact

    async def semantic_once_known(self) -> Semantic | None:
        await _known(self._semantic_known)
        return self.semantic

    async def withdraw(self, semantic: Semantic, key: str, lasts: float) -> None:
        """Have an entry answer its own request only, and no other by meaning, for so many seconds. Raises StoreError.

        It is noted as well, so that the entry gets no vector again when the index is begun anew.
        """
        await self.index_deletes.ask(semantic.index.delete([key]), "a wrong neighbour deleted")
        if self.exact is not None:
            await self.exact_writes.ask(self.exact.remember(withdrawn(key), lasts), "a wrong neighbour noted")
        self.release(key)

    def release(self, key: str) -> None:
        """Hold an entry no longer in this process, where one is held."""
        if self._holds is not None:
            self._holds.evict(key)  # with what was made of it for others

    def held(self, key: str) -> Entry | None:
        """Return an entry that is held in this process: no part is asked, so it shows nothing of one."""
        return None if self._holds is None else self._holds.get_cached(key)

    def start_no_more(self) -> None:
        """No part will start any more: whoever waits goes on with what there is, and what ends is no outage."""
        self._leave("exact_part", "exact_writes", "exact_deletes", "exact_upkeep", "legacy_part", "judge_part")
        self._leave("embedder_part", "embedder_writes", "index_part", "index_writes", "index_deletes")
        self._exact_known.set()
        self._semantic_known.set()


def withdrawn(key: str) -> str:
    """Name the mark of an entry that is to answer nothing by meaning."""
    return f"withdrawn-{key}"


async def looked_at(exact: ExactStore, keys: list[str]) -> list[Entry | StoreError | None]:
    """Do as `entries`, for who keeps the store: nothing is changed by it, where the store can do so."""
    return await exact.peek(keys) if isinstance(exact, Peeks) else await entries(exact, keys)


async def entries(exact: ExactStore, keys: list[str]) -> list[Entry | StoreError | None]:
    """Fetch entries, of which some may be on a node that is down: those are errors here, and not gone.

    Raises StoreError when nothing could be asked. The gets of one turn of the loop travel together.
    """
    found = await asyncio.gather(*(exact.get(key) for key in keys), return_exceptions=True)
    entries: list[Entry | StoreError | None] = []
    for each in found:
        if isinstance(each, BaseException) and not isinstance(each, StoreError):
            raise each
        entries.append(each)
    if (failures := [each for each in entries if isinstance(each, StoreError)]) and len(failures) == len(entries):
        raise failures[0]
    return entries


async def _known(part: asyncio.Event) -> None:
    if not part.is_set():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(START_WITHIN):
                await part.wait()
