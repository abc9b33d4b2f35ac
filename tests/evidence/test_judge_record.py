"""What is known of a judge model: its chance of a yes decides whom to ask, its errors what its word is worth."""

from __future__ import annotations

import random

from aicache.evidence.judge_record import SAMPLE_SHARE, JudgeErrors, YesShares


def test_before_the_first_answer_it_is_asked() -> None:
    assert YesShares().is_worth_asking(0.8, 0.1, random=0.99)


def test_after_many_no_only_a_sample_is_asked_about_such_neighbors() -> None:
    shares = YesShares()
    for _ in range(40):
        shares.count(0.76, yes=False)

    assert not shares.is_worth_asking(0.765, 0.1, random=SAMPLE_SHARE)
    assert shares.is_worth_asking(0.765, 0.1, random=SAMPLE_SHARE - 0.01)
    assert shares.is_worth_asking(0.90, 0.1, random=0.99)


def test_a_min_chance_of_zero_asks_always() -> None:
    shares = YesShares()
    for _ in range(1000):
        shares.count(0.76, yes=False)

    assert shares.is_worth_asking(0.76, 0.0, random=0.99)


def test_old_answers_lose_their_weight() -> None:
    shares = YesShares()
    for _ in range(2000):
        shares.count(0.8, yes=False)
    for _ in range(200):
        shares.count(0.8, yes=True)

    assert shares.chance(0.8) > 0.4


def test_the_chance_approaches_the_share_of_yes() -> None:
    shares, randoms = YesShares(), random.Random(1)
    for _ in range(190):
        shares.count(0.8, yes=randoms.random() < 0.6)

    assert 0.5 < shares.chance(0.8) < 0.7


def test_checks_show_how_often_its_yes_is_wrong() -> None:
    errors = JudgeErrors()
    cautious = errors.error(said_yes=True)
    for number in range(500):
        errors.count(said_yes=True, right=number % 50 != 0)

    assert errors.error(said_yes=True) < cautious
    assert abs(errors.error(said_yes=True) - 0.02) < 0.01


def test_a_check_of_a_yes_says_nothing_of_its_no() -> None:
    errors = JudgeErrors()
    before = errors.error(said_yes=False)
    for _ in range(100):
        errors.count(said_yes=True, right=False)

    assert errors.error(said_yes=False) == before


def test_labels_are_wrong_as_often_as_the_model() -> None:
    errors, randoms = JudgeErrors(), random.Random(1)
    for _ in range(180):
        errors.count(said_yes=False, right=True)  # it says no to what is right

    labels = [errors.label(said_yes=False, random=randoms.random()) for _ in range(2000)]

    assert abs(sum(labels) / 2000 - errors.error(said_yes=False)) < 0.03


def test_a_yes_to_everything_leaves_all_of_a_neighbors_risk() -> None:
    always_yes, right = JudgeErrors(), JudgeErrors()
    for number in range(100):
        always_yes.count(said_yes=True, right=number % 5 != 0, risk=0.2)
        right.count(said_yes=True, right=True, risk=0.2)

    assert JudgeErrors().remaining_risk > 0.4
    assert always_yes.remaining_risk > 0.9
    assert right.remaining_risk < 0.1


def test_only_checks_whose_risk_was_known_tell_what_is_left_of_it() -> None:
    errors = JudgeErrors()
    before = errors.remaining_risk
    errors.count(said_yes=True, right=False)
    errors.count(said_yes=False, right=False, risk=0.5)

    assert errors.remaining_risk == before
    assert errors.checked_yes == 1
