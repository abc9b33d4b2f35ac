"""Entries and vectors of one replay, by the recorded clock: nothing of the user's store is read or written."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from aicache.domain.model import Entry, Neighbor, Vector


class ReplayedStore:
    """An ExactStore whose bodies lie in a temporary file. *clock* returns Unix seconds."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._bodies = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the store
        self._entries: dict[str, tuple[Entry, int, int]] = {}
        self._marks: dict[str, float] = {}
        self._notes: dict[str, tuple[bytes, float]] = {}
        self._counters: dict[str, tuple[dict[str, int], float]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    async def get(self, key: str) -> Entry | None:
        if (found := self._entries.get(key)) is None:
            return None
        entry, start, size = found
        if entry.expires_at <= self._clock():
            await self.delete([key])
            return None
        self._bodies.seek(start)
        return replace(entry, body=self._bodies.read(size))

    async def put(self, entry: Entry) -> None:
        start = self._bodies.seek(0, 2)
        self._bodies.write(entry.body)
        self._entries[entry.key] = replace(entry, body=b""), start, len(entry.body)

    async def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._entries.pop(key, None)
            self._notes.pop(key, None)

    async def scan(self, cursor: str = "") -> tuple[list[str], str]:
        return list(self._entries), ""

    async def mark(self, name: str, ttl: float, owners: Sequence[str] = ()) -> None:
        self._marks[name] = self._clock() + ttl

    async def marks_of(self, owners: Callable[[str], bool]) -> list[str]:
        return []  # here nobody is erased

    async def marked(self, name: str) -> bool:
        return self._marks.get(name, 0.0) > self._clock()

    async def notes(self, names: Sequence[str]) -> list[bytes | None]:
        found = (self._notes.get(name, (b"", 0.0)) for name in names)
        return [value if until > self._clock() else None for value, until in found]

    async def note(self, name: str, value: bytes, expires_at: float) -> None:
        self._notes[name] = (value, expires_at)

    async def count(self, name: str, more: Mapping[str, int], ttl: float) -> Mapping[str, int]:
        counters, until = self._counters.get(name, ({}, 0.0))
        if until <= self._clock():
            counters = {}
        for field, by in more.items():
            counters[field] = counters.get(field, 0) + by
        self._counters[name] = (counters, self._clock() + ttl)
        return {field: value for field, value in counters.items() if value}

    async def legacy_text(self, question: str, most: int) -> str | None:
        return None

    async def close(self) -> None:
        self._bodies.close()


class ReplayedIndex:
    """A VectorIndex that compares with every vector of a namespace: exactly, as no approximate index does."""

    def __init__(self) -> None:
        self._namespaces: dict[str, _Rows] = {}
        self._where: dict[str, str] = {}  # a key's namespace

    async def search(self, namespace: str, vector: Vector, top_k: int) -> list[Neighbor]:
        rows = self._namespaces.get(namespace)
        return [] if rows is None else rows.nearest(vector, top_k)

    async def anywhere(self, vector: Vector, top_k: int) -> list[Neighbor]:
        found = [n for rows in self._namespaces.values() for n in rows.nearest(vector, top_k)]
        return sorted(found, key=lambda n: (-n.similarity, n.key))[:top_k]

    async def upsert(self, key: str, namespace: str, vector: Vector, expires_at: float) -> None:
        await self.delete([key])
        self._where[key] = namespace
        self._namespaces.setdefault(namespace, _Rows(len(vector))).add(key, vector)

    async def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            if (namespace := self._where.pop(key, None)) is not None:
                self._namespaces[namespace].remove(key)

    async def close(self) -> None: ...


class _Rows:
    """Vectors in one array, which doubles when it is full; what is removed is overwritten by the last one."""

    def __init__(self, dimensions: int) -> None:
        self._vectors = np.empty((8, dimensions), np.float32)
        self._keys: list[str] = []

    def add(self, key: str, vector: Vector) -> None:
        if len(self._keys) == len(self._vectors):
            self._vectors = np.concatenate([self._vectors, np.empty_like(self._vectors)])
        self._vectors[len(self._keys)] = vector
        self._keys.append(key)

    def remove(self, key: str) -> None:
        place, last = self._keys.index(key), self._keys.pop()
        if last != key:
            self._keys[place] = last
            self._vectors[place] = self._vectors[len(self._keys)]

    def nearest(self, vector: Vector, top_k: int) -> list[Neighbor]:
        similarities = self._vectors[: len(self._keys)] @ vector
        if len(similarities) > top_k:
            near = np.argpartition(-similarities, top_k - 1)[:top_k]
        else:
            near = np.arange(len(similarities))
        found = [Neighbor(self._keys[i], float(similarities[i])) for i in near]
        return sorted(found, key=lambda n: (-n.similarity, n.key))
