"""A word diff holds both texts, and little more than what differs is marked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.ui.word_diff import MAX_CHARS, Kind, diff_words

MARKS = {"same": "{}", "out": "[-{}-]", "in": "{{+{}+}}"}
WORDS = st.lists(st.sampled_from(["how", "do", " ", "  ", "I", "?", "开", "通", "5", "\n"]), max_size=12).map("".join)


def marked(pieces: list[tuple[Kind, str]]) -> str:
    """Write pieces as ``git diff --word-diff`` does."""
    return "".join(MARKS[kind].format(text) for kind, text in pieces)


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("How do I reset a password?", "How do I reset my password?", "How do I reset [-a-]{+my+} password?"),
        ("5 miles", "50 miles", "[-5-]{+50+} miles"),
        ("如何开通服务", "如何关闭服务", "如何[-开通-]{+关闭+}服务"),
        ("a b c", "x y c", "[-a b-]{+x y+} c"),
        ("the same", "the same", "the same"),
        ("", "new", "{+new+}"),
    ],
)
def test_what_differs_is_marked_by_words_and_by_chinese_characters(old: str, new: str, shown: str) -> None:
    assert marked(diff_words(old, new)) == shown


@given(WORDS, WORDS)
def test_both_texts_are_in_the_pieces(old: str, new: str) -> None:
    pieces = diff_words(old, new)

    assert "".join(text for kind, text in pieces if kind != "in") == old
    assert "".join(text for kind, text in pieces if kind != "out") == new


@pytest.mark.slow
def test_long_texts_are_compared_as_far_as_it_takes_no_time() -> None:
    pieces = diff_words("a " * MAX_CHARS, "b " * MAX_CHARS)

    assert sum(len(text) for _, text in pieces) <= 2 * MAX_CHARS
