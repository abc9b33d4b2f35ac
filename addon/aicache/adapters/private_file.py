"""A secret that is generated once and kept in a file of the data folder, readable by its owner only."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from aicache.domain.ports import StoreError

MIN_SECRET_CHARS = 32
"""A shorter file was not written by this module."""


def load_or_create_secret(path: Path) -> str:
    """Return the secret in *path* (43 URL-safe characters, 256 bits); create a missing file and folder.

    Two processes that start at the same time get the same secret: the file appears complete or not at all, and the
    first one wins. Raises StoreError when it cannot be read or written, or has other content.
    """
    try:
        return _read(path)
    except FileNotFoundError:
        pass
    except OSError as exc:
        raise StoreError(f"{path}: {exc.strerror}") from exc
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _create(path)
        return _read(path)
    except OSError as exc:
        raise StoreError(f"{path}: {exc.strerror}; choose another folder with ai_cache_data") from exc


def _read(path: Path) -> str:
    with path.open("rb") as file:
        text = file.read(1024).strip()
    if len(text) < MIN_SECRET_CHARS or not text.isascii():
        raise StoreError(
            f"{path}: not a secret of at least {MIN_SECRET_CHARS} characters; remove the file for a new one"
        )
    return text.decode()


def _create(path: Path) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(fd, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # unlike a rename it does not replace an existing file
        except FileExistsError:
            pass
        except OSError:  # a file system without links
            if not path.exists():
                draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
