"""Proxies that record what passes to a cassette, or replay one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aicache.cassette.file_format import read_cassette
from e2e.proxy import Proxy


class Taped(Proxy):
    """A proxy on the cassette of a folder, for ``record``, ``replay`` or ``hybrid``. It needs no data folder."""

    def __init__(self, upstream: str, home: Path, what: str, *options: str, **how: Any) -> None:
        self.file = home / "run.yaml"
        chosen = ("--set", f"ai_cache_mode={what}", "--set", f"ai_cache_cassette={self.file}", *options)
        super().__init__(upstream, home, options=chosen, **how)
        self.ready = f"cassette run.yaml: {what}"

    @property
    def recordings(self) -> list[Any]:
        return read_cassette(self.file.read_bytes(), "run.yaml")[0]
