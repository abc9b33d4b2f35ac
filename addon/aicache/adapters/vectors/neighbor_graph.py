"""An approximate search of many vectors by a graph (HNSW) of usearch. What it finds is compared exactly by others."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from aicache.adapters.vectors.zvec_library import import_zvec
from aicache.domain.model import Vector

CONNECTIVITY = 16
EXPANSION_ADD = 128
EXPANSION_SEARCH = 128
"""HNSW's M, efConstruction and ef: recall and time are in .github/docs/scale.md."""


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

    usearch gives up the GIL, but two of its calls must not run at once. It must be loaded.
    """

    def __init__(self, dimensions: int) -> None:
        self._index: Any = _index_class(
            ndim=dimensions,
            metric="cos",
            dtype="i8",
            connectivity=CONNECTIVITY,
            expansion_add=EXPANSION_ADD,
            expansion_search=EXPANSION_SEARCH,
        )
        self._lock = threading.Lock()
        self._searching = 0  # threads that search, or wait to
        self.removed = 0
        """Places that were removed and still take room, until others take it."""

    def __len__(self) -> int:
        return len(self._index)

    def put(self, place: int, vector: Vector) -> None:
        """Add a place, or change its vector."""
        with self._lock:
            self._remove(place)
            self._index.add(place, _quantized(vector), threads=1)
            self.removed = max(0, self.removed - 1)
        self._let_searches_go_first()

    def remove(self, place: int) -> None:
        """Remove a place, if it is there."""
        with self._lock:
            self._remove(place)

    def nearest(self, vector: Vector, count: int) -> list[int]:
        """Return the places of at most *count* vectors that are probably the nearest, in no certain order."""
        with self._announced(), self._lock:
            if not len(self._index):
                return []
            found: npt.NDArray[np.uint64] = self._index.search(_quantized(vector), count, threads=1).keys
        return [int(place) for place in found]

    def _remove(self, place: int) -> None:
        if self._index.contains(place):
            self._index.remove(place)
            self.removed += 1

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


def _quantized(vector: Vector) -> npt.NDArray[np.int8]:
    # Not by usearch, which divides by the length: of 512 numbers hardly any would be above 20 of 127.
    return np.rint(vector * (127.0 / (float(np.abs(vector).max()) or 1.0))).astype(np.int8)
