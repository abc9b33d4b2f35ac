"""Several encoders as one, each with a batch at a time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence

from aicache.adapters.embedders.encoder import Encoder
from aicache.adapters.embedders.local_process import EncodingError
from aicache.domain.model import Vector
from aicache.domain.ports import StoreError


class EncoderPool:
    """Gives each batch to the encoder with the fewest, and to another one where that is not there."""

    def __init__(self, encoders: Sequence[Encoder]) -> None:
        self._encoders = encoders
        self._batches: Counter[int] = Counter()  # under way, by the encoder's place

    async def start(self) -> None:
        await asyncio.gather(*(each.start() for each in self._encoders))

    async def encode(self, texts: list[str]) -> Vector:
        failed: StoreError | None = None
        for place in sorted(range(len(self._encoders)), key=lambda place: self._batches[place]):
            self._batches[place] += 1
            try:
                return await self._encoders[place].encode(texts)
            except EncodingError:  # of these texts
                raise
            except StoreError as exc:
                failed = exc
            finally:
                self._batches[place] -= 1
        assert failed is not None
        raise failed

    def when_restored(self, callback: Callable[[], None]) -> None:
        for each in self._encoders:
            each.when_restored(callback)

    async def close(self) -> None:
        await asyncio.gather(*(each.close() for each in self._encoders))
