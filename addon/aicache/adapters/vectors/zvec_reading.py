"""Reads the vectors of a large namespace from zvec into memory, while the index is in use."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from aicache.adapters.vectors.in_memory_vectors import InMemoryVectors

READ_BATCH_SIZE = 200
"""Vectors read at once, in some 10 ms; searches run between two batches."""


class NamespaceReading:
    """A pass over all vectors as they were when it began. Later changes must be reported to it: it leaves them out.

    zvec gives at most 100,000 keys of a namespace in one reply, in a second; an iterator gives all, in small parts.
    """

    def __init__(self, namespace: str, collection: Any, memory: InMemoryVectors) -> None:
        self.namespace = namespace
        self._memory = memory
        self._docs = collection.iter_docs()
        self._changed: set[str] = set()
        self._expired = 0

    def read_batch(self) -> bool:
        """Put some vectors into memory; return False when all are there."""
        for count, doc in enumerate(self._docs, 1):
            expires = doc.field("expires")
            if doc.field("namespace") == self.namespace and doc.id not in self._changed and expires > self._expired:
                self._memory.put(doc.id, self.namespace, np.asarray(doc.vector("vector"), np.float32), expires)
            if count == READ_BATCH_SIZE:
                return True
        return False

    def upsert(self, doc: Any) -> None:
        self._changed.add(doc.id)

    def delete(self, keys: Sequence[str]) -> None:
        self._changed.update(keys)

    def delete_expired(self, now: int, expired: str) -> None:
        self._expired = max(self._expired, now)

    def close(self) -> None:
        with contextlib.suppress(Exception):  # it is exhausted and closed already
            self._docs.close()
