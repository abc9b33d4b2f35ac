"""Builds the engine's backends from the configuration, off the request path, and keeps them: the composition root."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable
from pathlib import Path

from aicache.adapters.private_file import load_or_create_secret
from aicache.adapters.unix_rpc.client import RpcClient
from aicache.config import Config
from aicache.config.request_settings import Settings
from aicache.domain.events import Checked, Erased, Judged, Spent
from aicache.domain.outages import cause_of
from aicache.domain.ports import StoreError
from aicache.engine import Engine
from aicache.runtime.component import NotReady
from aicache.runtime.data_folder import DataFolder
from aicache.runtime.exact_component import ExactComponent, load_secrets
from aicache.runtime.folder_cleanup import FolderCleanup
from aicache.runtime.owner_watch import OwnerWatch
from aicache.runtime.preflight import check_config, needs_folder, rules_for
from aicache.runtime.semantic_component import SemanticComponent

logger = logging.getLogger(__name__)

CHECK_INTERVAL_S = 2.0
"""Interval of the checks that every component is in use."""
OWNER_CHECK_INTERVAL_S = 0.5
"""Interval of the checks whether the folder's owner has gone."""
CANCEL_TIMEOUT_S = 5.0
"""Wait of the proxy's end for a component that is just being started."""
MAX_RETRY_INTERVAL_S = 5.0
"""Longest pause between two attempts at what keeps failing."""
DRAIN_TIMEOUT_S = 5.0
"""Wait of the proxy's end for writes under way."""


class Reconciler:
    """Holds the engine and the settings, and one task that brings the components to what the configuration wants.

    That task alone starts and ends components, one after the other. So a reload that comes while they are still
    starting is no special case, nor is a Valkey that died, nor a data folder whose other user has gone.
    """

    def __init__(
        self,
        config: Config,
        data: Path,
        *,
        on_checked: Callable[[Checked], None] = lambda checked: None,
        on_erased: Callable[[Erased], None] = lambda erased: None,
        on_judged: Callable[[Judged], None] = lambda judged: None,
        on_spent: Callable[[Spent], None] = lambda spent: None,
        owner: RpcClient | None = None,
        encoders: int = 1,
        on_hung: Callable[[], None] = lambda: None,
    ) -> None:
        """*owner* is the process that has the data folder, where that is not to be this one.

        *on_hung* is called when a library's call hangs, which cannot be ended.
        """
        self._owner = owner
        self._config, self._data = check_config(config, data)
        self._salt: bytes | None = None
        self.settings = self._settings()
        self.engine = Engine(
            rules_for(config),
            config.lookup_timeout,
            on_checked=on_checked,
            on_erased=on_erased,
            on_judged=on_judged,
            on_spent=on_spent,
        )
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self._folder: DataFolder | None = None
        self._exact = ExactComponent(self.engine, self._on_salt, self._changed.set)
        self._semantic = SemanticComponent(self.engine, owner, encoders, on_hung)
        self._watch = None if owner is None else OwnerWatch(owner, self.engine)
        self._cleanup = FolderCleanup(self.engine)
        self._reported = ""

    def configure(self, config: Config, data: Path) -> None:
        """Put another configuration in force: settings at once, backends as soon as they stand. Raises ConfigError."""
        before = self._config.exact.redis
        self._config, self._data = check_config(config, data)
        if before != config.exact.redis:
            self._salt = None
        self.settings = self._settings()
        self.engine.rules = rules_for(config)
        self.engine.lookup_timeout = config.lookup_timeout
        self._changed.set()

    def _settings(self) -> Settings:
        """Return the settings with the salt of their keys, where it is known before the store stands."""
        secrets = load_secrets(self._config.exact, self._data)
        salt = self._salt if secrets is None else secrets.salt
        return Settings.of(self._config, salt or os.urandom(32), starting=salt is None)

    def _on_salt(self, salt: bytes) -> None:
        """Adopt the salt of the store that is about to be used."""
        self._salt = salt
        if self.settings.key_rules.salt != salt or self.settings.starting:
            self.settings = Settings.of(self._config, salt)

    def secret(self, name: str) -> str:
        """Return a secret of the data folder, created on first use. Raises StoreError."""
        return load_or_create_secret(self._data / name)

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())
        if self._watch is not None:
            self._watch.start()

    async def close(self) -> None:
        """Let the writes under way finish, within `DRAIN_TIMEOUT_S`, then end every component."""
        self._closing = True
        if self._watch is not None:
            await self._watch.close()
        if self._task is not None:
            self._task.cancel()
            self._changed.set()
            await asyncio.wait([self._task], timeout=CANCEL_TIMEOUT_S)
        try:
            await self.engine.drain(DRAIN_TIMEOUT_S)
        finally:
            await self._release_folder()
            if self._owner is not None:
                await self._owner.close()

    async def _run(self) -> None:
        pause = CHECK_INTERVAL_S
        # not "while True": a component that cannot end in time while it starts turns its cancellation into an error
        while not self._closing:
            self._changed.clear()
            try:
                await self._reconcile(self._config, self._data)
                if self._reported:
                    self._reported = ""
                    logger.info("the cache's parts stand again")
                pause = CHECK_INTERVAL_S if self._folder is None or self._folder.owned else OWNER_CHECK_INTERVAL_S
            except Exception as exc:
                pause = CHECK_INTERVAL_S if isinstance(exc, NotReady) else min(2 * pause, MAX_RETRY_INTERVAL_S)
                if not isinstance(exc, StoreError):
                    logger.exception("the cache's parts could not be brought up")
                elif self._reported != (cause := cause_of(str(exc))) and not self._closing:
                    self._reported = cause
                    text = f"exact store: {exc}; requests go upstream" if isinstance(exc, NotReady) else str(exc)
                    logger.warning("%s (it is tried again)", text)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._changed.wait()
                    pause = CHECK_INTERVAL_S

    async def _reconcile(self, config: Config, data: Path) -> None:
        if not config.enabled:
            await self._release_folder()
            return
        if self._folder is not None and self._folder.path != data:
            await self._release_folder()
        if self._folder is None and self._owner is None and needs_folder(config):
            self._folder = DataFolder(data)
        owned = self._folder is not None and await self._folder.acquire_soon(shares=config.exact.redis is None)
        try:
            await self._exact.reconcile(config.exact, data, owned, config.store.erased_within, config.store.compress)
        except NotReady:  # hits by meaning need not wait for it
            await self._semantic.reconcile(config.semantic, data, owned, config.store.erased_within)
            raise
        await self._semantic.reconcile(config.semantic, data, owned, config.store.erased_within)
        if config.semantic.refill:  # here, and not in the commands that use the parts for a moment
            self.engine.refilling.start()
        else:
            await self.engine.refilling.stop()
        if owned:
            await self._cleanup.reconcile(data, self._semantic.vectors_in_use, config.store.erased_within)

    async def _release_folder(self) -> None:
        """Close everything at once, even if some of it fails: another process may wait for the folder."""
        folder, self._folder = self._folder, None
        try:
            await asyncio.gather(self._semantic.end(), self._exact.end())
        finally:
            if folder is not None:
                folder.release()
