"""Histograms: percentiles that are near the truth, in a place that does not grow."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.telemetry.histogram import SECONDS_BOUNDS, Histogram, merge_histograms


def filled(*values: float) -> Histogram:
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    return histogram


def test_a_bound_belongs_to_the_bucket_below_it() -> None:
    histogram = Histogram((1.0, 2.0))
    for value in (1.0, 1.1, 2.0, 2.1):
        histogram.add(value)

    assert histogram.counts == [1, 2, 1]
    assert histogram.cumulative_counts() == [1, 3, 4]
    assert histogram.count == 4


def test_the_bounds_rise_and_are_close_to_each_other() -> None:
    assert list(SECONDS_BOUNDS) == sorted(set(SECONDS_BOUNDS))
    assert max(b / a for a, b in pairwise(SECONDS_BOUNDS)) < 1.7


def test_nothing_has_no_percentiles() -> None:
    assert Histogram().quantile(0.5) is None


@given(st.lists(st.floats(0.0002, 70), min_size=1), st.sampled_from([0.5, 0.95, 0.99]))
def test_a_percentile_is_in_the_bucket_of_the_true_one(values: list[float], share: float) -> None:
    true = sorted(values)[max(0, -int(-share * len(values) // 1) - 1)]

    found = filled(*values).quantile(share)

    assert found is not None
    assert true / 1.7 <= found <= true * 1.7


def test_what_is_beyond_the_last_bound_counts_as_that_bound() -> None:
    assert filled(1000, 2000).quantile(0.99) == SECONDS_BOUNDS[-1]


def test_what_is_merged_is_as_if_counted_in_one() -> None:
    one, other, both = filled(0.001, 0.5), filled(0.5, 90), filled(0.001, 0.5, 0.5, 90)

    found = merge_histograms([one, other])

    assert found.counts == both.counts
    assert found.total == pytest.approx(both.total)
    assert one.count == other.count == 2
