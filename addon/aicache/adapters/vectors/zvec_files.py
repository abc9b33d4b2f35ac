"""Inspects a zvec folder without opening it."""

from __future__ import annotations

from pathlib import Path


def is_occupied(folder: Path) -> bool:
    """Return whether *folder* has any content to open; also for a file in its place."""
    if not folder.is_dir():
        return folder.exists() or folder.is_symlink()
    return any(folder.iterdir())


def folder_identity(folder: Path) -> tuple[int, ...]:
    """Return device and inode numbers of a folder and its lock file, which replacements do not share; () if missing."""
    try:
        found = (folder.stat(), (folder / "LOCK").stat())
    except OSError:
        return ()
    return tuple(number for each in found for number in (each.st_dev, each.st_ino))
