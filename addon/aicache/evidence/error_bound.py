"""How often hits are wrong at most, from those that were checked; and when to stop and go on serving. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

CONFIDENCE = 0.95
"""Of the bound that is shown."""
STOP_CONFIDENCE = 0.8
"""That the error is too large before serving stops: stopping in vain costs hits and nothing else."""
RETURN_CONFIDENCE = 0.9
"""That the error is small enough before it goes on."""
MIN_CHECKED_TO_RESUME = 50
"""Checked hits without which nothing stopped is taken up again."""
CHECKED_PER_TALLY = 400
"""Checked hits after which a new account begins. The one before it still counts, then it is forgotten."""

_BETS = (12.0, 4.0, 2.5, 1.75, 1.25, 0.9, 0.65, 0.45, 0.3, 0.2, 0.12, 0.07)
"""A gambler's stakes, as exponents: each is the best one for some number of wrong among the checked."""


class ServingLevel(StrEnum):
    """What may be served."""

    LEARNED = "learned"
    """What the evidence allows."""
    FROZEN = "frozen"
    """Of that, what is at or above the model's safe similarity."""
    OFF = "off"
    """Nothing; would-be hits go upstream, where each is checked for free."""


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
    """Counts of one stretch of traffic. They add up in any order, so proxies share them by increments."""

    requests: int = 0
    hits: int = 0
    """Served, or to be served but for a check or for the standing."""
    checked: int = 0
    """Of the hits: drawn by lot, asked upstream and judged right or wrong."""
    wrong: int = 0
    safe_hits: int = 0
    """The same three of the hits at or above the safe similarity alone."""
    safe_checked: int = 0
    safe_wrong: int = 0

    @classmethod
    def from_counters(cls, counters: Mapping[str, int]) -> Tally:
        """Return a tally of shared counters; a missing one is 0."""
        return cls(**{field: counters.get(name, 0) for field, name in _COUNTERS.items()})

    def to_counters(self) -> dict[str, int]:
        """Return the counts under the names that they are stored by."""
        return {name: getattr(self, field) for field, name in _COUNTERS.items()}

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def safe(self) -> Tally:
        """Return what is left when only the hits at or above the safe similarity are served."""
        counts = (self.safe_hits, self.safe_checked, self.safe_wrong)
        return Tally(self.requests, *counts, *counts)

    def max_hit_error(self, confidence: float = CONFIDENCE) -> float:
        """Return what the share of wrong ones among the hits is at most."""
        return upper_bound(self.checked, self.wrong, confidence)

    def max_overall_error(self, confidence: float = CONFIDENCE) -> float:
        """Return what the share of wrong hits among all requests, the misses too, is at most: what `max_error` bounds.

        The hits' share is counted, not estimated, so only the checked ones' error is uncertain.
        """
        return self.max_hit_error(confidence) * self.hits / self.requests if self.requests else 1.0


def upper_bound(checked: int, wrong: int, confidence: float = CONFIDENCE) -> float:
    """Return an upper bound of the mean probability of a wrong one, valid at every number of checks at once.

    For any fixed ``b > 0`` the product over the checks of ``exp(-b X) / (1 - p (1 - exp(-b)))`` is a nonnegative
    martingale with the true conditional ``p``; so is a mixture over several ``b``, and by Ville's inequality it ever
    passes ``1 / (1 - confidence)`` with that probability at most. As the arithmetic mean is the larger, the product at
    the mean ``m`` of all ``p`` is no larger, so the rates may change from check to check, and whoever looks may stop
    whenever they like (Howard, Ramdas, McAuliffe, Sekhon 2021, "Time-uniform, nonparametric, nonasymptotic confidence
    sequences", sub-Bernoulli; Waudby-Smith, Ramdas 2024, "Estimating means of bounded random variables by betting").
    """
    if checked <= 0:
        return 1.0
    limit = -math.log(1 - confidence)
    low, high = wrong / checked, 1.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if _wealth(checked, wrong, middle) < limit else (low, middle)
    return high


def lower_bound(checked: int, wrong: int, confidence: float = CONFIDENCE) -> float:
    """Return a lower bound of the same mean, valid in the same way: the bound of the right ones, seen from below."""
    return 1.0 - upper_bound(checked, checked - wrong, confidence)


def next_serving_level(serving_level: ServingLevel, tally: Tally, max_error: float) -> ServingLevel:
    """Say what may be served from now on. An account begins anew with every change, and with time.

    Down by one step when it is likely that more than *max_error* of all requests are answered wrong; up when it is
    more than likely that they would not be. In between all stays as it is.
    """
    match serving_level:
        case ServingLevel.LEARNED:
            return ServingLevel.FROZEN if _min_error(tally) > max_error else serving_level
        case ServingLevel.FROZEN | ServingLevel.OFF:
            if tally.checked >= MIN_CHECKED_TO_RESUME and tally.max_overall_error(RETURN_CONFIDENCE) <= max_error:
                return ServingLevel.LEARNED
            return ServingLevel.OFF if _min_error(tally.safe()) > max_error else serving_level


def _min_error(tally: Tally) -> float:
    if not tally.checked or not tally.requests:
        return 0.0
    return lower_bound(tally.checked, tally.wrong, STOP_CONFIDENCE) * tally.hits / tally.requests


def _wealth(checked: int, wrong: int, mean: float) -> float:
    """Return the logarithm of what gamblers against *mean* own by now, together, of a capital of 1."""
    owned = [-b * wrong - checked * math.log1p(mean * math.expm1(-b)) - math.log(len(_BETS)) for b in _BETS]
    top = max(owned)
    return top + math.log(sum(math.exp(o - top) for o in owned))
