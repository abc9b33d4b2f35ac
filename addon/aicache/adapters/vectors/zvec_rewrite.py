"""Copies a zvec folder while it is in use, without deleted vectors, and replaces it by the copy.

zvec keeps deleted vectors in its files: compacting leaves a segment as it is until a third of it is deleted, and keeps
some deleted vectors even then. Everything here runs on the one thread that all of zvec's calls run on.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

NEW_SUFFIX, OLD_SUFFIX = ".new", ".old"
"""Suffixes of the copy, and of the folder while the copy replaces it."""
CLEAN_SUFFIX = ".erased"
"""Suffix of an empty marker file: the folder beside it contains no deleted vectors."""
COPY_BATCH_SIZE = 200
"""Vectors copied at once, in some 10 ms; searches run between two batches."""


class Copy:
    """A copy in the making. Later deletions and writes must be applied to it, too, or deleted vectors would return."""

    def __init__(self, folder: Path, collection: Any, new: Any) -> None:
        self._folder, self._collection, self._new = folder, collection, new
        self._docs = collection.iter_docs()
        self._changed: set[str] = set()  # keys written or deleted since the copy was begun
        self._expired = 0
        self.is_clean = True
        """Whether nothing was deleted from the copy itself."""

    def copy_batch(self) -> bool:
        """Copy some vectors; return False when all are copied."""
        docs = []
        for doc in self._docs:
            docs.append(doc)
            if len(docs) == COPY_BATCH_SIZE:
                break
        kept = [doc for doc in docs if doc.id not in self._changed and doc.field("expires") > self._expired]
        if kept:
            self._new.upsert(kept)
        return len(docs) == COPY_BATCH_SIZE

    def upsert(self, doc: Any) -> None:
        self._changed.add(doc.id)
        self._new.upsert(doc)

    def delete(self, keys: Sequence[str]) -> None:
        self._changed.update(keys)
        self.is_clean = False
        self._new.delete(keys)

    def delete_expired(self, now: int, expired: str) -> None:
        self._expired = max(self._expired, now)
        self.is_clean = False
        self._new.delete_by_filter(expired)

    def finish(self) -> None:
        """Compact and close the copy, which is complete."""
        self._new.flush()
        self._new.optimize()
        self._new.close()

    def replace_folder(self) -> None:
        """Close the folder and replace it. At any time one of the two is on the disk."""
        self._collection.close()
        new, old = beside(self._folder, NEW_SUFFIX), beside(self._folder, OLD_SUFFIX)
        self._folder.rename(old)
        new.rename(self._folder)
        shutil.rmtree(old, ignore_errors=True)

    def drop(self) -> None:
        """Discard the copy."""
        for part in (self._docs, self._new):
            with contextlib.suppress(Exception):  # it is closed already, or its files are gone
                part.close()
        shutil.rmtree(beside(self._folder, NEW_SUFFIX), ignore_errors=True)


def beside(folder: Path, suffix: str) -> Path:
    return folder.with_name(folder.name + suffix)


def recover(folder: Path) -> None:
    """Clean up after a process that ended while it made a copy."""
    new, old = beside(folder, NEW_SUFFIX), beside(folder, OLD_SUFFIX)
    if not folder.exists() and old.exists():
        (new if new.exists() else old).rename(folder)
    for path in (new, old):
        shutil.rmtree(path, ignore_errors=True)


def is_temporary(path: Path) -> bool:
    """Return whether a folder is a copy in the making, or one that is being replaced."""
    return path.name.endswith((NEW_SUFFIX, OLD_SUFFIX))
