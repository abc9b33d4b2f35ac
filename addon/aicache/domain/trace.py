"""What a look-up did, step by step: for whoever wants to see why. Written by the engine, decided on by nobody. Pure."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aicache.evidence.neighbor import Neighbor


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was waited for, or thought about."""

    name: str
    seconds: float


@dataclass(slots=True)
class Trace:
    """One look-up's steps and neighbours. It holds questions: nothing of it goes into a log unless that is wanted."""

    steps: list[Step] = field(default_factory=list)
    neighbors: list[Neighbor] = field(default_factory=list)
    threshold: float | None = None
    """The similarity that was needed; None where nothing was looked for by meaning."""
    kind: str | None = None
    """Name of the kind of traffic that the bound is of; None where none is kept."""
    risk: float | None = None
    """How likely the neighbour that would answer is wrong, where that was estimated."""
    error_bound: float | None = None
    """What share of all requests is answered wrong at most, where that is known."""

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Note how long the block takes, however it ends."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.steps.append(Step(name, time.perf_counter() - began))

    @property
    def seconds(self) -> float:
        return sum(step.seconds for step in self.steps)
