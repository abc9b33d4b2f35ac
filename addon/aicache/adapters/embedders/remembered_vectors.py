"""An LRU cache of vectors, by a digest of the text. It keeps no text."""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

from aicache.domain.bounded import BoundedDict
from aicache.domain.model import Vector
from aicache.domain.ports import Purpose

MAX_REMEMBERED_BYTES = 8 * 1024**2
"""Size of the vectors alone: four thousand of the local model's."""


class EmbeddingKey(NamedTuple):
    """The inputs that determine a vector, and the partition of callers that share it."""

    text: str
    purpose: Purpose
    partition: str


class RememberedVectors:
    """The latest vectors, at most `MAX_REMEMBERED_BYTES`. Reading one makes it the newest."""

    def __init__(self) -> None:
        self._rows = BoundedDict[bytes, Vector](MAX_REMEMBERED_BYTES, lambda row: row.nbytes)

    def get(self, key: EmbeddingKey) -> Vector | None:
        digest = _digest(key)
        if (row := self._rows.get(digest)) is not None:
            self._rows.touch(digest)
        return row

    def put(self, key: EmbeddingKey, row: Vector) -> None:
        self._rows[_digest(key)] = row.copy()  # a row is a view that keeps its whole batch alive

    def clear(self) -> None:
        self._rows.clear()


def _digest(key: EmbeddingKey) -> bytes:
    joined = f"{len(key.partition)} {key.partition} {key.purpose} {key.text}"
    return blake2b(joined.encode("utf-8", "surrogatepass"), digest_size=16).digest()
