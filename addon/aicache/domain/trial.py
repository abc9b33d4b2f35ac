"""A request whose fresh answer is to be learned from. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from aicache.evidence.decision import Decision
from aicache.evidence.neighbor import Neighbor

Source = Literal["explore", "audit", "shadow", "feedback", "miss"]


@dataclass(frozen=True, slots=True)
class Trial:
    """One request's neighbors and the decision on them. It travels from the look-up to the fresh answer."""

    segment: str
    """Name of the traffic segment: the exchange's, with the embedder's model and dimensions."""
    neighbors: tuple[Neighbor, ...]
    decision: Decision
    source: Source
    similarity: float
    """Similarity of the candidate, or of the nearest neighbor if there is no candidate."""
    guard: str | None = None
    era: int = 0
    """Purges of the whole cache before the decision: after another one, the trial is not learned from."""
