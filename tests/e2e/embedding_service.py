"""An embedder's service for real proxies, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from typing import Any

from demo.cloud.dashscope import EmbeddingStandIn
from fakes import LetterEmbedder


class EmbeddingService:
    """A stand-in for DashScope's embeddings, and for OpenAI's, whose vectors count letters."""

    def __init__(self) -> None:
        letters = LetterEmbedder()

        async def embed(texts: list[str]) -> Sequence[Sequence[float]]:
            rows: Sequence[Sequence[float]] = (await letters.embed(texts, "document")).tolist()
            return rows

        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self.stand_in = EmbeddingStandIn(embed)
        self.run(self.stand_in.__aenter__())

    def times(self, text: str) -> int:
        """Return how often a text has been embedded."""
        return sum(each.texts.count(text) for each in self.stand_in.parsed)

    def run(self, work: Coroutine[Any, Any, object]) -> None:
        """Run something in the same thread, and wait for its end."""
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def close(self) -> None:
        self.run(self.stand_in.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
