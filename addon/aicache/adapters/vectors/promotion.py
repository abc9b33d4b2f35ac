"""Copies frequently searched namespaces into memory, and searches them there on a separate thread."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aicache.adapters.threads import CoalescingWorker, Worker
from aicache.adapters.vectors.graph_files import GraphFiles, SavedGraph
from aicache.adapters.vectors.in_memory_vectors import InMemoryVectors
from aicache.adapters.vectors.neighbor_graph import is_installed
from aicache.adapters.vectors.zvec_folder import MAX_NEIGHBORS, ZvecFolder
from aicache.domain.asyncio_tasks import TaskSet
from aicache.domain.bounded import BoundedDict
from aicache.domain.model import Neighbor, Vector
from aicache.domain.ports import Busy, StoreError

logger = logging.getLogger(__name__)

PROMOTE_AFTER_SEARCHES = 4
"""Searches of a namespace before it is copied into memory. Most conversations are searched only once."""
TRY_AGAIN_AFTER_SEARCHES = 1000
"""Searches of a namespace outside the memory before that is tried again after it has failed."""
BEGIN_TIMEOUT_S = 60.0
"""To list a hundred thousand keys among a million takes seconds, and longer while searches wait for the same thread."""
PROMOTION_BATCH_SIZE = 200
"""Vectors loaded at once, in 6 ms; other searches run between two batches."""
MAX_SEARCH_BATCH_SIZE = 64
"""Vectors whose neighbors are found by one matrix product."""
MAX_COUNTED_NAMESPACES = 10_000


class NotInMemoryError(StoreError):
    """A namespace is not in memory, or not completely."""


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    namespace: str
    vector: Vector
    top_k: int


class Promotion:
    """Promotes namespaces of *folder* into *memory*; *call* runs a function on the folder's thread.

    Searches in memory run on the thread of *worker*, which is ended by `close`. They wait for no write and no
    compaction.
    """

    def __init__(
        self,
        memory: InMemoryVectors,
        folder: ZvecFolder,
        files: GraphFiles,
        call: Callable[..., Awaitable[Any]],
        worker: Worker,
    ) -> None:
        self._memory, self._folder, self._files, self._call = memory, folder, files, call
        self._worker = worker
        self._searches = CoalescingWorker(worker, self._search_batch, MAX_SEARCH_BATCH_SIZE)
        self._counts = BoundedDict[str, int](MAX_COUNTED_NAMESPACES)  # searches outside the memory
        self._being_loaded: set[str] = set()
        self.loading = TaskSet()

    def holds(self, namespace: str) -> bool:
        return self._memory.has(namespace)

    def search_small(self, namespace: str, vector: Vector, top_k: int) -> list[Neighbor] | None:
        """Return the neighbors, if that takes no longer than to have another thread find them."""
        return self._memory.nearest_in_small(namespace, vector, min(top_k, MAX_NEIGHBORS))

    async def search(self, namespace: str, vector: Vector, top_k: int) -> list[Neighbor]:
        """Return the neighbors. Raises NotInMemoryError where the namespace has been evicted meanwhile."""
        return await self._searches.submit(_Search(namespace, vector, min(top_k, MAX_NEIGHBORS)))

    def count_search(self, namespace: str, *, in_memory: bool) -> None:
        """Count a search; the one that makes it `PROMOTE_AFTER_SEARCHES` starts the promotion."""
        count = self._counts.pop(namespace, 0) + 1
        if not in_memory:
            self._counts[namespace] = count
            if count == PROMOTE_AFTER_SEARCHES:
                self.loading.spawn(self._load(namespace))

    async def restore(self) -> None:
        """Begin to promote the namespaces that have a saved graph, one after the other."""
        if is_installed():
            self.loading.spawn(self._restore(await asyncio.to_thread(self._files.namespaces)))

    async def _restore(self, namespaces: list[str]) -> None:
        for namespace in namespaces:
            if not self.holds(namespace):
                await self._load(namespace)

    async def close(self, within: float) -> None:
        """Stop loading and end the thread. StoreError when that takes longer than *within* seconds."""
        self.loading.cancel()
        await self._worker.close(within=within)

    async def _load(self, namespace: str) -> None:
        """Copy a namespace into memory, batch by batch. Vectors written meanwhile are added by the folder."""
        if namespace in self._being_loaded:
            return
        self._being_loaded.add(namespace)
        try:
            saved = await asyncio.to_thread(self._read_graph, namespace)
            beginning = self._call(self._folder.begin_promotion, namespace, saved, within=BEGIN_TIMEOUT_S)
            del saved  # its keys are taken one by one
            keys = await self._load_large(namespace, beginning)
            for start in range(0, len(keys or ()), PROMOTION_BATCH_SIZE):
                await self._call(self._folder.promote, namespace, (keys or [])[start : start + PROMOTION_BATCH_SIZE])
            await self._call(self._memory.complete, namespace)
            self._counts.pop(namespace, None)  # if it has to leave, it is promoted again
        except Busy:
            self._counts.pop(namespace, None)  # the searches that follow try it again
        except StoreError as exc:
            self._counts[namespace] = PROMOTE_AFTER_SEARCHES - TRY_AGAIN_AFTER_SEARCHES
            logger.debug("namespace not kept in memory: %s", exc)
        finally:
            self._being_loaded.discard(namespace)

    def _read_graph(self, namespace: str) -> SavedGraph | None:
        return self._files.read(namespace) if is_installed() else None

    async def _load_large(self, namespace: str, beginning: Awaitable[list[str] | None]) -> list[str] | None:
        """Load a large namespace; return the keys of another, of which nothing is loaded yet."""
        keys: list[str] | None = None
        try:
            if (keys := await beginning) is None:
                while await self._call(self._folder.promote_batch, namespace):
                    pass
            return keys
        finally:
            if keys is None:  # until then zvec's files are not compacted
                await self._call(self._folder.end_reading)

    def _search_batch(self, searches: list[_Search]) -> list[list[Neighbor] | Exception]:
        """Return the neighbors for each, on the thread; NotInMemoryError for a namespace that has been evicted."""
        results: list[list[Neighbor] | Exception] = [NotInMemoryError() for _ in searches]
        groups: dict[tuple[str, int], list[int]] = {}
        for position, search in enumerate(searches):
            groups.setdefault((search.namespace, search.top_k), []).append(position)
        for (namespace, top_k), positions in groups.items():
            vectors = [searches[position].vector for position in positions]
            found = self._memory.nearest_to_each(namespace, vectors, top_k)
            for position, each in zip(positions, found or (), strict=False):
                results[position] = each
        return results
