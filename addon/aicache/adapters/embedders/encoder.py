"""The encoder of texts on this machine, in a process or in a thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol, TypeAlias

from aicache.domain.model import Vector

PROBE_TEXTS: Final = ["warm"]
"""Texts that every working encoder can encode."""

Encode: TypeAlias = Callable[[list[str]], Vector]
"""Texts to one row each, not yet normalized. Blocks."""


class Encoder(Protocol):
    """Texts to one row each, not yet normalized. One batch at a time; raises StoreError, or what the library raises."""

    async def start(self) -> None:
        """Load the weights, unless they are loaded."""

    async def encode(self, texts: list[str]) -> Vector: ...

    def when_restored(self, callback: Callable[[], None]) -> None:
        """Call *callback* whenever it works again after a failure."""

    async def close(self) -> None: ...
