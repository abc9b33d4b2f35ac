"""How much risk may be taken now, so that the mean over all requests stays what was asked for. Pure."""

from __future__ import annotations

import numpy as np

MAX_RISK = 0.2
"""Risk that no single hit may have, whatever there is to spend."""
SHARE = 0.9
"""Share of the allowed error that is spent by plan. The rest is for what the estimates do not know."""
HALF_LIFE = 1000.0
"""Requests after which the traffic counts half."""
AT_FIRST = 200.0
"""Requests without a hit that are believed to have come before the first: nothing is spent that is not there yet."""

_RISKS = np.geomspace(1e-4, MAX_RISK, 64)


class RiskBudget:
    """Keeps what the latest requests' hits would have risked, and sets the bar by it.

    A process's own: what each keeps to, all together keep to.
    """

    def __init__(self, max_error: float) -> None:
        self._allowed = SHARE * max_error
        self._requests = AT_FIRST
        self._at_risk = np.zeros(len(_RISKS))

    @property
    def bar(self) -> float:
        """Return the largest risk at which the mean over all requests is still within what is allowed.

        The allowed error itself always passes: hits of that risk keep to it however many there are.
        """
        mean = np.cumsum(self._at_risk * _RISKS) / self._requests
        within = int(np.searchsorted(mean, self._allowed, side="right"))
        return min(MAX_RISK, max(self._allowed, float(_RISKS[within - 1]) if within else 0.0))

    def note(self, risk: float | None) -> None:
        """Count a request whose candidate has this risk, or that has none."""
        faded = 0.5 ** (1 / HALF_LIFE)
        self._requests = self._requests * faded + 1
        self._at_risk *= faded
        if risk is not None and risk <= MAX_RISK:
            self._at_risk[np.searchsorted(_RISKS, risk)] += 1
