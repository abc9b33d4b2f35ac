"""Evaluates a soak test: tables by time and by kind of request, the memory trend, and the problems found. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from benchmarks.measurements import percentile
from benchmarks.mixed_load import Kind, RequestResult

MB = 1024**2
TIME_PARTS = 10  # lines of the table
MAX_GROWTH_SHARE = 0.02
"""Allowed growth of memory over half the time, as a share."""
CREST_WINDOW_SHARE = 0.25
"""Length of the window for memory crests, as a share of the time."""
TREND_START_SHARE = 0.375
"""Share of the time after which crests count, since caches fill at first."""
EXPECTED = {Kind.EXACT: "hit", Kind.SEMANTIC: "hit", Kind.MISS: "miss", Kind.STREAM: "miss"}
MIN_EXPECTED_SHARE = 0.95  # of each kind's requests


@dataclass(frozen=True, slots=True)
class Sample:
    """A memory sample: seconds since the start, and resident bytes."""

    at: float
    proxy: int
    """The mitmproxy process itself."""
    all: int
    """Including its children, such as the embedded Valkey."""


def table_by_time(answered: Sequence[RequestResult], samples: Sequence[Sample], seconds: float) -> str:
    """Return a table with one line per time interval."""
    lines = ["     until s  requests  failures    p50 ms    p99 ms  proxy MB    all MB"]
    for part in range(TIME_PARTS):
        begin, end = part * seconds / TIME_PARTS, (part + 1) * seconds / TIME_PARTS
        results = [each for each in answered if begin <= each.at < end]
        held = [sample for sample in samples if begin <= sample.at < end]
        memory = [statistics.median(values) / MB for values in (_of(held, "proxy"), _of(held, "all")) if values]
        lines.append(f"{end:12.0f}{_load(results)}" + "".join(f"{each:10.1f}" for each in memory))
    return "\n".join(lines)


def table_by_kind(answered: Sequence[RequestResult]) -> str:
    """Return a table with one line per kind of request."""
    lines = ["        kind  requests  failures    p50 ms    p99 ms      hits    misses  other"]
    for kind in Kind:
        results = [each for each in answered if each.kind is kind]
        hits, misses = (_share(results, cache) for cache in ("hit", "miss"))
        lines.append(f"{kind:>12}{_load(results)}{hits:10.1%}{misses:10.1%}{abs(1 - hits - misses):7.1%}")
    return "\n".join(lines)


def theil_sen_slope(points: Sequence[tuple[float, float]]) -> float:
    """Return the median of the slopes between all pairs of points (Theil-Sen), which is robust against single peaks."""
    ordered = sorted(points)
    slopes = [(later[1] - sooner[1]) / (later[0] - sooner[0]) for sooner, later in combinations(ordered, 2)]
    return statistics.median(slopes) if slopes else 0.0


def memory_crests(samples: Sequence[Sample], window: float) -> list[tuple[float, float]]:
    """Return for each sample the maximum over the last *window* seconds.

    Memory that is freed now and then is not growth: the index's mapped files are compacted every few minutes.
    """
    found, first = [], 0
    for place, sample in enumerate(samples):
        while samples[first].at <= sample.at - window:
            first += 1
        found.append((sample.at, float(max(_of(samples[first : place + 1], "all")))))
    return found


def memory_trend(samples: Sequence[Sample], seconds: float) -> tuple[float, float]:
    """Return the growth of memory crests: megabytes per hour, and over half the time as a share."""
    seen = [
        each for each in memory_crests(samples, seconds * CREST_WINDOW_SHARE) if each[0] >= seconds * TREND_START_SHARE
    ]
    if not seen:
        return 0.0, 0.0
    rate = theil_sen_slope(seen)
    return rate * 3600 / MB, rate * seconds / 2 / statistics.median(height for _, height in seen)


def find_problems(answered: Sequence[RequestResult], samples: Sequence[Sample], seconds: float, log: str) -> list[str]:
    """Return the problems found."""
    found = []
    if failures := sum(each.status != 200 for each in answered):
        found.append(f"{failures} of {len(answered)} requests failed")
    for kind in Kind:
        results = [each for each in answered if each.kind is kind]
        if results and (share := _share(results, EXPECTED[kind])) < MIN_EXPECTED_SHARE:
            found.append(f"only {share:.1%} of {kind} requests were a {EXPECTED[kind]}")
    per_hour, grown = memory_trend(samples, seconds)
    if grown > MAX_GROWTH_SHARE:
        found.append(f"the memory grew by {grown:.1%} in half the time ({per_hour:+.1f} MB an hour)")
    if log.strip():
        found.append(
            f"lines in the log, of which it should have none: {len(log.strip().splitlines())}\n{log.strip()[:500]}"
        )
    return found


def _load(results: Sequence[RequestResult]) -> str:
    if not results:
        return f"{0:10}{0:10}{'':20}"
    took = [each.took * 1000 for each in results]
    failures = sum(each.status != 200 for each in results)
    return f"{len(results):10}{failures:10}{percentile(took, 0.5):10.2f}{percentile(took, 0.99):10.2f}"


def _share(results: Sequence[RequestResult], cache: str) -> float:
    return sum(each.cache == cache for each in results) / len(results) if results else 0.0


def _of(samples: Sequence[Sample], what: str) -> list[int]:
    return [getattr(sample, what) for sample in samples]
