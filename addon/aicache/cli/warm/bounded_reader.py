"""A file of which nobody gets more at once than fits into memory, whatever it was compressed from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from aicache.cli.warm.records import SourceError

MB = 1024**2
WHOLE = 256 * MB
"""Bytes that a compressed file may become where it must be read whole, and that one flow in it may have."""
LINE = 64 * MB
"""Bytes of a line, compressed or not. What is longer is cut, which no JSON survives."""
NODES, VALUES = 2_000_000, 8_000_000
"""What a JSON document may hold; see `aicache.formats.json_bounds`."""


class Bounded:
    """*file* within bounds. Raises SourceError, which calls it *name*."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file, self._name = file, name

    def read(self, size: int = -1) -> bytes:
        found = self._file.read(min(size, WHOLE + 1) if size >= 0 else WHOLE + 1)
        if len(found) > WHOLE:
            raise SourceError(f"{self._name}: more than {WHOLE // MB} MB, uncompressed, have to be read at once")
        return found

    def readline(self) -> bytes:
        line = self._file.readline(LINE)
        if len(line) == LINE and not line.endswith(b"\n"):
            while (more := self._file.readline(MB)) and not more.endswith(b"\n"):
                pass
        return line

    def __iter__(self) -> Iterator[bytes]:
        while line := self.readline():
            yield line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
