"""The evidence on one traffic segment that all proxies share: a value that merges in any order, and its encoding. Pure.

The caller defines segments, by scope and model for example. Questions of one segment share a risk model.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from aicache.evidence.error_bound import ServingLevel
from aicache.evidence.observations import MAX_PER_MODEL, Observation, decode, encode, merged

VERSION = 1
"""Version of the encoding. Other versions are ignored: new evidence is soon collected."""
MAX_PER_CALLER = MAX_PER_MODEL // 4
"""Observations of one caller where callers share answers, so that no caller displaces all others."""

_SEVERITY = (ServingLevel.LEARNED, ServingLevel.FROZEN, ServingLevel.OFF)


@dataclass(frozen=True, slots=True)
class SharedState:
    """The evidence of one segment. Each *generation* has a tally of its own (`error_bound.Tally`), by its number."""

    generation: int = 0
    serving_level: ServingLevel = ServingLevel.LEARNED
    observations: tuple[Observation, ...] = ()

    def merged(self, other: SharedState, *, capped: bool = False) -> SharedState:
        """Return the merged state: the later generation's serving level, the stricter one of equal generations."""
        later = max(self, other, key=lambda shared: (shared.generation, _SEVERITY.index(shared.serving_level)))
        each = MAX_PER_CALLER if capped else None
        observations = merged(self.observations, other.observations, keep=MAX_PER_MODEL, each=each)
        return SharedState(later.generation, later.serving_level, observations)


def pack(shared: SharedState) -> bytes:
    return msgspec.msgpack.encode((VERSION, shared.generation, shared.serving_level, encode(shared.observations)))


def unpack(packed: bytes, now: float) -> SharedState:
    """Return the state that `pack` packed. Raises ValueError."""
    try:
        version, generation, serving_level, observations = msgspec.msgpack.decode(
            packed, type=tuple[int, int, ServingLevel, bytes]
        )
    except msgspec.DecodeError as exc:
        raise ValueError("not the evidence of a traffic segment") from exc
    if version != VERSION or generation < 0:
        raise ValueError("evidence in another version of the encoding")
    return SharedState(generation, serving_level, decode(observations, now)[:MAX_PER_MODEL])
