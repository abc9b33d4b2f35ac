"""Faults of the files: the index, the append-only file, the data folder, a full disk."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
import signal
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks.errors import Problem
from benchmarks.faults.fault import Fault
from benchmarks.faults.measurements import Expected
from benchmarks.faults.permissions import allow
from benchmarks.faults.testbed import Stage
from benchmarks.faults.valkey_faults import send

LOST = Expected(exact=None, semantic=None, hot=12.0, down=True)
KEPT = Expected(exact=4.0, semantic=None, down=True)  # lost vectors are not restored
OBSERVATION_S = 13.0
EXIT_TIMEOUT_S = 20.0  # for a proxy that cannot start


class Restarted(Fault):
    """Stops the proxy, damages its files, and restarts it; the fault ends when it listens."""

    spoils_stage = True
    duration_s = 0.0
    observation_s = OBSERVATION_S
    expected = KEPT

    def damage(self, stage: Stage) -> None: ...

    async def begin(self, stage: Stage) -> None:
        with stage.load.is_down():
            await stage.proxy.kill(signal.SIGTERM)
            await asyncio.to_thread(self.damage, stage)
            await stage.proxy.start(ready=False)


def files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


def index(stage: Stage) -> list[Path]:
    return [path for path in files(stage.proxy.data / "vectors") if path.name != "LOCK"]


def appended(stage: Stage, suffix: str) -> list[Path]:
    return [path for path in files(stage.proxy.data / "valkey") if path.name.endswith(suffix)]


def scribble(paths: Iterable[Path], count: int) -> None:
    chance = random.Random(1)
    for path in paths:
        content = bytearray(path.read_bytes())
        for _ in range(count if content else 0):
            content[chance.randrange(len(content))] = chance.randrange(256)
        path.write_bytes(content)


class IndexDeleted(Fault):
    name, title = "3a", "index folder deleted while running"
    spoils_stage = True
    duration_s = 1.0
    expected = Expected(exact=0.5, semantic=None, during=0.9, lines=6)

    async def begin(self, stage: Stage) -> None:
        await asyncio.to_thread(shutil.rmtree, stage.proxy.data / "vectors")


class IndexDeletedThenRestarted(Restarted):
    name, title = "3a2", "index folder deleted while running, then a restart"

    async def begin(self, stage: Stage) -> None:
        await asyncio.to_thread(shutil.rmtree, stage.proxy.data / "vectors")
        await asyncio.sleep(1)
        await super().begin(stage)


class IndexTruncated(Restarted):
    name, title = "3b", "index files truncated to half, restart"

    def damage(self, stage: Stage) -> None:
        for path in index(stage):
            os.truncate(path, path.stat().st_size // 2)


class IndexEmptied(Restarted):
    name, title = "3c", "index files emptied, restart"

    def damage(self, stage: Stage) -> None:
        for path in index(stage):
            os.truncate(path, 0)


class IndexRemoved(Restarted):
    name, title = "3d", "index removed, restart"

    def damage(self, stage: Stage) -> None:
        shutil.rmtree(stage.proxy.data / "vectors")


class IndexScribbled(Restarted):
    name, title = "3e", "20 random bytes in each index file, restart"

    def damage(self, stage: Stage) -> None:
        scribble(index(stage), 20)


class TailCut(Restarted):
    name, title = "1v", "append-only file cut at its end, restart"
    expected = Expected(exact=4.0, semantic=6.0, down=True)

    def damage(self, stage: Stage) -> None:
        for path in appended(stage, ".incr.aof"):
            os.truncate(path, max(0, path.stat().st_size - 20))


class MiddleDamaged(Restarted):
    name, title = "1w", "append-only file damaged in its midst, restart"
    expected = LOST

    def damage(self, stage: Stage) -> None:
        for path in appended(stage, ".incr.aof"):
            content = bytearray(path.read_bytes())
            place = content.find(b"\r\n*", len(content) // 2)
            content[place + 2 : place + 12] = b"X" * 10
            path.write_bytes(content)


class OtherVersion(Restarted):
    name, title = "1x", "base RDB of another version, restart"
    expected = LOST

    def damage(self, stage: Stage) -> None:
        for path in appended(stage, ".base.rdb"):
            content = bytearray(path.read_bytes())
            content[5:9] = b"0999"
            path.write_bytes(content)


class FolderRemoved(Fault):
    spoils_stage = True
    name, title = "3f", "data folder removed while running"
    duration_s = 1.0
    expected = Expected(exact=2.0, semantic=None, lines=6)

    async def begin(self, stage: Stage) -> None:
        await asyncio.to_thread(shutil.rmtree, stage.proxy.data)


class FolderRemovedAndKilled(Fault):
    name, title = "3f2", "data folder removed, then valkey killed"
    duration_s = 1.0
    observation_s = OBSERVATION_S
    expected = Expected(exact=None, semantic=None, hot=12.0, lines=10)

    spoils_stage = True

    async def begin(self, stage: Stage) -> None:
        await asyncio.to_thread(shutil.rmtree, stage.proxy.data)
        await asyncio.sleep(1)
        send(stage.proxy.valkey, signal.SIGKILL)


class FolderRemovedAndRestarted(Restarted):
    name, title = "3f3", "data folder removed, then a restart"
    expected = LOST

    async def begin(self, stage: Stage) -> None:
        await asyncio.to_thread(shutil.rmtree, stage.proxy.data)
        await super().begin(stage)


class DiskFull(Fault):
    name, title, stage_name = "3g", "disk full while running", "tmpfs"
    expected = Expected(exact=1.0, semantic=4.0, during=0.9, lines=6)

    async def begin(self, stage: Stage) -> None:
        await asyncio.to_thread(fill, stage.folder / "tmpfs" / "filler")

    async def end(self, stage: Stage) -> None:
        (stage.folder / "tmpfs" / "filler").unlink()


class RestartedOnFullDisk(DiskFull):
    name, title = "3h", "restart on a full disk"
    expected = Expected(exact=4.0, semantic=None, hot=12.0, down=True)
    observation_s = OBSERVATION_S
    spoils_stage = True

    async def begin(self, stage: Stage) -> None:
        await super().begin(stage)
        await stage.restart()


class NoPermission(Fault):
    name, title, stage_name = "3i", "no write permission while running", "rights"
    expected = Expected(exact=1.0, semantic=3.0, during=0.9, lines=6)

    async def begin(self, stage: Stage) -> None:
        allow(stage.proxy.data, write=False)

    async def end(self, stage: Stage) -> None:
        allow(stage.proxy.data, write=True)


class RestartedWithoutPermission(NoPermission):
    name, title = "3j", "restart without write permission: refused, then started with it"
    expected = Expected(exact=4.0, semantic=6.0, down=True)
    spoils_stage = True

    async def begin(self, stage: Stage) -> None:
        stage.load.down.begin()
        await stage.proxy.kill(signal.SIGTERM)
        await super().begin(stage)
        with contextlib.suppress(Problem):
            await stage.proxy.start(ready=False)
        if not await stage.proxy.ended_within(EXIT_TIMEOUT_S):
            self.problems.append("it runs on a folder that it may not write to")

    async def end(self, stage: Stage) -> None:
        await super().end(stage)
        await stage.proxy.kill(signal.SIGTERM)
        await stage.proxy.start(ready=False)
        stage.client.forget()
        stage.load.down.end()


def fill(path: Path) -> None:
    """Write to a file until the disk is full."""
    with path.open("wb", buffering=0) as file:
        size = 1 << 20
        while size:
            try:
                file.write(b"\0" * size)
            except OSError:
                size //= 16


ALL: tuple[Callable[[], Fault], ...] = (
    *(IndexDeleted, IndexDeletedThenRestarted, IndexTruncated, IndexEmptied, IndexRemoved, IndexScribbled),
    *(TailCut, MiddleDamaged, OtherVersion, FolderRemoved, FolderRemovedAndKilled, FolderRemovedAndRestarted),
    *(DiskFull, RestartedOnFullDisk, NoPermission, RestartedWithoutPermission),
)
