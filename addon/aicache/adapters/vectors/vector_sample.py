"""A random sample of vectors, kept in memory while vectors come and go: where a search may look as well."""

from __future__ import annotations

import random

import numpy as np

from aicache.domain.model import Vector

SIZE = 512
"""Vectors of a sample. To compare them all takes 0.02 ms."""


class VectorSample:
    """About the same share of all vectors, whenever they came, by their places. All are of length 1."""

    def __init__(self, dimensions: int) -> None:
        self._rows = np.zeros((SIZE, dimensions), np.float32)  # zeros: a free row
        self._row_of: dict[int, int] = {}  # by place
        self._places: list[int | None] = [None] * SIZE
        self._free = [*range(SIZE)]

    @property
    def nbytes(self) -> int:
        return self._rows.nbytes

    def add(self, place: int, vector: Vector, count: int) -> None:
        """Add a vector, the last of *count* there are, as likely as any of them is there (reservoir sampling)."""
        if self._free:
            row = self._free.pop()
        elif (row := random.randrange(count)) < SIZE:
            self._row_of.pop(self._places[row], None)  # type: ignore[arg-type]
        else:
            return
        self._rows[row], self._places[row], self._row_of[place] = vector, place, row

    def change(self, place: int, vector: Vector) -> None:
        """Note that another vector is at a place."""
        if (row := self._row_of.get(place)) is not None:
            self._rows[row] = vector

    def remove(self, place: int) -> None:
        if (row := self._row_of.pop(place, None)) is not None:
            self._rows[row], self._places[row] = 0.0, None
            self._free.append(row)

    def cosines(self, vector: Vector) -> Vector:
        """Return the cosine of each vector of the sample; 0 for a free row."""
        found: Vector = self._rows @ vector
        return found

    def nearest(self, cosines: Vector, count: int) -> Vector:
        """Return the *count* vectors of the highest *cosines*, in no certain order; zeros where there are none."""
        return self._rows[np.argpartition(-cosines, count)[:count]]
