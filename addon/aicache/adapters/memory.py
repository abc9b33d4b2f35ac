"""The ports in memory: for tests, and for replaying recorded traffic without touching anyone's store."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from aicache.domain.model import Entry, Neighbor, Vector
from aicache.domain.ports import StoreError
from aicache.domain.store_ports import LeaseState


class MemoryStore:
    """An ExactStore. *clock* returns Unix seconds."""

    may_have_peers = True

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.entries: dict[str, Entry] = {}
        self.flags: dict[str, float] = {}
        """Unix time of each flag's end."""
        self.owners: dict[str, tuple[str, ...]] = {}
        """Owners of each flag."""
        self.blobs: dict[str, tuple[bytes, float]] = {}
        self.counters: dict[str, tuple[dict[str, int], float]] = {}
        self.aliases: dict[str, tuple[str, float]] = {}
        """Key and time of expiry."""
        self.leases: dict[str, tuple[str, float]] = {}
        """Token and time of expiry."""
        self.asked: dict[str, float] = {}
        """Names of leases whose stream is asked for, and until when."""
        self.streams: dict[tuple[str, str], tuple[list[bytes], float]] = {}
        """Parts and time of expiry, by name and token."""
        self.higress_answers: dict[str, str] = {}
        """Texts by question."""
        self._clock = clock

    async def get(self, key: str) -> Entry | None:
        entry = self.entries.get(key)
        return entry if entry is not None and max(entry.expires_at, entry.kept_until) > self._clock() else None

    async def put(self, entry: Entry) -> None:
        self.entries[entry.key] = entry
        if entry.alias:
            self.aliases[entry.alias] = entry.key, entry.expires_at

    async def find(self, key: str, alias: str) -> tuple[Entry | None, str | None]:
        target, until = self.aliases.get(alias, ("", 0.0))
        entry = await self.get(key)
        return entry, target if entry is None and until > self._clock() else None

    async def delete(self, keys: Sequence[str], aliases: Sequence[str] = ()) -> None:
        for alias in aliases:
            self.aliases.pop(alias, None)
        for key in keys:
            self.entries.pop(key, None)
            self.blobs.pop(key, None)
            self.counters.pop(key, None)

    async def delete_aliases(self) -> None:
        self.aliases.clear()

    async def scan(self, cursor: str = "") -> tuple[list[str], str]:
        """Return two keys at a time, in their order: few, so that callers have to go on with the cursor."""
        live = sorted(key for key, entry in self.entries.items() if key > cursor and entry.expires_at > self._clock())
        return live[:2], live[1] if len(live) > 2 else ""

    async def remember(self, flag: str, ttl: float, owners: Sequence[str] = ()) -> None:
        self.flags[flag] = self._clock() + ttl
        self.owners[flag] = tuple(owners)

    async def remembers(self, flag: str) -> bool:
        return self.flags.get(flag, 0.0) > self._clock()

    async def find_flags(self, is_owner: Callable[[str], bool]) -> list[str]:
        live = [flag for flag, until in self.flags.items() if until > self._clock()]
        return [flag for flag in live if any(map(is_owner, self.owners[flag]))]

    async def get_blobs(self, names: Sequence[str]) -> list[bytes | None]:
        found = (self.blobs.get(name, (b"", 0.0)) for name in names)
        return [value if until > self._clock() else None for value, until in found]

    async def put_blob(self, name: str, value: bytes, expires_at: float) -> None:
        self.blobs[name] = (value, expires_at)

    async def increment(self, name: str, by: Mapping[str, int], ttl: float) -> Mapping[str, int]:
        counters, until = self.counters.get(name, ({}, 0.0))
        if until <= self._clock():
            counters = {}
        for field, more in by.items():
            counters[field] = counters.get(field, 0) + more
        self.counters[name] = (counters, self._clock() + ttl)
        return {field: value for field, value in counters.items() if value}

    async def acquire_lease(self, name: str, token: str, ttl: float) -> bool:
        if await self.lease_holder(name):
            return False
        self.leases[name] = token, self._clock() + ttl
        return True

    async def renew_lease(self, name: str, token: str, ttl: float) -> LeaseState:
        if not await self.lease_holder(name) or self.leases[name][0] != token:
            return LeaseState.ENDED
        self.leases[name] = token, self._clock() + ttl
        return LeaseState.FOLLOWED if self.asked.get(name, 0.0) > self._clock() else LeaseState.HELD

    async def ask_for_stream(self, name: str, ttl: float) -> None:
        self.asked[name] = self._clock() + ttl

    async def append_to_stream(self, name: str, token: str, first: int, parts: Sequence[bytes], ttl: float) -> None:
        kept = [] if first == 0 else await self.read_stream(name, token, 0)
        self.streams[name, token] = [*kept, *parts], self._clock() + ttl

    async def read_stream(self, name: str, token: str, first: int) -> list[bytes]:
        parts, until = self.streams.get((name, token), ([], 0.0))
        return parts[first:] if until > self._clock() else []

    async def release_lease(self, name: str, token: str) -> None:
        if name in self.leases and self.leases[name][0] == token:
            del self.leases[name]

    async def lease_holder(self, name: str) -> str | None:
        token, until = self.leases.get(name, ("", 0.0))
        return token if until > self._clock() else None

    async def put_and_release(self, entry: Entry, token: str) -> bool:
        await self.put(entry)
        await self.release_lease(entry.key, token)
        return True

    async def get_higress_answer(self, question: str, max_bytes: int) -> str | None:
        text = self.higress_answers.get(question, "")
        return text if text.strip() and len(text.encode()) <= max_bytes else None

    async def close(self) -> None: ...


