"""Whether two answers are the same: by their words whatever their dress, by similarity only where that can tell."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.evidence.answer_equality import Correctness, compare, normalize_answer

LONG = "You can change your address under Settings, Profile, Address."
LIKE = "To change the address go to Settings, then Profile, then Address."


@pytest.mark.parametrize(
    ("fresh", "stored"),
    [
        ("Paris", "paris."),
        ("**Paris**", "Paris"),
        ("# Answer\n\nParis", "answer Paris!"),
        ("- one\n- two", "* one\n* two\n"),
        ("1. one\n2. two", "1) one\n2) two"),
        ("１２３元", "123元。"),
        ("See [the page](https://a.example/b).", "see the page"),
        ("`x = 1`", "x = 1"),
        ("是的。", "是的！"),
        ("a\u3000b\r\nc", "A b c"),
    ],
)
def test_what_differs_in_dress_only_is_the_same(fresh: str, stored: str) -> None:
    assert compare(fresh, stored) is Correctness.RIGHT


@pytest.mark.parametrize(
    ("fresh", "stored"),
    [
        (
            "It takes 5 days until the card that you ordered arrives by mail.",
            "It takes 50 days until the card that you ordered arrives by mail.",
        ),
        (
            "You can cancel the order at any time before it has been shipped.",
            "You cannot cancel the order at any time before it has been shipped.",
        ),
        (
            "You can do that in the settings menu, below your own profile page.",
            "You can't do that in the settings menu, below your own profile page.",
        ),
        (
            "这张银行卡可以在国外的所有自动取款机上使用,不收取任何手续费",
            "这张银行卡不可以在国外的所有自动取款机上使用,不收取任何手续费",
        ),
        ("Paris", "London"),
    ],
)
def test_what_a_similarity_cannot_tell_apart_stays_unknown(fresh: str, stored: str) -> None:
    assert compare(fresh, stored, 0.99) is Correctness.UNKNOWN


def test_similarity_decides_at_both_ends_and_not_between() -> None:
    assert compare(LONG, LIKE, 0.96) is Correctness.RIGHT
    assert compare(LONG, LIKE, 0.7) is Correctness.UNKNOWN
    assert compare(LONG, LIKE, 0.2) is Correctness.WRONG


@pytest.mark.parametrize("similarity", [None, math.nan, math.inf, 7.0])
def test_without_a_similarity_that_can_be_nothing_is_said_of_different_words(similarity: float | None) -> None:
    assert compare(LONG, LIKE, similarity) is Correctness.UNKNOWN


def test_nothing_is_not_the_same_as_nothing() -> None:
    assert compare("", " **", 1.0) is Correctness.UNKNOWN


@given(st.text())
def test_an_answer_is_the_same_as_itself_or_says_nothing(answer: str) -> None:
    assert compare(answer, answer) is (Correctness.RIGHT if normalize_answer(answer) else Correctness.UNKNOWN)


@given(st.text(), st.text(), st.floats(-1, 1))
def test_it_makes_no_difference_which_is_which(one: str, other: str, similarity: float) -> None:
    assert compare(one, other, similarity) is compare(other, one, similarity)


@pytest.mark.parametrize(
    ("fresh", "stored", "similarity"),
    [
        ("Yes", "No", 0.99),
        ("It takes 5 days.", "It takes 50 days.", None),
        ("card arrival", "card linking", 0.7),
    ],
)
def test_short_answers_that_say_different_things_are_wrong(fresh: str, stored: str, similarity: float | None) -> None:
    assert compare(fresh, stored, similarity) is Correctness.WRONG


def test_a_short_answer_within_another_is_not_judged_by_words() -> None:
    assert compare("Paris.", "It is Paris.", 0.5) is Correctness.UNKNOWN
