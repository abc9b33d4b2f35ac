"""Sets damaged files aside, and finds other reasons why files cannot be used. Damage itself is detected elsewhere."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
import stat
import sys
import time
from pathlib import Path

ASIDE_SUFFIX = ".damaged-"
"""Separates the original name of a file that was set aside from the time (UTC)."""
MIN_FREE_BYTES = 8 << 20
"""Disk space without which no store is declared damaged: a new vector index takes six million bytes."""
MIN_FREE_DESCRIPTORS = 64
"""File descriptors without which no store is declared damaged."""
ENVIRONMENT_ERRORS = {
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EFBIG),
    *(errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EBUSY, errno.ETXTBSY),
}
"""Errors that have another cause than the content of the files."""

CRASH_SIGNALS = {
    *(signal.SIGSEGV, signal.SIGABRT, signal.SIGFPE, signal.SIGILL),
    *({signal.SIGBUS} if sys.platform != "win32" else ()),
}
"""Signals by which a program ends because of what it has read; any other was sent from outside."""


def set_aside(path: Path) -> Path:
    """Rename a folder, make it private, and return its new path; an earlier one set aside is deleted first.

    Raises OSError. Blocks: deleting a large folder takes a while.
    """
    for old in find_set_aside(path):
        shutil.rmtree(old, ignore_errors=True)
        with contextlib.suppress(OSError):
            old.unlink()
    aside = path.with_name(f"{path.name}{ASIDE_SUFFIX}{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}")
    path.rename(aside)
    if stat.S_ISDIR(aside.lstat().st_mode):
        aside.chmod(0o700)
    return aside


def find_set_aside(path: Path) -> list[Path]:
    """Return the files and folders that were set aside for *path*."""
    with contextlib.suppress(OSError):
        return [each for each in path.parent.iterdir() if each.name.startswith(path.name + ASIDE_SUFFIX)]
    return []


def find_obstacle(folder: Path) -> str | None:
    """Return why the files of a folder cannot be used although they may be sound; None without such a reason.

    Without one, every file may be read and written, the disk has room, and more files can be opened. Blocks.
    """
    try:
        for path in (folder.parent, folder, *folder.rglob("*")):
            _try(path)
        _try_disk(folder.parent)
    except OSError as exc:
        return exc.strerror or type(exc).__name__
    return None


def make_private(folder: Path) -> None:
    """Make a folder and its files accessible to their owner only. Blocks."""
    for path in (folder, *folder.rglob("*")):
        with contextlib.suppress(OSError):  # deleted meanwhile, or owned by somebody else
            found = path.lstat().st_mode
            required_mode = 0o700 if stat.S_ISDIR(found) else 0o600
            if stat.S_IMODE(found) != required_mode and not stat.S_ISLNK(found):
                path.chmod(required_mode)


def _try(path: Path) -> None:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode) and not os.access(path, os.R_OK | os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        if stat.S_ISREG(mode):
            os.close(os.open(path, os.O_RDWR))
    except OSError as exc:
        if exc.errno in ENVIRONMENT_ERRORS:
            raise


def _try_disk(folder: Path) -> None:
    probe = folder / f".probe-{os.getpid()}"
    opened: list[int] = []
    try:
        opened.append(os.open(probe, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600))
        block = memoryview(bytes(1 << 20))
        for _ in range(MIN_FREE_BYTES >> 20):
            if os.write(opened[0], block) < len(block):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(opened[0])
        opened += [os.dup(opened[0]) for _ in range(MIN_FREE_DESCRIPTORS)]
    finally:
        for fd in opened:
            os.close(fd)
        with contextlib.suppress(OSError):
            probe.unlink()
