"""Deletes unused files of the data folder, because they contain users' questions.

These are damaged stores that were set aside, and the vectors of other models; a purge does not reach either.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from aicache.adapters.vectors.graph_files import remove_graphs
from aicache.adapters.vectors.zvec_rewrite import CLEAN_SUFFIX, beside, is_temporary

DAMAGED_PATTERN = "*.damaged-*"
VECTORS_FOLDER = "vectors"


class UnusedFiles:
    """The unused files of one data folder, for the process that owns it. It blocks: call it in a thread."""

    def __init__(self, data: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.data = data
        self._clock = clock
        self._first_seen: dict[Path, float] = {}

    def delete_unused(
        self, used: str | None, *, damaged_after: float, unused_after: float, purged: bool, emptied: bool
    ) -> int:
        """Delete damaged stores after *damaged_after* seconds and unused vectors after *unused_after*; return how many.

        *used* is the folder name of the vectors in use: None when there are none, empty while that is unknown. The age
        of vectors is the time since their last write. All unused vectors are deleted when anything was *purged*, and
        all damaged stores when the whole cache was *emptied*.
        """
        now = self._clock()
        found = {*self.data.glob(DAMAGED_PATTERN), *(self.data / VECTORS_FOLDER).glob(DAMAGED_PATTERN)}
        self._first_seen = {path: self._first_seen.get(path, now) for path in found}
        gone = [path for path, since in self._first_seen.items() if emptied or now - since >= damaged_after]
        if used != "":
            unused = [path for path in self._vector_folders() if path.name != used and path not in found]
            gone += [path for path in unused if purged or time.time() - _last_write(path) >= unused_after]
        for path in gone:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
                beside(path, CLEAN_SUFFIX).unlink(missing_ok=True)
                remove_graphs(path)
            else:
                path.unlink(missing_ok=True)
        return len(gone)

    def _vector_folders(self) -> Iterable[Path]:
        return [path for path in (self.data / VECTORS_FOLDER).glob("*") if path.is_dir() and not is_temporary(path)]


def _last_write(folder: Path) -> float:
    """Return the Unix time of the last write in a folder."""
    times = []
    for path in (folder, *folder.rglob("*")):
        try:
            times.append(path.stat().st_mtime)
        except OSError:  # it has been deleted meanwhile
            continue
    return max(times, default=0.0)
