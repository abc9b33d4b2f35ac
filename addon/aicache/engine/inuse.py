"""The outside parts in use at the moment, each asked within its time limit and past its breaker."""

from __future__ import annotations

import asyncio
import contextlib

from aicache.engine.values import Semantic
from aicache.model import Entry
from aicache.outside import Part
from aicache.ports import ExactStore, HoldsEntries, Judge, StoreError

START_WITHIN = 60.0  # seconds that an answer waits to be stored while the parts are still starting


class InUse:
    """None, an exact store, or all. They may be replaced at any time: whoever works with them takes hold of them first,
    and goes on with those it began with."""

    def __init__(self) -> None:
        self.exact: ExactStore | None = None
        self.semantic: Semantic | None = None
        self.judge: Judge | None = None
        self.deployment = ""  # names the secret that keys are derived of: others' entries are never asked for
        self.exact_part = Part("exact store", 0.25)
        self.legacy_part = Part("answers of Higress", 0.25)
        self.embedder_part = Part("embedder", 0.4)
        self.index_part = Part("vector index", 0.4)
        self.judge_part = Part("judge model", 30.0)
        self._exact_known, self._semantic_known = asyncio.Event(), asyncio.Event()  # in use, or known to be none

    def use_exact(self, store: ExactStore | None, timeout: float) -> None:
        """Take an exact store into use; its predecessor's failures are forgotten."""
        self.exact = store
        self.exact_part = Part("exact store", timeout)
        self.legacy_part = Part("answers of Higress", timeout)
        if store is not None:
            self._exact_known.set()

    def use_semantic(self, semantic: Semantic | None) -> None:
        """Take embedder and index into use, or do without."""
        self.semantic = semantic
        if semantic is not None:
            self.embedder_part = Part("embedder", semantic.embedder_timeout)
            self.index_part = Part("vector index", semantic.index_timeout)
        self._semantic_known.set()

    def use_judge(self, judge: Judge | None, timeout: float) -> None:
        """Take a model that compares answers into use, or do without."""
        self.judge = judge
        self.judge_part = Part("judge model", 3 * timeout)  # it has its own, and lets few in at once

    async def exact_once_known(self) -> ExactStore | None:
        """Wait for a part that is starting: an answer that comes in the meantime is not lost."""
        await _known(self._exact_known)
        return self.exact

    async def semantic_once_known(self) -> Semantic | None:
        await _known(self._semantic_known)
        return self.semantic

    async def withdraw(self, semantic: Semantic, key: str) -> None:
        """Have an entry answer its own request only, and no other by meaning. Raises StoreError."""
        await self.index_part.ask(semantic.index.delete([key]), "a wrong neighbour deleted")
        self.release(key)

    def release(self, key: str) -> None:
        """Hold an entry no longer in this process, where one is held."""
        if isinstance(self.exact, HoldsEntries):
            self.exact.release(key)  # with what was made of it for others

    def start_no_more(self) -> None:
        """No part will start any more: whoever waits goes on with what there is."""
        self._exact_known.set()
        self._semantic_known.set()


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
