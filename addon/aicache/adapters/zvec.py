"""Vectors in zvec, an embedded index: one folder, one process. It stores digests and vectors and compares no texts."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from aicache import looptime
from aicache.adapters.held import Held
from aicache.adapters.together import Together
from aicache.adapters.worker import Worker
from aicache.model import Neighbor, Vector
from aicache.ports import Busy, StoreError

logger = logging.getLogger(__name__)

T = TypeVar("T")

FAR = 1 << 62
MOST = 1024  # neighbours in an answer
LISTED = 100_000  # keys in an answer, by zvec
BLOATED = 1.5
"""Compact when the files are so many times as large as their live vectors need ..."""
SLACK = 32 << 20
"""... and so many bytes more. They are mapped, so they count as the proxy's memory; each write adds 4 kB to them."""
REMEMBERED = 10_000  # namespaces that are known to hold something
HELD = 128 << 20
"""Bytes of vectors in memory, a matrix a namespace, which may be half empty: 32,000 to 64,000 of 512 numbers."""
HOLD_AFTER = 4
"""Searches in a namespace after which it is held in memory. Most conversations are searched once and never again."""
FETCHED = 200
"""Vectors fetched at once for that, in 6 ms, between which searches have their turn."""
TOGETHER = 64  # questions whose neighbours are found at once
WAY_OUT = "it holds nothing that cannot be learnt again: remove it, or choose another ai_cache_data"


class NotHeld(StoreError):
    """A namespace is not in memory, or not all of it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Question:
    namespace: str
    vector: Vector
    top_k: int


def similarity(distance: float) -> float:
    """Turn zvec's COSINE score, which is 1 - cosine, into the cosine. Rounding may leave [-1, 1]; it is clipped."""
    return min(1.0, max(-1.0, 1.0 - distance))


