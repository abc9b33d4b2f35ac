"""The probability that a neighbor is wrong, by its features: a logistic model for each traffic segment. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aicache.evidence.embedding_space import Matrix, Prior, dot
from aicache.evidence.neighbor_features import NeighborFeatures
from aicache.evidence.observations import Observation, weights

CAUTION_STD_DEVS = 0.4
"""Standard deviations by which a risk is raised, for the uncertainty of the weights."""
MIN_RISK = 0.001
"""Smallest risk of any neighbor: labels, judge models and upstreams err."""
HALF_LIFE_OBSERVATIONS = 400.0
"""Observations after which an older one counts half, since traffic changes."""
RECENT_OBSERVATIONS = 48
"""Newest observations, in which a change of the traffic shows first ..."""
RECENT_VARIANCE = 1.0
"""... and the variance, in log odds, of how far it may have moved."""
PRIOR_FADES_AFTER = 50.0
"""Observations after which the prior counts half: a wrong one must not last."""
PRIOR_WRONG_HITS = 6.0
"""Weight of the model's own expectation, in wrong hits, against the checked hits."""
MIN_FACTOR, MAX_FACTOR = 0.5, 4.0
NEAR_RISK = 0.2
"""Fitted risk below which every observation corrects the model: hits that were checked are few, and neighbors that were
just too risky to serve are compared every time. Checked hits alone can only raise risks."""


@dataclass(frozen=True, slots=True)
class RiskModel:
    """``P(right) = logistic(weights · features)``, corrected by recent observations."""

    weights: tuple[float, float, float]
    covariance: tuple[tuple[float, ...], ...]
    drift: float = 0.0
    """Log odds, never above 0, by which the newest observations were worse than the rest, beyond chance."""
    factor: float = 1.0
    """How many times as often as expected the checked hits, and the neighbors of little risk, were wrong."""

    def expected(self, features: NeighborFeatures) -> float:
        """Return the fitted probability that the neighbor is wrong, without any caution."""
        return _floored(logistic(-dot(self.weights, features.vector())))

    def risk(self, features: NeighborFeatures) -> float:
        """Return the probability that the neighbor is wrong, raised by its uncertainty."""
        vector = features.vector()
        spread = math.sqrt(sum(a * dot(row, vector) for a, row in zip(vector, self.covariance, strict=True)))
        odds = dot(self.weights, vector) + self.drift - CAUTION_STD_DEVS * spread
        return min(1.0, self.factor * _floored(logistic(-odds)))


def fit(observations: Sequence[Observation], prior: Prior, *, capped: bool = False) -> RiskModel:
    """Return the model fitted to observations, newest first; without any it is the prior."""
    mean, precision = np.array(prior.mean), prior.precision()
    if not observations:
        return _risk_model(mean, _inverse(precision))
    features = np.array([o.features.vector() for o in observations])
    right = np.array([o.right for o in observations], dtype=np.float64)
    worth = np.array(weights(observations, capped)) * 0.5 ** (np.arange(len(observations)) / HALF_LIFE_OBSERVATIONS)
    precision /= 1 + len(observations) / PRIOR_FADES_AFTER
    at, covariance = _fit_weights(features, right, worth, mean, precision)
    odds = features @ at
    shift, doubt = _fit_shift(odds[:RECENT_OBSERVATIONS], right[:RECENT_OBSERVATIONS], worth[:RECENT_OBSERVATIONS])
    drift = min(0.0, shift + doubt)
    least = MIN_FACTOR if drift == 0 else 1.0  # good results before the traffic changed are no credit
    checked = np.array([o.would_serve for o in observations])
    fitted = _wrong(odds)
    of_near = _wrong_as_expected(1 - right, fitted, worth * (checked | (fitted < NEAR_RISK)))
    of_checked = _wrong_as_expected(1 - right, fitted, worth * checked)
    factor = min(MAX_FACTOR, max(least, of_near, of_checked if of_checked > 1 else 0.0))
    return _risk_model(at, covariance, drift, factor)


def logistic(odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-odds)) if odds > -700 else 0.0


def _risk_model(at: Matrix, covariance: Matrix, drift: float = 0.0, factor: float = 1.0) -> RiskModel:
    first, second, third = (float(w) for w in at)
    return RiskModel((first, second, third), tuple(tuple(map(float, row)) for row in covariance), drift, factor)


def _fit_weights(
    features: Matrix, right: Matrix, worth: Matrix, mean: Matrix, precision: Matrix
) -> tuple[Matrix, Matrix]:
    """Return the most likely weights and their covariance (Laplace's approximation), by Newton's method.

    Each step is halved until it is an improvement: whole steps have been seen to diverge. A closer neighbor, or one
    with more votes, is never more likely wrong: a weight that would say so is fixed at 0.
    """

    def loss(w: Matrix) -> float:
        odds = features @ w
        return float(worth @ (np.logaddexp(0.0, odds) - right * odds) + 0.5 * (w - mean) @ precision @ (w - mean))

    def slope(w: Matrix) -> tuple[Matrix, Matrix]:
        p = 1.0 - _wrong(features @ w)
        curvature = (features * (worth * p * (1 - p))[:, None]).T @ features + precision
        return features.T @ (worth * (right - p)) - precision @ (w - mean), curvature

    at, free = mean.copy(), np.ones(len(mean), dtype=bool)
    while True:
        value = loss(at)
        for _ in range(30):
            gradient, curvature = slope(at)
            step = np.zeros(len(at))
            step[free] = np.linalg.solve(curvature[np.ix_(free, free)], gradient[free])
            while (better := loss(at + step)) > value and np.abs(step).max() > 1e-9:
                step /= 2
            if better > value:
                break
            at, gained, value = at + step, value - better, better
            if gained < 1e-9:
                break
        below = free & (at < 0) & np.array([False, True, True])
        if not below.any():
            return at, _inverse(slope(at)[1])
        free, at = free & ~below, np.where(below, 0.0, at)


def _fit_shift(odds: Matrix, right: Matrix, worth: Matrix) -> tuple[float, float]:
    """Return the shift in log odds that fits the observations best, shrunk towards 0, and its standard deviation."""
    shift = 0.0
    for _ in range(20):
        p = 1.0 - _wrong(odds + shift)
        gradient = float(worth @ (right - p)) - shift / RECENT_VARIANCE
        curvature = float(worth @ (p * (1 - p))) + 1 / RECENT_VARIANCE
        shift += max(-1.0, min(1.0, gradient / curvature))
    return shift, 1 / math.sqrt(curvature)


def _wrong_as_expected(wrong: Matrix, fitted: Matrix, worth: Matrix) -> float:
    """Return how many times as often as fitted observations were wrong, shrunk towards 1."""
    return (float(worth @ wrong) + PRIOR_WRONG_HITS) / (float(worth @ fitted) + PRIOR_WRONG_HITS)


def _inverse(matrix: Matrix) -> Matrix:
    return np.asarray(np.linalg.inv(matrix), dtype=np.float64)


def _wrong(odds: Matrix) -> Matrix:
    return np.asarray(1.0 / (1.0 + np.exp(np.clip(odds, -30, 30))))


def _floored(wrong: float) -> float:
    return MIN_RISK + (1 - MIN_RISK) * wrong
