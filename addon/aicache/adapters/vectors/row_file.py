"""Float32 rows in a file without a name, mapped into memory: the system may write them out, and they end with us."""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from aicache.domain.model import Vector

SEGMENT_ROWS = 8192
"""Rows of which the file grows at once: 16 MB of 512 numbers. Any number of numbers fills whole pages."""


class RowFile:
    """Rows of *dimensions* numbers by place. Only the owner may open the file, and nobody can find it.

    Raises OSError when the disk has no room. The room is taken before it is used: a process that writes into a mapped
    file on a full disk is ended by a signal.
    """

    def __init__(self, folder: Path, dimensions: int) -> None:
        self.segment_rows = SEGMENT_ROWS
        self._dimensions = dimensions
        self._segment_bytes = self.segment_rows * dimensions * 4
        self._rows: Vector = np.empty((0, dimensions), np.float32)  # the whole file
        # No `with`: it is open for as long as this object lives.
        self._file = tempfile.TemporaryFile(dir=folder, prefix=".rows-")  # noqa: SIM115

    @property
    def capacity(self) -> int:
        return len(self._rows)

    def grow(self) -> None:
        """Add `segment_rows` rows of zeros."""
        start = self._rows.nbytes
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(self._file.fileno(), start, self._segment_bytes)
        else:
            self._file.seek(start)
            self._file.write(bytes(self._segment_bytes))
            self._file.flush()
        # Mapped as a whole, so that any rows are read at once; what was mapped before are the same pages.
        mapped = mmap.mmap(self._file.fileno(), start + self._segment_bytes)
        self._rows = np.frombuffer(mapped, np.float32).reshape(-1, self._dimensions)

    def write(self, place: int, row: Vector | float) -> None:
        self._rows[place] = row

    def read(self, places: Sequence[int] | npt.NDArray[np.int64]) -> Vector:
        """Return a copy of the rows, one for each of *places*."""
        return self._rows.take(places, axis=0)

    def segments(self, count: int) -> Iterator[tuple[int, Vector]]:
        """Yield the first *count* rows in parts, each with the place of its first row."""
        for start in range(0, count, self.segment_rows):
            yield start, self._rows[start : min(start + self.segment_rows, count)]

    def close(self) -> None:
        """Give the room back; nothing may be read or written any more."""
        self._rows = self._rows[:0].copy()
        self._file.close()
