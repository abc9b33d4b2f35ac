"""A log file that is rotated by size, and whose lines can be changed after they were written. Raises OSError.

Several processes may write the same one: each holds a lock while it writes, rotates or changes it, and finds the file
that has meanwhile taken its place.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

if sys.platform != "win32":
    import fcntl


class RotatedFile:
    """A file that its owner alone may read. A full one is renamed to FILE.1, which becomes FILE.2, and so on."""

    def __init__(self, path: Path, max_bytes: int, keep: int) -> None:
        self._path, self._max_bytes, self._keep = path, max_bytes, keep
        self._journal = path.with_name(f".{path.name}.erasing")
        self._file: int | None = None
        self._locks = 0  # nested

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from the file and its journal. Blocks while another one does; may be nested."""
        if self._locks or sys.platform == "win32" or (self._path.exists() and not self._path.is_file()):
            yield
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(self._path.parent, os.O_RDONLY)  # the folder's lock needs no file of its own
        try:
            with contextlib.suppress(OSError):  # of a file system without locks
                fcntl.flock(lock, fcntl.LOCK_EX)
            self._locks += 1
            try:
                yield
            finally:
                self._locks -= 1
        finally:
            os.close(lock)

    def write(self, data: bytes) -> None:
        with self.locked():
            file = self._open()
            size = os.fstat(file).st_size
            if size and size + len(data) > self._max_bytes:
                self.close()
                self._rotate()
                file = self._open()
            view = memoryview(data)
            while view:
                view = view[os.write(file, view) :]

    def rewrite(
        self, change: Callable[[bytes], bytes | None], only_if: Callable[[bytes], bool] = lambda first_line: True
    ) -> None:
        """Pass every line through *change*, in each file whose first line fits *only_if*; None deletes the line."""
        self.close()
        with self.locked():
            numbered = [*self._path.parent.glob(f"{self._path.name}.*")]
            numbered = [path for path in numbered if path.name.removeprefix(f"{self._path.name}.").isdecimal()]
            for path in (self._path, *numbered):
                if path.is_file():
                    _rewrite(path, change, only_if)

    def write_journal(self, pending: bytes | None) -> None:
        """Write a pending change into a file beside the log; None deletes that file, once the change is made."""
        if pending is None:
            self._journal.unlink(missing_ok=True)
        elif self._path.parent.is_dir():
            with os.fdopen(os.open(self._journal, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(pending)

    def read_journal(self) -> bytes:
        """Return the change that an earlier process left pending; empty where it left no such file."""
        with contextlib.suppress(FileNotFoundError):
            return self._journal.read_bytes()
        return b""

    def _open(self) -> int:
        if self._file is not None and not self._is_in_place(self._file):
            self.close()
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        return self._file

    def _is_in_place(self, file: int) -> bool:
        try:
            return os.path.samestat(os.fstat(file), self._path.stat())
        except FileNotFoundError:
            return False

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
        self._file = None

    def _rotate(self) -> None:
        for i in range(self._keep - 1, 0, -1):
            if (older := self._numbered(i)).exists():
                older.replace(self._numbered(i + 1))
        self._path.replace(self._numbered(1))

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")


def _rewrite(path: Path, change: Callable[[bytes], bytes | None], only_if: Callable[[bytes], bool]) -> None:
    """Rewrite into a draft that then replaces the file, so that a reader sees the old file or the new one."""
    with path.open("rb") as file:
        if not only_if(file.readline()):
            return
        file.seek(0)
        draft = path.with_name(f".{path.name}.part")
        draft.unlink(missing_ok=True)
        changed, kept = False, 0
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as new:
                for line in file:
                    other = change(line)
                    changed = changed or other is not line
                    if other is not None:
                        kept += len(other)
                        new.write(other)
            if changed and not kept and path.suffix[1:].isdecimal():
                path.unlink()
            elif changed:
                draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
