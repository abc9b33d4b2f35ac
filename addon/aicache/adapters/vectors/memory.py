"""Vectors held in memory, a matrix a namespace, and the nearest of them found by one product."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence

import numpy as np

from aicache.domain.model import PINNED, Neighbor, Vector

INITIAL_ROWS = 64  # rows of a new matrix; it doubles when they are used up


class NamespaceMatrix:
    """The vectors of one namespace, by key; all of them once it is `complete`."""

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
        """Let the last one take its place."""
        if (place := self._places.pop(key, None)) is None:
            return
        last = self._keys.pop()
        if last != key:
            end = len(self._keys)
            self._keys[place], self._places[last] = last, place
            self._rows[place], self._expires[place] = self._rows[end], self._expires[end]

    def expired(self, now: float, latest: float = np.inf) -> list[str]:
        """Return what expired before *now*, or would after *latest* and is not pinned."""
        times = self._expires[: len(self._keys)]
        return [self._keys[place] for place in np.flatnonzero((times <= now) | ((times > latest) & (times < PINNED)))]

    def nearest(self, vector: Vector, top_k: int) -> list[Neighbor]:
        """Return at most *top_k* of them with their cosines, nearest first."""
        return self._best(self._rows[: len(self._keys)] @ _unit(vector), top_k)

    def nearest_to_each(self, vectors: Sequence[Vector], top_k: int) -> list[list[Neighbor]]:
        """Do so for several. The rows come out of memory once for all of them, which is what takes the time."""
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
    """The namespaces searched last, within *limit* bytes of vectors. One that is larger alone is not held.

    One thread may search while another writes: each waits for the other, a few milliseconds at most.
    """

    def __init__(self, dimensions: int, limit: int) -> None:
        self._dimensions, self._limit = dimensions, limit
        self._namespaces: OrderedDict[str, NamespaceMatrix] = OrderedDict()
        self._of: dict[str, str] = {}  # the namespace of each key that is held
        self._size = 0
        self._lock = threading.RLock()

    def has(self, namespace: str) -> bool:
        """Tell whether all of a namespace is held at the moment. It waits for nobody."""
        found = self._namespaces.get(namespace)
        return found is not None and found.complete

    def nearest_to_each(self, namespace: str, vectors: Sequence[Vector], top_k: int) -> list[list[Neighbor]] | None:
        """Return at most *top_k* neighbours for each vector; None where the namespace is not held, or not all of it."""
        with self._lock:
            if (found := self._namespaces.get(namespace)) is None:
                return None
            self._namespaces.move_to_end(namespace)
            return found.nearest_to_each(vectors, top_k) if found.complete else None

    @property
    def most(self) -> int:
        """How many vectors of one namespace can be held: a matrix may be half empty."""
        return self._limit // (self._dimensions * 4) // 2

    def begin(self, namespace: str) -> None:
        """Hold a namespace from now on; whoever fills it says when it is complete."""
        with self._lock:
            self.end(namespace)
            self._namespaces[namespace] = NamespaceMatrix(self._dimensions)
            self._size += self._namespaces[namespace].nbytes

    def complete(self, namespace: str) -> None:
        """All of it is there, unless it had to go since."""
        with self._lock:
            if (found := self._namespaces.get(namespace)) is not None:
                found.complete = True

    def put(self, key: str, namespace: str, vector: Vector, expires_at: float) -> None:
        """Note a vector, if its namespace is held; and in any case that the key is in no other."""
        with self._lock:
            if self._of.get(key, namespace) != namespace:
                self.drop((key,))
            if (into := self._namespaces.get(namespace)) is None:
                return
            self._size -= into.nbytes
            into.put(key, vector, expires_at)
            self._size += into.nbytes
            self._of[key] = namespace
            while self._size > self._limit:
                self.end(next(iter(self._namespaces)))

    def drop(self, keys: Iterable[str]) -> None:
        with self._lock:
            for key in keys:
                if (namespace := self._of.pop(key, None)) is not None:
                    self._namespaces[namespace].drop(key)

    def sweep(self, now: float, latest: float = np.inf) -> None:
        with self._lock:
            for each in self._namespaces.values():
                self.drop(each.expired(now, latest))

    def clear(self) -> None:
        with self._lock:
            for namespace in [*self._namespaces]:
                self.end(namespace)

    def end(self, namespace: str) -> None:
        """Hold it no more."""
        with self._lock:
            if (gone := self._namespaces.pop(namespace, None)) is None:
                return
            self._size -= gone.nbytes
            for key in gone.keys:
                del self._of[key]
