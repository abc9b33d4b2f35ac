"""Finds a name of one text in another, also as an adjective, as initials or misspelled. Pure."""

from __future__ import annotations

from aicache.guards.exclusive_words import is_place
from aicache.guards.text_features import TextFeatures
from aicache.guards.words import is_one_edit_apart, stem

MIN_TWO_TYPO_LETTERS = 8
"""Length in letters from which a name may have two typing errors."""


def has_unmatched_name(one: TextFeatures, other: TextFeatures) -> bool:
    """Return whether *one* has a name that does not occur in *other*. For places see `exclusive_words`.

    A capitalized courtesy is not a name: Herzlichen Dank!
    """
    if one.names.names <= other.names.names:
        return False
    left = {name for name in one.names.names - other.names.names if not is_place(name)} - one.clauses.courtesies
    if not left:
        return False
    known = {stem(word) for word in other.words}
    return any(not _is_mentioned(name, other, known) for name in left)


def _is_mentioned(name: str, other: TextFeatures, known: set[str]) -> bool:
    if stem(name) in known or (1 < len(name) <= 5 and name in other.initials):
        return True
    return any(_is_form_of_name(name, word) for word in other.words)


def _is_form_of_name(name: str, word: str) -> bool:
    """Return whether a word is the name, its adjective, its short form, or the name with a typing error."""
    short, long = sorted((name, word), key=len)
    if len(short) < 4 or short[0] != long[0]:
        return False
    if long.startswith(short) or is_one_edit_apart(short, long):
        return True
    if len(short) < MIN_TWO_TYPO_LETTERS:
        return False
    if is_one_edit_apart(short[: len(short) // 2], long[: len(short) // 2]):
        return is_one_edit_apart(short[len(short) // 2 :], long[len(short) // 2 :])
    return False
