"""The file of a cassette: read once, then each recording is appended as it comes, so that a crash loses none."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from pathlib import Path

from aicache.cassette.file_format import (
    COMPLETE,
    UNFINISHED,
    CassetteError,
    InteractionText,
    read_cassette,
    write_cassette,
)
from aicache.cassette.interaction import Interaction

MAX_FILE_BYTES = 1024**3


class CassetteFile:
    """Its methods block, and may be called in any thread.

    Recordings are appended in the order in which they are complete. `finish` writes them once more, in the order in
    which their requests came, and without the anchors that nothing refers to: the text then depends on the recordings
    alone. Files are replaced as a whole, by another of the same folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._interactions: list[tuple[int, Interaction]] = []
        self._text: InteractionText | None = None  # None: the file is not of this session yet

    def read(self) -> tuple[list[Interaction], str]:
        """Return the recordings, and what is wrong with the last. Raises CassetteError; FileNotFoundError."""
        try:
            if self.path.stat().st_size > MAX_FILE_BYTES:
                raise CassetteError(f"{self.path}: is larger than {MAX_FILE_BYTES // 1024**3} GB")
            content = self.path.read_bytes()
        except FileNotFoundError:
            raise
        except OSError as exc:
            raise CassetteError(f"{self.path}: cannot be read ({exc.strerror})") from None
        return read_cassette(content, str(self.path))

    def check_writable(self) -> None:
        """Make the folder. Raises CassetteError if the file could not be written."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.path.parent, prefix=f".{self.path.name}."):
                pass
            if self.path.is_dir():
                raise CassetteError(f"{self.path}: is a folder, not a file")
        except OSError as exc:
            raise CassetteError(f"{self.path}: cannot be written ({exc.strerror})") from None

    def keep(self, interactions: list[Interaction]) -> None:
        """Begin with the recordings that the file has."""
        self._interactions = [(-len(interactions) + place, each) for place, each in enumerate(interactions)]

    def append(self, order: int, interaction: Interaction) -> None:
        """Write a recording; *order* is the place of its request among those of this session. Raises OSError."""
        with self._lock:
            self._interactions.append((order, interaction))
            if self._text is None:
                self._text = InteractionText()
                written = (self._text.add(each) + COMPLETE for _, each in self._interactions)
                self._replace(UNFINISHED + "".join(written))
                return
            with self.path.open("ab") as file:
                file.write((self._text.add(interaction) + COMPLETE).encode())

    def finish(self) -> None:
        """Write the recordings in order, if any are new. Raises OSError."""
        with self._lock:
            if self._text is not None:
                self._interactions.sort(key=lambda each: each[0])
                self._replace(write_cassette([each for _, each in self._interactions]))
                self._text = None

    def write(self, interactions: list[Interaction]) -> None:
        """Write a whole cassette. Raises OSError."""
        with self._lock:
            self._replace(write_cassette(interactions))

    def _replace(self, text: str) -> None:
        descriptor, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(OSError):
                Path(name).chmod(self.path.stat().st_mode & 0o777 if self.path.exists() else 0o644)
            Path(name).replace(self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
