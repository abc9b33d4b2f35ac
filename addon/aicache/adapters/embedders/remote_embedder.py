"""The local encoder of the process that owns the data folder, for the workers of `serve --workers`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aicache.adapters.embedders.encoder import PROBE_TEXTS
from aicache.adapters.embedders.input_text import truncate
from aicache.adapters.embedders.local import DIMENSIONS, MAX_TEXT_CHARS, LocalEmbedder
from aicache.adapters.unix_rpc.client import RpcClient
from aicache.domain.model import Vector
from aicache.domain.ports import Purpose, StoreError


class RemoteEmbedder:
    """A `LocalEmbedder` that another process has loaded: it puts the texts of all workers into batches."""

    model = LocalEmbedder.model
    dimensions = DIMENSIONS
    asymmetric = LocalEmbedder.asymmetric
    threshold = LocalEmbedder.threshold

    def __init__(self, owner: RpcClient) -> None:
        self._owner = owner

    async def load(self) -> None:
        """Wait until the other process has loaded the weights. Raises StoreError."""
        await self._owner.call("wait_ready")

    async def embed(self, texts: Sequence[str], purpose: Purpose, partition: str = "") -> Vector:
        cut = [truncate(text, MAX_TEXT_CHARS) for text in texts]
        rows = await self._owner.call("embedder.embed", self.model, cut, purpose, partition)
        if not isinstance(rows, bytes) or len(rows) != 4 * DIMENSIONS * len(texts):
            raise StoreError("local embedder: a reply that cannot be read")
        return np.frombuffer(rows, np.float32).reshape(len(texts), DIMENSIONS)

    async def probe(self) -> None:
        """Raise StoreError unless it encodes."""
        await self.embed(PROBE_TEXTS, "query")

    async def close(self) -> None:
        """Close nothing: the encoder goes on for other workers."""
