"""Vectors by namespace, for searches that wait for nothing: small namespaces in matrices, large ones with graphs."""

from __future__ import annotations

import contextlib
import functools
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence

import numpy as np

from aicache.adapters.vectors.graph_files import GraphFiles, SavedGraph
from aicache.adapters.vectors.graph_upkeep import GraphUpkeep
from aicache.adapters.vectors.large_namespace import LargeNamespace
from aicache.adapters.vectors.memory_limit import share_of_memory
from aicache.adapters.vectors.namespace_graphs import GraphChanges
from aicache.adapters.vectors.namespace_matrix import NamespaceMatrix
from aicache.adapters.vectors.neighbor_graph import is_installed, is_loaded
from aicache.domain.model import Neighbor, Vector

logger = logging.getLogger(__name__)

LARGE_FROM_VECTORS = 8192
"""A namespace of as many vectors gets a graph. To compare all of fewer takes less than a millisecond."""
SMALL_TO_VECTORS = 1024
"""A namespace of no more vectors is searched at once, in a tenth of a millisecond: a thread to do it costs more."""
MAX_GRAPH_BYTES = share_of_memory(0.25, 2 << 30)
"""Memory of all large namespaces: some two million vectors of 512 numbers, or a quarter of what there is."""
RETRY_SAVING_AFTER_S = 600.0
"""Time in which nothing is saved after that has failed."""


class InMemoryVectors:
    """The namespaces searched last: at most *max_bytes* of matrices, and `MAX_GRAPH_BYTES` of large namespaces.

    A namespace that is larger alone is not kept. Large ones need usearch, and a place for *files*. One thread may
    search while another writes: each waits for the other, a few milliseconds at most.
    """

    def __init__(self, dimensions: int, max_bytes: int, files: GraphFiles | None = None) -> None:
        self._dimensions, self._max_bytes, self._files = dimensions, max_bytes, files
        # Not a BoundedDict: matrices grow, and an evicted one takes its keys along.
        self._namespaces: OrderedDict[str, NamespaceMatrix | LargeNamespace] = OrderedDict()
        self._namespace_of: dict[str, str] = {}  # by key, but for keys of large namespaces
        self._large: dict[str, LargeNamespace] = {}  # those of the namespaces that are
        self._size = 0  # of the matrices
        self._lock = threading.RLock()
        self._erasures = 0
        self._save_from = 0.0  # in the time of the monotonic clock
        self._upkeep = GraphUpkeep(self._next_changes, self._settle, self._save_one)

    def has(self, namespace: str) -> bool:
        """Return whether a namespace is complete at the moment. It does not wait for the lock."""
        found = self._namespaces.get(namespace)
        return found is not None and found.complete

    def nearest_in_small(self, namespace: str, vector: Vector, top_k: int) -> list[Neighbor] | None:
        """Return at most *top_k* neighbors; None unless the namespace is there, complete, small, and not being written.

        It waits for nothing.
        """
        if not self._lock.acquire(blocking=False):
            return None
        try:
            found = self._namespaces.get(namespace)
            if not isinstance(found, NamespaceMatrix) or not found.complete or len(found) > SMALL_TO_VECTORS:
                return None
            self._namespaces.move_to_end(namespace)
            return found.nearest(vector, top_k)
        finally:
            self._lock.release()

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

    def begin(self, namespace: str, saved: SavedGraph | None = None) -> None:
        """Add a namespace, which is incomplete until `complete` is called. From now on `put` adds its vectors.

        Their graph may have been *saved*.
        """
        with self._lock:
            self.remove(namespace)
            if saved is not None and self._files is not None:
                with contextlib.suppress(OSError):  # as if it had not been saved
                    large = LargeNamespace(self._dimensions, self._files.folder.parent, saved)
                    self._large[namespace] = self._namespaces[namespace] = large
                    return
            self._namespaces[namespace] = NamespaceMatrix(self._dimensions)
            self._size += self._namespaces[namespace].nbytes

    def complete(self, namespace: str) -> None:
        """Mark a namespace as complete, unless it has been evicted."""
        with self._lock:
            if (found := self._namespaces.get(namespace)) is not None:
                found.finish()
                if namespace in self._large:
                    self._upkeep.wake()

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
        """Forget all vectors, and delete the files of the graphs."""
        with self._lock:
            self._forget()
            self._erasures += 1
        if self._files is not None:
            self._files.remove_all()

    def erase(self) -> None:
        """Delete the files of graphs that may have vectors that were removed. They are written again later."""
        if self._files is None:
            return
        with self._lock:
            self._erasures += 1
            clean = frozenset(name for name, each in self._large.items() if each.graphs.is_file_clean)
            for each in self._large.values():
                each.graphs.note_erased()
        self._files.remove_all(but=clean)
        self._upkeep.wake()

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
        """Have the thread that keeps the graphs save them, and end."""
        self._upkeep.close()

    def join(self) -> None:
        """Wait for that thread, but not long, after `close`, and forget all vectors."""
        self._upkeep.join()
        with self._lock:
            self._forget()

    def _forget(self) -> None:
        for namespace in [*self._namespaces]:
            self.remove(namespace)

    # ------------------------------------------------------------------ large namespaces

    @functools.cached_property
    def _keeps_large(self) -> bool:
        return self._files is not None and is_installed()

    def _enlarge(self, namespace: str, matrix: NamespaceMatrix) -> None:
        """Let a large namespace take a matrix's place in the order, once usearch is loaded."""
        self._upkeep.wake()
        if self._files is None or not is_loaded():
            return
        try:
            large = LargeNamespace(self._dimensions, self._files.folder.parent, matrix)
        except OSError as exc:
            logger.debug("namespace kept without a graph: %s", exc.strerror)
            return
        if matrix.complete:
            large.finish()
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
            found = (changes for each in self._large.values() if (changes := each.graphs.changes(most)) is not None)
            return next(found, None)

    def _settle(self, done: GraphChanges) -> None:
        with self._lock:
            done.graphs.settle(done)

    def _save_one(self, ending: bool) -> bool:
        """Write the file of one graph, if one is due; tell whether there may be more."""
        if self._files is None or time.monotonic() < self._save_from:
            return False
        with self._lock:
            due = (
                (name, each, found)
                for name, each in self._large.items()
                if (found := each.graphs.to_save(ending=ending)) is not None
            )
            name, each, found = next(due, (None, None, None))
            erasures = self._erasures
        if name is None or each is None or found is None:
            return False
        try:
            self._files.write(name, *found, stop=self._upkeep.is_over)
        except Exception as exc:  # OSError, and what usearch raises
            logger.warning("vector index: a graph is not saved (%s); without it, the next start takes longer", exc)
            self._save_from = time.monotonic() + RETRY_SAVING_AFTER_S
            if not self._upkeep.is_over():  # else an older file is better than none
                with self._lock:
                    each.graphs.note_no_file()
                    self._files.remove(name)
            return False
        with self._lock:
            if erasures != self._erasures:  # what was to be erased meanwhile may be in it
                each.graphs.note_no_file()
                self._files.remove(name)
        return True
