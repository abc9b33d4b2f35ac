"""A file reader that limits the size of one read, so that a decompression bomb cannot fill the memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from aicache.cli.warm.records import SourceError

MIB = 1024**2
MAX_READ_BYTES = 256 * MIB
"""Limit for a decompressed file that must be read whole, and for one flow in it."""
MAX_LINE_BYTES = 64 * MIB
"""Limit for a line, compressed or not. A longer one is cut off, and then is no longer valid JSON."""
MAX_JSON_NODES, MAX_JSON_VALUES = 2_000_000, 8_000_000
"""Limits for a JSON document; see `aicache.formats.json_bounds`."""


class BoundedReader:
    """Reads *file* within the limits above. Raises SourceError, which names the file *name*."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file, self._name = file, name

    def read(self, size: int = -1) -> bytes:
        found = self._file.read(min(size, MAX_READ_BYTES + 1) if size >= 0 else MAX_READ_BYTES + 1)
        if len(found) > MAX_READ_BYTES:
            raise SourceError(
                f"{self._name}: more than {MAX_READ_BYTES // MIB} MB, uncompressed, have to be read at once"
            )
        return found

    def readline(self) -> bytes:
        line = self._file.readline(MAX_LINE_BYTES)
        if len(line) == MAX_LINE_BYTES and not line.endswith(b"\n"):
            while (more := self._file.readline(MIB)) and not more.endswith(b"\n"):
                pass
        return line

    def __iter__(self) -> Iterator[bytes]:
        while line := self.readline():
            yield line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
