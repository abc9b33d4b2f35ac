"""What all proxies know of one kind of traffic, as a value that merges in any order, and its bytes. Pure.

A *kind* is whatever its caller takes for one: a scope and a model, say. Questions of one kind share a curve.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from aicache.evidence.error_bound import ServingLevel
from aicache.evidence.observations import MAX_PER_MODEL, Observation, decode, encode, merged

VERSION = 1
"""Of the bytes. Others are not read: evidence is soon gathered again."""
MAX_PER_CALLER = MAX_PER_MODEL // 4
"""Observations that one caller may have in a curve whose answers callers share, so that none pushes out all others."""

_SEVERITY = (ServingLevel.LEARNED, ServingLevel.FROZEN, ServingLevel.OFF)


@dataclass(frozen=True, slots=True)
class SharedState:
    """One kind's evidence. Each *generation* has an account of its own (`bound.Tally`), under its number."""

    generation: int = 0
    serving_level: ServingLevel = ServingLevel.LEARNED
    observations: tuple[Observation, ...] = ()

    def merged(self, other: SharedState, *, capped: bool = False) -> SharedState:
        """Return what both know together: the later generation's standing, and of two the stricter."""
        later = max(self, other, key=lambda shared: (shared.generation, _SEVERITY.index(shared.serving_level)))
        each = MAX_PER_CALLER if capped else None
        together = merged(self.observations, other.observations, keep=MAX_PER_MODEL, each=each)
        return SharedState(later.generation, later.serving_level, together)


def pack(shared: SharedState) -> bytes:
    return msgspec.msgpack.encode((VERSION, shared.generation, shared.serving_level, encode(shared.observations)))


def unpack(packed: bytes, now: float) -> SharedState:
    """Read what `pack` wrote. Raises ValueError."""
    try:
        version, generation, serving_level, observations = msgspec.msgpack.decode(
            packed, type=tuple[int, int, ServingLevel, bytes]
        )
    except msgspec.DecodeError as exc:
        raise ValueError("not a kind's evidence") from exc
    if version != VERSION or generation < 0:
        raise ValueError("a kind's evidence of another version")
    return SharedState(generation, serving_level, decode(observations, now)[:MAX_PER_MODEL])
