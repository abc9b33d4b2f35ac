"""Runs the local encoder in a thread, where a process of its own is not possible."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from aicache.adapters.embedders import encoder_main
from aicache.adapters.embedders.encoder import Encode
from aicache.adapters.threads import Worker
from aicache.domain.model import Vector
from aicache.domain.ports import StoreError


class EncoderThread:
    """A thread of this process that encodes with the function that *load* returns."""

    def __init__(self, load: Callable[[], Encode]) -> None:
        self._load_encode = load
        self._encode: Encode | None = None
        self._worker = Worker("ai-cache-embedder")

    def when_restored(self, callback: Callable[[], None]) -> None:
        """Do nothing: a thread is not restarted."""

    async def start(self) -> None:
        await self._worker.run(self._loaded)

    async def encode(self, texts: list[str]) -> Vector:
        return await self._worker.run(self._run, texts)

    async def close(self) -> None:
        await self._worker.close()

    # Everything below runs on the worker's thread.

    def _loaded(self) -> Encode:
        if self._encode is None:
            try:
                self._encode = self._load_encode()
            except ImportError as exc:
                raise StoreError(f"local embedder: {encoder_main.MISSING}") from exc
        return self._encode

    def _run(self, texts: list[str]) -> Vector:
        return np.asarray(self._loaded()(texts), dtype=np.float32)
