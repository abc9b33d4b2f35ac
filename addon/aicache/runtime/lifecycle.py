"""Applies the configuration, reloads its file when that changes, and starts and ends the cache. It reads no options."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from aicache import config as configuration
from aicache.config import Config, ConfigError, Loaded, RunMode
from aicache.config.request_settings import Settings
from aicache.engine import Engine

logger = logging.getLogger(__name__)

WATCH_INTERVAL_S = 1.0

Version = tuple[int, int, int, int]
"""Time of modification, size, inode and device of a file."""


class Runtime(Protocol):
    """The engine with its backends, and the settings in force."""

    engine: Engine
    settings: Settings

    def configure(self, config: Config, data: Path) -> None:
        """Put another configuration in force. Raises ConfigError."""

    def secret(self, name: str) -> str:
        """Return a secret of the data folder, created on first use. Raises StoreError."""

    def start(self) -> None: ...

    async def close(self) -> None: ...


class Lifecycle:
    """Holds the runtime: None before the first valid configuration, and after `end`.

    *build* makes it from the first configuration, raising ConfigError; *applied* is called with each configuration and
    data folder that has been put in force. *override* returns a configuration with what is said of it elsewhere, and
    raises ConfigError for one that cannot be put in force.
    """

    def __init__(
        self,
        build: Callable[[Config, Path], Runtime],
        applied: Callable[[Runtime, Config, Path], None],
        override: Callable[[Config], Config] = lambda config: config,
    ) -> None:
        self.runtime: Runtime | None = None
        self.loaded = Loaded(Config(), {})
        """The configuration in force as it was read, before *override*."""
        self._build = build
        self._applied = applied
        self._override = override
        self._mode = RunMode.LIVE
        self._file: Path | None = None
        self._data = Path()
        self._version: Version | None = None  # of the file in force, or last refused
        self._watcher: asyncio.Task[None] | None = None

    @property
    def is_started(self) -> bool:
        return self._watcher is not None

    def current(self) -> Runtime | None:
        return self.runtime

    def engine(self) -> Engine | None:
        return None if self.runtime is None else self.runtime.engine

    def settings(self) -> Settings | None:
        return None if self.runtime is None else self.runtime.settings

    def apply(self, file: Path | None, data: Path) -> None:
        """Put the configuration in *file* in force (None: the defaults), or raise ConfigError and leave the old one."""
        version = _version(file)
        loaded = configuration.read_file_with_origins(file, os.environ, logger.warning)
        config = self._override(loaded.config)
        if self.runtime is not None and config.mode is not self._mode:
            raise ConfigError([f"mode: {config.mode}, but it is {self._mode} until the next start"])
        if self.runtime is None:
            self._mode = config.mode
            self.runtime = self._build(config, data)
        else:
            self.runtime.configure(config, data)
        self.loaded = loaded
        self._applied(self.runtime, config, data)
        if not config.enabled:
            logger.info("enabled: false, so every request passes untouched")
        self._file, self._data, self._version = file, data, version

    def start(self, runtime: Runtime) -> None:
        runtime.start()
        self._watcher = asyncio.get_running_loop().create_task(self._watch())

    def end(self) -> Runtime | None:
        """Stop watching the file, and return the runtime, which is to be closed."""
        if self._watcher is not None:
            self._watcher.cancel()
        runtime, self.runtime = self.runtime, None
        return runtime

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH_INTERVAL_S)
            version = _version(self._file)
            if version is None or version == self._version:
                continue
            try:
                self.apply(self._file, self._data)
                logger.info("%s: read again, in force", self._file)
            except ConfigError as exc:
                self._version = version
                logger.warning("%s: not taken, the settings before it stay in force:\n%s", self._file, exc)
            except Exception:
                self._version = version
                logger.exception("%s: not taken, the settings before it stay in force", self._file)


def _version(path: Path | None) -> Version | None:
    """Return what changes when a file is written, or replaced by another, also behind a link of a mounted volume."""
    try:
        status = None if path is None else path.stat()
    except OSError:
        return None
    return None if status is None else (status.st_mtime_ns, status.st_size, status.st_ino, status.st_dev)
