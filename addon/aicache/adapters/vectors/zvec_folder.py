"""A zvec index in one folder: searched, written, compacted. It blocks, and is called on one thread only."""

from __future__ import annotations

import contextlib
import logging
import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from aicache.adapters.damaged_files import MIN_FREE_BYTES, make_private
from aicache.adapters.vectors.checks import clip_cosine
from aicache.adapters.vectors.graph_files import SavedGraph
from aicache.adapters.vectors.in_memory_vectors import InMemoryVectors
from aicache.adapters.vectors.zvec_files import folder_identity
from aicache.adapters.vectors.zvec_keys import KeyRange, list_keys
from aicache.adapters.vectors.zvec_library import import_zvec
from aicache.adapters.vectors.zvec_opening import create, note_loss, open_or_create
from aicache.adapters.vectors.zvec_reading import NamespaceReading
from aicache.adapters.vectors.zvec_rewrite import CLEAN_SUFFIX, NEW_SUFFIX, Copy, beside, recover
from aicache.domain.model import PINNED, Neighbor, Vector
from aicache.domain.ports import Busy, StoreError

logger = logging.getLogger(__name__)

MAX_NEIGHBORS = 1024
MAX_LISTED_KEYS = 2000
"""Keys of a namespace that are read at once, in 25 ms; if there are more, all vectors are gone through in parts."""
BLOAT_FACTOR = 1.5
"""Compact when the files exceed the size that their live vectors need by this factor ..."""
MAX_SLACK_BYTES = 32 << 20
"""... and by this size. They are mapped, so they count as the proxy's memory; each write adds 4 kB to them."""


