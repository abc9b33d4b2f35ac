"""Whether a vector index on disk can be used, told from everything else that may be wrong. It changes no index."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from aicache.adapters.damaged_files import CRASH_SIGNALS, find_obstacle
from aicache.adapters.vectors import zvec_check_main
from aicache.domain.ports import StoreError

WITHIN = 60.0
"""Seconds for one look."""


@dataclass(frozen=True, slots=True)
class _Look:
    status: int | None
    """Exit status, a negative signal, or None: not finished in time."""
    said: str

    @property
    def bad(self) -> bool:
        """Whether it speaks against the files: an error, a crash, no end."""
        return self.status is None or self.status == zvec_check_main.DAMAGED or -self.status in CRASH_SIGNALS

    @property
    def why(self) -> str:
        if self.status is None:
            return f"zvec does not come to an end with it within {WITHIN:g} s"
        if self.status < 0:
            return f"zvec crashes on it ({signal.Signals(-self.status).name})"
        return self.said or f"status {self.status}"


async def damage(folder: Path, dimensions: int) -> str | None:
    """Say what is wrong with the index in *folder*; None when it is sound, as far as can be told.

    It is damaged when it cannot be used while at the same time, in the same place and with as much memory, a new one
    can. Raises StoreError for all else: another process has it open, the disk is full, a file may not be read.
    """
    if not sys.executable or getattr(sys, "frozen", False):
        return None  # no Python to run
    look = await _look("old", folder, dimensions, 0)
    if look.status == zvec_check_main.SOUND:
        return None
    if look.status == zvec_check_main.IN_USE:
        raise StoreError(f"zvec: {folder} is open already, in this process or another")
    if not look.bad:
        raise StoreError(f"zvec: {folder} cannot be examined ({look.why})")
    if (problem := await asyncio.to_thread(find_obstacle, folder)) is not None:
        raise StoreError(f"zvec: {folder}: {problem}")
    megabytes = 64 + 2 * (await asyncio.to_thread(_size, folder) >> 20)
    beside = folder.with_name(f".{folder.name}.new-{os.getpid()}")
    new = await _look("new", beside, dimensions, megabytes)
    if new.status != zvec_check_main.SOUND:
        raise StoreError(f"zvec: {folder} cannot be opened ({look.why}), nor can a new one be made there")
    again = await _look("old", folder, dimensions, 0)  # what was in the way may have gone between the two
    if again.status == zvec_check_main.SOUND:
        return None
    if not again.bad:
        raise StoreError(f"zvec: {folder} cannot be examined ({again.why})")
    return again.why


async def _look(mode: str, folder: Path, dimensions: int, megabytes: int) -> _Look:
    arguments = (mode, str(folder), str(dimensions), str(megabytes), *filter(None, sys.path))
    try:
        # -P: not with this folder before all others, whose modules are called like libraries.
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", zvec_check_main.__file__, *arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C at the terminal is the proxy's
        )
    except OSError as exc:
        raise StoreError(f"zvec: {folder} cannot be examined ({exc.strerror})") from exc
    try:
        async with asyncio.timeout(WITHIN):
            said, _ = await process.communicate()
    except TimeoutError:
        return _Look(None, "")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return _Look(process.returncode, said.decode("utf-8", "replace").strip())


def _size(folder: Path) -> int:
    try:
        return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    except OSError:
        return 0
