"""Measurements as values, and their medians and ratios over several rounds. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Measurements = Mapping[str, float]
"""The results of one load, by name: ``rps``; milliseconds as ``…_ms``; shares (0 to 1) as ``…_share``."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case of the comparison: scenario, number of connections, and size of a request in bytes."""

    scenario: str
    connections: int
    request_bytes: int


@dataclass(frozen=True, slots=True)
class Row:
    """The results of one system in one case: medians over its rounds, and comparisons with the other systems."""

    case: Case
    system: str
    figures: Measurements
    times: Mapping[str, Measurements]
    """By other system: the median of the ratios to the other system's value of the same round."""
    beyond: Mapping[str, Measurements]
    """By other system: the median of the differences from the other system's value of the same round."""


def rows(case: Case, measured: Mapping[str, Sequence[Measurements]]) -> list[Row]:
    """Return a row for each system in *measured*, whose rounds have the same order for all systems.

    Ratios are computed per round, in which the machine's state was the same for all; the median is taken afterwards.
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


def _times(ours: Sequence[Measurements], theirs: Sequence[Measurements]) -> Measurements:
    return {
        name: statistics.median(one[name] / other[name] for one, other in zip(ours, theirs, strict=True))
        for name in ours[0]
        if all(other.get(name) for other in theirs)
    }


def _beyond(ours: Sequence[Measurements], theirs: Sequence[Measurements]) -> Measurements:
    return {
        name: statistics.median(one[name] - other[name] for one, other in zip(ours, theirs, strict=True))
        for name in ours[0]
        if all(name in other for other in theirs)
    }


def percentile(values: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile: the smallest value that at least *share* of all values do not exceed."""
    ordered = sorted(values)
    rank = -(-len(ordered) * share // 1)
    return ordered[max(0, min(len(ordered) - 1, int(rank) - 1))]
