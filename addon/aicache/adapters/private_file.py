"""A secret that is made once and kept in a file of the data folder, for its owner alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from aicache.domain.ports import StoreError

LEAST = 32
"""Characters; a file that holds fewer was not written by this module."""


def load_or_create_secret(path: Path) -> str:
    """Return the secret in *path* (43 URL-safe characters, 256 bits); make file and folder where they are missing.

    Two processes that start at the same time end with the same secret: the file appears whole or not at all, and the
    first one wins. Raises StoreError when it cannot be read or written, or holds something else.
    """
    try:
        return _read(path)
    except FileNotFoundError:
        pass
    except OSError as exc:
        raise StoreError(f"{path}: {exc.strerror}") from exc
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(path)
        return _read(path)
    except OSError as exc:
        raise StoreError(f"{path}: {exc.strerror}; choose another folder with ai_cache_data") from exc


def _read(path: Path) -> str:
    with path.open("rb") as file:
        text = file.read(1024).strip()
    if len(text) < LEAST or not text.isascii():
        raise StoreError(f"{path}: not a secret of at least {LEAST} characters; remove the file and it is made anew")
    return text.decode()


def _make(path: Path) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(fd, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # unlike a rename it leaves one that is there already
        except FileExistsError:
            pass
        except OSError:  # a file system without links
            if not path.exists():
                draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
