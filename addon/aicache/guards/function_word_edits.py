"""Accounts for the function words in which two texts differ: each must be known to say nothing. Pure.

Open world: a question has few function words, and which of them turns it into another cannot be listed. So where two
texts are the same but for one place, what stands there must be known to be harmless; texts that differ in several
places are the same question built in another way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from aicache.guards.alignment import find_places
from aicache.guards.function_words import CONTENT_MARK, FunctionWords
from aicache.guards.lexicon import function_words as lexicon

MAX_EDITED_WORDS = 2
"""English function words of a place up to which it was edited; more are a phrase that was built in another way."""
MAX_COMPARED_WORDS = 80
"""Words of a text up to which the places of its differences are looked for; in longer ones, all must be the same."""
_INFINITIVE = frozenset({"for", "to"})
"""Prepositions of which one stands before a verb in -ing where the other stands before its infinitive."""
_NO_WORDS: frozenset[str] = frozenset()
_NO_GROUPS: Mapping[str, frozenset[int]] = {}


class Edit(NamedTuple):
    """A place in which two sequences of words differ."""

    before: str
    """The word before it; empty at the beginning."""
    left: tuple[str, ...]
    right: tuple[str, ...]
    after: str
    """The word behind it; empty at the end."""


def are_accounted_for(one: FunctionWords, other: FunctionWords, twins: Mapping[str, str], *, asks_way: bool) -> bool:
    """Return whether the function words in which two texts differ are known to say nothing.

    *twins* are words of the first text, in the compared form, that are another form of one of the second.
    *asks_way*: both ask how or where one does something.
    """
    mine = [_twin(word, twins) for word in one.sequence] if twins else list(one.sequence)
    others = list(other.sequence)
    if mine == others:
        return True
    if one.language != other.language or max(len(mine), len(others)) > MAX_COMPARED_WORDS:
        return _silent(mine) == _silent(others)
    if one.language != "en":
        if one.language == "de" and _content(mine) == _content(others):  # articles have cases: der Hund, den Hund
            edits = find_edits(mine, others)
            if not all(_are_interchanged(each.left, each.right, "de", asks_way=asks_way) for each in edits):
                return False
        return _are_interchanged(mine, others, one.language, asks_way=asks_way)
    if _has_moved_preposition(mine, others):
        return False
    edits = find_edits(mine, others)
    if len(edits) != 1:
        return True
    if one.has_gerund != other.has_gerund and {*edits[0].left, *edits[0].right} == _INFINITIVE:
        return True
    return _is_harmless(edits[0], asks_way=asks_way)


def is_known_to_say_nothing(edit: Edit, language: str, *, asks_way: bool) -> bool:
    """Return whether one place in which two texts of a language differ in function words is known to say nothing."""
    if language == "en":
        return _is_harmless(edit, asks_way=asks_way)
    return _are_interchanged(edit.left, edit.right, language, asks_way=asks_way)


def _twin(word: str, twins: Mapping[str, str]) -> str:
    return f"{CONTENT_MARK}{twins[word[1:]]}" if word[0] == CONTENT_MARK and word[1:] in twins else word


def find_edits(one: Sequence[str], other: Sequence[str]) -> list[Edit]:
    """Return the places in which two sequences of words differ, in order."""
    return [
        Edit(one[start - 1] if start else "", tuple(one[start:end]), tuple(other[first:last]), (*one[end:], "")[0])
        for start, end, first, last in find_places(one, other)
    ]


def _are_interchanged(one: Sequence[str], other: Sequence[str], language: str, *, asks_way: bool) -> bool:
    """Return whether each function word that only one text has is free, or has its like in the other."""
    mine, others = Counter(_silent(one)), Counter(_silent(other))
    free = lexicon.FREE.get(language, _NO_WORDS)
    if asks_way:
        free |= lexicon.WAY.get(language, _NO_WORDS)
    groups = lexicon.INTERCHANGEABLE.get(language, _NO_GROUPS)
    left, right = list((mine - others).elements()), list((others - mine).elements())
    for word in left[:]:
        if (twin := next((each for each in right if may_replace(word, each, groups)), None)) is not None:
            left.remove(word)
            right.remove(twin)
    return free.issuperset(left) and free.issuperset(right)


def may_replace(one: str, other: str, groups: Mapping[str, frozenset[int]]) -> bool:
    """Return whether two words are in one group: either may stand for the other, whatever is around them."""
    return not groups.get(one, _NO_WORDS).isdisjoint(groups.get(other, _NO_WORDS))


def _silent(words: Sequence[str]) -> list[str]:
    return [word for word in words if word[0] != CONTENT_MARK]


def _content(words: Sequence[str]) -> list[str]:
    return [word for word in words if word[0] == CONTENT_MARK]


def _has_moved_preposition(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether the words are the same in the same order but for a preposition: the house on the hill for."""
    return (
        len(one) == len(other)
        and sorted(one) == sorted(other)
        and _without_prepositions(one) == _without_prepositions(other)
    )


def _without_prepositions(words: Sequence[str]) -> list[str]:
    return [word for word in words if word not in _PREPOSITIONS]


_PREPOSITIONS = frozenset(lexicon.STRANDED.split())
_ENGLISH = lexicon.INTERCHANGEABLE["en"]
_FREE = lexicon.FREE["en"]
_WAY = lexicon.WAY["en"]
_OPENING = frozenset(lexicon.OPENING.split())
_ASKING = frozenset(lexicon.ASKING["en"])
_VERBS = frozenset("is are was were am do does did has have had can could should would will might may shall".split())


def _is_harmless(edit: Edit, *, asks_way: bool) -> bool:
    """Return whether the only place in which two English texts differ is known to say nothing."""
    if _is_replaced(edit.left, edit.right):
        return True
    left, right = _without_free(edit, edit.left), _without_free(edit, edit.right)
    if not (left or right) or len(left) + len(right) > MAX_EDITED_WORDS:
        return True
    if any(word[0] == CONTENT_MARK for word in (*left, *right)):
        return True  # compared as words
    if not edit.before and not (edit.left and edit.right):
        added = edit.left or edit.right
        return _OPENING.issuperset(added) and not (added[-1] in _ASKING and edit.after in _VERBS)
    if asks_way and _WAY.issuperset((*left, *right)):
        return True
    return _is_replaced(left, right)


def _is_replaced(left: Sequence[str], right: Sequence[str]) -> bool:
    """Return whether words stand in the place of others that may stand for them: has been, was."""
    if len(left) != len(right):
        shorter, longer = sorted((left, right), key=len)
        return (*longer,) in _PERFECT and (*shorter,) in _PAST
    return bool(left) and all(may_replace(one, other, _ENGLISH) for one, other in zip(left, right, strict=True))


_PERFECT = frozenset({("has", "been"), ("have", "been")})
_PAST = frozenset({("was",), ("were",)})


def _without_free(edit: Edit, words: Sequence[str]) -> list[str]:
    """Return the words that are not free to be there or not; "there" is, behind a form of "to be"."""
    exists = edit.before in ("is", "are", "was", "were")
    return [word for word in words if word not in _FREE and not (word == "there" and exists)]
