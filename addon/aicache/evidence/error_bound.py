"""Upper bound of the error rate from checked hits, and the decision to stop or resume serving. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

CONFIDENCE = 0.95
"""Confidence of the reported bound."""
STOP_CONFIDENCE = 0.8
"""Confidence that the error is too large, required to stop serving: a needless stop costs only hits."""
RESUME_CONFIDENCE = 0.9
"""Confidence that the error is small enough, required to resume serving."""
MIN_CHECKED_TO_RESUME = 50
"""Checked hits required to resume serving."""
CHECKED_PER_TALLY = 400
"""Checked hits after which a new tally begins. The one before it still counts, then it is dropped."""

_BET_EXPONENTS = (12.0, 4.0, 2.5, 1.75, 1.25, 0.9, 0.65, 0.45, 0.3, 0.2, 0.12, 0.07)
"""Values of ``b`` in `upper_bound`: each is the best one for some share of wrong hits among the checked ones."""


class ServingLevel(StrEnum):
    """Which hits by meaning may be served."""

    LEARNED = "learned"
    """Hits that the evidence allows."""
    FROZEN = "frozen"
    """Of these, only hits at or above the model's safe similarity."""
    OFF = "off"
    """No hits; would-be hits go upstream, so each is checked at no extra cost."""


_COUNTERS = {
    "requests": "requests",
    "hits": "hits",
    "checked": "judged",
    "wrong": "wrong",
    "safe_hits": "safe_hits",
    "safe_checked": "safe_judged",
    "safe_wrong": "safe_wrong",
}
"""The fields of a `Tally`, and the names of the counters that all proxies share."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts over a stretch of traffic. They add up in any order, so proxies share them by increments."""

    requests: int = 0
    hits: int = 0
    """Served, or withheld only for a check or by the serving level."""
    checked: int = 0
    """Hits that were sampled, sent upstream, and found right or wrong."""
    wrong: int = 0
    safe_hits: int = 0
    """The same three counts for hits at or above the safe similarity only."""
    safe_checked: int = 0
    safe_wrong: int = 0

    @classmethod
    def from_counters(cls, counters: Mapping[str, int]) -> Tally:
        """Return a tally of shared counters; a missing one is 0."""
        return cls(**{field: counters.get(name, 0) for field, name in _COUNTERS.items()})

    def to_counters(self) -> dict[str, int]:
        """Return the counts under their stored names."""
        return {name: getattr(self, field) for field, name in _COUNTERS.items()}

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def safe(self) -> Tally:
        """Return the tally of traffic in which only hits at or above the safe similarity are served."""
        counts = (self.safe_hits, self.safe_checked, self.safe_wrong)
        return Tally(self.requests, *counts, *counts)

    def max_hit_error(self, confidence: float = CONFIDENCE) -> float:
        """Return the upper bound of the share of wrong hits among the hits."""
        return upper_bound(self.checked, self.wrong, confidence)

    def max_overall_error(self, confidence: float = CONFIDENCE) -> float:
        """Return the upper bound of the share of wrong hits among all requests, misses included, as in ``max_error``.

        The hits' share is counted, not estimated, so only the checked ones' error is uncertain.
        """
        return self.max_hit_error(confidence) * self.hits / self.requests if self.requests else 1.0


def upper_bound(checked: int, wrong: int, confidence: float = CONFIDENCE) -> float:
    """Return an upper bound of the mean probability of a wrong hit, valid at every number of checks at once.

    For any fixed ``b > 0`` the product over the checks of ``exp(-b X) / (1 - p (1 - exp(-b)))`` is a nonnegative
    martingale with the true conditional ``p``; so is a mixture over several ``b``, and by Ville's inequality it ever
    passes ``1 / (1 - confidence)`` with that probability at most. As the arithmetic mean is the larger, the product at
    the mean ``m`` of all ``p`` is no larger, so the rates may change from check to check, and one may look
    and stop at any time (Howard, Ramdas, McAuliffe, Sekhon 2021, "Time-uniform, nonparametric, nonasymptotic confidence
    sequences", sub-Bernoulli; Waudby-Smith, Ramdas 2024, "Estimating means of bounded random variables by betting").
    """
    if checked <= 0:
        return 1.0
    limit = -math.log(1 - confidence)
    low, high = wrong / checked, 1.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if _log_wealth(checked, wrong, middle) < limit else (low, middle)
    return high


def lower_bound(checked: int, wrong: int, confidence: float = CONFIDENCE) -> float:
    """Return a lower bound of the same mean, valid in the same way: one minus the upper bound of right hits."""
    return 1.0 - upper_bound(checked, checked - wrong, confidence)


def next_serving_level(serving_level: ServingLevel, tally: Tally, max_error: float) -> ServingLevel:
    """Return the next serving level. A new tally begins with every change, and after `CHECKED_PER_TALLY` checks.

    One level down when more than *max_error* of all requests are likely answered wrong; up when it is very likely that
    they would not be. In between the level stays.
    """
    match serving_level:
        case ServingLevel.LEARNED:
            return ServingLevel.FROZEN if _min_error(tally) > max_error else serving_level
        case ServingLevel.FROZEN | ServingLevel.OFF:
            if tally.checked >= MIN_CHECKED_TO_RESUME and tally.max_overall_error(RESUME_CONFIDENCE) <= max_error:
                return ServingLevel.LEARNED
            return ServingLevel.OFF if _min_error(tally.safe()) > max_error else serving_level


def _min_error(tally: Tally) -> float:
    if not tally.checked or not tally.requests:
        return 0.0
    return lower_bound(tally.checked, tally.wrong, STOP_CONFIDENCE) * tally.hits / tally.requests


def _log_wealth(checked: int, wrong: int, mean: float) -> float:
    """Return the logarithm of the wealth, from a capital of 1, of bets that the mean is smaller than *mean*."""
    log_wealths = [
        -b * wrong - checked * math.log1p(mean * math.expm1(-b)) - math.log(len(_BET_EXPONENTS)) for b in _BET_EXPONENTS
    ]
    top = max(log_wealths)
    return top + math.log(sum(math.exp(each - top) for each in log_wealths))
