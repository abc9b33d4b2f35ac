"""Vectors in zvec, an embedded index: one folder, one process. It stores digests and vectors and compares no texts."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

from aicache.adapters.damaged_files import set_aside
from aicache.adapters.hung_calls import HungCalls
from aicache.adapters.threads import Worker
from aicache.adapters.vectors.checks import check_digests, check_vector
from aicache.adapters.vectors.graph_files import GraphFiles
from aicache.adapters.vectors.in_memory_vectors import InMemoryVectors
from aicache.adapters.vectors.promotion import NotInMemoryError, Promotion
from aicache.adapters.vectors.zvec_calls import ZvecCalls
from aicache.adapters.vectors.zvec_check import find_damage
from aicache.adapters.vectors.zvec_files import is_occupied
from aicache.adapters.vectors.zvec_folder import MAX_SLACK_BYTES, ZvecFolder
from aicache.adapters.vectors.zvec_keys import PAGE_SIZE, KeyRange
from aicache.adapters.vectors.zvec_rewrite import recover
from aicache.domain.asyncio_tasks import TaskSet
from aicache.domain.bounded import BoundedDict
from aicache.domain.model import Neighbor, Vector
from aicache.domain.ports import StoreError

logger = logging.getLogger(__name__)

MAX_EXPIRES_AT = 1 << 62
"""Unix seconds; later times are stored as this one."""
MAX_KNOWN_NAMESPACES = 10_000
"""Remembered namespaces that have vectors."""
MAX_MEMORY_BYTES = 128 << 20
"""Size of the vectors in memory, in a matrix per namespace that may be half empty: 32,000 to 64,000 of 512 numbers."""
CLOSE_TIMEOUT_S = 5.0
"""mitmproxy waits this long when it exits."""
PROBLEM_TIMEOUT_S = 0.5
"""Limit of `find_problem`: its caller checks all backends and must not wait for a write."""
MAX_COMPACT_S = 600.0
"""Limit of what goes through all files."""


class ZvecIndex:
    """A VectorIndex in *folder*, which need not exist. `open` comes first; only one process can have it open.

    All of zvec's calls run on one thread: two concurrent queries can deadlock in zvec 0.8 once there are several
    segments.

    The index is FLAT, exact search. Within a namespace that is as fast as HNSW (0.2 ms for 50 of 20,000 vectors, 4 ms
    for 10,000 of them, 20 ms for 50,000 of 100,000), and compacting 20,000 takes 0.04 s where HNSW took 149. Namespaces
    that are searched often are also kept in memory: small ones in a matrix, whose product takes a third of the time or
    less, and large ones with a graph, whose candidates are compared exactly.
    """

    def __init__(
        self,
        folder: Path,
        dimensions: int,
        *,
        timeout: float = 5.0,
        max_slack_bytes: int = MAX_SLACK_BYTES,
        max_memory_bytes: int = MAX_MEMORY_BYTES,
        on_hung: Callable[[str], None] = lambda why: None,
    ) -> None:
        """*timeout* in seconds bounds every operation but `open`, `sweep` and `close`, which may take longer.

        *on_hung* is called when a call of a library hangs. Until it returns, every operation fails at once.
        """
        self._dimensions = dimensions
        self._worker, searching = Worker("ai-cache-zvec"), Worker("ai-cache-vectors")
        self._graph_files = GraphFiles(folder, dimensions)
        self._memory = memory = InMemoryVectors(dimensions, max_memory_bytes, self._graph_files)
        self._folder = ZvecFolder(folder, dimensions, memory, max_slack_bytes)
        self._hung = HungCalls((self._worker, searching), on_hung)
        self._calls = ZvecCalls(self._folder, self._worker, self._hung, timeout)
        self._call = self._calls.run
        self._promotion = Promotion(memory, self._folder, self._graph_files, self._call, searching)
        self._watching = TaskSet()
        self._filled = BoundedDict[str, None](MAX_KNOWN_NAMESPACES)  # namespaces that have vectors, or had some

    def __str__(self) -> str:
        return f"zvec in {self._folder.path}"

    @property
    def begun_at(self) -> float:
        """Unix time since which no vector was lost; entries stored before may have none. 0: no loss is known."""
        return self._folder.begun_at

    @property
    def is_clean(self) -> bool:
        """Whether the files contain no deleted vectors."""
        return self._folder.is_clean

    @property
    def is_hung(self) -> bool:
        """Whether a call of a library hangs, also after `close`: only with this process it would end."""
        return self._hung.any_hangs

    async def open(self) -> None:
        """Open the folder, or create it; a damaged one is set aside and replaced by an empty one.

        StoreError when another process has it, or the place cannot be used.
        """
        if self._folder.is_open:
            return
        path = self._folder.path
        await asyncio.to_thread(recover, path)
        occupied = await asyncio.to_thread(is_occupied, path)
        if occupied and (damage := await find_damage(path, self._dimensions)) is not None:
            await self._set_aside(path, damage)
            occupied = False
        if not occupied:
            await asyncio.to_thread(self._graph_files.remove_all)
        self._watching.spawn(self._hung.watch())
        await self._call(self._folder.open, within=90.0)
        await self._promotion.restore()

    async def _set_aside(self, path: Path, damage: str) -> None:
        try:
            aside = await asyncio.to_thread(set_aside, path)
        except OSError as exc:
            raise StoreError(f"zvec: {path} is damaged, and cannot be set aside ({exc.strerror})") from exc
        logger.warning(
            "vector index: %s is damaged (%s): set aside as %s, starting with an empty one; stored answers "
            "serve exact requests, and similar ones once their questions have been embedded again",
            *(path, damage, aside.name),
        )

    async def find_problem(self) -> str | None:
        """Return why the folder must be opened again; None when it need not be.

        Its files have been removed or replaced; or zvec fails repeatedly although nothing else is wrong with the place.
        """
        return await self._call(self._calls.find_problem, within=PROBLEM_TIMEOUT_S)

    async def probe(self) -> None:
        """Raise StoreError unless zvec responds."""
        await self.count()

    async def search(self, namespace: str, vector: Vector, top_k: int) -> list[Neighbor]:
        check_digests("zvec", namespace)
        check_vector("zvec", vector, self._dimensions)
        self._calls.check_hung()
        if (small := self._promotion.search_small(namespace, vector, top_k)) is not None:
            return small
        in_memory = False
        try:
            found, in_memory = await self._find(namespace, vector, top_k)
        finally:  # one that takes too long, too: among a million vectors, they all do outside the memory
            self._promotion.count_search(namespace, in_memory=in_memory)
        return found

    def was_filled(self, namespace: str) -> bool:
        return namespace in self._filled

    async def is_empty(self, namespace: str) -> bool:
        check_digests("zvec", namespace)
        if namespace not in self._filled and not await self._call(self._folder.has_any, namespace):
            return True
        self._filled[namespace] = None
        return False

    async def search_all(self, vector: Vector, top_k: int) -> list[Neighbor]:
        check_vector("zvec", vector, self._dimensions)
        return await self._call(self._folder.search, None, vector, top_k)

    async def upsert(self, key: str, namespace: str, vector: Vector, expires_at: float) -> None:
        check_digests("zvec", key, namespace)
        check_vector("zvec", vector, self._dimensions)
        # A copy: the caller may reuse its array before the thread reads it.
        expires = math.ceil(min(expires_at, MAX_EXPIRES_AT))
        await self._call(self._folder.upsert, key, namespace, vector.copy(), expires)
        self._filled[namespace] = None

    async def delete(self, keys: Sequence[str]) -> None:
        check_digests("zvec", *keys)
        if keys:
            await self._call(self._folder.delete, list(keys))

    async def find_namespaces(self, keys: Sequence[str]) -> dict[str, str]:
        """Return the namespace of each of these keys that has a vector."""
        check_digests("zvec", *keys)
        return await self._call(self._folder.namespaces_of, list(keys)) if keys else {}

    async def sweep(self, now: float, latest: float = MAX_EXPIRES_AT) -> None:
        """Delete what expired before *now* (Unix seconds), and compact the files when much space can be freed.

        Also delete what would expire after *latest*, unless it is pinned: it was stored while a clock was ahead.
        Searches outside the memory wait meanwhile: 0.03 s, and in the rare sweep that compacts 0.3 s for 12,000
        vectors, 1.3 s for 100,000.
        """
        until = math.ceil(min(latest, MAX_EXPIRES_AT))
        if await self._call(self._folder.sweep, math.floor(now), until, within=60.0):
            await self._call(self._folder.compact, within=MAX_COMPACT_S)

    async def erase(self) -> None:
        """Remove deleted vectors from the files: the live ones are copied to new files while the index is in use.

        It takes 0.2 s for 3,000 vectors, some 10 for 100,000; searches outside the memory wait a tenth of that at its
        end, and a few milliseconds before. Not to be called while it runs.
        """
        if self.is_clean:
            return
        await self._promotion.loading.wait()  # while a large namespace is read, nothing is copied
        await self._call(self._folder.begin_copy)
        await self._call(self._memory.erase)
        try:
            while await self._call(self._folder.copy_batch):
                pass
            await self._call(self._folder.use_copy, within=MAX_COMPACT_S)
        except BaseException:
            with contextlib.suppress(StoreError):
                await self._call(self._folder.drop_copy)
            raise

    async def key_pages(self, page_size: int = PAGE_SIZE) -> AsyncIterator[list[str]]:
        """Yield the keys of all vectors, *page_size* at once; those that come or go meanwhile may be among them."""
        ranges = [KeyRange()]
        while ranges:
            keys, parts = await self._call(self._folder.list_keys, ranges.pop(), page_size, within=60.0)
            ranges += reversed(parts)
            if keys:
                yield keys

    async def clear(self) -> None:
        """Delete every vector, and leave nothing of them in the files."""
        self._filled.clear()
        await self._call(self._folder.clear, within=60.0)

    async def count(self) -> int:
        """Return the number of vectors, including expired ones."""
        return await self._call(self._folder.count)

    async def close(self) -> None:
        """Close the folder. StoreError when zvec fails to, or takes longer than `CLOSE_TIMEOUT_S`."""
        try:
            with contextlib.suppress(StoreError):  # a search that hangs is no reason to leave the folder open
                await self._promotion.close(CLOSE_TIMEOUT_S / 4)
        finally:
            self._watching.cancel()
            self._memory.close()
            closing = self._worker.close(self._close, within=CLOSE_TIMEOUT_S)
            await self._calls.wait(closing, "close", 2 * CLOSE_TIMEOUT_S)

    def _close(self) -> None:
        try:
            self._folder.close()
        finally:
            self._memory.join()  # if Python ends while the thread is in usearch, the process is aborted

    async def _find(self, namespace: str, vector: Vector, top_k: int) -> tuple[list[Neighbor], bool]:
        """Return the neighbors, and whether they were found in memory, where one product serves many searches."""
        if self._promotion.holds(namespace):
            searching = self._promotion.search(namespace, vector, top_k)
            with contextlib.suppress(NotInMemoryError):
                return await self._calls.wait(searching, "search"), True
        return await self._call(self._folder.search, namespace, vector, top_k), False
