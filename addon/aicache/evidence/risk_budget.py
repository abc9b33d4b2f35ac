"""Limits the risk of each hit so that the mean over all requests stays within the allowed error. Pure."""

from __future__ import annotations

import numpy as np

MAX_RISK = 0.3
"""Largest risk of a single hit, whatever the budget. Where few questions have a neighbor at all, nothing else limits
it: with .2, long tails spend a third of their budget."""
SPENT_SHARE = 0.9
"""Share of the allowed error that is planned for. The rest covers the errors of the estimates."""
MAX_JUDGED_SHARE = 0.5
"""Share of it that may go to hits which a judge model allows: the risk limit leaves some to the others in any case."""
HALF_LIFE_REQUESTS = 1000.0
"""Requests after which earlier traffic counts half."""
INITIAL_REQUESTS = 200.0
"""Requests that are assumed before the first, with one candidate of each risk: the first ones spend no more than the
others."""

_RISKS = np.geomspace(1e-4, MAX_RISK, 64)


class RiskBudget:
    """Tracks the risks of recent candidates and sets the risk limit accordingly.

    Each process has its own: if each stays within the budget, so do all together.
    """

    def __init__(self, max_error: float) -> None:
        self._allowed = SPENT_SHARE * max_error
        self._requests = INITIAL_REQUESTS
        self._at_risk = np.ones(len(_RISKS))
        self._spent = 0.0

    @property
    def risk_limit(self) -> float:
        """Return the largest risk at which the mean over all requests is still within the allowed error.

        The allowed error itself always passes: hits of that risk stay within it, however many there are.
        """
        mean = (self._spent + np.cumsum(self._at_risk * _RISKS)) / self._requests
        within = int(np.searchsorted(mean, self._allowed, side="right"))
        return min(MAX_RISK, max(self._allowed, float(_RISKS[within - 1]) if within else 0.0))

    def affords(self, risk: float) -> bool:
        """Return whether one more hit of that risk, which the risk limit does not decide on, is within the budget."""
        return self._spent + risk <= MAX_JUDGED_SHARE * self._allowed * self._requests

    def spend(self, risk: float) -> None:
        """Count such a hit: less is left for the others."""
        self._spent += risk

    def add(self, risk: float | None, served: float = 1.0, *, again: bool = False) -> None:
        """Count a request with the risk of its candidate, None without one.

        *served* is the probability that the candidate is served if its risk is within the limit: what is sent upstream
        to be checked first risks nothing. *again*: the request itself has been counted.
        """
        if not again:
            faded = 0.5 ** (1 / HALF_LIFE_REQUESTS)
            self._requests = self._requests * faded + 1
            self._at_risk *= faded
            self._spent *= faded
        if risk is not None and risk <= MAX_RISK:
            self._at_risk[np.searchsorted(_RISKS, risk)] += served
