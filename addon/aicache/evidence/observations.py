"""What was seen of neighbours: small values that proxies merge in any order, and their bytes. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Annotated, NamedTuple

import msgspec

from aicache.evidence.neighbor_features import MAX_STEPS, NeighborFeatures

Steps = Annotated[int, msgspec.Meta(ge=-MAX_STEPS, le=MAX_STEPS)]
Word = Annotated[int, msgspec.Meta(ge=0, lt=2**32)]

MAX_PER_ENTRY, MAX_PER_MODEL = 16, 1024
"""How many are kept: the newest, so that what has changed is forgotten."""
FULL_WEIGHT_PER_CALLER = 64
"""One caller's observations that a curve believes fully, whoever else is there."""
MAX_CLOCK_SKEW_S = 60
"""Seconds that another proxy's clock may be ahead; what is from later than that would stay the newest for ever."""


class Observation(NamedTuple):
    """Once, a neighbour was seen like this, and the fresh answer was the same as its own, or not.

    They sort by time; *nonce* (random, 32 bits) tells two of the same second apart. *would* says that it was to be
    served: such ones, drawn by lot, show how often hits are wrong. *caller* is 16 bits of a credential's digest.
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

    The same whatever comes first, however often: two proxies may write back what they merged without asking.
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
    """Read what `encode` wrote, less what is from the future. Raises ValueError."""
    try:
        observations = msgspec.msgpack.decode(packed, type=tuple[Observation, ...])
    except msgspec.DecodeError as exc:
        raise ValueError("not a list of observations") from exc
    return tuple(o for o in observations if o.at <= now + MAX_CLOCK_SKEW_S)
