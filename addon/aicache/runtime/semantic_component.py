"""Embedder, vector index and judge model in use, brought to what the configuration wants."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from pathlib import Path

from aicache.adapters.chat_judge import ChatJudge
from aicache.adapters.embedders.local import LocalEmbedder
from aicache.adapters.embedders.remote_embedder import RemoteEmbedder
from aicache.adapters.unix_rpc.client import RpcClient
from aicache.adapters.vectors.dashvector import DashVectorIndex
from aicache.adapters.vectors.remote_index import RemoteIndex
from aicache.adapters.vectors.zvec import ZvecIndex
from aicache.adapters.vectors.zvec_calls import HANGS
from aicache.config import Embedder as EmbedderConfig
from aicache.config import Index as IndexConfig
from aicache.config import JudgeModel, JudgeWhen
from aicache.config import Semantic as SemanticConfig
from aicache.config import ZvecIndex as ZvecConfig
from aicache.domain.ports import StoreError
from aicache.engine import Engine
from aicache.engine.judge_on_path import JudgeLimits
from aicache.engine.recovery_probe import Recovery
from aicache.runtime.component import DEFAULT_ERASED_WITHIN_S, close_component, freeze_gc
from aicache.runtime.factories import AnyEmbedder, AnyIndex, build_embedder, build_index, build_judge, vector_space
from aicache.runtime.index_upkeep import IndexUpkeep

logger = logging.getLogger(__name__)


class SemanticComponent:
    """Embedder and vector index in use; each is kept over a reload that does not touch its section.

    Embedded ones are those of the process *owner*, if there is one; else an embedder has so many *encoders*. *on_hung*
    is called when a call of a library hangs.
    """

    def __init__(
        self,
        engine: Engine,
        owner: RpcClient | None = None,
        encoders: int = 1,
        on_hung: Callable[[], None] = lambda: None,
    ) -> None:
        self._engine, self._owner, self._encoders = engine, owner, encoders
        self._on_hung = on_hung
        self._embedder: AnyEmbedder | None = None
        self._embedder_is: object = None  # what it was made from
        self._index: AnyIndex | None = None
        self._index_is: object = None
        self._left_behind: ZvecIndex | None = None
        """An index that hung when it was closed."""
        self._begun_at = 0.0
        self._was_out_of_use = False
        self._judge: ChatJudge | None = None
        self._judge_is: JudgeModel | None = None
        self._recoveries: list[Recovery] = []
        self._upkeep = IndexUpkeep(engine)
        self._wants_none = False
        self._embedder_space = ""

    async def reconcile(
        self, semantic: SemanticConfig, data: Path, owned: bool, erased_within: float = DEFAULT_ERASED_WITHIN_S
    ) -> None:
        in_folder = isinstance(semantic.index, ZvecConfig)
        self._wants_none = not (semantic.enabled and in_folder)
        if not semantic.enabled or (in_folder and not owned and self._owner is None):
            await self.end()
            self._engine.use_no_semantic()  # known to be none: nothing waits for it
            return
        try:
            embedder = await self._use_embedder(semantic.embedder)
            await self._use_judge(semantic.judge)  # before anything is found by meaning
            index = await self._use_index(semantic.index, data, embedder)
        except StoreError:
            if self._engine.semantic is None:
                self._engine.use_no_semantic()  # as far as is known
                self._was_out_of_use = True
            raise
        self._upkeep.begin_what_is_due(index, erased_within)

    @property
    def vectors_in_use(self) -> str | None:
        """Name the vectors in use in the data folder; None where there are none, empty where that is not known yet."""
        if self._wants_none:
            return None
        return self._embedder_space if isinstance(self._index, ZvecIndex) else ""

    async def _use_embedder(self, wanted: EmbedderConfig) -> AnyEmbedder:
        if self._embedder is not None and self._embedder_is == wanted:
            return self._embedder
        embedder = build_embedder(wanted, self._owner, self._encoders)
        try:
            await embedder.load()
        except BaseException:  # it has threads
            await _close_quietly(embedder)
            raise
        await self.end()
        self._embedder, self._embedder_is = embedder, wanted
        return embedder

    async def _use_index(self, wanted: IndexConfig, data: Path, embedder: AnyEmbedder) -> AnyIndex:
        if self._index is not None and self._index_is == (wanted, data):
            if (why := await _trouble(self._index)) is None:
                if self._index.begun_at != self._begun_at:  # it has begun anew by itself
                    self._put_into_use(embedder, self._index, wanted)
                return self._index
            logger.warning("vector index: %s: %s; opening it again", self._index, why)
        await self._end_index()
        if isinstance(wanted, ZvecConfig) and self._left_behind is not None and self._left_behind.is_hung:
            raise StoreError("vector index: a call of the one before still hangs; start the proxy again")
        index = build_index(wanted, data, embedder, self._owner, self._index_hangs)
        try:
            await index.open()
        except BaseException:
            await _close_quietly(index)
            self._leave_behind(index)
            raise
        self._index, self._index_is = index, (wanted, data)
        self._embedder_space = vector_space(embedder.model, embedder.dimensions)
        if isinstance(index, ZvecIndex) and not index.is_clean:
            self._upkeep.erase_soon()  # what the process before has left
        self._put_into_use(embedder, index, wanted)
        self._watch_for_recovery(embedder, index)
        threshold = self._engine.rules.threshold
        freeze_gc()
        logger.info("ready: hits by meaning (%s, %s, similarity from %g)", embedder.model, wanted.kind, threshold)
        return index

    def _put_into_use(self, embedder: AnyEmbedder, index: AnyIndex, wanted: IndexConfig) -> None:
        assert self._embedder_is is not None
        self._begun_at = index.begun_at
        self._engine.use_semantic(
            embedder,
            index,
            embedder_timeout=self._embedder_is.timeout,  # type: ignore[attr-defined]
            index_timeout=wanted.timeout,
            begun_at=self._begun_at,
        )
        if self._was_out_of_use:  # answers were stored meanwhile
            self._was_out_of_use = False
            self._engine.refilling.lacking.note()

    async def _use_judge(self, wanted: JudgeModel | None) -> None:
        if self._judge_is == wanted:
            return
        old, self._judge, self._judge_is = self._judge, None, wanted
        backends = self._engine.backends
        on_path = backends.neighbor_judge
        if wanted is None:
            backends.use_judge(None, 0.0)
            self._engine.use_judge(None)
        else:
            self._judge = judge = build_judge(wanted)
            backends.use_judge(judge, wanted.compare_timeout)
            await self._use_on_path(judge, wanted)
        if on_path is not None:
            await on_path.close()
        if old is not None:
            await old.close()

    async def _use_on_path(self, judge: ChatJudge, wanted: JudgeModel) -> None:
        if wanted.when is JudgeWhen.AFTER:
            self._engine.use_judge(None)
            return
        await judge.load()
        limits = JudgeLimits(wanted.neighbors, wanted.min_chance, wanted.max_per_minute, wanted.personal)
        self._engine.use_judge(judge, wanted.timeout, limits)
        logger.info("neighbors that are far or unexplained are put to %s", wanted.model)

    def _watch_for_recovery(self, embedder: AnyEmbedder, index: AnyIndex) -> None:
        """Probe a backend that fails, apart from requests, where that costs nothing."""
        backends = self._engine.backends
        if isinstance(index, ZvecIndex | RemoteIndex):
            self._recoveries.append(Recovery(lambda: backends.semantic_guards.index, index.probe))
        if isinstance(embedder, LocalEmbedder | RemoteEmbedder):
            self._recoveries.append(Recovery(lambda: backends.semantic_guards.embedder, embedder.probe))
        if isinstance(embedder, LocalEmbedder):
            embedder.when_restored(lambda: backends.semantic_guards.embedder.restored())
        for recovery in self._recoveries:
            recovery.start()

    async def _end_index(self) -> None:
        await self._upkeep.stop()
        recoveries, self._recoveries = self._recoveries, []
        for recovery in recoveries:
            await recovery.close()
        await self._engine.refilling.stop()
        index, self._index = self._index, None
        if index is not None:  # while the first one starts, answers wait for it with their vectors
            self._engine.use_no_semantic()
            self._was_out_of_use = True
            await close_component("vector index", index.close())
            self._leave_behind(index)

    def _leave_behind(self, index: AnyIndex) -> None:
        if isinstance(index, ZvecIndex) and index.is_hung:
            self._left_behind = index

    def _index_hangs(self, why: str) -> None:
        """Have no request find out by waiting. The probe of its recovery finds out when the call returns."""
        logger.error(
            "vector index: %s, and cannot be ended: no hits by meaning until it returns or the proxy is started again; "
            "exact hits go on",
            why,
        )
        self._engine.backends.semantic_guards.index.broken(HANGS)
        self._on_hung()

    async def end(self) -> None:
        """End all of it, even if some of it fails to end."""
        await close_component("judge model", self._use_judge(None))
        await self._end_index()
        embedder, self._embedder = self._embedder, None
        if embedder is not None:
            await close_component("embedder", embedder.close())


async def _trouble(index: AnyIndex) -> str | None:
    """Return why an index must be opened again; one that does not answer is not known to be in trouble."""
    if isinstance(index, DashVectorIndex):  # it opens a collection again by itself
        return None
    with contextlib.suppress(StoreError):
        return await index.find_problem()
    return None


async def _close_quietly(backend: AnyEmbedder | AnyIndex) -> None:
    """Close what did not start; an error here must not hide the first one, which may be that the proxy ends."""
    with contextlib.suppress(StoreError):
        await backend.close()
