"""Opens the cache's stores and embedder for one command. A backend that is down is an error; nothing is retried."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from aicache.adapters.valkey.folder_lock import FolderLock
from aicache.config import Config, ZvecIndex
from aicache.config.request_settings import Settings
from aicache.domain.ports import StoreError
from aicache.engine import Engine
from aicache.runtime.exact_component import ExactComponent
from aicache.runtime.preflight import needs_folder, rules_for
from aicache.runtime.semantic_component import SemanticComponent

CALL_TIMEOUT_S = 30.0  # for one call of the embedder or the index; no client waits for an answer here


@dataclass(frozen=True, slots=True)
class OpenCache:
    """An engine with its backends, and the settings they were opened with."""

    engine: Engine
    settings: Settings


@asynccontextmanager
async def open_cache(config: Config, data: Path, *, exact_only: bool = False) -> AsyncIterator[OpenCache]:
    """Open the backends of a checked configuration. Raises StoreError, whose message says what to do."""
    semantic = config.semantic
    semantic = replace(
        semantic,
        enabled=semantic.enabled and not exact_only,
        embedder=replace(semantic.embedder, timeout=CALL_TIMEOUT_S),
        index=replace(semantic.index, timeout=CALL_TIMEOUT_S),
        judge=None,
    )
    lock = FolderLock(data) if needs_folder(config) else None
    engine = Engine(rules_for(config), CALL_TIMEOUT_S)
    exact, meaning = ExactComponent(engine), SemanticComponent(engine)
    try:
        owned = lock is not None and lock.acquire()
        if semantic.enabled and isinstance(semantic.index, ZvecIndex) and not owned:
            raise StoreError(
                f"{data}: a running proxy uses this data folder, and its vectors can be opened only once: stop the "
                "proxy meanwhile, or give --exact-only to store answers for exact hits only"
            )
        await exact.reconcile(config.exact, data, owned, compress=config.store.compress)
        assert engine.exact is not None
        await engine.exact.port.remembers("warm")  # connects
        await meaning.reconcile(semantic, data, owned)
        yield OpenCache(engine, Settings.of(config, exact.salt))
    finally:
        await engine.drain(1)
        await meaning.end()
        await exact.end()
        if lock is not None:
            lock.release()
