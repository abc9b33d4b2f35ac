"""Where Unix sockets are made: in a private folder, or beside it where its path is too long for the system."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from pathlib import Path

from aicache.domain.ports import StoreError

MAX_SOCKET_PATH_BYTES = 100
"""The system's limit is 104 (macOS) or 108 (Linux), with the closing NUL."""


def find_socket(folder: Path, name: str) -> Path:
    """Return the path of a socket, which depends on both alone, so that every process finds the same one.

    Raises StoreError if it would lie in a folder that belongs to somebody else.
    """
    path = folder / name
    if len(os.fsencode(path)) <= MAX_SOCKET_PATH_BYTES:
        return path
    # Not tempfile.gettempdir(): it depends on TMPDIR.
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    short = Path(f"/tmp/ai-cache-{os.geteuid()}-{digest}")
    with contextlib.suppress(FileNotFoundError):
        found = short.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
            raise StoreError(f"{short} belongs to somebody else; choose a shorter ai_cache_data")
    return short / name
