"""Opens a zvec index in a folder, or creates it. It blocks, and is called on one thread only."""

from __future__ import annotations

import contextlib
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aicache.adapters.vectors import zvec_check_main
from aicache.adapters.vectors.zvec_files import is_occupied
from aicache.adapters.vectors.zvec_library import import_zvec
from aicache.adapters.vectors.zvec_rewrite import CLEAN_SUFFIX, beside
from aicache.domain.ports import StoreError

logger = logging.getLogger(__name__)

BEGUN_SUFFIX = ".begun"
"""Suffix of a file beside the folder; its modification time is the time since which no vector was lost."""
ADVICE = "all it holds can be learned again: remove it, or choose another ai_cache_data"


@dataclass(frozen=True, slots=True)
class OpenedFolder:
    """A collection of zvec, and the state of its files."""

    collection: Any
    begun_at: float | None
    """Unix time since which no vector was lost; None: no loss is known."""
    is_clean: bool
    """Whether the files contain no deleted vectors."""


def open_or_create(folder: Path, dimensions: int) -> OpenedFolder:
    """Raises StoreError when another process has the folder, or it cannot be used."""
    try:
        opened = _open_or_create(folder, dimensions)
    except OSError as exc:
        raise StoreError(f"zvec: {folder}: {exc.strerror}; choose another with ai_cache_data") from exc
    except (RuntimeError, ValueError, KeyError) as exc:
        if "Can't lock" in str(exc):
            raise StoreError(f"zvec: {folder} is open already, in this process or another") from exc
        raise StoreError(f"zvec: {folder} cannot be opened ({exc}); {ADVICE}") from exc
    _check_schema(opened.collection, folder, dimensions)
    return opened


def create(folder: Path, dimensions: int) -> Any:
    """Create a collection in a folder that does not exist yet."""
    zvec = import_zvec()
    return zvec.create_and_open(str(folder), zvec_check_main.schema(zvec, dimensions))


def note_loss(folder: Path) -> None:
    """Record that entries stored until now may have no vectors."""
    begun = beside(folder, BEGUN_SUFFIX)
    os.close(os.open(begun, os.O_WRONLY | os.O_CREAT, 0o600))
    os.utime(begun)


def _open_or_create(folder: Path, dimensions: int) -> OpenedFolder:
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.parent.chmod(0o700)  # also one that existed: texts can be guessed from vectors
    clean = beside(folder, CLEAN_SUFFIX)
    if is_occupied(folder):
        is_clean, begun_at = clean.exists(), None
        collection = import_zvec().open(str(folder))
        with contextlib.suppress(FileNotFoundError):
            begun_at = beside(folder, BEGUN_SUFFIX).stat().st_mtime
        return OpenedFolder(collection, begun_at, is_clean)
    with contextlib.suppress(FileNotFoundError):
        folder.rmdir()  # zvec creates its folder itself, or refuses
    collection = create(folder, dimensions)
    note_loss(folder)
    begun_at = beside(folder, BEGUN_SUFFIX).stat().st_mtime  # as it is read the next time
    clean.touch(mode=0o600)
    return OpenedFolder(collection, begun_at, is_clean=True)


def _check_schema(collection: Any, folder: Path, dimensions: int) -> None:
    """Close the collection and raise StoreError, if it is of other dimensions or keeps expired vectors."""
    found = collection.schema.vectors[0].dimension
    if found != dimensions:
        collection.close()
        raise StoreError(f"zvec: {folder} has {found} dimensions, not {dimensions}; {ADVICE}")
    try:
        if any(field.name == "expires" and field.index_param is not None for field in collection.schema.fields):
            collection.drop_index("expires")  # of a folder of an earlier version
            logger.info("zvec: %s had an index that kept expired vectors, it was dropped", folder)
    except RuntimeError as exc:
        collection.close()
        raise StoreError(f"zvec: {folder} keeps expired vectors ({exc}); {ADVICE}") from exc
