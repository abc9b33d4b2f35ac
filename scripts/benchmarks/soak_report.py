"""What a long load shows: tables by time and by kind of request, the trend of the memory, and a verdict. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from benchmarks.measurements import percentile
from benchmarks.mixed_load import Answered, Kind

MB = 1024**2
PARTS = 10  # of the load's time, each a line of the table
GROWS = 0.02
"""Share of the memory by which it may grow in half the time."""
WINDOW = 0.25
"""Share of the time whose highest memory counts."""
SINCE = 0.375
"""Share of the time after which crests count: at first caches fill."""
EXPECTED = {Kind.EXACT: "hit", Kind.SEMANTIC: "hit", Kind.MISS: "miss", Kind.STREAM: "miss"}
AS_EXPECTED = 0.95  # share of each kind's requests


@dataclass(frozen=True, slots=True)
class Sample:
    """Memory at a time: seconds since the load's begin, and resident bytes."""

    at: float
    proxy: int
    """The mitmproxy process itself."""
    all: int
    """With its children, of which the embedded Valkey is one."""


def by_time(answered: Sequence[Answered], samples: Sequence[Sample], seconds: float) -> str:
    """Return a table with a line for each part of the time."""
    lines = ["     until s  requests  failures    p50 ms    p99 ms  proxy MB    all MB"]
    for part in range(PARTS):
        begin, end = part * seconds / PARTS, (part + 1) * seconds / PARTS
        asked = [each for each in answered if begin <= each.at < end]
        held = [sample for sample in samples if begin <= sample.at < end]
        memory = [statistics.median(values) / MB for values in (_of(held, "proxy"), _of(held, "all")) if values]
        lines.append(f"{end:12.0f}{_load(asked)}" + "".join(f"{each:10.1f}" for each in memory))
    return "\n".join(lines)


def by_kind(answered: Sequence[Answered]) -> str:
    """Return a table with a line for each kind of request."""
    lines = ["        kind  requests  failures    p50 ms    p99 ms      hits    misses  other"]
    for kind in Kind:
        asked = [each for each in answered if each.kind is kind]
        hits, misses = (_share(asked, cache) for cache in ("hit", "miss"))
        lines.append(f"{kind:>12}{_load(asked)}{hits:10.1%}{misses:10.1%}{abs(1 - hits - misses):7.1%}")
    return "\n".join(lines)


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Return the median of the slopes between all pairs of points (Theil-Sen), which single peaks do not move."""
    ordered = sorted(points)
    slopes = [(later[1] - sooner[1]) / (later[0] - sooner[0]) for sooner, later in combinations(ordered, 2)]
    return statistics.median(slopes) if slopes else 0.0


def crests(samples: Sequence[Sample], window: float) -> list[tuple[float, float]]:
    """Return for each sample the most bytes of the last *window* seconds, for what is tidied up now and then is no
    growth: the index's files, which are mapped, are compacted every few minutes."""
    found, first = [], 0
    for place, sample in enumerate(samples):
        while samples[first].at <= sample.at - window:
            first += 1
        found.append((sample.at, float(max(_of(samples[first : place + 1], "all")))))
    return found


def trend(samples: Sequence[Sample], seconds: float) -> tuple[float, float]:
    """Return how the memory's crests grow: megabytes an hour, and in half the time, as a share of what they are."""
    seen = [each for each in crests(samples, seconds * WINDOW) if each[0] >= seconds * SINCE]
    if not seen:
        return 0.0, 0.0
    rate = slope(seen)
    return rate * 3600 / MB, rate * seconds / 2 / statistics.median(height for _, height in seen)


def verdict(answered: Sequence[Answered], samples: Sequence[Sample], seconds: float, log: str) -> list[str]:
    """Return what is wrong; nothing when nothing is."""
    found = []
    if failures := sum(each.status != 200 for each in answered):
        found.append(f"{failures} of {len(answered)} requests failed")
    for kind in Kind:
        asked = [each for each in answered if each.kind is kind]
        if asked and (share := _share(asked, EXPECTED[kind])) < AS_EXPECTED:
            found.append(f"only {share:.1%} of {kind} requests were a {EXPECTED[kind]}")
    per_hour, grown = trend(samples, seconds)
    if grown > GROWS:
        found.append(f"the memory grew by {grown:.1%} in half the time ({per_hour:+.1f} MB an hour)")
    if log.strip():
        found.append(
            f"lines in the log, of which it should have none: {len(log.strip().splitlines())}\n{log.strip()[:500]}"
        )
    return found


def _load(asked: Sequence[Answered]) -> str:
    if not asked:
        return f"{0:10}{0:10}{'':20}"
    took = [each.took * 1000 for each in asked]
    failures = sum(each.status != 200 for each in asked)
    return f"{len(asked):10}{failures:10}{percentile(took, 0.5):10.2f}{percentile(took, 0.99):10.2f}"


def _share(asked: Sequence[Answered], cache: str) -> float:
    return sum(each.cache == cache for each in asked) / len(asked) if asked else 0.0


def _of(samples: Sequence[Sample], what: str) -> list[int]:
    return [getattr(sample, what) for sample in samples]
