"""Measures a folder and the file system that it is on. It blocks: to be called in a thread."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from aicache.domain.resource_usage import DiskUsage

BLOCK_BYTES = 512
"""The unit of ``st_blocks``, whatever the file system's is (POSIX leaves it open; Linux and macOS use this)."""


def measure_disk(folder: Path) -> DiskUsage:
    """Return what the files below *folder* take on the disk. Raises OSError where there is no such folder."""
    disk = shutil.disk_usage(folder)
    return DiskUsage(_size(folder), disk.free, disk.total)


def _size(folder: Path) -> int:
    """Add up the files that are there at the end of the walk: some come and go meanwhile."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                found = (Path(where) / name).lstat()
                blocks: int | None = getattr(found, "st_blocks", None)  # Windows has none
                total += found.st_size if blocks is None else blocks * BLOCK_BYTES
    return total
