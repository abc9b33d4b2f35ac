"""Histograms of fixed size. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

SECONDS_BOUNDS = tuple(base * 10**exponent for exponent in range(-4, 2) for base in (1.0, 1.5, 2.0, 3.0, 5.0, 7.5))
"""Bounds from a tenth of a millisecond to 75 seconds, close enough for percentiles."""


class Histogram:
    """*bounds* are inclusive upper bounds; one more bucket counts all larger values."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float] = SECONDS_BOUNDS) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    @property
    def count(self) -> int:
        return sum(self.counts)

    def cumulative_counts(self) -> list[int]:
        """Return the number of values up to each bound, and of all values."""
        cumulative, running = [], 0
        for count in self.counts:
            running += count
            cumulative.append(running)
        return cumulative

    def quantile(self, share: float) -> float | None:
        """Return approximately the value that *share* of the values do not exceed; None where there are no values.

        Values are assumed to lie evenly within a bucket; those above the last bound count as that bound.
        """
        if not (count := self.count):
            return None
        wanted, running = share * count, 0
        for i, in_bucket in enumerate(self.counts):
            if in_bucket and running + in_bucket >= wanted:
                if i == len(self.bounds):
                    break
                low = self.bounds[i - 1] if i else 0.0
                return low + (self.bounds[i] - low) * (wanted - running) / in_bucket
            running += in_bucket
        return self.bounds[-1]


def merge_histograms(histograms: Iterable[Histogram], bounds: Sequence[float] = SECONDS_BOUNDS) -> Histogram:
    """Merge histograms that have the same bounds."""
    merged = Histogram(bounds)
    if present := list(histograms):
        merged.counts = [sum(bucket) for bucket in zip(*(each.counts for each in present), strict=True)]
        merged.total = sum(each.total for each in present)
    return merged
