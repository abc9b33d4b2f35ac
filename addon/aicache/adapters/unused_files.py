"""What lies in the data folder and is not used any more: it is deleted in time, for it holds what was asked.

That is a damaged store that was set aside, and vectors of another model, which nobody looks for by an entry's key.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from aicache.adapters.vectors.zvec_rewrite import CLEAN_SUFFIX, beside, is_temporary

DAMAGED = "*.damaged-*"
VECTORS = "vectors"


class UnusedFiles:
    """Of one data folder, for the process that owns it. It blocks: call it in a thread."""

    def __init__(self, data: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.data = data
        self._clock = clock
        self._seen: dict[Path, float] = {}

    def delete_unused(
        self, used: str | None, *, damaged_after: float, unused_after: float, purged: bool, emptied: bool
    ) -> int:
        """Delete what has been there for too long, in seconds; return how much that was.

        *used* is the name of the model's vectors in use, None where none are, and empty where that is not known yet.
        Vectors are counted from when they were written last; all unused ones go when anything was *purged*, and all
        damaged stores when everything was.
        """
        now = self._clock()
        found = {*self.data.glob(DAMAGED), *(self.data / VECTORS).glob(DAMAGED)}
        self._seen = {path: self._seen.get(path, now) for path in found}
        gone = [path for path, since in self._seen.items() if emptied or now - since >= damaged_after]
        if used != "":
            unused = [path for path in self._spaces() if path.name != used and path not in found]
            gone += [path for path in unused if purged or time.time() - _written(path) >= unused_after]
        for path in gone:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
                beside(path, CLEAN_SUFFIX).unlink(missing_ok=True)
            else:
                path.unlink(missing_ok=True)
        return len(gone)

    def _spaces(self) -> Iterable[Path]:
        return [path for path in (self.data / VECTORS).glob("*") if path.is_dir() and not is_temporary(path)]


def _written(folder: Path) -> float:
    """Return when anything in a folder was written last, in Unix seconds."""
    times = []
    for path in (folder, *folder.rglob("*")):
        try:
            times.append(path.stat().st_mtime)
        except OSError:  # it has gone meanwhile
            continue
    return max(times, default=0.0)
