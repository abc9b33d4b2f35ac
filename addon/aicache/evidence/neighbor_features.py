"""What one look at the neighbours shows: how close the nearest is, and which others have its answer. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from aicache.evidence.embedding_space import EmbeddingSpace
from aicache.evidence.neighbor import Neighbor

MAX_NEIGHBORS = 8
"""Neighbours to ask the index for: fewer show less of the groups, more add nothing."""
MIN_BACKERS = MAX_NEIGHBORS // 2
"""Neighbours, itself included, that must share the candidate's answer for the lower limit."""

CLOSENESS_STEP, MARGIN_STEP = 1 / 32, 1 / 16
MAX_STEPS = 127
SHARPNESS = 0.3
"""How fast a vote loses weight: e-fold for each ``unit / SHARPNESS`` of similarity (.1 with the local model)."""


class NeighborFeatures(NamedTuple):
    """A candidate as the curve sees it, in whole steps, so that what is stored is what was judged."""

    closeness: int
    """``-log((1 - similarity) / unit)`` in steps of 1/32: 0 at the safe similarity, more is nearer."""
    margin: int
    """Log odds of a vote of the neighbours, each by its similarity, for the candidate's answer; steps of 1/16."""

    def vector(self) -> tuple[float, float, float]:
        """Return what the curve's weights are for, centred where traffic usually is."""
        return 1.0, self.closeness * CLOSENESS_STEP + 1.5, self.margin * MARGIN_STEP - 1.5


@dataclass(frozen=True, slots=True)
class Candidate:
    """The neighbour that would answer. *similarity* is less what a guard took from it."""

    key: str
    group: str
    similarity: float
    features: NeighborFeatures
    backers: int


def pick_candidate(seen: Sequence[Neighbor], space: EmbeddingSpace) -> Candidate | None:
    """Return the nearest neighbour that no guard refuses, when it passes the hard limits.

    Neighbours that share its answer speak for it and all others against it: a question between two answers is told from
    one amid many of the same, whatever its nearest neighbour's similarity. Ties go to the smaller key, so that two
    proxies that share a store agree; what no cosine can be is the index's mistake, and the neighbour is not there.
    """
    real = sorted((s for s in seen if -1.001 <= s.similarity <= 1.001), key=lambda s: (-s.similarity, s.key))
    nearest = next((s for s in real if not s.refused), None)
    if nearest is None:
        return None
    similarity = nearest.similarity - nearest.raised * space.unit
    backers = sum(s.group == nearest.group for s in real)
    if similarity < (space.backed_limit if backers >= MIN_BACKERS else space.limit):
        return None
    gap = max(1.0 - similarity, space.unit / 16)
    for_it = against = 0.0
    for s in real:
        if s.group == nearest.group:
            for_it += _vote(s.similarity, space)
        else:
            against += _vote(s.similarity, space)
    margin = math.log(for_it / (against + _vote(space.background, space)))
    features = NeighborFeatures(_steps(-math.log(gap / space.unit), CLOSENESS_STEP), _steps(margin, MARGIN_STEP))
    return Candidate(nearest.key, nearest.group, similarity, features, backers)


def lone_candidate(key: str, similarity: float, space: EmbeddingSpace) -> Candidate:
    """Return a neighbour that another policy has chosen, seen without the others."""
    gap = max(1.0 - similarity, space.unit / 16)
    margin = math.log(_vote(similarity, space) / _vote(space.background, space))
    features = NeighborFeatures(_steps(-math.log(gap / space.unit), CLOSENESS_STEP), _steps(margin, MARGIN_STEP))
    return Candidate(key, key, similarity, features, 1)


def _vote(similarity: float, space: EmbeddingSpace) -> float:
    return math.exp(SHARPNESS * (similarity - 1.0) / space.unit)


def _steps(value: float, step: float) -> int:
    """Return the value in whole steps, rounded down, to where the neighbour is further."""
    return max(-MAX_STEPS, min(MAX_STEPS, math.floor(value / step)))
