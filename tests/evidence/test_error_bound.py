"""The bound: true as often as it says, whoever looks whenever they like; and when to stop and to go on serving."""

from __future__ import annotations

import random
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.evidence.error_bound import ENOUGH, ServingLevel, Tally, at_least, at_most, next_serving_level

ERROR = 0.01


@pytest.mark.parametrize(("rate", "confidence"), [(0.02, 0.8), (0.1, 0.8), (0.5, 0.9)])
def test_it_is_ever_broken_no_more_often_than_its_confidence_says(rate: float, confidence: float) -> None:
    """Optional stopping at its worst: a stream has failed if the bound is below the truth at any of its looks."""
    chance = random.Random(7)
    bound = cache(lambda judged, wrong: at_most(judged, wrong, confidence))
    streams, failures = 300, 0

    for _ in range(streams):
        wrong = 0
        for judged in range(1, 201):
            wrong += chance.random() < rate
            if bound(judged, wrong) < rate:
                failures += 1
                break

    assert failures <= (1 - confidence) * streams


def test_it_holds_for_the_mean_when_the_rate_changes_on_the_way() -> None:
    chance = random.Random(8)
    failures = 0

    for _ in range(200):
        wrong, total = 0, 0.0
        for judged in range(1, 161):
            rate = 0.01 if judged <= 80 else 0.15
            wrong, total = wrong + (chance.random() < rate), total + rate
            if judged % 5 == 0 and at_most(judged, wrong, 0.8) < total / judged:
                failures += 1
                break

    assert failures <= 0.2 * 200


@given(st.integers(0, 400), st.integers(0, 400), st.floats(0.5, 0.99))
def test_it_is_above_what_was_seen_and_rises_with_every_wrong_one(right: int, wrong: int, confidence: float) -> None:
    bound = at_most(right + wrong, wrong, confidence)

    assert wrong <= bound * (right + wrong) + 1e-3 or bound == 1.0
    assert at_most(right + wrong + 1, wrong + 1, confidence) >= bound - 1e-5
    assert at_least(right + wrong, wrong, confidence) <= bound


def test_it_is_sharp_enough_to_be_of_use() -> None:
    assert at_most(0, 0) == 1.0
    assert at_most(100, 0) < 0.06
    assert at_most(400, 8) < 0.05
    assert at_most(10, 10) == pytest.approx(1.0, abs=1e-3)
    assert at_least(100, 50) > 0.3


def test_of_all_requests_it_is_the_smaller_the_fewer_are_hits() -> None:
    tally = Tally(requests=1000, hits=100, judged=100, wrong=1)

    assert tally.of_all() == pytest.approx(tally.of_hits() / 10)
    assert Tally().of_all() == 1.0
    assert Tally(requests=10).of_all() == 0.0


def test_of_the_safe_hits_alone_is_told_what_is_served_when_nothing_else_is() -> None:
    tally = Tally(requests=1000, hits=400, judged=60, wrong=10, safe_hits=40, safe_judged=30, safe_wrong=0)

    assert tally.safe().of_hits() == at_most(30, 0)
    assert tally.safe().of_all() == pytest.approx(at_most(30, 0) * 0.04)


def test_accounts_add_up_in_any_order() -> None:
    one, other = Tally(10, 5, 2, 1, 1, 0, 3), Tally(1, 1, 1, 0, 1, 0, 1)

    assert one + other == other + one == Tally(11, 6, 3, 1, 2, 0, 4)


def test_too_many_wrong_hits_stop_what_was_learned_and_then_what_is_safe() -> None:
    bad = Tally(requests=1000, hits=400, judged=60, wrong=10, safe_judged=60, safe_wrong=10, safe_hits=400)

    assert next_serving_level(ServingLevel.LEARNED, bad, ERROR) is ServingLevel.FROZEN
    assert next_serving_level(ServingLevel.FROZEN, bad, ERROR) is ServingLevel.OFF
    assert next_serving_level(ServingLevel.OFF, bad, ERROR) is ServingLevel.OFF


def test_what_is_safe_goes_on_where_only_the_learned_hits_are_wrong() -> None:
    tally = Tally(requests=1000, hits=400, judged=60, wrong=10, safe_judged=30, safe_wrong=0, safe_hits=40)

    assert next_serving_level(ServingLevel.FROZEN, tally, ERROR) is ServingLevel.FROZEN


def test_without_evidence_nothing_changes() -> None:
    for serving_level in ServingLevel:
        assert next_serving_level(serving_level, Tally(), ERROR) is serving_level
        assert next_serving_level(serving_level, Tally(requests=50, hits=30), ERROR) is serving_level


def test_it_goes_on_when_enough_would_be_hits_were_right() -> None:
    few = Tally(requests=1000, hits=100, judged=ENOUGH - 1, wrong=0)
    enough = Tally(requests=1000, hits=100, judged=ENOUGH, wrong=0)

    assert next_serving_level(ServingLevel.OFF, few, ERROR) is ServingLevel.OFF
    assert next_serving_level(ServingLevel.OFF, enough, ERROR) is ServingLevel.LEARNED


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 600))
def test_no_account_both_stops_and_takes_up_again(right: int, wrong: int, misses: int) -> None:
    """Else the standing would swing back and forth."""
    judged = right + wrong
    tally = Tally(judged + misses, judged, judged, wrong, judged, wrong, judged)

    stops = next_serving_level(ServingLevel.LEARNED, tally, ERROR) is ServingLevel.FROZEN
    returns = next_serving_level(ServingLevel.FROZEN, tally, ERROR) is ServingLevel.LEARNED

    assert not (stops and returns)
