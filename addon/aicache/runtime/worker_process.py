"""Whether this process is one of several workers that share a port, and where it finds the others.

The process that forks the workers sets this in each of them, before anything else runs there.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from aicache.adapters.private_sockets import find_socket
from aicache.adapters.unix_rpc.client import RpcClient
from aicache.adapters.valkey.folder_lock import FolderLock
from aicache.config import Config, DashVectorIndex

REPORT_INTERVAL_S = 2.0
"""Interval at which a process tells its supervisor that it does not hang."""
FOLDER = "workers"
"""The folder in the data folder that has one for each group of workers."""


@dataclass(frozen=True)
class Worker:
    """One worker: its *number*, from 1 to *count*. It owns no data folder: another process does so for all.

    *folder* is that of its group, for their sockets and counts.
    """

    number: int
    count: int
    folder: Path
    report_up: Callable[[], None]
    """To be called once it listens, and from then on by `report_alive`."""

    @property
    def socket(self) -> Path:
        """The socket that others reach it by. Raises StoreError, as the other sockets do."""
        return worker_socket(self.folder, self.number)

    @property
    def fellow_sockets(self) -> list[Path]:
        """The sockets of the other workers."""
        return [worker_socket(self.folder, each) for each in range(1, self.count + 1) if each != self.number]

    @property
    def counts_file(self) -> Path:
        return counts_file(self.folder, self.number)

    @property
    def bypass_file(self) -> Path:
        """A file that is there while all workers send every request past the cache: one that is started again looks."""
        return self.folder / "bypass"

    @property
    def fellow_counts_files(self) -> list[Path]:
        """What the other workers have counted, in the order of `fellow_sockets`."""
        return [counts_file(self.folder, each) for each in range(1, self.count + 1) if each != self.number]


_this: Worker | None = None


def become(worker: Worker) -> None:
    global _this
    _this = worker


def this_worker() -> Worker | None:
    """Return what this process is as a worker; None if it is a proxy by itself."""
    return _this


def owner_socket(folder: Path) -> Path:
    """Return the socket of the process that owns the data folder for a group of workers. Raises StoreError."""
    return find_socket(folder, "owner.sock")


def connect_to_owner(folder: Path) -> RpcClient:
    """Return a client of the process that owns the data folder for a group of workers. Raises StoreError."""
    return RpcClient(owner_socket(folder), "the data folder's process")


def worker_socket(folder: Path, number: int) -> Path:
    return find_socket(folder, f"{number}.sock")


def counts_file(folder: Path, number: int) -> Path:
    return folder / f"{number}.counts"


async def report_alive(report: Callable[[], None]) -> None:
    """Call *report* every `REPORT_INTERVAL_S` seconds while this process's event loop runs."""
    while True:
        with contextlib.suppress(OSError):  # its supervisor has ended, or has too many signals waiting
            report()
        await asyncio.sleep(REPORT_INTERVAL_S)


class GroupFolder:
    """The folder of a new group of workers; those of groups that have ended are deleted. Raises StoreError."""

    def __init__(self, data: Path) -> None:
        groups = data.absolute() / FOLDER
        self.path = groups / secrets.token_hex(4)
        self._lock = FolderLock(self.path)  # forks have it, too, as long as they live
        self._lock.acquire()
        for path in groups.iterdir():
            if path != self.path and path.is_dir() and (lock := FolderLock(path)).acquire():
                shutil.rmtree(path, ignore_errors=True)
                lock.release()

    def delete(self) -> None:
        for path in {self.path, owner_socket(self.path).parent}:  # where sockets are, if its own path is too long
            shutil.rmtree(path, ignore_errors=True)


def share_limits(config: Config, workers: int) -> Config:
    """Return the configuration of one of so many workers: limits on calls of a service are for all of them."""
    semantic, index, judge = config.semantic, config.semantic.index, config.semantic.judge
    if isinstance(index, DashVectorIndex):
        index = replace(index, queries_per_second=max(1, index.queries_per_second // workers))
    if judge is not None:
        judge = replace(judge, max_per_minute=max(1, judge.max_per_minute // workers))
    return replace(config, semantic=replace(semantic, index=index, judge=judge))
