"""The evidence on one entry: the group of its answer, and whether it was right for other questions. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from aicache.evidence.neighbor_features import NeighborFeatures
from aicache.evidence.observations import MAX_PER_ENTRY, Observation, decode, encode, merged
from aicache.evidence.risk_model import RiskModel, logistic

SHARE_OF_BAD_ENTRIES = 0.003
"""Share of entries whose similarity misleads: ambiguous, about the caller, or planted."""
WRONG_WHEN_BAD = 0.5
"""Probability that such an entry is wrong, however near."""
MAX_SUSPICION = 0.1
"""Probability of being bad above which an entry is not served until some right answers have cleared it."""
MAX_PER_CALLER = 3
"""Observations of one entry that one caller may contribute."""


@dataclass(frozen=True, slots=True)
class EntryRecord:
    """The evidence on an entry. *group* names its answer, by the key of the first entry that had it."""

    group: str
    observations: tuple[Observation, ...] = ()

    def with_observations(self, others: Iterable[Observation], *, capped: bool = False) -> EntryRecord:
        """Return the record with more observations; *capped*: at most `MAX_PER_CALLER` of one caller."""
        each = MAX_PER_CALLER if capped else None
        return EntryRecord(self.group, merged(self.observations, others, keep=MAX_PER_ENTRY, each=each))


def risk(model: RiskModel, features: NeighborFeatures, record: EntryRecord) -> float:
    """Return the probability that the entry is wrong, given its features and record.

    Either it is like all others and the risk model holds, or it is bad. Every observation shifts the odds of the two by
    their likelihood ratio: one wrong answer where the model was certain makes the entry a suspect, and some right ones
    clear it. A wrong answer never lowers the risk, a right one never raises it.
    """
    usual = model.risk(features)
    odds = math.log(SHARE_OF_BAD_ENTRIES / (1 - SHARE_OF_BAD_ENTRIES))
    for seen in record.observations:
        wrong = min(model.expected(seen.features), WRONG_WHEN_BAD)
        odds += math.log((1 - WRONG_WHEN_BAD) / (1 - wrong)) if seen.right else math.log(WRONG_WHEN_BAD / wrong)
    bad = logistic(odds)
    if bad > MAX_SUSPICION:
        return max(usual, WRONG_WHEN_BAD)
    return max(usual, bad * WRONG_WHEN_BAD + (1 - bad) * usual)


def pack(record: EntryRecord) -> bytes:
    return msgspec.msgpack.encode((record.group, encode(record.observations)))


def unpack(packed: bytes, now: float) -> EntryRecord:
    """Return the record that `pack` packed. Raises ValueError."""
    try:
        group, observations = msgspec.msgpack.decode(packed, type=tuple[str, bytes])
    except msgspec.DecodeError as exc:
        raise ValueError("not the record of an entry") from exc
    return EntryRecord(group, decode(observations, now)[:MAX_PER_ENTRY])
