"""The questions' vectors, from the configured embedder or an earlier run. On disk are digests, no texts."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from aicache.cli.progress import Progress, bar
from aicache.config.values import Embedder as EmbedderConfig
from aicache.domain.model import Vector
from aicache.runtime.factories import build_embedder, vector_space

BATCH_SIZE = 256  # texts per call
SAVE_INTERVAL_TEXTS = 4096  # new vectors are saved to disk after so many
EMBED_TIMEOUT_S = 30.0  # for one call; no client waits for it


class Vectors:
    """Vectors in one folder per model. Files are only added, so that an interrupted run can continue."""

    def __init__(self, folder: Path, config: EmbedderConfig) -> None:
        self._config = replace(config, timeout=EMBED_TIMEOUT_S)
        self._embedder = build_embedder(self._config)
        self._folder = folder / vector_space(self._embedder.model, self._embedder.dimensions)
        self._known: dict[bytes, Vector] = {}
        self._read()

    @property
    def model(self) -> str:
        return self._embedder.model

    @property
    def threshold(self) -> float:
        """The model's safe similarity threshold."""
        return self._embedder.threshold

    def of(self, texts: Iterable[str]) -> dict[str, Vector]:
        """Return a vector for each text; embed those without one. Raises StoreError."""
        distinct = list(dict.fromkeys(texts))
        missing = sorted(
            (text for text in distinct if _digest(text) not in self._known), key=len
        )  # similar lengths share a batch
        if missing:
            asyncio.run(self._embed(missing))
        return {text: self._known[_digest(text)] for text in distinct}

    async def _embed(self, texts: list[str]) -> None:
        progress = Progress("loading the embedder")
        progress.show()
        fresh: dict[bytes, Vector] = {}
        try:
            await self._embedder.load()
            for start in range(0, len(texts), BATCH_SIZE):
                progress.task = f"embedding {bar(start, len(texts))}"
                progress.show()
                batch = texts[start : start + BATCH_SIZE]
                fresh |= zip(map(_digest, batch), await self._embedder.embed(batch, "query"), strict=True)
                if len(fresh) >= SAVE_INTERVAL_TEXTS:
                    self._write(fresh)
                    fresh = {}
        finally:
            self._write(fresh)
            progress.clear()
            await self._embedder.close()
            self._embedder = build_embedder(self._config)  # a new one for the next file: it is bound to this event loop

    def _read(self) -> None:
        for path in sorted(self._folder.glob("*.npz")):
            with np.load(path) as stored:
                self._known |= zip((bytes(digest) for digest in stored["digests"]), stored["vectors"], strict=True)

    def _write(self, fresh: dict[bytes, Vector]) -> None:
        if not fresh:
            return
        self._known |= fresh
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        digests = np.array([list(digest) for digest in fresh], np.uint8)
        name = hashlib.sha256(digests.tobytes()).hexdigest()[:16]
        unfinished = self._folder / f"{name}.unfinished"
        with unfinished.open("wb") as file:
            np.savez(file, digests=digests, vectors=np.stack(list(fresh.values())))
        unfinished.replace(self._folder / f"{name}.npz")


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
