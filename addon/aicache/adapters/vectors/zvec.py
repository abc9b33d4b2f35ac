"""Vectors in zvec, an embedded index: one folder, one process. It stores digests and vectors and compares no texts."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import os
import re
import shutil
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from aicache.adapters.damaged_files import MIN_FREE_BYTES, find_obstacle, make_private, set_aside
from aicache.adapters.threads import CoalescingWorker, Worker
from aicache.adapters.vectors import zvec_check_main
from aicache.adapters.vectors.memory import InMemoryVectors
from aicache.adapters.vectors.zvec_check import damage
from aicache.adapters.vectors.zvec_rewrite import CLEAN, NEW, Copy, beside, recover
from aicache.domain import loop_time
from aicache.domain.model import PINNED, Neighbor, Vector
from aicache.domain.ports import Busy, StoreError

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
CLOSE_WITHIN = 4.0
"""Seconds; mitmproxy's end waits for it."""
LOOK_WITHIN = 0.5
"""Seconds: who looks after all parts waits for no write."""
TROUBLES = 3
"""Calls of one kind that fail in a row, by zvec's word, until the folder is suspected."""
BEGUN = ".begun"
"""Behind the folder's name: a file whose time says since when no vector was lost."""
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
        self._searches = CoalescingWorker(self._memory, self._search_each, TOGETHER)
        self._collection: Any = None
        self._filled: OrderedDict[str, None] = OrderedDict()  # namespaces that hold something, or did
        self._searched: OrderedDict[str, int] = OrderedDict()  # how often, while they were not held
        self._held = InMemoryVectors(dimensions, held)
        self._loading: set[asyncio.Task[None]] = set()
        self._troubles: dict[str, int] = {}  # failures in a row, by what was called
        self._known: tuple[Any, tuple[int, ...]] = (None, ())  # a collection, and what its folder is told by
        self.begun_at = 0.0
        """Unix time before which what was stored may have no vector here: it was begun later, or lost some. 0: no loss
        is known."""
        self._copy: Copy | None = None
        self._clean = False

    def __str__(self) -> str:
        return f"zvec in {self._folder}"

    async def open(self) -> None:
        """Open the folder, or make it; a damaged one is set aside for a new one.

        StoreError when another process has it, or the place cannot be used.
        """
        if self._collection is not None:
            return
        await asyncio.to_thread(recover, self._folder)
        there = await asyncio.to_thread(_holds_something, self._folder)
        if there and (why := await damage(self._folder, self._dimensions)) is not None:
            await self._begin_anew(why)
        await self._call(self._open, within=60.0)

    async def _begin_anew(self, why: str) -> None:
        try:
            aside = await asyncio.to_thread(set_aside, self._folder)
        except OSError as exc:
            raise StoreError(f"zvec: {self._folder} is damaged, and cannot be set aside ({exc.strerror})") from exc
        logger.warning(
            "vector index: %s is damaged (%s): set aside as %s and begun anew; what is stored still answers exact "
            "requests, and others by meaning again once it has",
            *(self._folder, why, aside.name),
        )

    async def trouble(self) -> str | None:
        """Say why the folder is not to be used on, as it is, and is to be opened again; None when it is.

        It has gone, or was replaced, under us; or zvec fails again and again on it though nothing else is wrong there.
        """
        return await self._call(self._trouble, within=LOOK_WITHIN)

    async def probe(self) -> None:
        """Raise StoreError while it does not answer."""
        await self.count()

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

    async def search_all(self, vector: Vector, top_k: int) -> list[Neighbor]:
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

    async def sweep(self, now: float, latest: float = FAR) -> None:
        """Drop what expired before *now* (Unix seconds), and give its space back once there is much of it.

        And what would expire after *latest*, unless it is pinned: a clock that was ahead has said so. What is not in
        memory is searched when it is done: after 0.03 s, and in the rare sweep that compacts after 0.3 s for 12,000
        vectors, 1.3 for 100,000.
        """
        await self._call(self._sweep, math.floor(now), math.ceil(min(latest, FAR)), within=600.0)

    @property
    def is_clean(self) -> bool:
        """Whether nothing is left in the files of what was deleted."""
        return self._clean

    async def erase(self) -> None:
        """Leave nothing in the files of what was deleted: what is live is written anew, while it is used.

        That takes 0.2 s for 3,000 vectors, some 10 for 100,000; at its end what is not in memory waits for a tenth of
        that, and in between for a few milliseconds. Not to be called while it runs.
        """
        if self._clean:
            return
        await self._call(self._begin_copy)
        try:
            more = True
            while more:
                more = await self._call(self._copy_some)
            await self._call(self._end_copy, within=600.0)
        except BaseException:
            with contextlib.suppress(StoreError):
                await self._call(self._drop_copy)
            raise

    async def keys(self) -> list[str]:
        """Return the keys of all vectors, `LISTED` at most."""
        return await self._call(self._keys, within=60.0)

    async def clear(self) -> None:
        """Delete every vector, and leave nothing of them in the files."""
        self._filled.clear()
        await self._call(self._clear, within=60.0)

    async def count(self) -> int:
        """Return how many vectors there are, expired ones among them."""
        return await self._call(self._count)

    async def close(self) -> None:
        """Close the folder. StoreError when zvec fails to, or takes longer than `CLOSE_WITHIN`."""
        for task in [*self._loading]:
            task.cancel()
        try:
            with contextlib.suppress(StoreError):  # a search that hangs is no reason to leave the folder open
                await self._memory.close(within=CLOSE_WITHIN / 4)
        finally:
            await self._in_time(self._worker.close(self._close, within=CLOSE_WITHIN), "close", 2 * CLOSE_WITHIN)

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
        what = fn.__name__.strip("_")
        answer = await self._in_time(self._worker.run(fn, *args), what, within or self._timeout)
        self._troubles.pop(what, None)
        return answer

    async def _in_time(self, answer: Awaitable[T], what: str, within: float) -> T:
        try:
            async with (waiting := loop_time.loop_timeout(within)):
                return await answer
        except TimeoutError as exc:
            if waiting.loop_was_late:
                raise Busy("zvec: this process is too busy to listen") from exc
            raise StoreError(f"zvec: no answer within {within:g} s") from exc
        except StoreError:
            raise
        except Exception as exc:  # zvec raises RuntimeError, ValueError and more, without a base of its own
            self._troubles[what] = self._troubles.get(what, 0) + 1
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
            self._folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder.parent.chmod(0o700)  # one that was there, too: texts can be guessed from vectors
            there = _holds_something(self._folder)
            self._clean = beside(self._folder, CLEAN).exists() or not there
            if there:
                collection = zvec.open(str(self._folder))
                with contextlib.suppress(FileNotFoundError):
                    self.begun_at = self._begun.stat().st_mtime
            else:
                with contextlib.suppress(FileNotFoundError):
                    self._folder.rmdir()  # zvec makes its folder itself, or refuses
                collection = zvec.create_and_open(str(self._folder), self._schema(zvec))
                self._note_loss()
                self.begun_at = time.time()
                beside(self._folder, CLEAN).touch(mode=0o600)
        except OSError as exc:
            raise StoreError(f"zvec: {self._folder}: {exc.strerror}; choose another with ai_cache_data") from exc
        except (RuntimeError, ValueError, KeyError) as exc:
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
        self._known = (collection, _identity(self._folder))
        make_private(self._folder)
        logger.info("zvec opened %s", self._folder)

    def _schema(self, zvec: Any) -> Any:
        return zvec_check_main.schema(zvec, self._dimensions)

    def _trouble(self) -> str | None:
        if self._known[0] is not self._collection:  # put in the other's place, with a folder of its own
            self._known = (self._collection, _identity(self._folder))
        if self._collection is None or not self._known[1] or _identity(self._folder) != self._known[1]:
            return "its files have gone, or others have taken their place"
        failing = [what for what, times in self._troubles.items() if times >= TROUBLES]
        if not failing:
            return None
        self._troubles.clear()  # or it would be tried at every look
        if (problem := find_obstacle(self._folder)) is not None:
            logger.debug("zvec fails in %s, and no wonder: %s", failing, problem)
            return None
        return f"it fails again and again in {', '.join(failing)}"

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

    def _check_room(self) -> None:
        """Raise StoreError where the disk is as good as full: zvec leaves files that it cannot open again (0.8)."""
        with contextlib.suppress(OSError):
            if shutil.disk_usage(self._folder.parent).free < MIN_FREE_BYTES:
                raise StoreError(f"zvec: {self._folder}: less than {MIN_FREE_BYTES >> 20} MB are free on the disk")

    def _upsert(self, key: str, namespace: str, vector: Vector, expires: int) -> None:
        self._check_room()
        fields = {"namespace": namespace, "expires": expires}
        doc = _zvec().Doc(id=key, vectors={"vector": vector}, fields=fields)
        status = self._opened().upsert(doc)
        if not status.ok():
            raise StoreError(f"zvec: upsert refused ({status.code().name})")
        if self._copy is not None:
            self._copy.upsert(doc)
        self._held.put(key, namespace, vector, expires)

    def _delete(self, keys: list[str]) -> None:
        self._soil()
        if self._copy is not None:
            self._copy.delete(keys)
        self._opened().delete(keys)  # a status each; the only one to come is that there is no such key
        self._held.drop(keys)

    def _keys(self) -> list[str]:
        # Not by an iterator, each of which leaves a segment more behind.
        return [doc.id for doc in self._opened().query(filter="expires > 0", topk=LISTED, output_fields=[])]

    def _count(self) -> int:
        return int(self._opened().stats.doc_count)

    def _sweep(self, now: int, latest: int) -> None:
        collection = self._opened()
        self._check_room()
        wanted = f"expires <= {now}"
        if latest < PINNED:
            wanted += f" OR (expires > {latest} AND expires < {math.floor(PINNED)})"
        before = collection.stats.doc_count
        collection.delete_by_filter(wanted)
        if collection.stats.doc_count != before:
            self._soil()
            if self._copy is not None:
                self._copy.delete_expired(now, wanted)
        self._held.sweep(now, latest)
        # Filters are slower on what is not flushed: 9 ms instead of 0.4 in 100,000 vectors.
        collection.flush()
        make_private(self._folder)
        size = sum(path.stat().st_size for path in self._folder.rglob("*") if path.is_file())
        needed = collection.stats.doc_count * self._dimensions * 4
        if size > BLOATED * needed + self._slack:
            collection.optimize()
            logger.info("zvec compacted %s", self._folder)

    def _soil(self) -> None:
        """Note, on the disk first, that something is left in the files of what is deleted."""
        if self._clean:
            beside(self._folder, CLEAN).unlink(missing_ok=True)
            self._clean = False

    def _begin_copy(self) -> None:
        self._check_room()
        zvec, new = _zvec(), beside(self._folder, NEW)
        self._drop_copy()
        shutil.rmtree(new, ignore_errors=True)
        self._copy = Copy(self._folder, self._opened(), zvec.create_and_open(str(new), self._schema(zvec)))

    def _copy_some(self) -> bool:
        if self._copy is None:
            raise StoreError("zvec: closed while it was written anew")
        return self._copy.some()

    def _end_copy(self) -> None:
        if self._copy is None:
            raise StoreError("zvec: closed while it was written anew")
        self._copy.finish()
        copy, self._copy, self._collection = self._copy, None, None
        try:
            copy.take_over()
        finally:
            recover(self._folder)
            self._collection = _zvec().open(str(self._folder))
        if copy.is_clean:
            beside(self._folder, CLEAN).touch(mode=0o600)
            self._clean = True
        logger.debug("zvec wrote %s anew", self._folder)

    def _drop_copy(self) -> None:
        copy, self._copy = self._copy, None
        if copy is not None:
            copy.drop()

    def _clear(self) -> None:
        self._drop_copy()
        collection, self._collection = self._opened(), None
        collection.destroy()
        shutil.rmtree(self._folder, ignore_errors=True)
        zvec = _zvec()
        self._collection = zvec.create_and_open(str(self._folder), self._schema(zvec))
        self._held.clear()
        beside(self._folder, CLEAN).touch(mode=0o600)
        self._clean = True

    def _close(self) -> None:
        self._drop_copy()
        collection, self._collection = self._collection, None
        self._known = (None, ())
        if collection is not None:
            try:
                collection.close()
            except BaseException:  # what was not written yet is lost
                with contextlib.suppress(OSError):
                    self._note_loss()
                raise

    @property
    def _begun(self) -> Path:
        return self._folder.with_name(self._folder.name + BEGUN)

    def _note_loss(self) -> None:
        """Note that of what is stored until now there may be no vectors."""
        os.close(os.open(self._begun, os.O_WRONLY | os.O_CREAT, 0o600))
        os.utime(self._begun)

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


def _holds_something(folder: Path) -> bool:
    """Tell whether there is anything to be opened; a file in the folder's place is, too."""
    if not folder.is_dir():
        return folder.exists() or folder.is_symlink()
    return any(folder.iterdir())


def _identity(folder: Path) -> tuple[int, ...]:
    """Tell a folder from any other that takes its place; empty when it has gone, or what it held has."""
    try:
        found = (folder.stat(), (folder / "LOCK").stat())
    except OSError:
        return ()
    return tuple(number for each in found for number in (each.st_dev, each.st_ino))


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