class MemoryIndex:
    """A VectorIndex that compares with every vector of a namespace: exactly, as no approximate index does."""

    def __init__(self) -> None:
        self.vectors: dict[str, tuple[str, Vector, float]] = {}
        """Namespace, vector and time of expiry, by key. Change them by the methods only."""
        self._namespaces: dict[str, _Rows] = {}

    async def search(self, namespace: str, vector: Vector, top_k: int) -> list[Neighbor]:
        _check(vector)
        rows = self._namespaces.get(namespace)
        return [] if rows is None else rows.nearest(vector, top_k)

    async def search_all(self, vector: Vector, top_k: int) -> list[Neighbor]:
        _check(vector)
        found = [neighbor for rows in self._namespaces.values() for neighbor in rows.nearest(vector, top_k)]
        return sorted(found, key=_nearest_first)[:top_k]

    async def upsert(self, key: str, namespace: str, vector: Vector, expires_at: float) -> None:
        _check(vector)
        await self.delete([key])
        self.vectors[key] = (namespace, vector.copy(), expires_at)
        self._namespaces.setdefault(namespace, _Rows(len(vector))).add(key, vector)

    async def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            if (stored := self.vectors.pop(key, None)) is not None:
                self._namespaces[stored[0]].remove(key)

    async def find_namespaces(self, keys: Sequence[str]) -> dict[str, str]:
        """Return the namespace of each of these keys that has a vector."""
        return {key: self.vectors[key][0] for key in keys if key in self.vectors}

    async def sweep(self, now: float) -> None:
        """Delete the vectors that have expired."""
        await self.delete([key for key, (_, _, expires_at) in self.vectors.items() if expires_at <= now])

    async def close(self) -> None: ...


class _Rows:
    """Vectors in one array, which doubles when it is full; the last one overwrites the one that is removed."""

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
        return sorted((Neighbor(self._keys[i], float(similarities[i])) for i in near), key=_nearest_first)


def _nearest_first(neighbor: Neighbor) -> tuple[float, str]:
    return -neighbor.similarity, neighbor.key


def _check(vector: Vector) -> None:
    if vector.ndim != 1 or not np.isfinite(vector).all():
        raise StoreError("not a vector, or not finite")
