"""What is known of one entry: whose answer it shares, and how its claims on other questions have come out. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from aicache.evidence.neighbor_features import NeighborFeatures
from aicache.evidence.observations import MAX_PER_ENTRY, Observation, decode, encode, merged
from aicache.evidence.risk_model import RiskModel, logistic

SHARE_OF_BAD_ENTRIES = 0.005
"""Share of entries that are not what their similarity says: ambiguous, about the asker, or planted."""
WRONG_WHEN_BAD = 0.5
"""How often such a one is wrong, however near."""
MAX_PER_CALLER = 3
"""Observations of one entry that one caller has a say in."""


@dataclass(frozen=True, slots=True)
class EntryRecord:
    """An entry's evidence. *group* names the answer: the key of the entry that was first to have it."""

    group: str
    observations: tuple[Observation, ...] = ()

    def with_observations(self, others: Iterable[Observation], *, capped: bool = False) -> EntryRecord:
        """Return the record with more observations; where callers share answers, each has `MAX_PER_CALLER` at most."""
        each = MAX_PER_CALLER if capped else None
        return EntryRecord(self.group, merged(self.observations, others, keep=MAX_PER_ENTRY, each=each))


def risk(curve: RiskModel, features: NeighborFeatures, record: EntryRecord) -> float:
    """Return the probability that the entry is wrong, seen like this.

    Either it is like all others and the curve holds, or it is a bad one. Every observation shifts the odds between the
    two by how much better the one explains it than the other: a single wrong answer where the curve was sure is enough
    to make it a suspect, and some right ones clear it. A wrong one never lowers the risk, a right one never raises it.
    """
    usual = curve.risk(features)
    odds = math.log(SHARE_OF_BAD_ENTRIES / (1 - SHARE_OF_BAD_ENTRIES))
    for seen in record.observations:
        wrong = min(curve.expected(seen.features), WRONG_WHEN_BAD)
        odds += math.log((1 - WRONG_WHEN_BAD) / (1 - wrong)) if seen.right else math.log(WRONG_WHEN_BAD / wrong)
    bad = logistic(odds)
    return max(usual, bad * WRONG_WHEN_BAD + (1 - bad) * usual)


def pack(record: EntryRecord) -> bytes:
    return msgspec.msgpack.encode((record.group, encode(record.observations)))


def unpack(packed: bytes, now: float) -> EntryRecord:
    """Read what `pack` wrote. Raises ValueError."""
    try:
        group, observations = msgspec.msgpack.decode(packed, type=tuple[str, bytes])
    except msgspec.DecodeError as exc:
        raise ValueError("not an entry's evidence") from exc
    return EntryRecord(group, decode(observations, now)[:MAX_PER_ENTRY])
