"""Deletes what is not used any more from the data folder of the process that owns it."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from pathlib import Path

from aicache.adapters.unused_files import UnusedFiles
from aicache.adapters.valkey.aof_rewrite import DUE_SHARE
from aicache.engine import Engine

logger = logging.getLogger(__name__)


class FolderCleanup:
    """Looks through the folder now and then, and when something was purged."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._leftovers: UnusedFiles | None = None
        self._at = -math.inf
        self._purges, self._emptied = engine.purges, engine.emptied

    async def reconcile(self, data: Path, used: str | None, erased_within: float) -> None:
        """Look through the folder now and then, and when something was purged. *used*: see `UnusedFiles`."""
        if self._leftovers is None or self._leftovers.data != data:
            self._leftovers, self._at = UnusedFiles(data), -math.inf
        engine, now = self._engine, time.monotonic()
        if now - self._at < DUE_SHARE * erased_within / 4 and self._purges == engine.purges:
            return
        self._at = now
        purged, emptied = self._purges != engine.purges, self._emptied != engine.emptied
        self._purges, self._emptied = engine.purges, engine.emptied
        count = await asyncio.to_thread(
            self._leftovers.delete_unused,
            used,
            damaged_after=DUE_SHARE * erased_within,
            unused_after=engine.rules.ttl,
            purged=purged,
            emptied=emptied,
        )
        if count:
            logger.info("%s: %d folders that were not used any more are deleted", data, count)
