"""The bound: true as often as it says, whoever looks whenever they like; and when to stop and to go on serving."""

from __future__ import annotations

import random
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.evidence.error_bound import (
    MIN_CHECKED_TO_RESUME,
    ServingLevel,
    Tally,
    lower_bound,
    next_serving_level,
    upper_bound,
)

ERROR = 0.01


@pytest.mark.parametrize(("rate", "confidence"), [(0.02, 0.8), (0.1, 0.8), (0.5, 0.9)])
def test_it_is_ever_broken_no_more_often_than_its_confidence_says(rate: float, confidence: float) -> None:
    """Optional stopping at its worst: a stream has failed if the bound is below the truth at any of its looks."""
    chance = random.Random(7)
    bound = cache(lambda checked, wrong: upper_bound(checked, wrong, confidence))
    streams, failures = 300, 0

    for _ in range(streams):
        wrong = 0
        for checked in range(1, 201):
            wrong += chance.random() < rate
            if bound(checked, wrong) < rate:
                failures += 1
                break

    assert failures <= (1 - confidence) * streams


def test_it_holds_for_the_mean_when_the_rate_changes_on_the_way() -> None:
    chance = random.Random(8)
    failures = 0

    for _ in range(200):
        wrong, total = 0, 0.0
        for checked in range(1, 161):
            rate = 0.01 if checked <= 80 else 0.15
            wrong, total = wrong + (chance.random() < rate), total + rate
            if checked % 5 == 0 and upper_bound(checked, wrong, 0.8) < total / checked:
                failures += 1
                break

    assert failures <= 0.2 * 200


@given(st.integers(0, 400), st.integers(0, 400), st.floats(0.5, 0.99))
def test_it_is_above_what_was_seen_and_rises_with_every_wrong_one(right: int, wrong: int, confidence: float) -> None:
    bound = upper_bound(right + wrong, wrong, confidence)

    assert wrong <= bound * (right + wrong) + 1e-3 or bound == 1.0
    assert upper_bound(right + wrong + 1, wrong + 1, confidence) >= bound - 1e-5
    assert lower_bound(right + wrong, wrong, confidence) <= bound


def test_it_is_sharp_enough_to_be_of_use() -> None:
    assert upper_bound(0, 0) == 1.0
    assert upper_bound(100, 0) < 0.06
    assert upper_bound(400, 8) < 0.05
    assert upper_bound(10, 10) == pytest.approx(1.0, abs=1e-3)
    assert lower_bound(100, 50) > 0.3


def test_of_all_requests_it_is_the_smaller_the_fewer_are_hits() -> None:
    tally = Tally(requests=1000, hits=100, checked=100, wrong=1)

    assert tally.max_overall_error() == pytest.approx(tally.max_hit_error() / 10)
    assert Tally().max_overall_error() == 1.0
    assert Tally(requests=10).max_overall_error() == 0.0


def test_of_the_safe_hits_alone_is_told_what_is_served_when_nothing_else_is() -> None:
    tally = Tally(requests=1000, hits=400, checked=60, wrong=10, safe_hits=40, safe_checked=30, safe_wrong=0)

    assert tally.safe().max_hit_error() == upper_bound(30, 0)
    assert tally.safe().max_overall_error() == pytest.approx(upper_bound(30, 0) * 0.04)


def test_accounts_add_up_in_any_order() -> None:
    one, other = Tally(10, 5, 2, 1, 1, 0, 3), Tally(1, 1, 1, 0, 1, 0, 1)

    assert one + other == other + one == Tally(11, 6, 3, 1, 2, 0, 4)


def test_too_many_wrong_hits_stop_what_was_learned_and_then_what_is_safe() -> None:
    bad = Tally(requests=1000, hits=400, checked=60, wrong=10, safe_checked=60, safe_wrong=10, safe_hits=400)

    assert next_serving_level(ServingLevel.LEARNED, bad, ERROR) is ServingLevel.FROZEN
    assert next_serving_level(ServingLevel.FROZEN, bad, ERROR) is ServingLevel.OFF
    assert next_serving_level(ServingLevel.OFF, bad, ERROR) is ServingLevel.OFF


def test_what_is_safe_goes_on_where_only_the_learned_hits_are_wrong() -> None:
    tally = Tally(requests=1000, hits=400, checked=60, wrong=10, safe_checked=30, safe_wrong=0, safe_hits=40)

    assert next_serving_level(ServingLevel.FROZEN, tally, ERROR) is ServingLevel.FROZEN


def test_without_evidence_nothing_changes() -> None:
    for serving_level in ServingLevel:
        assert next_serving_level(serving_level, Tally(), ERROR) is serving_level
        assert next_serving_level(serving_level, Tally(requests=50, hits=30), ERROR) is serving_level


def test_it_goes_on_when_enough_would_be_hits_were_right() -> None:
    few = Tally(requests=1000, hits=100, checked=MIN_CHECKED_TO_RESUME - 1, wrong=0)
    enough = Tally(requests=1000, hits=100, checked=MIN_CHECKED_TO_RESUME, wrong=0)

    assert next_serving_level(ServingLevel.OFF, few, ERROR) is ServingLevel.OFF
    assert next_serving_level(ServingLevel.OFF, enough, ERROR) is ServingLevel.LEARNED


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 600))
def test_no_account_both_stops_and_takes_up_again(right: int, wrong: int, misses: int) -> None:
    """Else the standing would swing back and forth."""
    checked = right + wrong
    tally = Tally(checked + misses, checked, checked, wrong, checked, wrong, checked)

    stops = next_serving_level(ServingLevel.LEARNED, tally, ERROR) is ServingLevel.FROZEN
    returns = next_serving_level(ServingLevel.FROZEN, tally, ERROR) is ServingLevel.LEARNED

    assert not (stops and returns)


def test_shared_counters_keep_their_stored_names() -> None:
    tally = Tally(1, 2, 3, 4, 5, 6, 7)

    counters = tally.to_counters()

    assert counters == dict(
        zip(("requests", "hits", "judged", "wrong", "safe_hits", "safe_judged", "safe_wrong"), range(1, 8), strict=True)
    )
    assert Tally.from_counters(counters) == tally
    assert Tally.from_counters({"judged": 3}) == Tally(checked=3)
