"""The ports in memory, whole and broken: real classes, small enough to be seen through."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from aicache.domain.model import Entry, Neighbor, Vector
from aicache.domain.ports import Purpose, StoreError


class MemoryStore:
    """An ExactStore. *clock* returns Unix seconds."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.entries: dict[str, Entry] = {}
        self.marks: dict[str, float] = {}
        self.owners: dict[str, tuple[str, ...]] = {}  # of marks
        self.noted: dict[str, tuple[bytes, float]] = {}
        self.counters: dict[str, tuple[dict[str, int], float]] = {}
        self.texts: dict[str, str] = {}  # left by Higress, by question
        self._clock = clock

    async def get(self, key: str) -> Entry | None:
        entry = self.entries.get(key)
        return entry if entry is not None and entry.expires_at > self._clock() else None

    async def put(self, entry: Entry) -> None:
        self.entries[entry.key] = entry

    async def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            self.entries.pop(key, None)
            self.noted.pop(key, None)
            self.counters.pop(key, None)

    async def scan(self, cursor: str = "") -> tuple[list[str], str]:
        """Two at a time, by their names."""
        live = sorted(key for key, entry in self.entries.items() if key > cursor and entry.expires_at > self._clock())
        return live[:2], live[1] if len(live) > 2 else ""

    async def mark(self, name: str, ttl: float, owners: Sequence[str] = ()) -> None:
        self.marks[name] = self._clock() + ttl
        self.owners[name] = tuple(owners)

    async def marks_of(self, owners: Callable[[str], bool]) -> list[str]:
        live = [name for name, until in self.marks.items() if until > self._clock()]
        return [name for name in live if any(map(owners, self.owners[name]))]

    async def marked(self, name: str) -> bool:
        return self.marks.get(name, 0.0) > self._clock()

    async def notes(self, names: Sequence[str]) -> list[bytes | None]:
        found = (self.noted.get(name, (b"", 0.0)) for name in names)
        return [value if until > self._clock() else None for value, until in found]

    async def note(self, name: str, value: bytes, expires_at: float) -> None:
        self.noted[name] = (value, expires_at)

    async def count(self, name: str, more: Mapping[str, int], ttl: float) -> Mapping[str, int]:
        counters, until = self.counters.get(name, ({}, 0.0))
        if until <= self._clock():
            counters = {}
        for field, by in more.items():
            counters[field] = counters.get(field, 0) + by
        self.counters[name] = (counters, self._clock() + ttl)
        return {field: value for field, value in counters.items() if value}

    async def legacy_text(self, question: str, most: int) -> str | None:
        text = self.texts.get(question, "")
        return text if text.strip() and len(text.encode()) <= most else None

    async def close(self) -> None: ...


class MemoryIndex:
    """A VectorIndex that compares with every vector there is."""

    def __init__(self) -> None:
        self.vectors: dict[str, tuple[str, Vector, float]] = {}

    async def search(self, namespace: str, vector: Vector, top_k: int) -> list[Neighbor]:
        _check(vector)
        found = [Neighbor(key, float(v @ vector)) for key, (n, v, _) in self.vectors.items() if n == namespace]
        return sorted(found, key=lambda n: (-n.similarity, n.key))[:top_k]

    async def anywhere(self, vector: Vector, top_k: int) -> list[Neighbor]:
        _check(vector)
        found = [Neighbor(key, float(v @ vector)) for key, (_, v, _) in self.vectors.items()]
        return sorted(found, key=lambda n: (-n.similarity, n.key))[:top_k]

    async def upsert(self, key: str, namespace: str, vector: Vector, expires_at: float) -> None:
        _check(vector)
        self.vectors[key] = (namespace, vector.copy(), expires_at)

    async def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            self.vectors.pop(key, None)

    async def sweep(self, now: float) -> None:
        await self.delete([key for key, (_, _, expires_at) in self.vectors.items() if expires_at <= now])

    async def close(self) -> None: ...


class LetterEmbedder:
    """An Embedder that counts letters, so texts spelt alike are similar. All that is no letter counts as one."""

    model = "letters"
    dimensions = 27
    asymmetric = False
    threshold = 0.95

    async def embed(self, texts: Sequence[str], purpose: Purpose, partition: str = "") -> Vector:
        rows = np.zeros((len(texts), self.dimensions), np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[26] = 0.1  # a direction even for no text at all
            for char in text.lower():
                row[ord(char) - ord("a") if "a" <= char <= "z" else 26] += 1
            row /= np.linalg.norm(row)
        return rows

    async def close(self) -> None: ...


async def _broken(*_: Any) -> Any:
    raise StoreError("broken, as it should be")


async def _hanging(*_: Any) -> Any:
    await asyncio.Event().wait()


class BrokenStore(MemoryStore):
    """An ExactStore that fails at everything but `close`."""

    get = put = delete = scan = mark = marked = notes = note = count = legacy_text = staticmethod(_broken)  # type: ignore[assignment]


class HangingStore(MemoryStore):
    """An ExactStore that never answers, and closes."""

    get = put = delete = scan = mark = marked = notes = note = count = legacy_text = staticmethod(_hanging)  # type: ignore[assignment]


class BrokenIndex(MemoryIndex):
    search = anywhere = upsert = delete = sweep = staticmethod(_broken)  # type: ignore[assignment]


class HangingIndex(MemoryIndex):
    search = anywhere = upsert = delete = sweep = staticmethod(_hanging)  # type: ignore[assignment]


class BrokenEmbedder(LetterEmbedder):
    embed = staticmethod(_broken)  # type: ignore[assignment]


class HangingEmbedder(LetterEmbedder):
    embed = staticmethod(_hanging)  # type: ignore[assignment]


def _check(vector: Vector) -> None:
    if vector.ndim != 1 or not np.isfinite(vector).all():
        raise StoreError("not a vector, or not finite")
