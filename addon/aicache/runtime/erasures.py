"""How a process hears of what another one has deleted, or was told is wrong: each remembers something of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from aicache.adapters.unix_rpc.server import Procedure
from aicache.domain.caller_digests import CallerMatcher
from aicache.domain.events import Erased
from aicache.domain.judging import JudgeQuestion
from aicache.engine import Engine


def erasure_procedures(engine: Engine, is_told: Callable[[bool], None] = lambda told: None) -> Mapping[str, Procedure]:
    """Return the procedures by which a process hears of erasures; *is_told* is called around each, with True first."""

    async def erasing(packed: bytes) -> None:
        engine.erasures.remember(msgspec.msgpack.decode(packed, type=CallerMatcher | None))

    async def erased(packed: bytes) -> None:
        event = msgspec.msgpack.decode(packed, type=Erased)
        is_told(True)
        try:
            engine.erased(event)
        finally:
            is_told(False)

    return {"erasing": erasing, "erased": erased}


def correction_procedures(engine: Engine) -> Mapping[str, Procedure]:
    """Return the procedures by which a process hears of answers that were wrong."""

    async def withdrawn(key: str) -> None:
        engine.backends.evict(key)

    async def contradicted(packed: bytes) -> None:
        question, segment = msgspec.msgpack.decode(packed, type=tuple[JudgeQuestion, str])
        engine.backends.contradict(question, segment)

    return {"withdrawn": withdrawn, "contradicted": contradicted}
