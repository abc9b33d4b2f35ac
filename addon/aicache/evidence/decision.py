"""The decision on one request: what is done with its candidate, and what a fresh answer is compared with. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from aicache.evidence.neighbor import Neighbor
from aicache.evidence.neighbor_features import Candidate

MAX_COMPARED = 4
"""Answers that a fresh one is compared with, each of another group."""


@dataclass(frozen=True, slots=True)
class CheckRates:
    """Which shares of would-be hits are checked, as probabilities."""

    explore: float = 0.02
    """Sent upstream instead of served: nobody gets a wrong answer, and the fresh one is stored."""
    audit: float = 0.05
    """Served, and sent upstream as well."""


DEFAULT_CHECK_RATES = CheckRates()


class Action(StrEnum):
    MISS = "miss"
    EXPLORE = "explore"
    SERVE = "serve"
    AUDIT = "audit"
    """Serve, and send the request upstream in the background."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision on one request, and its reason."""

    action: Action
    candidate: Candidate | None = None
    risk: float | None = None
    sampled: bool = False
    """It would be a hit and was sampled for checking: the result shows how often hits are wrong."""
    risk_before: float | None = None
    """The risk before a judge model was asked; None without one."""
    judged: bool | None = None
    """What a judge model said of the candidate: whether it may answer; None if it said nothing."""

    @property
    def serves(self) -> bool:
        return self.action in (Action.SERVE, Action.AUDIT)

    @property
    def needs_upstream(self) -> bool:
        """Whether the request is sent upstream."""
        return self.action is not Action.SERVE


def neighbors_to_compare(seen: Sequence[Neighbor], decision: Decision) -> list[Neighbor]:
    """Return the neighbors whose answers a fresh one is to be compared with, until one is the same.

    The candidate comes first, as evidence; then the nearest of each other group, however far, to find the group of the
    fresh answer: where many ask for few things, groups are what distinguishes the next neighbors.
    """
    first = decision.candidate.key if decision.candidate else None
    groups: dict[str, Neighbor] = {}
    for s in sorted(seen, key=lambda s: (s.key != first, -s.similarity, s.key)):
        groups.setdefault(s.group, s)
    return list(groups.values())[:MAX_COMPARED]
