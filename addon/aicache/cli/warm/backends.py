"""The cache's parts, brought up for a while and ended: what cannot be had is an error, not something to wait for."""

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

PATIENCE = 30.0  # seconds for one call of the embedder's or the index's; nobody waits for an answer here


@dataclass(frozen=True, slots=True)
class Opened:
    """An engine with its parts, and the settings it has them by."""

    engine: Engine
    settings: Settings


@asynccontextmanager
async def opened(config: Config, data: Path, *, exact_only: bool = False) -> AsyncIterator[Opened]:
    """Bring up the parts of a configuration that is checked. Raises StoreError, saying what to do about it."""
    semantic = config.semantic
    semantic = replace(
        semantic,
        enabled=semantic.enabled and not exact_only,
        embedder=replace(semantic.embedder, timeout=PATIENCE),
        index=replace(semantic.index, timeout=PATIENCE),
        judge=None,
    )
    lock = FolderLock(data) if needs_folder(config) else None
    engine = Engine(rules_for(config), PATIENCE)
    exact, meaning = ExactComponent(engine), SemanticComponent(engine)
    try:
        owned = lock is not None and lock.acquire()
        if semantic.enabled and isinstance(semantic.index, ZvecIndex) and not owned:
            raise StoreError(
                f"{data}: a proxy that runs has this data folder, and its vectors to itself: end it for as long, or "
                "give --exact-only, to store answers to the very same requests alone"
            )
        await exact.reconcile(config.exact, data, owned)
        assert engine.exact is not None
        await engine.exact.port.remembers("warm")  # connects
        await meaning.reconcile(semantic, data, owned)
        yield Opened(engine, Settings.of(config, exact.salt))
    finally:
        await engine.drain(1)
        await meaning.end()
        await exact.end()
        if lock is not None:
            lock.release()
