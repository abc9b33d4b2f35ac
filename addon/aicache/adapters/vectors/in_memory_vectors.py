"""Vectors in memory, one matrix for each namespace; the nearest are found by a matrix product."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence

import numpy as np

from aicache.domain.model import PINNED, Neighbor, Vector

INITIAL_ROWS = 64
"""Rows of a new matrix, which doubles when it is full."""


class NamespaceMatrix:
    """The vectors of one namespace by key; all of them once it is `complete`."""

    def __init__(self, dimensions: int) -> None:
        self.complete = False
        self._rows = np.empty((INITIAL_ROWS, dimensions), np.float32)
        self._expires = np.empty(INITIAL_ROWS, np.float64)
        self._keys: list[str] = []
        self._places: dict[str, int] = {}

    @property
    def keys(self) -> Sequence[str]:
        return self._keys

    @property
    def nbytes(self) -> int:
        return self._rows.nbytes

    def put(self, key: str, vector: Vector, expires_at: float) -> None:
        if (place := self._places.get(key)) is None:
            place = self._places[key] = len(self._keys)
            self._keys.append(key)
            if place == len(self._rows):
                self._rows = np.concatenate((self._rows, np.empty_like(self._rows)))
                self._expires = np.concatenate((self._expires, np.empty_like(self._expires)))
        self._rows[place] = _unit(vector)
        self._expires[place] = expires_at

    def drop(self, key: str) -> None:
        """Remove a vector; the last one takes its row."""
        if (place := self._places.pop(key, None)) is None:
            return
        last = self._keys.pop()
        if last != key:
            end = len(self._keys)
            self._keys[place], self._places[last] = last, place
            self._rows[place], self._expires[place] = self._rows[end], self._expires[end]

    def expired(self, now: float, latest: float = np.inf) -> list[str]:
        """Return the keys that expired before *now*, or would expire after *latest* and are not pinned."""
        times = self._expires[: len(self._keys)]
        return [self._keys[place] for place in np.flatnonzero((times <= now) | ((times > latest) & (times < PINNED)))]

    def nearest(self, vector: Vector, top_k: int) -> list[Neighbor]:
        """Return at most *top_k* neighbors, nearest first."""
        return self._best(self._rows[: len(self._keys)] @ _unit(vector), top_k)

    def nearest_to_each(self, vectors: Sequence[Vector], top_k: int) -> list[list[Neighbor]]:
        """Return them for several vectors. The rows are read from memory once for all, which is what takes the time."""
        if len(vectors) == 1:
            return [self.nearest(vectors[0], top_k)]
        cosines = np.stack([_unit(vector) for vector in vectors]) @ self._rows[: len(self._keys)].T
        return [self._best(each, top_k) for each in cosines]

    def _best(self, cosines: Vector, top_k: int) -> list[Neighbor]:
        count = len(cosines)
        places = np.argpartition(cosines, count - top_k)[count - top_k :] if top_k < count else np.arange(count)
        places = places[np.argsort(-cosines[places], kind="stable")]
        found = np.clip(cosines[places], -1.0, 1.0).tolist()
        return [Neighbor(self._keys[place], cosine) for place, cosine in zip(places.tolist(), found, strict=True)]


def _unit(vector: Vector) -> Vector:
    return vector / (np.linalg.norm(vector) or 1.0)


class InMemoryVectors:
    """The namespaces searched last, at most *max_bytes* of vectors. A namespace that is larger alone is not kept.

    One thread may search while another writes: each waits for the other, a few milliseconds at most.
    """

    def __init__(self, dimensions: int, max_bytes: int) -> None:
        self._dimensions, self._max_bytes = dimensions, max_bytes
        # Not a BoundedDict: matrices grow, and an evicted one takes its keys along.
        self._namespaces: OrderedDict[str, NamespaceMatrix] = OrderedDict()
        self._namespace_of: dict[str, str] = {}  # by key
        self._size = 0
        self._lock = threading.RLock()

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
    def max_namespace_vectors(self) -> int:
        """The number of vectors that one namespace may have: its matrix may be half empty."""
        return self._max_bytes // (self._dimensions * 4) // 2

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
            if (into := self._namespaces.get(namespace)) is None:
                return
            self._size -= into.nbytes
            into.put(key, vector, expires_at)
            self._size += into.nbytes
            self._namespace_of[key] = namespace
            while self._size > self._max_bytes:
                self.remove(next(iter(self._namespaces)))

    def drop(self, keys: Iterable[str]) -> None:
        with self._lock:
            for key in keys:
                if (namespace := self._namespace_of.pop(key, None)) is not None:
                    self._namespaces[namespace].drop(key)

    def sweep(self, now: float, latest: float = np.inf) -> None:
        with self._lock:
            for each in self._namespaces.values():
                self.drop(each.expired(now, latest))

    def clear(self) -> None:
        with self._lock:
            for namespace in [*self._namespaces]:
                self.remove(namespace)

    def remove(self, namespace: str) -> None:
        with self._lock:
            if (gone := self._namespaces.pop(namespace, None)) is None:
                return
            self._size -= gone.nbytes
            for key in gone.keys:
                del self._namespace_of[key]
