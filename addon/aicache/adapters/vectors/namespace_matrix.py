"""The vectors of one namespace in a matrix in memory; the nearest are found by a matrix product."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from aicache.domain.model import PINNED, Neighbor, Vector

INITIAL_ROWS = 64
"""Rows of a new matrix, which doubles when it is full."""


def unit(vector: Vector) -> Vector:
    """Return the vector of length 1 in the same direction; one of zeros stays as it is."""
    return vector / (np.linalg.norm(vector) or 1.0)


class NamespaceMatrix:
    """The vectors of one namespace by key; all of them once it is `complete`."""

    def __init__(self, dimensions: int) -> None:
        self.complete = False
        self._rows = np.empty((INITIAL_ROWS, dimensions), np.float32)
        self._expires = np.empty(INITIAL_ROWS, np.float64)
        self._keys: list[str] = []
        self._places: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def keys(self) -> Sequence[str]:
        return self._keys

    @property
    def rows(self) -> Vector:
        """The vectors in the order of the keys, each of length 1."""
        return self._rows[: len(self._keys)]

    @property
    def expires(self) -> npt.NDArray[np.float64]:
        """The times of expiry in the order of the keys."""
        return self._expires[: len(self._keys)]

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
        self._rows[place] = unit(vector)
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

    def finish(self) -> None:
        """Note that all vectors are there."""
        self.complete = True

    def close(self) -> None:
        """Do nothing: its memory is given back with it."""

    def expired(self, now: float, latest: float = np.inf) -> list[str]:
        """Return the keys that expired before *now*, or would expire after *latest* and are not pinned."""
        times = self._expires[: len(self._keys)]
        return [self._keys[place] for place in np.flatnonzero((times <= now) | ((times > latest) & (times < PINNED)))]

    def nearest(self, vector: Vector, top_k: int) -> list[Neighbor]:
        """Return at most *top_k* neighbors, nearest first."""
        return self._best(self._rows[: len(self._keys)] @ unit(vector), top_k)

    def nearest_to_each(self, vectors: Sequence[Vector], top_k: int) -> list[list[Neighbor]]:
        """Return them for several vectors. The rows are read from memory once for all, which is what takes the time."""
        if len(vectors) == 1:
            return [self.nearest(vectors[0], top_k)]
        cosines = np.stack([unit(vector) for vector in vectors]) @ self._rows[: len(self._keys)].T
        return [self._best(each, top_k) for each in cosines]

    def _best(self, cosines: Vector, top_k: int) -> list[Neighbor]:
        count = len(cosines)
        places = np.argpartition(cosines, count - top_k)[count - top_k :] if top_k < count else np.arange(count)
        places = places[np.argsort(-cosines[places], kind="stable")]
        found = np.clip(cosines[places], -1.0, 1.0).tolist()
        return [Neighbor(self._keys[place], cosine) for place, cosine in zip(places.tolist(), found, strict=True)]
