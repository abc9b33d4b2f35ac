"""Memory and disk, as they are told to Prometheus: measured rarely, and left out where they cannot be measured."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from aicache.adapters.disk_usage import measure_disk
from aicache.domain.ports import StoreError
from aicache.domain.resource_usage import ResourceUsage, StoreUsage
from aicache.telemetry.resource_meter import MIN_INTERVAL_S, ResourceMeter

MEMORY = StoreUsage(1_000, 2_000, 3)


class Server:
    """A store whose servers tell what they use, fail, or say nothing for some time."""

    def __init__(self) -> None:
        self.asked = 0
        self.fails = False
        self.answers = asyncio.Event()
        self.answers.set()

    async def usage(self) -> StoreUsage:
        self.asked += 1
        if self.fails:
            raise StoreError("redis: refused (NOPERM)")
        await self.answers.wait()
        return MEMORY


class Meter(ResourceMeter):
    """With a clock of the test's."""

    def __init__(self, server: Server | None) -> None:
        self.now = 0.0
        super().__init__(lambda: server, lambda: self.now)


def test_a_folder_takes_what_its_files_do(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "file").write_bytes(os.urandom(1 << 20))
    (tmp_path / "sparse").touch()
    os.truncate(tmp_path / "sparse", 1 << 30)
    (tmp_path / "link").symlink_to(tmp_path / "below" / "file")
    (tmp_path / "nowhere").symlink_to(tmp_path / "none")

    found = measure_disk(tmp_path)

    assert 1 << 20 <= found.folder < 1 << 21
    assert found.folder < found.free <= found.size


async def test_what_was_measured_is_told_again_for_some_time(tmp_path: Path) -> None:
    meter = Meter(server := Server())
    meter.folder = tmp_path

    first = await meter.measure()
    again = await meter.measure()
    meter.now += MIN_INTERVAL_S
    await meter.measure()

    assert first == again
    assert first.store == MEMORY
    assert first.disk is not None
    assert server.asked == 2


@pytest.mark.parametrize("server", [None, Server()])
async def test_what_cannot_be_measured_is_left_out(server: Server | None, tmp_path: Path) -> None:
    if server is not None:
        server.fails = True
    meter = Meter(server)
    meter.folder = tmp_path / "none"

    assert await meter.measure() == ResourceUsage()


async def test_nobody_waits_for_what_hangs_and_it_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aicache.telemetry.resource_meter.MAX_WAIT_S", 0.02)
    meter = Meter(server := Server())
    server.answers.clear()

    async with asyncio.timeout(5):
        hanging = await meter.measure()
        meter.now += MIN_INTERVAL_S
        still = await meter.measure()
    server.answers.set()
    await asyncio.sleep(0)

    assert hanging == still == ResourceUsage()
    assert server.asked == 1
    assert (await meter.measure()).store == MEMORY
