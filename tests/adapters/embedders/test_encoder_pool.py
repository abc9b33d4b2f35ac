"""A pool of encoders: batches at once, and one that is not there costs none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np
import pytest

from aicache.adapters.embedders.encoder_pool import EncoderPool
from aicache.adapters.embedders.local import DIMENSIONS, LocalEmbedder
from aicache.adapters.embedders.local_process import EncodingError
from aicache.domain.model import Vector
from aicache.domain.ports import StoreError


class Slow:
    """An Encoder that encodes once it is told to, or raises *error*."""

    def __init__(self, error: StoreError | None = None) -> None:
        self._error = error
        self.batches: list[list[str]] = []
        self.go, self.state = asyncio.Event(), "new"
        self.restored: Callable[[], None] = lambda: None

    async def start(self) -> None:
        self.state = "started"

    async def encode(self, texts: list[str]) -> Vector:
        self.batches.append(texts)
        if self._error is not None:
            raise self._error
        await self.go.wait()
        return np.ones((len(texts), DIMENSIONS), np.float32)

    def when_restored(self, callback: Callable[[], None]) -> None:
        self.restored = callback

    async def close(self) -> None:
        self.state = "closed"


async def test_each_batch_goes_to_the_encoder_with_the_fewest() -> None:
    encoders = [Slow(), Slow()]
    embedder = LocalEmbedder(EncoderPool(encoders), encoders=2)
    await embedder.load()

    asking = []
    for number, encoder in enumerate(encoders):
        asking.append(asyncio.ensure_future(embedder.embed([f"{number}"], "query")))
        async with asyncio.timeout(5):
            while not encoder.batches:
                await asyncio.sleep(0)
    for each in encoders:
        each.go.set()

    assert all(row.shape == (1, DIMENSIONS) for row in await asyncio.gather(*asking))
    await embedder.close()
    assert [each.state for each in encoders] == ["closed", "closed"]


async def test_where_one_is_not_there_another_encodes() -> None:
    gone, there = Slow(StoreError("its process has ended")), Slow()
    there.go.set()

    rows = await EncoderPool([gone, there]).encode(["a", "b"])

    assert (rows.shape, gone.batches) == ((2, DIMENSIONS), [["a", "b"]])


async def test_a_text_that_cannot_be_encoded_is_tried_once_and_all_that_fail_are_a_failure() -> None:
    bad, spare = Slow(EncodingError("MemoryError")), Slow()
    with pytest.raises(EncodingError):
        await EncoderPool([bad, spare]).encode(["a"])
    assert spare.batches == []

    with pytest.raises(StoreError, match="last"):
        await EncoderPool([Slow(StoreError("first")), Slow(StoreError("last"))]).encode(["a"])


async def test_each_tells_that_it_works_again() -> None:
    encoders, told = [Slow(), Slow()], []
    EncoderPool(encoders).when_restored(lambda: told.append(1))

    for each in encoders:
        each.restored()

    assert told == [1, 1]
