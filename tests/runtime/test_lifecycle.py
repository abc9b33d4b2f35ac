"""The configuration's file is read again when it is written or replaced, also behind the links of a mounted volume."""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path

import pytest

from in_process import InProcessProxy, in_process

pytestmark = pytest.mark.slow


class ConfigMap:
    """A volume as the kubelet writes it: a file is a link to ``..data/NAME``, which is a link to a dated folder."""

    def __init__(self, volume: Path, text: str) -> None:
        self._volume, self._versions = volume, 0
        self.file = volume / "ai-cache.yaml"
        self.update(text)
        self.file.symlink_to("..data/ai-cache.yaml")

    def update(self, text: str) -> None:
        """Write a new folder, let ``..data`` lead there at once, and remove the one before."""
        self._versions += 1
        folder, before = (self._volume / f"..2026_{number}" for number in (self._versions, self._versions - 1))
        folder.mkdir()
        (folder / "ai-cache.yaml").write_text(text)
        os.utime(folder / "ai-cache.yaml", (1, 1))
        link = self._volume / "..data_tmp"
        link.symlink_to(folder.name)
        link.rename(self._volume / "..data")
        if before.is_dir():
            (before / "ai-cache.yaml").unlink()
            before.rmdir()


async def becomes(proxy: InProcessProxy, embeddings: bool) -> bool:
    for _ in range(40):
        if proxy.runtime.settings.embeddings is embeddings:
            return True
        await asyncio.sleep(0.1)
    return False


async def test_a_config_map_is_read_again_when_its_link_is_replaced(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Even if the new file is as old and as long as the one before."""
    caplog.set_level(logging.INFO)
    volume = ConfigMap(tmp_path, "embeddings:  true")

    async with in_process(volume.file) as proxy:
        assert proxy.runtime.settings.embeddings
        volume.update("embeddings: false")
        assert await becomes(proxy, False)
        volume.update("embeddings: nonono")
        await asyncio.sleep(1.5)
        assert proxy.runtime.settings.embeddings is False
        volume.update("embeddings:  true")
        assert await becomes(proxy, True)

    assert caplog.text.count("read again, in force") == 2
    assert caplog.text.count("not taken, the settings before it stay in force") == 1


async def test_the_environment_stays_in_force_over_a_file_that_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI_CACHE__LOOKUP_TIMEOUT", "2s")
    file = tmp_path / "ai-cache.yaml"
    file.write_text("lookup_timeout: 1s\nembeddings: true\n")

    async with in_process(file) as proxy:
        file.write_text("lookup_timeout: 3s\nembeddings: false\n")
        assert await becomes(proxy, False)
        assert proxy.addon.parts.observability.config.lookup_timeout == 2.0
