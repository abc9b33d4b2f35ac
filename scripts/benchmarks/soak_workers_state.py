"""What several workers have stored: the entries in their Valkey, and the vectors in their index. It changes nothing."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import redis.asyncio

from aicache.adapters.embedders.local import LocalEmbedder
from aicache.adapters.redis import codec
from aicache.adapters.valkey.server import EmbeddedValkey
from aicache.adapters.vectors.zvec import ZvecIndex
from aicache.domain.deployment_secrets import SIGNATURE_BYTES
from aicache.domain.digests import vector_namespace
from aicache.domain.model import Entry
from aicache.runtime import worker_process
from aicache.runtime.factories import vector_space
from benchmarks.errors import Problem

PREFIX = b"aicache:e:"
MAX_NEIGHBORS = 1024
"""Vectors that one search of the embedded index gives."""
STORING_S = 5.0
"""An entry comes before its vector: by so much, on a busy machine."""
SPACE = vector_space(LocalEmbedder.model, LocalEmbedder.dimensions)
ANY_VECTOR = np.eye(1, LocalEmbedder.dimensions, dtype=np.float32).tobytes()
_NUMBER = re.compile(rb"Answer (\d+) to ")


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored at a time. Memory is in bytes; the last two count from the server's start."""

    entries: int
    vectors: int
    orphans: int
    """Vectors without an entry."""
    lacking: int
    """Entries that should have a vector, and have none."""
    memory: int
    evicted: int
    expired: int

    @property
    def in_step(self) -> bool:
        return not self.orphans and not self.lacking


class StoredState:
    """Looks at the store and the index of the workers on a data folder, while they run. `close` it in the end."""

    def __init__(self, data: Path) -> None:
        """Raises Problem unless there is one group of workers."""
        groups = [path for path in (data.absolute() / worker_process.FOLDER).iterdir() if path.is_dir()]
        if len(groups) != 1:
            raise Problem(f"{data}: {len(groups)} groups of workers, not 1")
        path = EmbeddedValkey(data, 0).url.removeprefix("unix://")
        self._valkey: Any = redis.asyncio.Redis(unix_socket_path=path, single_connection_client=True)
        self._owner = worker_process.connect_to_owner(groups[0])
        self._namespaces: set[str] = set()  # of vectors, once seen

    async def look(self) -> Stored:
        """Read the entries, the vectors, and the entries again: what comes or goes meanwhile is in step.

        Raises Problem if a namespace has more vectors than a search gives.
        """
        before, now = await self.entries(), time.time()
        vectors = await self.vectors()
        after = {key async for key in self._keys()}
        wanted = {key for key, entry in before.items() if may_have_vector(entry) and entry.stored_at < now - STORING_S}
        info = await self._valkey.info()
        return Stored(
            *(len(after), len(vectors), len(vectors - after), len((wanted & after) - vectors)),
            *(info["used_memory"], info["evicted_keys"], info["expired_keys"]),
        )

    async def entries(self) -> dict[str, Entry]:
        """Return all entries by key. The server does not count that as a use of them."""
        await self._valkey.execute_command("CLIENT NO-TOUCH", "ON")
        found: dict[str, Entry] = {}
        keys = [key async for key in self._keys()]
        for start in range(0, len(keys), 100):
            batch = keys[start : start + 100]
            packed = await self._valkey.mget([PREFIX + key.encode() for key in batch])
            found |= {key: _unpack(each) for key, each in zip(batch, packed, strict=True) if each is not None}
        model, dimensions = LocalEmbedder.model, LocalEmbedder.dimensions
        self._namespaces |= {vector_namespace(e.namespace, model, dimensions) for e in found.values() if e.question}
        return found

    async def vectors(self) -> set[str]:
        """Return the keys of all vectors in the namespaces of all entries that were ever seen. Raises Problem."""
        found: set[str] = set()
        for namespace in self._namespaces:
            near = await self._owner.call("index.search", SPACE, namespace, ANY_VECTOR, MAX_NEIGHBORS)
            if len(near) == MAX_NEIGHBORS:
                raise Problem(f"a namespace has {MAX_NEIGHBORS} vectors or more: send fewer requests")
            found |= {key for key, _ in near}
        return found

    async def close(self) -> None:
        await self._owner.close()
        await self._valkey.aclose()

    async def _keys(self) -> AsyncIterator[str]:
        async for key in self._valkey.scan_iter(PREFIX + b"*", count=1000):
            yield key.removeprefix(PREFIX).decode()


def may_have_vector(entry: Entry) -> bool:
    """Return whether an entry answers other questions by meaning; those of embeddings have no question."""
    return entry.question is not None and not entry.refused


def number_of(body: bytes) -> int | None:
    """Return the number of a numbered answer, in whichever way it is written; None for embeddings."""
    found = _NUMBER.search(body)
    return int(found[1]) if found else None


async def keys_on_disk(data: Path) -> set[str]:
    """Return the keys of all vectors in the files of workers that have ended. Raises StoreError."""
    index = ZvecIndex(data / "vectors" / SPACE, LocalEmbedder.dimensions)
    await index.open()
    try:
        return {key async for keys in index.key_pages() for key in keys}
    finally:
        await index.close()


def _unpack(packed: bytes) -> Entry:
    if packed[:1] == codec.SIGNED:
        packed = packed[1 + SIGNATURE_BYTES :]
    return codec.unpack_entry(packed)
