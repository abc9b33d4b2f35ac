"""An approximate search of many vectors by a graph (HNSW) of usearch. What it finds is compared exactly by others."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from aicache.adapters.vectors.zvec_library import import_zvec
from aicache.domain.model import Vector

CONNECTIVITY = 16
EXPANSION_ADD = 128
"""HNSW's M and efConstruction: recall and time are in .github/docs/scale.md."""
EXPANSION_SEARCH = 64
EXPANSION_THOROUGH = 192
"""HNSW's ef, of a search that is enough for most vectors, and of one for those that it is not enough for."""
MAX_QUICKLY_SEARCHED = 300_000
"""Vectors up to which a quick search is tried: of a million, it misses the nearest of one in seventy questions."""
EXPANSION_OVERWRITE = 8
FIRST_OVERWRITTEN = 1 << 40
"""The first of the places that stand for nothing."""


_index_class: Any = None


def is_installed() -> bool:
    """Tell whether usearch is there; it has no wheel for some platforms."""
    return find_spec("usearch") is not None


def is_loaded() -> bool:
    """Tell whether a graph can be made at once."""
    return _index_class is not None


def load() -> None:
    """Import usearch, in half a second. ImportError, or what else it raises where it cannot be used."""
    global _index_class
    import_zvec()  # first: where usearch is imported before it, zvec 0.8 ends the process (SIGSEGV) when it opens files
    from usearch.index import Index

    _index_class = Index


class NeighborGraph:
    """Places by their vectors, which it keeps as eight-bit integers. Threads may share it.

    A vector that is removed is overwritten with noise, so that neither memory nor files keep it; the noise stays in the
    graph. usearch gives up the GIL, but two of its calls must not run at once. It must be loaded.
    """

    def __init__(self, dimensions: int) -> None:
        self._index: Any = _index_class(
            ndim=dimensions,
            metric="cos",
            dtype="i8",
            connectivity=CONNECTIVITY,
            expansion_add=EXPANSION_ADD,
        )
        self._dimensions = dimensions
        self._noise = np.random.default_rng()
        self._lock = threading.Lock()
        self._searching = 0  # threads that search, or wait to
        self.overwritten = 0
        """Number of vectors that were removed."""

    def __len__(self) -> int:
        """Return the number of vectors, without the noise."""
        return len(self._index) - self.overwritten

    def put(self, place: int, vector: Vector) -> None:
        """Add a place, or change its vector."""
        with self._lock:
            self._remove(place)
            self._index.add(place, _quantized(vector), threads=1)
        self._let_searches_go_first()

    def remove(self, place: int) -> None:
        """Remove a place, if it is there."""
        with self._lock:
            self._remove(place)
        self._let_searches_go_first()

    def holds(self, place: int, vector: Vector) -> bool:
        """Tell whether a place is there with this vector."""
        with self._lock:
            found = self._index.get(place)
        return found is not None and bool((found == _quantized(vector)).all())

    def has(self, places: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Tell for each of these places whether it is there."""
        with self._lock:
            found: npt.NDArray[np.bool_] = self._index.contains(places.astype(np.uint64))
        return found

    def nearest(self, vectors: Vector, count: int, *, thorough: bool = False) -> tuple[npt.NDArray[np.int64], float]:
        """Return the places of at most *count* vectors for each row of *vectors* that are probably the nearest to it.

        They are in no certain order, some maybe twice. With them comes the smallest distance (1 - cosine) of any,
        about; infinity where there are none.
        """
        with self._announced(), self._lock:
            if not len(self._index):
                return np.empty(0, np.int64), np.inf
            thorough = thorough or len(self._index) > MAX_QUICKLY_SEARCHED
            self._index.expansion_search = EXPANSION_THOROUGH if thorough else EXPANSION_SEARCH
            found = self._index.search(_quantized(vectors), count, threads=1)
        keys, distances = found.keys, found.distances
        if len(vectors) > 1:
            there = np.arange(keys.shape[1]) < found.counts[:, np.newaxis]
            keys, distances = keys[there], distances[there]
        if not (real := keys < FIRST_OVERWRITTEN).all():
            keys, distances = keys[real], distances[real]
        return keys.astype(np.int64), float(distances.min(initial=np.inf))

    # ------------------------------------------------------------------ files

    @property
    def file_size(self) -> int:
        return int(self._index.serialized_length)

    def save(self, path: Path, stop: Callable[[], bool] = lambda: False) -> None:
        """Write it to a file. Searches go on; nobody may change it meanwhile. Raises OSError, RuntimeError.

        TimeoutError where it was to *stop* before the end.
        """

        def go_on(done: int, total: int) -> bool:
            return not stop()

        go_on.__annotations__ = _let_others_run.__annotations__
        try:
            self._index.save(path, progress=go_on)
        except RuntimeError as exc:
            if stop():
                raise TimeoutError("there was no time to write it in full") from exc
            raise

    @classmethod
    def load(cls, path: Path, dimensions: int, overwritten: int) -> NeighborGraph:
        """Read what `save` has written, and nothing else: usearch may end the process otherwise."""
        graph = cls(dimensions)
        graph._index.load(path, progress=_let_others_run)
        if graph._index.ndim != dimensions or str(graph._index.dtype) != str(cls(dimensions)._index.dtype):
            raise ValueError("not a graph of such vectors")
        graph._index.expansion_add = EXPANSION_ADD
        graph.overwritten = overwritten
        return graph

    def _remove(self, place: int) -> None:
        if not self._index.contains(place):
            return
        # What is added next takes the room of what was removed: so it is this noise, which is near to nothing.
        self._index.remove(place)
        noise = self._noise.integers(-127, 128, self._dimensions).astype(np.int8)
        self._index.expansion_add = EXPANSION_OVERWRITE
        self._index.add(FIRST_OVERWRITTEN + self.overwritten, noise, threads=1)
        self._index.expansion_add = EXPANSION_ADD
        self.overwritten += 1

    @contextlib.contextmanager
    def _announced(self) -> Iterator[None]:
        self._searching += 1
        try:
            yield
        finally:
            self._searching -= 1

    def _let_searches_go_first(self) -> None:
        """Leave the lock to a search that waits: a thread that takes it again at once would keep it."""
        while self._searching:
            time.sleep(0.0002)


def _let_others_run(done: int, total: int) -> bool:
    """Go on: usearch keeps the GIL while it writes and reads files, but for the time of this call for each vector."""
    return True


_let_others_run.__annotations__ = {"done": int, "total": int, "return": bool}  # usearch compares them with these types


def _quantized(vectors: Vector) -> npt.NDArray[np.int8]:
    # Not by usearch, which divides by the length: of 512 numbers hardly any would be above 20 of 127.
    largest = np.abs(vectors).max(axis=-1, keepdims=True)
    return np.rint(vectors * (127.0 / np.where(largest > 0, largest, 1.0))).astype(np.int8)