class ZvecFolder:
    """An index in *folder*, which need not exist. All changes are made in *memory*, too."""

    def __init__(self, folder: Path, dimensions: int, memory: InMemoryVectors, max_slack_bytes: int) -> None:
        self.path = folder
        self.begun_at = 0.0
        """Unix time since which no vector was lost; entries stored before may have none. 0: no loss is known."""
        self.is_clean = False
        """Whether the files contain no deleted vectors."""
        self._dimensions = dimensions
        self._memory = memory
        self._max_slack_bytes = max_slack_bytes
        self._collection: Any = None
        self._identified: tuple[Any, tuple[int, ...]] = (None, ())  # a collection, and its folder's `folder_identity`
        self._copy: Copy | None = None
        self._reading: NamespaceReading | None = None

    # ------------------------------------------------------------------ open and close

    def open(self) -> None:
        """Open the folder, or create it, unless it is open. Raises StoreError as `open_or_create` does."""
        if self.is_open:
            return
        opened = open_or_create(self.path, self._dimensions)
        self.is_clean = opened.is_clean
        if opened.begun_at is not None:
            self.begun_at = opened.begun_at
        self._collection = opened.collection
        self._identified = (opened.collection, folder_identity(self.path))
        make_private(self.path)
        logger.info("zvec opened %s", self.path)

    def close(self) -> None:
        self.drop_copy()
        self.end_reading()
        collection, self._collection = self._collection, None
        self._identified = (None, ())
        if collection is not None:
            try:
                collection.close()
            except BaseException:  # unwritten vectors are lost
                with contextlib.suppress(OSError):
                    note_loss(self.path)
                raise

    def is_gone(self) -> bool:
        """Return whether the files have been removed or replaced since they were opened."""
        if self._identified[0] is not self._collection:  # replaced by a copy, which has a folder of its own
            self._identified = (self._collection, folder_identity(self.path))
        identity = self._identified[1]
        return self._collection is None or not identity or folder_identity(self.path) != identity

    @property
    def is_open(self) -> bool:
        return self._collection is not None

    @property
    def _followers(self) -> list[Copy | NamespaceReading]:
        """Who is to be told of all changes; while there are any, zvec neither compacts nor closes."""
        return [each for each in (self._copy, self._reading) if each is not None]

    @property
    def _opened(self) -> Any:
        if self._collection is None:
            raise StoreError("zvec: not open")
        return self._collection

    # ------------------------------------------------------------------ read

    def search(self, namespace: str | None, vector: Vector, top_k: int) -> list[Neighbor]:
        query = import_zvec().Query("vector", vector=np.asarray(vector, dtype=np.float32))
        docs = self._opened.query(
            queries=query,
            topk=min(top_k, MAX_NEIGHBORS),
            filter=None if namespace is None else f"namespace = '{namespace}'",
            output_fields=[],
        )
        return [Neighbor(doc.id, similarity_of(doc.score)) for doc in docs]

    def has_any(self, namespace: str) -> bool:
        return bool(self.keys_of(namespace, 1))

    def keys_of(self, namespace: str, max_keys: int) -> list[str]:
        docs = self._opened.query(filter=f"namespace = '{namespace}'", topk=max_keys, output_fields=[])
        return [doc.id for doc in docs]

    def namespaces_of(self, keys: list[str]) -> dict[str, str]:
        return {key: doc.field("namespace") for key, doc in self._opened.fetch(keys).items()}

    def list_keys(self, wanted: KeyRange, page_size: int) -> tuple[list[str], list[KeyRange]]:
        """Return a page of keys, or the ranges to list instead: see `zvec_keys.list_keys`."""
        return list_keys(self._opened, wanted, page_size)

    def count(self) -> int:
        return int(self._opened.stats.doc_count)

    # ------------------------------------------------------------------ promote into memory

    def begin_promotion(self, namespace: str, saved: SavedGraph | None = None) -> list[str] | None:
        """Keep new vectors of a namespace in memory, whose graph may be *saved*; return the keys of the existing ones.

        None where there are many: they come by `promote_batch`. StoreError where there are too many; Busy if later they
        may be read.
        """
        most = self._memory.max_namespace_vectors
        keys = self.keys_of(namespace, int(min(most, MAX_LISTED_KEYS)) + 1)
        if len(keys) > most:
            raise StoreError(f"zvec: a namespace of more than {most} vectors")
        if len(keys) <= MAX_LISTED_KEYS:
            self._memory.begin(namespace, saved)
            return keys
        if self._followers:
            raise Busy("zvec: its files are being read already")
        self._reading = NamespaceReading(namespace, self._opened, self._memory)
        self._memory.begin(namespace, saved)
        return None

    def promote(self, namespace: str, keys: list[str]) -> None:
        for key, doc in self._opened.fetch(keys).items():  # in their present state: some may have been deleted since
            if doc.field("namespace") == namespace:
                self._memory.put(key, namespace, np.asarray(doc.vector("vector"), np.float32), doc.field("expires"))

    def promote_batch(self, namespace: str) -> bool:
        """Promote some more vectors of a large namespace; return False when there are no more."""
        if self._reading is None or self._reading.namespace != namespace:
            raise StoreError("zvec: closed or emptied while it was read")
        return self._reading.read_batch()

    def end_reading(self) -> None:
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.close()

    # ------------------------------------------------------------------ write

    def upsert(self, key: str, namespace: str, vector: Vector, expires: int) -> None:
        self._check_disk()
        fields = {"namespace": namespace, "expires": expires}
        doc = import_zvec().Doc(id=key, vectors={"vector": vector}, fields=fields)
        status = self._opened.upsert(doc)
        if not status.ok():
            raise StoreError(f"zvec: upsert refused ({status.code().name})")
        for follower in self._followers:
            follower.upsert(doc)
        self._memory.put(key, namespace, vector, expires)

    def delete(self, keys: list[str]) -> None:
        self._note_unclean()
        for follower in self._followers:
            follower.delete(keys)
        self._opened.delete(keys)  # returns a status for each; the only possible failure is an unknown key
        self._memory.drop(keys)

    def sweep(self, now: int, latest: int) -> bool:
        """Delete what expired before *now*, or would after *latest* and is not pinned; tell whether `compact` pays."""
        collection = self._opened
        self._check_disk()
        expired = f"expires <= {now}"
        if latest < PINNED:
            expired += f" OR (expires > {latest} AND expires < {math.floor(PINNED)})"
        before = collection.stats.doc_count
        collection.delete_by_filter(expired)
        if collection.stats.doc_count != before:
            self._note_unclean()
            for follower in self._followers:
                follower.delete_expired(now, expired)
        self._memory.sweep(now, latest)
        # Filters are slower on vectors that are not flushed: 9 ms instead of 0.4 in 100,000 vectors.
        collection.flush()
        make_private(self.path)
        size = sum(path.stat().st_size for path in self.path.rglob("*") if path.is_file())
        needed = collection.stats.doc_count * self._dimensions * 4
        return bool(size > BLOAT_FACTOR * needed + self._max_slack_bytes)

    def compact(self) -> None:
        """Make the files as small as their vectors are, unless they are being read."""
        if not self._followers:
            self._opened.optimize()
            logger.info("zvec compacted %s", self.path)

    def clear(self) -> None:
        """Delete every vector, and create the files anew."""
        self.drop_copy()
        self.end_reading()
        collection, self._collection = self._opened, None
        collection.destroy()
        shutil.rmtree(self.path, ignore_errors=True)
        self._collection = create(self.path, self._dimensions)
        self._memory.clear()
        self._note_clean()

    def _check_disk(self) -> None:
        """Raise StoreError where the disk is almost full: zvec would leave files that it cannot open again (0.8)."""
        with contextlib.suppress(OSError):
            if shutil.disk_usage(self.path.parent).free < MIN_FREE_BYTES:
                raise StoreError(f"zvec: {self.path}: less than {MIN_FREE_BYTES >> 20} MB are free on the disk")

    def _note_unclean(self) -> None:
        """Record, on the disk first, that the files hold deleted vectors."""
        if self.is_clean:
            beside(self.path, CLEAN_SUFFIX).unlink(missing_ok=True)
            self.is_clean = False

    def _note_clean(self) -> None:
        beside(self.path, CLEAN_SUFFIX).touch(mode=0o600)
        self.is_clean = True

    # ------------------------------------------------------------------ replace by a copy without deleted vectors

    def begin_copy(self) -> None:
        self._check_disk()
        if self._reading is not None:
            raise Busy("zvec: its files are being read")
        new = beside(self.path, NEW_SUFFIX)
        self.drop_copy()
        shutil.rmtree(new, ignore_errors=True)
        self._copy = Copy(self.path, self._opened, create(new, self._dimensions))

    def copy_batch(self) -> bool:
        """Copy some vectors; return False when all are copied."""
        if self._copy is None:
            raise StoreError("zvec: closed while it was copied")
        return self._copy.copy_batch()

    def use_copy(self) -> None:
        """Let the copy replace the folder."""
        if self._copy is None:
            raise StoreError("zvec: closed while it was copied")
        self._copy.finish()
        copy, self._copy, self._collection = self._copy, None, None
        try:
            copy.replace_folder()
        finally:
            recover(self.path)
            self._collection = import_zvec().open(str(self.path))
        if copy.is_clean:
            self._note_clean()
        logger.debug("zvec replaced %s by a copy without deleted vectors", self.path)

    def drop_copy(self) -> None:
        copy, self._copy = self._copy, None
        if copy is not None:
            copy.drop()


def similarity_of(distance: float) -> float:
    """Convert zvec's COSINE score, which is 1 - cosine, to the cosine, clipped to [-1, 1]."""
    return clip_cosine(1.0 - distance)
