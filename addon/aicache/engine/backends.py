"""The store, the embedder, the index and the judge model in use at the moment, each behind its guards."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from aicache.domain.events import Judged
from aicache.domain.judging import JudgeQuestion
from aicache.domain.model import Entry
from aicache.domain.outages import OutageTexts
from aicache.domain.ports import Embedder, Judge, NeighborJudge, StoreError, VectorIndex
from aicache.domain.store_ports import EVICTED_PREFIX, WITHDRAWN_PREFIX, DerivedCache, ExactStore
from aicache.engine.dependency import Dependency
from aicache.engine.fair_shares import FairShares
from aicache.engine.guarded_semantic import GuardedEmbedder, GuardedIndex, GuardedJudge, Semantic, SemanticGuards
from aicache.engine.guarded_store import GuardedStore, StoreGuards
from aicache.engine.judge_on_path import JudgeLimits, JudgeOnPath

MAX_EMBEDDING = 384
"""Questions that are being embedded at once."""
EVICTED_S = 1.0
"""Life of a flag that others only hear of."""
START_TIMEOUT_S = 60.0
"""Wait of an answer to be stored while the backends are still starting."""

JUDGED = OutageTexts("nothing is learned by it", "judges again")
NOT_JUDGED = OutageTexts(
    "neighbors that it would decide on do not answer; it is asked again every few seconds", "decides again"
)


class Backends:
    """None, a store, or all. They may be replaced at any time: callers hold on to the ones that they began with."""

    def __init__(self) -> None:
        self.exact: GuardedStore | None = None
        self.semantic: Semantic | None = None
        self.judge: GuardedJudge | None = None
        self.neighbor_judge: JudgeOnPath | None = None
        """The model that is asked about neighbors while requests wait."""
        self.derived_cache: DerivedCache | None = None
        """The store in use, if it caches entries in this process."""
        self.deployment = ""
        """Names the secret that keys are derived from: entries of another one are never asked for."""
        self.exact_guards = StoreGuards.build(0.25)
        self.semantic_guards = SemanticGuards.build(0.4, 0.4)
        self.judge_guard = Dependency("judge model", 30.0, words=JUDGED)
        self.embedding = FairShares(MAX_EMBEDDING)
        self.on_withdrawn: Callable[[str], None] = lambda key: None
        """Called with the key of an entry that answers fewer requests from now on: other workers may have cached it."""
        self.on_contradicted: Callable[[JudgeQuestion, str], None] = lambda question, segment: None
        """Called with what the judge model must not be believed about, and the traffic segment."""
        self._exact_known, self._semantic_known = asyncio.Event(), asyncio.Event()  # in use, or known to be none

    def use_exact(self, store: ExactStore | None, timeout: float) -> None:
        """Take an exact store into use; its predecessor's failures are forgotten."""
        _silence(*self.exact_guards.all)
        self.exact_guards = StoreGuards.build(timeout)
        self.exact = None if store is None else GuardedStore(store, self.exact_guards)
        self.derived_cache = store if isinstance(store, DerivedCache) else None
        if store is not None:
            self._exact_known.set()

    def exact_restored(self) -> None:
        """Close the breakers of the store in use: its server runs again."""
        for guard in self.exact_guards.all:
            guard.restored()

    def use_semantic(
        self,
        embedder: Embedder,
        index: VectorIndex,
        *,
        embedder_timeout: float,
        index_timeout: float,
        begun_at: float = 0.0,
    ) -> None:
        """Take embedder and index into use. *begun_at* is `Semantic.begun_at`."""
        _silence(*self.semantic_guards.all)
        self.semantic_guards = guards = SemanticGuards.build(embedder_timeout, index_timeout)
        self.semantic = Semantic(GuardedEmbedder(embedder, guards), GuardedIndex(index, guards), begun_at)
        self._semantic_known.set()

    def use_no_semantic(self) -> None:
        """Do without hits by meaning."""
        _silence(*self.semantic_guards.all)
        self.semantic = None
        self._semantic_known.set()

    def use_judge(self, judge: Judge | None, timeout: float) -> None:
        """Take a model that compares answers into use, or do without."""
        _silence(self.judge_guard)
        # It has a timeout of its own, and lets few calls in at once: the others wait.
        self.judge_guard = Dependency("judge model", 3 * timeout, words=JUDGED)
        self.judge = None if judge is None else GuardedJudge(judge, self.judge_guard)

    def use_neighbor_judge(
        self, judge: NeighborJudge | None, timeout: float, limits: JudgeLimits, on_judged: Callable[[Judged], None]
    ) -> None:
        """Take a model into use that decides on neighbors within *timeout* seconds, or do without."""
        if self.neighbor_judge is not None:
            _silence(self.neighbor_judge.guard)
        guard = Dependency("neighbor judge", timeout, words=NOT_JUDGED)
        self.neighbor_judge = None if judge is None else JudgeOnPath(judge, guard, limits, on_judged)

    async def exact_once_known(self) -> GuardedStore | None:
        """Wait for a store that is starting, so that an answer that comes in the meantime is not lost."""
        await _known(self._exact_known)
        return self.exact

    async def semantic_once_known(self) -> Semantic | None:
        await _known(self._semantic_known)
        return self.semantic

    async def withdraw(self, key: str, ttl: float, alias: str) -> None:
        """Let an entry answer only its own request, and none by meaning, for *ttl* seconds. Raises StoreError.

        The flag keeps it from getting a vector again when the index is refilled. It comes first: who writes the vector
        at this moment looks for it afterwards. And it comes last: other proxies drop what they have prepared when they
        hear of it, and prepare no more once the vector is gone.
        """
        await self._delete_alias(alias)
        try:
            await self._flag_withdrawn(key, ttl)
        finally:
            try:
                if self.semantic is not None:
                    await self.semantic.index.delete([key])
            finally:  # what is prepared from it would go on answering, whatever fails
                self.evict_everywhere(key)
        await self._flag_withdrawn(key, ttl)

    async def _flag_withdrawn(self, key: str, ttl: float) -> None:
        if self.exact is not None:
            await self.exact.remember(withdrawn(key), ttl)

    async def withdraw_alias(self, key: str, alias: str) -> None:
        """Let an entry not be found by the same words until it is stored anew. Raises StoreError."""
        await self._delete_alias(alias)
        await self.evict_at_all_proxies(key)

    async def _delete_alias(self, alias: str) -> None:
        if alias and self.exact is not None:
            await self.exact.delete((), (alias,))

    def evict_everywhere(self, key: str) -> None:
        """Drop an entry from the caches of this process and of its fellow workers, with what was derived from it."""
        self.evict(key)
        self.on_withdrawn(key)

    async def evict_at_all_proxies(self, key: str) -> None:
        """Do as `evict_everywhere`, and have other proxies with the same store do so: those that listen to its changes.

        One that cannot be told drops it within seconds, as everything.
        """
        self.evict_everywhere(key)
        if self.exact is not None:
            with contextlib.suppress(StoreError):
                await self.exact.remember(f"{EVICTED_PREFIX}{key}", EVICTED_S)

    def evict(self, key: str) -> None:
        """Drop an entry from this process's cache, if there is one, with what was derived from it."""
        if self.derived_cache is not None:
            self.derived_cache.evict(key)

    def contradict_everywhere(self, question: JudgeQuestion, segment: str) -> None:
        """Have the judge model's opinion on a neighbor count as a no, in this process and its fellow workers."""
        self.contradict(question, segment)
        self.on_contradicted(question, segment)

    def contradict(self, question: JudgeQuestion, segment: str) -> None:
        if self.neighbor_judge is not None:
            self.neighbor_judge.contradict(question, segment)

    def get_cached(self, key: str) -> Entry | None:
        """Return an entry cached in this process: no server is asked, so it shows nothing about one."""
        return None if self.derived_cache is None else self.derived_cache.get_cached(key)

    def start_no_more(self) -> None:
        """No backend will start any more: who waits goes on with what there is, and what is closed is no outage."""
        _silence(*self.exact_guards.all, *self.semantic_guards.all, self.judge_guard)
        if self.neighbor_judge is not None:
            _silence(self.neighbor_judge.guard)
        self._exact_known.set()
        self._semantic_known.set()


def withdrawn(key: str) -> str:
    """Name the flag of an entry that must not answer by meaning."""
    return f"{WITHDRAWN_PREFIX}{key}"


def _silence(*guards: Dependency) -> None:
    for guard in guards:
        guard.close()


async def _known(event: asyncio.Event) -> None:
    if not event.is_set():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(START_TIMEOUT_S):
                await event.wait()
