"""Stores, indexes and embedders that fail or hang, and an embedder that needs no model: small real classes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from aicache.adapters.memory import MemoryIndex, MemoryStore
from aicache.domain.judging import JudgeQuestion, JudgeReply
from aicache.domain.model import Vector
from aicache.domain.ports import Purpose, StoreError


class LetterEmbedder:
    """An Embedder that counts letters, so texts spelled alike are similar. All that is no letter counts as one."""

    model = "letters"
    dimensions = 27
    asymmetric = False
    threshold = 0.95

    async def embed(self, texts: Sequence[str], purpose: Purpose, partition: str = "") -> Vector:
        rows = np.zeros((len(texts), self.dimensions), np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[26] = 0.1  # a direction even for no text at all
            for char in text.lower():
                row[ord(char) - ord("a") if "a" <= char <= "z" else 26] += 1
            row /= np.linalg.norm(row)
        return rows

    async def close(self) -> None: ...


async def _broken(*_: Any) -> Any:
    raise StoreError("broken, as it should be")


async def _hanging(*_: Any) -> Any:
    await asyncio.Event().wait()


class BrokenStore(MemoryStore):
    """An ExactStore that fails at everything but `close`."""

    get = find = put = delete = delete_aliases = scan = remember = remembers = staticmethod(_broken)  # type: ignore[assignment]
    find_flags = get_blobs = put_blob = increment = get_higress_answer = acquire_lease = staticmethod(_broken)  # type: ignore[assignment]


class HangingStore(MemoryStore):
    """An ExactStore that never answers, and closes."""

    get = find = put = delete = delete_aliases = scan = remember = remembers = staticmethod(_hanging)  # type: ignore[assignment]
    find_flags = get_blobs = put_blob = increment = get_higress_answer = acquire_lease = staticmethod(_hanging)  # type: ignore[assignment]


class BrokenIndex(MemoryIndex):
    search = search_all = upsert = delete = sweep = staticmethod(_broken)  # type: ignore[assignment]


class HangingIndex(MemoryIndex):
    search = search_all = upsert = delete = sweep = staticmethod(_hanging)  # type: ignore[assignment]


class BrokenEmbedder(LetterEmbedder):
    embed = staticmethod(_broken)  # type: ignore[assignment]


class HangingEmbedder(LetterEmbedder):
    embed = staticmethod(_hanging)  # type: ignore[assignment]


class NeighborOracle:
    """A NeighborJudge that says what *says* returns or raises, after *delay* seconds, and keeps what it was asked."""

    model, version = "oracle", "1"

    def __init__(self, says: Callable[[JudgeQuestion], bool | None], delay: float = 0.0) -> None:
        self.says, self.delay = says, delay
        self.asked: list[JudgeQuestion] = []

    async def may_answer(self, question: JudgeQuestion) -> JudgeReply:
        self.asked.append(question)
        await asyncio.sleep(self.delay)
        return JudgeReply(self.says(question), 100, 1)
