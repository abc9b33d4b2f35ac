"""Features of the nearest neighbor: how close it is, and how many other neighbors share its answer. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from aicache.evidence.embedding_space import EmbeddingSpace
from aicache.evidence.neighbor import MAX_COSINE, Neighbor

MAX_NEIGHBORS = 8
"""Neighbors to search for: fewer show less of the groups, more add nothing."""
MIN_BACKERS = MAX_NEIGHBORS // 2
"""Neighbors, itself included, that must share the candidate's answer for the lower minimum similarity."""

CLOSENESS_STEP, MARGIN_STEP = 1 / 32, 1 / 16
MAX_STEPS = 127
VOTE_SHARPNESS = 0.3
"""How fast a vote loses weight: e-fold for each ``unit / SHARPNESS`` of similarity (.1 with the local model)."""


class NeighborFeatures(NamedTuple):
    """A candidate as the risk model sees it, in whole steps, so that the stored value equals the one that was used."""

    closeness: int
    """``-log((1 - similarity) / unit)`` in steps of 1/32: 0 at the safe similarity, more is nearer."""
    margin: int
    """Log odds of a vote of the neighbors for the candidate's answer, weighted by similarity; steps of 1/16."""

    def vector(self) -> tuple[float, float, float]:
        """Return the values that the weights multiply, centered where traffic usually is."""
        return 1.0, self.closeness * CLOSENESS_STEP + 1.5, self.margin * MARGIN_STEP - 1.5


@dataclass(frozen=True, slots=True)
class Candidate:
    """The neighbor that would answer. *similarity* is reduced by what a guard requires."""

    key: str
    group: str
    similarity: float
    features: NeighborFeatures
    backers: int


def pick_candidate(seen: Sequence[Neighbor], space: EmbeddingSpace) -> Candidate | None:
    """Return the nearest neighbor that no guard refuses, if it reaches the minimum similarity.

    Neighbors that share its answer vote for it and all others against it: so a question between two answers differs
    from one amid many of the same, whatever the similarity of the nearest. Ties go to the smaller key, so that proxies
    that share a store agree. A similarity that no cosine can have is an error of the index; the neighbor is ignored.
    """
    real = sorted((s for s in seen if -MAX_COSINE <= s.similarity <= MAX_COSINE), key=lambda s: (-s.similarity, s.key))
    nearest = next((s for s in real if not s.refused), None)
    if nearest is None:
        return None
    candidate = candidate_for(nearest, real, space)
    least = space.min_backed_similarity if candidate.backers >= MIN_BACKERS else space.min_similarity
    return candidate if candidate.similarity >= least else None


def candidate_for(chosen: Neighbor, seen: Sequence[Neighbor], space: EmbeddingSpace) -> Candidate:
    """Return one of the neighbors as a candidate, however far it is; the others vote."""
    similarity = chosen.similarity - chosen.raised * space.unit
    backers = sum(s.group == chosen.group for s in seen)
    gap = max(1.0 - similarity, space.unit / 16)
    for_it = against = 0.0
    for s in seen:
        if s.group == chosen.group:
            for_it += _vote(s.similarity, space)
        else:
            against += _vote(s.similarity, space)
    margin = math.log(for_it / (against + _vote(space.unrelated_similarity, space)))
    features = NeighborFeatures(_steps(-math.log(gap / space.unit), CLOSENESS_STEP), _steps(margin, MARGIN_STEP))
    return Candidate(chosen.key, chosen.group, similarity, features, backers)


def lone_candidate(key: str, similarity: float, space: EmbeddingSpace) -> Candidate:
    """Return a candidate that another policy has chosen, without its fellow neighbors."""
    gap = max(1.0 - similarity, space.unit / 16)
    margin = math.log(_vote(similarity, space) / _vote(space.unrelated_similarity, space))
    features = NeighborFeatures(_steps(-math.log(gap / space.unit), CLOSENESS_STEP), _steps(margin, MARGIN_STEP))
    return Candidate(key, key, similarity, features, 1)


def _vote(similarity: float, space: EmbeddingSpace) -> float:
    return math.exp(VOTE_SHARPNESS * (similarity - 1.0) / space.unit)


def _steps(value: float, step: float) -> int:
    """Return the value in whole steps, rounded towards the more distant neighbor."""
    return max(-MAX_STEPS, min(MAX_STEPS, math.floor(value / step)))
