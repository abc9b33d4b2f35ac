"""A Watcher that counts the last hour in slots of ten seconds, for the dashboard's charts. Its size is fixed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from aicache.domain.events import Checked, Decided, Finished
from aicache.domain.pricing import to_usd
from aicache.telemetry.counters import Cost
from aicache.telemetry.histogram import Histogram, merge_histograms

SLOT_S = 10
SLOT_COUNT = 360
STEPS_BY_WINDOW_S = {300: 10, 3600: 60}
"""Seconds that a chart covers, and seconds between two of its points."""
COUNTED_OUTCOMES = ("exact", "semantic", "legacy", "embeddings", "collapsed", "miss", "bypass")
QUANTILES = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))


class Slot:
    """Ten seconds."""

    __slots__ = ("counts", "hits", "nanos", "number", "tokens", "upstream")

    def __init__(self, number: int) -> None:
        self.number = number
        self.counts = dict.fromkeys(COUNTED_OUTCOMES, 0)
        self.tokens = 0
        self.nanos = 0
        self.hits = Histogram()
        self.upstream = Histogram()


@dataclass(frozen=True, slots=True)
class Point:
    """A few slots as one point of a chart."""

    at: float
    slots: Sequence[Slot]

    def values(self) -> dict[str, Any]:
        counts = {name: sum(slot.counts[name] for slot in self.slots) for name in COUNTED_OUTCOMES}
        return counts | {
            "tokens": sum(slot.tokens for slot in self.slots),
            "money": round(to_usd(sum(slot.nanos for slot in self.slots)), 6),
        }

    def quantiles(self) -> dict[str, float | None]:
        hits = merge_histograms(slot.hits for slot in self.slots)
        upstream = merge_histograms(slot.upstream for slot in self.slots)
        values = {f"hit_{name}": hits.quantile(share) for name, share in QUANTILES}
        return values | {f"upstream_{name}": upstream.quantile(share) for name, share in QUANTILES}


def counted_outcome(decided: Decided) -> str:
    """Return which of `COUNTED_OUTCOMES` a request had."""
    return decided.tier or "exact" if decided.outcome == "hit" else decided.outcome


class Timeline:
    """*cost* prices what hits saved; it may be replaced at any time."""

    def __init__(self, cost: Cost, clock: Callable[[], float] = time.time) -> None:
        self.cost = cost
        self._clock = clock
        self._slots: list[Slot | None] = [None] * SLOT_COUNT

    def decided(self, decided: Decided) -> None:
        slot = self._now()
        slot.counts[counted_outcome(decided)] += 1
        if decided.outcome != "hit":
            return
        slot.hits.add(decided.seconds)
        slot.tokens += sum(decided.tokens)
        slot.nanos += self.cost(decided.model, *decided.tokens, cached=decided.cached_tokens) or 0

    def finished(self, finished: Finished) -> None:
        if finished.status:
            self._now().upstream.add(finished.seconds)

    def checked(self, checked: Checked) -> None: ...

    def points(self, window: int) -> dict[str, Any]:
        """Return the series of the last *window* seconds, oldest first, and their totals."""
        step = STEPS_BY_WINDOW_S[window]
        each = step // SLOT_S
        last = int(self._clock()) // step  # of points; the one that is not over yet
        points = [self._point(number, each, step) for number in range(last - window // step + 1, last + 1)]
        whole = Point(0.0, [slot for point in points for slot in point.slots])
        rows = [point.values() | point.quantiles() for point in points]
        return {
            "window": window,
            "step": step,
            "times": [point.at for point in points],
            "series": {name: [row[name] for row in rows] for name in rows[0]},
            "total": whole.values() | whole.quantiles(),
        }

    def to_plain(self) -> list[list[Any]]:
        """Return the slots as plain values, for `add_plain` of another process's timeline."""
        return [
            [slot.number, [*slot.counts.values()], slot.tokens, slot.nanos]
            + [part for each in (slot.hits, slot.upstream) for part in (each.counts, each.total)]
            for slot in self._slots
            if slot is not None
        ]

    def add_plain(self, slots: Iterable[list[Any]]) -> None:
        """Add slots that `to_plain` has returned."""
        for number, counts, tokens, nanos, hits, hit_seconds, upstream, upstream_seconds in slots:
            if (slot := self._slot(number)) is None:
                continue
            for name, count in zip(COUNTED_OUTCOMES, counts, strict=True):
                slot.counts[name] += count
            slot.tokens, slot.nanos = slot.tokens + tokens, slot.nanos + nanos
            for own, added, seconds in ((slot.hits, hits, hit_seconds), (slot.upstream, upstream, upstream_seconds)):
                own.counts = [a + b for a, b in zip(own.counts, added, strict=True)]
                own.total += seconds

    def _point(self, number: int, each: int, step: int) -> Point:
        slots = (self._slots[i % SLOT_COUNT] for i in range(number * each, (number + 1) * each))
        numbers = range(number * each, (number + 1) * each)
        return Point(number * step, [slot for slot in slots if slot is not None and slot.number in numbers])

    def _now(self) -> Slot:
        number = int(self._clock()) // SLOT_S
        slot = self._slots[number % SLOT_COUNT]
        if slot is None or slot.number != number:
            slot = self._slots[number % SLOT_COUNT] = Slot(number)
        return slot

    def _slot(self, number: int) -> Slot | None:
        """Return the slot of this number; None where a later one has its place."""
        slot = self._slots[number % SLOT_COUNT]
        if slot is None or slot.number < number:
            slot = self._slots[number % SLOT_COUNT] = Slot(number)
        return slot if slot.number == number else None
