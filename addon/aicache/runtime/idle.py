"""The runtime beside a cassette: the settings that identify requests, and no store, encoder, index or data folder."""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

from aicache.config import Config
from aicache.config.request_settings import Settings, build_rules
from aicache.engine import Engine


class IdleRuntime:
    """Looks nothing up and stores nothing: its engine has no backends."""

    def __init__(self, config: Config, data: Path, **listeners: Any) -> None:
        self.engine = Engine(build_rules(config, 1.0, 1.0), config.lookup_timeout, **listeners)
        self._secrets: dict[str, str] = {}
        self.configure(config, data)

    def configure(self, config: Config, data: Path) -> None:
        """Put another configuration in force."""
        self.settings = replace(Settings.of(config), enabled=False)

    def secret(self, name: str) -> str:
        """Return a secret, which lasts as long as this process: there is no folder to keep it in."""
        return self._secrets.setdefault(name, secrets.token_urlsafe(24))

    def start(self) -> None:
        """Start nothing."""

    async def close(self) -> None:
        """Have nothing to end."""
