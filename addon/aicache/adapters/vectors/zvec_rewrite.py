"""A zvec folder written anew, some vectors at a time, while it is used: zvec keeps what was deleted in its files.

Compacting leaves a segment as it is until a third of it is deleted, and some deleted vectors even then. Everything here
runs on the one thread that zvec's calls run on.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

NEW, OLD = ".new", ".old"
"""What the names of folders end with while one takes the other's place."""
CLEAN = ".erased"
"""That of an empty file beside a folder in which nothing is left of what was deleted."""
TOGETHER = 200
"""Vectors copied at once, in some 10 ms, between which searches have their turn."""


class Copy:
    """What is deleted or written while it is made is told to it, or the copy would have what has gone."""

    def __init__(self, folder: Path, collection: Any, new: Any) -> None:
        self._folder, self._collection, self._new = folder, collection, new
        self._docs = collection.iter_docs()
        self._since: set[str] = set()
        self._expired = 0
        self.is_clean = True
        """Nothing was deleted from the copy itself."""

    def some(self) -> bool:
        """Copy some more; False at the end."""
        docs = []
        for doc in self._docs:
            docs.append(doc)
            if len(docs) == TOGETHER:
                break
        kept = [doc for doc in docs if doc.id not in self._since and doc.field("expires") > self._expired]
        if kept:
            self._new.upsert(kept)
        return len(docs) == TOGETHER

    def upsert(self, doc: Any) -> None:
        self._since.add(doc.id)
        self._new.upsert(doc)

    def delete(self, keys: Sequence[str]) -> None:
        self._since.update(keys)
        self.is_clean = False
        self._new.delete(keys)

    def delete_expired(self, now: int, wanted: str) -> None:
        self._expired = max(self._expired, now)
        self.is_clean = False
        self._new.delete_by_filter(wanted)

    def finish(self) -> None:
        """Close the copy, which is whole."""
        self._new.flush()
        self._new.optimize()
        self._new.close()

    def take_over(self) -> None:
        """Let it take the folder's place, which is closed for that. At no time is there none on the disk."""
        self._collection.close()
        new, old = beside(self._folder, NEW), beside(self._folder, OLD)
        self._folder.rename(old)
        new.rename(self._folder)
        shutil.rmtree(old, ignore_errors=True)

    def drop(self) -> None:
        """Leave the folder as it is."""
        for part in (self._docs, self._new):
            with contextlib.suppress(Exception):  # it is closed already, or there is nothing of it any more
                part.close()
        shutil.rmtree(beside(self._folder, NEW), ignore_errors=True)


def beside(folder: Path, ending: str) -> Path:
    return folder.with_name(folder.name + ending)


def recover(folder: Path) -> None:
    """Bring a folder's place in order after a process that ended while a copy was made."""
    new, old = beside(folder, NEW), beside(folder, OLD)
    if not folder.exists() and old.exists():
        (new if new.exists() else old).rename(folder)
    for path in (new, old):
        shutil.rmtree(path, ignore_errors=True)


def is_temporary(path: Path) -> bool:
    """Tell whether a folder is one of those."""
    return path.name.endswith((NEW, OLD))
