"""Proxies that record an agent's run to a cassette, or replay one."""

from __future__ import annotations

from pathlib import Path

from e2e.proxy import Proxy


class Taped(Proxy):
    """A proxy on the cassette of a folder, in a mode: ``record`` or ``replay``."""

    def __init__(self, upstream: str, home: Path, mode: str, *options: str) -> None:
        chosen = ("--set", f"ai_cache_mode={mode}", "--set", f"ai_cache_cassette={home / 'run.yaml'}", *options)
        super().__init__(upstream, home, options=chosen)
        self.ready = f"cassette run.yaml: {mode}"
