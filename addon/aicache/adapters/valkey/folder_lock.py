"""Which process owns a data folder: a lock that the kernel takes back however the process ends. It waits for nobody."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from aicache.domain.ports import StoreError

_held: set[tuple[int, int]] = set()
"""Locks that this process has: device and inode of their files."""


class FolderLock:
    """The lock of *folder*, held through the file ``lock`` in it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"
        self._fd: int | None = None
        self._is: tuple[int, int] | None = None  # the file, however it is called

    def acquire(self) -> bool:
        """Return whether this process has the lock; False when another has it. Makes the folder where it is missing.

        A lock that was deleted under us keeps nobody out, and is taken anew. Raises StoreError when the folder cannot
        be written.
        """
        if self._fd is not None:
            if self._is_there(self._fd):
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
            self._is = found.st_dev, found.st_ino
            taken = _lock(fd)
        except OSError as exc:
            os.close(fd)
            raise StoreError(f"{self._path.parent}: cannot be locked ({exc.strerror})") from exc
        if taken:
            self._fd = fd
            _held.add(self._is)
        else:
            os.close(fd)
        return taken

    def _is_there(self, fd: int) -> bool:
        try:
            return os.path.samestat(os.fstat(fd), self._path.stat())
        except OSError:
            return False

    def release(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
            if self._is is not None:
                _held.discard(self._is)

    @property
    def is_our_own(self) -> bool:
        """Tell whether it is this very process that has the lock: another instance in it, or this one."""
        return self._is in _held


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
