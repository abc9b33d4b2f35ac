"""The vectors of a large namespace in columns: each key has a place, and a place a row, an expiry and a version."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np

from aicache.adapters.vectors.graph_files import KEY_TYPE
from aicache.adapters.vectors.namespace_matrix import NamespaceMatrix
from aicache.adapters.vectors.row_file import RowFile
from aicache.adapters.vectors.vector_sample import VectorSample
from aicache.domain.model import PINNED, Vector

GRAPH_BYTES = 500
"""Memory that a vector takes beside its row of one byte a number, about: links of the graph, key, columns."""


class PlacedRows:
    """Vectors of length 1 by place, in a file in *folder* that has no name. OSError when the disk has no room."""

    def __init__(self, dimensions: int, folder: Path) -> None:
        self.dimensions = dimensions
        self.file = RowFile(folder, dimensions)
        self.sample = VectorSample(dimensions)
        self.end = 0
        """The first place after all that are or were in use."""
        self.place_of: dict[str, int] = {}
        self.keys = np.zeros(0, KEY_TYPE)
        self.expires = np.zeros(0, np.float64)
        """Unix seconds; NaN where there is no vector."""
        self.versions = np.zeros(0, np.uint32)
        """Counts the changes of each place."""
        self._free: list[int] = []

    def __len__(self) -> int:
        return len(self.place_of)

    @property
    def nbytes(self) -> int:
        """Memory in use, about, with that of a graph. The rows are the system's to write out."""
        return self.end * (self.dimensions + GRAPH_BYTES) + self.sample.nbytes

    def reserve(self, places: Collection[int], end: int) -> None:
        """Let no new vector have one of *places*, which are all before *end*, until `free_unused`."""
        self._extend(end)
        self._free = [*{*range(end)}.difference(places)]

    def take(self, matrix: NamespaceMatrix) -> None:
        """Begin with the vectors of a matrix, each at the place of its row."""
        self._extend(len(matrix))
        for start, rows in self.file.segments(self.end):
            rows[:] = matrix.rows[start : start + len(rows)]
        self.expires[: self.end] = matrix.expires
        self.keys[: self.end] = list(matrix.keys)
        self.place_of = {key: place for place, key in enumerate(matrix.keys)}
        for place, row in enumerate(matrix.rows):
            self.sample.add(place, row, place + 1)

    def new_place(self) -> int:
        """Return a place that no vector has."""
        if self._free:
            return self._free.pop()
        if self.end == self.file.capacity:
            self._grow()
        self.end += 1
        return self.end - 1

    def holds(self, place: int, row: Vector) -> bool:
        """Return whether exactly this vector is at a place."""
        return bool((self.file.read((place,)) == row).all())

    def put(self, key: str, place: int, row: Vector, expires_at: float) -> None:
        """Add the vector of a key, or replace it at the place that it has."""
        is_new = key not in self.place_of
        self.place_of[key], self.keys[place] = place, key.encode()
        if is_new:
            self.sample.add(place, row, len(self.place_of))
        else:
            self.sample.change(place, row)
        self.file.write(place, row)
        self.expires[place] = expires_at

    def drop(self, key: str) -> int | None:
        """Remove the vector of a key, and return the place that it had, if any."""
        if (place := self.place_of.pop(key, None)) is None:
            return None
        self.file.write(place, 0.0)
        self.sample.remove(place)
        self.expires[place], self.keys[place] = np.nan, b""
        self._free.append(place)
        return place

    def free_unused(self) -> None:
        """Let new vectors have all places without one, reserved ones as well."""
        self._free = np.flatnonzero(np.isnan(self.expires[: self.end])).tolist()

    def expired(self, now: float, latest: float = np.inf) -> list[str]:
        """Return the keys that expired before *now*, or would expire after *latest* and are not pinned."""
        times = self.expires[: self.end]
        places = np.flatnonzero((times <= now) | ((times > latest) & (times < PINNED)))
        return [key.decode() for key in self.keys[places].tolist()]

    def _extend(self, end: int) -> None:
        while self.file.capacity < end:
            self._grow()
        self.end = end

    def _grow(self) -> None:
        self.file.grow()
        more = self.file.segment_rows
        self.expires = np.concatenate((self.expires, np.full(more, np.nan)))
        self.versions = np.concatenate((self.versions, np.zeros(more, np.uint32)))
        self.keys = np.concatenate((self.keys, np.zeros(more, KEY_TYPE)))
