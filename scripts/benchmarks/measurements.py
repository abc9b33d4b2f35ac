"""What was measured, as values, and what follows from it over several rounds. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Figures = Mapping[str, float]
"""What one load showed, by name: ``rps``; milliseconds as ``…_ms``; shares (0 to 1) as ``…_share``."""


@dataclass(frozen=True, slots=True)
class Case:
    """One line of the comparison: what is asked, how often at once, and how large a request is (bytes)."""

    scenario: str
    connections: int
    request_bytes: int


@dataclass(frozen=True, slots=True)
class Row:
    """What one system showed in one case: the medians of its rounds, and how it stands to the others of that case."""

    case: Case
    system: str
    figures: Figures
    times: Mapping[str, Figures]
    """By other system: the median over the rounds of ours divided by theirs of the same round."""
    beyond: Mapping[str, Figures]
    """By other system: the median over the rounds of ours less theirs of the same round."""


def rows(case: Case, measured: Mapping[str, Sequence[Figures]]) -> list[Row]:
    """Make a row for each system of *measured*, whose rounds stand in the same order for all.

    Ratios are of one round, in which all met the machine in the same mood; then the median is taken.
    """
    return [
        Row(
            case,
            system,
            {name: statistics.median(each[name] for each in rounds) for name in rounds[0]},
            {other: _times(rounds, theirs) for other, theirs in measured.items() if other != system},
            {other: _beyond(rounds, theirs) for other, theirs in measured.items() if other != system},
        )
        for system, rounds in measured.items()
    ]


def _times(ours: Sequence[Figures], theirs: Sequence[Figures]) -> Figures:
    return {
        name: statistics.median(one[name] / other[name] for one, other in zip(ours, theirs, strict=True))
        for name in ours[0]
        if all(other.get(name) for other in theirs)
    }


def _beyond(ours: Sequence[Figures], theirs: Sequence[Figures]) -> Figures:
    return {
        name: statistics.median(one[name] - other[name] for one, other in zip(ours, theirs, strict=True))
        for name in ours[0]
        if all(name in other for other in theirs)
    }


def percentile(values: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile: the smallest value that at least *share* of all do not exceed."""
    ordered = sorted(values)
    rank = -(-len(ordered) * share // 1)
    return ordered[max(0, min(len(ordered) - 1, int(rank) - 1))]
