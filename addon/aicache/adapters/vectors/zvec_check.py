"""Finds out whether a vector index on disk is damaged, or something else is wrong. It changes no index."""

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

TIMEOUT_S = 60.0
"""Time limit of one check."""


@dataclass(frozen=True, slots=True)
class _Check:
    status: int | None
    """Exit status, a negative signal, or None: not finished in time."""
    output: str

    @property
    def blames_files(self) -> bool:
        """Whether the files are the likely cause: an error, a crash, no end."""
        return self.status is None or self.status == zvec_check_main.DAMAGED or -self.status in CRASH_SIGNALS

    @property
    def why(self) -> str:
        if self.status is None:
            return f"zvec does not finish with it within {TIMEOUT_S:g} s"
        if self.status < 0:
            return f"zvec crashes on it ({signal.Signals(-self.status).name})"
        return self.output or f"status {self.status}"


async def find_damage(folder: Path, dimensions: int) -> str | None:
    """Return a description of the damage to the index in *folder*; None if there is no damage.

    It is damaged when it cannot be used while a new one can, at the same time, in the same place and with as much
    memory. StoreError for any other cause: another process has it open, the disk is full, a file may not be read.
    """
    if not sys.executable or getattr(sys, "frozen", False):
        return None  # there is no Python interpreter to run
    first = await _check("old", folder, dimensions, 0)
    if first.status == zvec_check_main.SOUND:
        return None
    if first.status == zvec_check_main.IN_USE:
        raise StoreError(f"zvec: {folder} is open already, in this process or another")
    if not first.blames_files:
        raise StoreError(f"zvec: {folder} cannot be examined ({first.why})")
    if (obstacle := await asyncio.to_thread(find_obstacle, folder)) is not None:
        raise StoreError(f"zvec: {folder}: {obstacle}")
    megabytes = 64 + 2 * (await asyncio.to_thread(_size, folder) >> 20)
    beside = folder.with_name(f".{folder.name}.new-{os.getpid()}")
    new = await _check("new", beside, dimensions, megabytes)
    if new.status != zvec_check_main.SOUND:
        raise StoreError(f"zvec: {folder} cannot be opened ({first.why}), nor can a new one be made there")
    again = await _check("old", folder, dimensions, 0)  # the obstacle may have gone between the two checks
    if again.status == zvec_check_main.SOUND:
        return None
    if not again.blames_files:
        raise StoreError(f"zvec: {folder} cannot be examined ({again.why})")
    return again.why


async def _check(mode: str, folder: Path, dimensions: int, megabytes: int) -> _Check:
    arguments = (mode, str(folder), str(dimensions), str(megabytes), *filter(None, sys.path))
    try:
        # -P: without this folder first in sys.path, for its modules have names of libraries.
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", zvec_check_main.__file__, *arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C at the terminal goes to the proxy
        )
    except OSError as exc:
        raise StoreError(f"zvec: {folder} cannot be examined ({exc.strerror})") from exc
    try:
        async with asyncio.timeout(TIMEOUT_S):
            output, _ = await process.communicate()
    except TimeoutError:
        return _Check(None, "")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return _Check(process.returncode, output.decode("utf-8", "replace").strip())


def _size(folder: Path) -> int:
    try:
        return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    except OSError:
        return 0
