"""Steps and neighbors of a look-up, for explaining its outcome. Written by the engine; no decision reads it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aicache.evidence.neighbor import Neighbor


@dataclass(frozen=True, slots=True)
class Step:
    """One timed step of a look-up."""

    name: str
    seconds: float


@dataclass(slots=True)
class Trace:
    """Steps and neighbors of one look-up. Contains questions: they are logged only if the settings allow it."""

    steps: list[Step] = field(default_factory=list)
    neighbors: list[Neighbor] = field(default_factory=list)
    threshold: float | None = None
    """The required similarity; None without a search by meaning."""
    segment: str | None = None
    """Traffic segment of the error bound; None if there is none."""
    risk: float | None = None
    """Probability that the answer of the chosen neighbor is wrong; None if not estimated."""
    error_bound: float | None = None
    """Upper bound of the share of all requests that are answered wrong; None if unknown."""
    preconnected: bool = False
    """Whether a connection to the upstream was opened meanwhile."""

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Record how long the block takes, however it ends. Names are stored in logs and flows, so they stay."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.steps.append(Step(name, time.perf_counter() - began))
