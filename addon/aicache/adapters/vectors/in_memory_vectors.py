"""Vectors by namespace, for searches that wait for nothing: small namespaces in matrices, large ones with graphs."""

from __future__ import annotations

import functools
import logging
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from aicache.adapters.vectors.graph_upkeep import GraphUpkeep
from aicache.adapters.vectors.large_namespace import GraphChanges, LargeNamespace
from aicache.adapters.vectors.namespace_matrix import NamespaceMatrix
from aicache.adapters.vectors.neighbor_graph import is_installed, is_loaded
from aicache.domain.model import Neighbor, Vector

logger = logging.getLogger(__name__)

LARGE_FROM_VECTORS = 8192
"""A namespace of as many vectors gets a graph. To compare all of fewer takes less than a millisecond."""
MAX_GRAPH_BYTES = 2 << 30
"""Memory of all large namespaces: some two million vectors of 512 numbers."""


class InMemoryVectors:
    """The namespaces searched last: at most *max_bytes* of matrices, and `MAX_GRAPH_BYTES` of large namespaces.

    A namespace that is larger alone is not kept. Large ones need usearch, and a *folder* that exists by then. One
    thread may search while another writes: each waits for the other, a few milliseconds at most.
    """

    def __init__(self, dimensions: int, max_bytes: int, folder: Path | None = None) -> None:
        self._dimensions, self._max_bytes, self._folder = dimensions, max_bytes, folder
        # Not a BoundedDict: matrices grow, and an evicted one takes its keys along.
        self._namespaces: OrderedDict[str, NamespaceMatrix | LargeNamespace] = OrderedDict()
        self._namespace_of: dict[str, str] = {}  # by key, but for keys of large namespaces
        self._large: dict[str, LargeNamespace] = {}  # those of the namespaces that are
        self._size = 0  # of the matrices
        self._lock = threading.RLock()
        self._upkeep = GraphUpkeep(self._next_changes, self._settle)

    def has(self, namespace: str) -> bool:
        """Return whether a namespace is complete at the moment. It does not wait for the lock."""
        found = self._namespaces.get(namespace)
        return found is not None and found.complete

    def nearest_to_each(self, namespace: str, vectors: Sequence[Vector], top_k: int) -> list[list[Neighbor]] | None:
        """Return at most *top_k* neighbors for each vector; None where the namespace is absent or incomplete."""
        with self._lock:
            if (found := self._namespaces.get(namespace)) is None:
                return None
            self._namespaces.move_to_end(namespace)
            return found.nearest_to_each(vectors, top_k) if found.complete else None

    @property
    def max_namespace_vectors(self) -> float:
        """The number of vectors that one namespace may have: without a graph, its matrix may be half empty."""
        most = self._max_bytes // (self._dimensions * 4) // 2
        return np.inf if self._keeps_large and most >= LARGE_FROM_VECTORS else most

    def begin(self, namespace: str) -> None:
        """Add a namespace, which is incomplete until `complete` is called. From now on `put` adds its vectors."""
        with self._lock:
            self.remove(namespace)
            self._namespaces[namespace] = NamespaceMatrix(self._dimensions)
            self._size += self._namespaces[namespace].nbytes

    def complete(self, namespace: str) -> None:
        """Mark a namespace as complete, unless it has been evicted."""
        with self._lock:
            if (found := self._namespaces.get(namespace)) is not None:
                found.complete = True

    def put(self, key: str, namespace: str, vector: Vector, expires_at: float) -> None:
        """Add a vector where its namespace is kept, and remove the key from any other namespace."""
        with self._lock:
            if self._namespace_of.get(key, namespace) != namespace:
                self.drop((key,))
            for other in self._large:
                if other != namespace:
                    self._large[other].drop(key)
            match self._namespaces.get(namespace):
                case NamespaceMatrix() as matrix:
                    self._size -= matrix.nbytes
                    matrix.put(key, vector, expires_at)
                    self._size += matrix.nbytes
                    self._namespace_of[key] = namespace
                    if len(matrix) >= LARGE_FROM_VECTORS and self._keeps_large:
                        self._enlarge(namespace, matrix)
                case LargeNamespace() as large:
                    self._put_in_large(namespace, large, key, vector, expires_at)
            self._evict()

    def drop(self, keys: Iterable[str]) -> None:
        with self._lock:
            for key in keys:
                if (namespace := self._namespace_of.pop(key, None)) is not None:
                    self._namespaces[namespace].drop(key)
                else:
                    for large in self._large.values():
                        large.drop(key)
            if self._large:
                self._upkeep.wake()

    def sweep(self, now: float, latest: float = np.inf) -> None:
        with self._lock:
            for each in [*self._namespaces.values()]:
                self.drop(each.expired(now, latest))

    def clear(self) -> None:
        with self._lock:
            for namespace in [*self._namespaces]:
                self.remove(namespace)

    def remove(self, namespace: str) -> None:
        with self._lock:
            if (gone := self._namespaces.pop(namespace, None)) is None:
                return
            self._large.pop(namespace, None)
            if isinstance(gone, NamespaceMatrix):
                self._size -= gone.nbytes
                for key in gone.keys:
                    del self._namespace_of[key]
            gone.close()

    def close(self) -> None:
        """End the thread that keeps the graphs, and forget all vectors."""
        self._upkeep.close()
        self.clear()

    # ------------------------------------------------------------------ large namespaces

    @functools.cached_property
    def _keeps_large(self) -> bool:
        return self._folder is not None and is_installed()

    def _enlarge(self, namespace: str, matrix: NamespaceMatrix) -> None:
        """Let a large namespace take a matrix's place in the order, once usearch is loaded."""
        self._upkeep.wake()
        if self._folder is None or not is_loaded():
            return
        try:
            large = LargeNamespace(self._dimensions, self._folder, matrix)
        except OSError as exc:
            logger.debug("namespace kept without a graph: %s", exc.strerror)
            return
        for key in matrix.keys:
            del self._namespace_of[key]
        self._size -= matrix.nbytes
        self._large[namespace] = self._namespaces[namespace] = large

    def _put_in_large(self, namespace: str, large: LargeNamespace, key: str, vector: Vector, expires_at: float) -> None:
        try:
            large.put(key, vector, expires_at)
        except OSError as exc:
            logger.warning("vector index: no room for vectors to be searched quickly (%s)", exc.strerror)
            self.remove(namespace)
        self._upkeep.wake()

    def _evict(self) -> None:
        while self._size > self._max_bytes:
            self.remove(next(name for name in self._namespaces if name not in self._large))
        while sum(each.nbytes for each in self._large.values()) > MAX_GRAPH_BYTES:
            self.remove(next(name for name in self._namespaces if name in self._large))

    def _next_changes(self, most: int) -> GraphChanges | None:
        with self._lock:
            found = (changes for each in self._large.values() if (changes := each.changes(most)) is not None)
            return next(found, None)

    def _settle(self, done: GraphChanges) -> None:
        with self._lock:
            done.namespace.settle(done)
