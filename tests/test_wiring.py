"""The parts are brought up beside the traffic, and the end does not depend on how far they are."""

from __future__ import annotations

import asyncio
from pathlib import Path

from aicache.config import Config
from aicache.ports import StoreError
from aicache.wiring import Wiring


class Stubborn(Wiring):
    """Its parts start for ever, and fail to end when they are told to."""

    begun = False

    async def _converge(self, config: Config, data: Path) -> None:
        self.begun = True
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise StoreError("vector index: not finished within 5 s") from None


async def test_a_part_that_fails_to_end_while_it_starts_holds_the_end_up_no_longer(tmp_path: Path) -> None:
    wiring = Stubborn(Config(), tmp_path)
    wiring.start()
    while not wiring.begun:
        await asyncio.sleep(0)

    async with asyncio.timeout(5):
        await wiring.close()
