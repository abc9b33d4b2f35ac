"""A lock on a data folder, which the kernel releases however the owning process ends. It never waits."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from aicache.domain.ports import StoreError

_held: set[tuple[int, int]] = set()
"""Locks that this process holds: device and inode of their files."""


class FolderLock:
    """The lock of *folder*, held through the file ``lock`` in it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"
        self._fd: int | None = None
        self._file_id: tuple[int, int] | None = None  # device and inode

    def acquire(self) -> bool:
        """Return whether this process holds the lock now; False when another one holds it. Creates a missing folder.

        A lock whose file was deleted keeps no other process out, and is acquired anew. Raises StoreError when the
        folder cannot be written.
        """
        if self._fd is not None:
            if self._file_exists(self._fd):
                return True
            self.release()
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Python opens with O_CLOEXEC: a child that outlives us does not keep the lock.
            fd = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as exc:
            raise StoreError(f"{self._path.parent}: {exc.strerror}; choose another with ai_cache_data") from exc
        try:
            found = os.fstat(fd)
            self._file_id = found.st_dev, found.st_ino
            acquired = _lock(fd)
        except OSError as exc:
            os.close(fd)
            raise StoreError(f"{self._path.parent}: cannot be locked ({exc.strerror})") from exc
        if acquired:
            self._fd = fd
            _held.add(self._file_id)
        else:
            os.close(fd)
        return acquired

    def _file_exists(self, fd: int) -> bool:
        try:
            return os.path.samestat(os.fstat(fd), self._path.stat())
        except OSError:
            return False

    def release(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
            if self._file_id is not None:
                _held.discard(self._file_id)

    @property
    def is_our_own(self) -> bool:
        """Whether this process holds the lock, by this instance or another one."""
        return self._file_id in _held


if sys.platform == "win32":
    import msvcrt

    def _lock(fd: int) -> bool:
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

else:
    import fcntl

    def _lock(fd: int) -> bool:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