class ZvecIndex:
    """A VectorIndex in *folder*, which need not exist. `open` comes first; only one process can have it open.

    All of zvec's calls run on one thread: two queries at once can deadlock in zvec 0.8 once there are several segments.

    The index is FLAT, exact search. Within a namespace that is as fast as HNSW (0.2 ms for 50 of 20,000 vectors, 4 ms
    for 10,000 of them, 20 ms for 50,000 of 100,000), and compacting 20,000 takes 0.04 s where HNSW took 149. What is
    searched often is held in memory besides, where one product finds the same in a third of the time or less.
    """

    def __init__(
        self, folder: Path, dimensions: int, *, timeout: float = 5.0, slack: int = SLACK, held: int = HELD
    ) -> None:
        """*timeout* in seconds bounds every operation but `open`, `sweep` and `close`, which may take longer.

        Up to *held* bytes of vectors are in memory.
        """
        self._slack = slack
        self._folder = folder
        self._dimensions = dimensions
        self._timeout = timeout
        self._worker = Worker("ai-cache-zvec")
        self._memory = Worker("ai-cache-vectors")  # what is searched there waits for no write, and no compaction
        self._searches = Together(self._memory, self._search_each, TOGETHER)
        self._collection: Any = None
        self._filled: OrderedDict[str, None] = OrderedDict()  # namespaces that hold something, or did
        self._searched: OrderedDict[str, int] = OrderedDict()  # how often, while they were not held
        self._held = Held(dimensions, held)
        self._loading: set[asyncio.Task[None]] = set()

    def __str__(self) -> str:
        return f"zvec in {self._folder}"

    async def open(self) -> None:
        """Open the folder, or make it. StoreError when another process has it, it is damaged or of other dimensions."""
        await self._call(self._open, within=60.0)

    async def search(self, namespace: str, vector: Vector, top_k: int) -> list[Neighbor]:
        _check_digests(namespace)
        self._check(vector)
        found, held = await self._find(namespace, vector, top_k)
        times = self._searched.pop(namespace, 0) + 1
        if not held:
            self._searched[namespace] = times
            _trim(self._searched)
            if times == HOLD_AFTER:
                task = asyncio.get_running_loop().create_task(self._hold(namespace))
                self._loading.add(task)
                task.add_done_callback(self._loading.discard)
        return found

    async def is_empty(self, namespace: str) -> bool:
        _check_digests(namespace)
        if namespace not in self._filled:
            if not await self._call(self._holds_any, namespace):
                return True
            self._remember(namespace)
        self._filled.move_to_end(namespace)
        return False

    async def anywhere(self, vector: Vector, top_k: int) -> list[Neighbor]:
        self._check(vector)
        return await self._call(self._search, None, vector, top_k)

    async def upsert(self, key: str, namespace: str, vector: Vector, expires_at: float) -> None:
        _check_digests(key, namespace)
        self._check(vector)
        # A copy: the caller may reuse its array before the thread gets there.
        await self._call(self._upsert, key, namespace, vector.copy(), math.ceil(min(expires_at, FAR)))
        self._remember(namespace)

    async def delete(self, keys: Sequence[str]) -> None:
        _check_digests(*keys)
        if keys:
            await self._call(self._delete, list(keys))

    async def sweep(self, now: float) -> None:
        """Drop what expired before *now* (Unix seconds), and give its space back once there is much of it.

        What is not in memory is searched when it is done: after 0.03 s, and in the rare sweep that compacts after 0.3 s
        for 12,000 vectors, 1.3 for 100,000.
        """
        await self._call(self._sweep, math.floor(now), within=600.0)

    async def count(self) -> int:
        """Return how many vectors there are, expired ones among them."""
        return await self._call(self._count)

    async def close(self) -> None:
        for task in [*self._loading]:
            task.cancel()
        try:
            await self._memory.close()
        finally:
            await self._worker.close(self._close, within=10.0)

    async def _hold(self, namespace: str) -> None:
        """Bring a namespace into memory, some vectors at a time; what is written meanwhile finds its way by itself."""
        try:
            keys = await self._call(self._begin_holding, namespace)
            for start in range(0, len(keys), FETCHED):
                await self._call(self._fill, namespace, keys[start : start + FETCHED])
            await self._call(self._held.complete, namespace)
        except StoreError as exc:
            logger.debug("not held in memory: %s", exc)

    async def _find(self, namespace: str, vector: Vector, top_k: int) -> tuple[list[Neighbor], bool]:
        """Return the neighbours, and whether they were found in memory: only there many are found as fast as one."""
        if self._held.has(namespace):
            asking = self._searches.ask(_Question(namespace, vector, min(top_k, MOST)))
            with contextlib.suppress(NotHeld):  # it may have had to go meanwhile
                return await self._in_time(asking, "search", self._timeout), True
        return await self._call(self._search, namespace, vector, top_k), False

    async def _call(self, fn: Callable[..., T], *args: Any, within: float | None = None) -> T:
        return await self._in_time(self._worker.run(fn, *args), fn.__name__.strip("_"), within or self._timeout)

    async def _in_time(self, answer: Awaitable[T], what: str, within: float) -> T:
        try:
            async with (waiting := looptime.within(within)):
                return await answer
        except TimeoutError as exc:
            if waiting.gave_up:
                raise Busy("zvec: this process is too busy to listen") from exc
            raise StoreError(f"zvec: no answer within {within:g} s") from exc
        except StoreError:
            raise
        except Exception as exc:  # zvec raises RuntimeError, ValueError and more, without a base of its own
            raise StoreError(f"zvec: {type(exc).__name__} in {what}") from exc

    def _remember(self, namespace: str) -> None:
        self._filled[namespace] = None
        _trim(self._filled)

    def _check(self, vector: Vector) -> None:
        if vector.shape != (self._dimensions,):
            raise StoreError(f"zvec: a vector of shape {vector.shape}, not ({self._dimensions},)")
        # zvec takes NaN silently, and then no search finds anything.
        if not np.isfinite(vector).all():
            raise StoreError("zvec: a vector that is not finite")

    # From here on everything runs on the worker's thread.

    def _open(self) -> None:
        if self._collection is not None:
            return
        zvec = _zvec()
        try:
            if self._folder.is_dir() and not any(self._folder.iterdir()):
                self._folder.rmdir()  # zvec makes its folder itself, or refuses
            if self._folder.exists():
                collection = zvec.open(str(self._folder))
            else:
                self._folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._folder.parent.chmod(0o700)  # one that was there, too: texts can be guessed from vectors
                collection = zvec.create_and_open(str(self._folder), self._schema(zvec))
        except OSError as exc:
            raise StoreError(f"zvec: {self._folder}: {exc.strerror}; choose another with ai_cache_data") from exc
        except (RuntimeError, ValueError) as exc:
            if "Can't lock" in str(exc):
                raise StoreError(f"zvec: {self._folder} is open already, in this process or another") from exc
            raise StoreError(f"zvec: {self._folder} cannot be opened ({exc}); {WAY_OUT}") from exc
        found = collection.schema.vectors[0].dimension
        if found != self._dimensions:
            collection.close()
            raise StoreError(f"zvec: {self._folder} has {found} dimensions, not {self._dimensions}; {WAY_OUT}")
        try:
            if any(field.name == "expires" and field.index_param is not None for field in collection.schema.fields):
                collection.drop_index("expires")  # of a folder that was made before there was none
                logger.info("zvec: %s had an index that kept expired vectors, it was dropped", self._folder)
        except RuntimeError as exc:
            collection.close()
            raise StoreError(f"zvec: {self._folder} keeps expired vectors ({exc}); {WAY_OUT}") from exc
        self._collection = collection
        logger.info("zvec opened %s", self._folder)

    def _schema(self, zvec: Any) -> Any:
        cosine = zvec.FlatIndexParam(metric_type=zvec.MetricType.COSINE)
        by_value = zvec.InvertIndexParam()
        return zvec.CollectionSchema(
            name="questions",
            fields=[
                zvec.FieldSchema("namespace", zvec.DataType.STRING, nullable=False, index_param=by_value),
                # Without an index: with one for ranges zvec 0.8 answers no filter on it any more once it has compacted.
                # To look at each of 100,000 takes 40 ms.
                zvec.FieldSchema("expires", zvec.DataType.INT64, nullable=False),
            ],
            vectors=zvec.VectorSchema(
                "vector", zvec.DataType.VECTOR_FP32, dimension=self._dimensions, index_param=cosine
            ),
        )

    def _opened(self) -> Any:
        if self._collection is None:
            raise StoreError("zvec: not open")
        return self._collection

    def _begin_holding(self, namespace: str) -> list[str]:
        """Hold what is written from now on; return the keys of what was before. StoreError when it is too much."""
        most = min(self._held.most, LISTED - 1)
        docs = self._opened().query(filter=f"namespace = '{namespace}'", topk=most + 1, output_fields=[])
        if len(docs) > most:
            raise StoreError(f"zvec: a namespace of more than {most} vectors")
        self._held.begin(namespace)
        return [doc.id for doc in docs]

    def _fill(self, namespace: str, keys: list[str]) -> None:
        for key, doc in self._opened().fetch(keys).items():  # as it is now: not what has gone since
            if doc.field("namespace") == namespace:
                self._held.put(key, namespace, np.asarray(doc.vector("vector"), np.float32), doc.field("expires"))

    def _search(self, namespace: str | None, vector: Vector, top_k: int) -> list[Neighbor]:
        query = _zvec().Query("vector", vector=np.asarray(vector, dtype=np.float32))
        wanted = None if namespace is None else f"namespace = '{namespace}'"
        docs = self._opened().query(queries=query, topk=min(top_k, MOST), filter=wanted, output_fields=[])
        return [Neighbor(doc.id, similarity(doc.score)) for doc in docs]

    def _holds_any(self, namespace: str) -> bool:
        return bool(self._opened().query(filter=f"namespace = '{namespace}'", topk=1, output_fields=[]))

    def _upsert(self, key: str, namespace: str, vector: Vector, expires: int) -> None:
        fields = {"namespace": namespace, "expires": expires}
        status = self._opened().upsert(_zvec().Doc(id=key, vectors={"vector": vector}, fields=fields))
        if not status.ok():
            raise StoreError(f"zvec: upsert refused ({status.code().name})")
        self._held.put(key, namespace, vector, expires)

    def _delete(self, keys: list[str]) -> None:
        self._opened().delete(keys)  # a status each; the only one to come is that there is no such key
        self._held.drop(keys)

    def _count(self) -> int:
        return int(self._opened().stats.doc_count)

    def _sweep(self, now: int) -> None:
        collection = self._opened()
        collection.delete_by_filter(f"expires <= {now}")
        self._held.sweep(now)
        # Filters are slower on what is not flushed: 9 ms instead of 0.4 in 100,000 vectors.
        collection.flush()
        size = sum(path.stat().st_size for path in self._folder.rglob("*") if path.is_file())
        needed = collection.stats.doc_count * self._dimensions * 4
        if size > BLOATED * needed + self._slack:
            collection.optimize()
            logger.info("zvec compacted %s", self._folder)

    def _close(self) -> None:
        if self._collection is not None:
            self._collection.close()
            self._collection = None

    # And this on the thread of what is in memory.

    def _search_each(self, questions: list[_Question]) -> list[list[Neighbor] | Exception]:
        """Return the neighbours for each, `NotHeld` where they are not in memory (any more)."""
        answers: list[list[Neighbor] | Exception] = [NotHeld() for _ in questions]
        together: dict[tuple[str, int], list[int]] = {}
        for place, question in enumerate(questions):
            together.setdefault((question.namespace, question.top_k), []).append(place)
        for (namespace, top_k), places in together.items():
            found = self._held.nearest_to_each(namespace, [questions[place].vector for place in places], top_k)
            for place, each in zip(places, found or (), strict=False):
                answers[place] = each
        return answers


def _trim(namespaces: OrderedDict[str, Any]) -> None:
    while len(namespaces) > REMEMBERED:
        namespaces.popitem(last=False)


def _zvec() -> Any:
    """Import zvec (0.5 s, so not on the loop) and set it up, once per process, for one thread and silence."""
    try:
        import zvec
    except ImportError as exc:
        raise StoreError("zvec: not installed; configure semantic.index, or set semantic.enabled: false") from exc
    global _ready
    if not _ready:
        with contextlib.suppress(ImportError):
            from threadpoolctl import threadpool_limits

            threadpool_limits(1, "blas")  # numpy's products, too: the other cores have other work
        with contextlib.suppress(RuntimeError):
            zvec.init(query_threads=1, optimize_threads=1, log_level=zvec.LogLevel.FATAL)
        _ready = True
    return zvec


_ready = False


def _check_digests(*names: str) -> None:
    # They go into filters, where quoting is fragile.
    for name in names:
        if not re.fullmatch("[0-9a-f]+", name):
            raise StoreError("zvec: a key or namespace that is not a hex digest")
