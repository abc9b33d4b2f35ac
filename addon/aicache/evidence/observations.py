"""Observations of neighbors: small values that proxies can merge in any order, and their encoding. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Annotated, NamedTuple

import msgspec

from aicache.evidence.neighbor_features import MAX_STEPS, NeighborFeatures

Steps = Annotated[int, msgspec.Meta(ge=-MAX_STEPS, le=MAX_STEPS)]
Word = Annotated[int, msgspec.Meta(ge=0, lt=2**32)]

MAX_PER_ENTRY, MAX_PER_MODEL = 16, 1024
"""Observations kept, the newest ones: older ones may describe answers that have changed."""
FULL_WEIGHT_PER_CALLER = 64
"""Observations of one caller that always have full weight."""
MAX_CLOCK_SKEW_S = 60
"""Seconds by which another proxy's clock may be ahead; observations from further ahead would always stay the newest."""


class Observation(NamedTuple):
    """The features of a neighbor, and whether its answer was the same as the fresh one.

    Observations sort by time; *nonce* (random, 32 bits) distinguishes two of the same second. *would_serve*: it was
    sampled among would-be hits, so it shows how often hits are wrong. *caller* is 16 bits of a credential's digest.
    """

    at: Word
    nonce: Word
    closeness: Steps
    margin: Steps
    right: bool
    would_serve: bool
    caller: Annotated[int, msgspec.Meta(ge=0, lt=2**16)]

    @property
    def features(self) -> NeighborFeatures:
        return NeighborFeatures(self.closeness, self.margin)


def merged(*lists: Iterable[Observation], keep: int, each: int | None = None) -> tuple[Observation, ...]:
    """Return the newest *keep* of all, newest first, and no more than *each* of one caller.

    Order and repetition make no difference, so proxies may write merged lists back without coordination.
    """
    kept: list[Observation] = []
    of_caller: Counter[int] = Counter()
    for observation in sorted(set().union(*lists), reverse=True):
        if len(kept) == keep:
            break
        if each is None or of_caller[observation.caller] < each:
            of_caller[observation.caller] += 1
            kept.append(observation)
    return tuple(kept)


def weights(observations: Sequence[Observation], capped: bool) -> list[float]:
    """Return the weight of each observation. Where callers share answers (*capped*), one caller's observations beyond
    the first `FULL_WEIGHT_PER_CALLER` are at most a quarter of all: a caller who floods the cache with questions does
    not shape the model for everybody else.
    """
    if not capped:
        return [1.0] * len(observations)
    of_caller = Counter(o.caller for o in observations)
    share = {c: min(1.0, max(FULL_WEIGHT_PER_CALLER, (len(observations) - n) / 3) / n) for c, n in of_caller.items()}
    return [share[o.caller] for o in observations]


def encode(observations: Sequence[Observation]) -> bytes:
    return msgspec.msgpack.encode(observations)


def decode(packed: bytes, now: float) -> tuple[Observation, ...]:
    """Return the observations that `encode` encoded, except those from the future. Raises ValueError."""
    try:
        observations = msgspec.msgpack.decode(packed, type=tuple[Observation, ...])
    except msgspec.DecodeError as exc:
        raise ValueError("not a list of observations") from exc
    return tuple(o for o in observations if o.at <= now + MAX_CLOCK_SKEW_S)
