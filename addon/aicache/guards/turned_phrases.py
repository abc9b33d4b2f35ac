"""English phrases of which the parts have changed places: sum of the squares, square of the sum. Pure.

In most questions parts may move; in these, where they stand is what is asked.
"""

from __future__ import annotations

from collections.abc import Sequence

from aicache.guards.english_words import ARTICLES
from aicache.guards.lexicon import word_order
from aicache.guards.tokens import Clauses
from aicache.guards.words import stem

_SUPPORT = frozenset(word_order.SUPPORT.split())
_STATES = frozenset(map(stem, "mean cost price feel look work differ taste weigh last use benefit".split()))
"""Verbs whose subject is what the noun of the same word is of."""
_BE = frozenset({"is", "are", "was", "were"})


def are_phrases_turned(one: Clauses, other: Clauses) -> bool:
    """Return whether two English texts with the same words in another order have one of these the other way round."""
    if not (one.spaced_english and other.spaced_english) or one.content == other.content:
        return False
    mine, others = _without_articles(one), _without_articles(other)
    parts, others_parts = _of_phrases(mine), _of_phrases(others)
    if any((whole, part) in others_parts for part, whole in parts if part != whole):
        return True
    return (
        _is_predicate_turned(mine, others)
        or _changes_sides(one, other)
        or _does_what_is_of_it(one, other)
        or _does_what_is_of_it(other, one)
    )


def _without_articles(text: Clauses) -> list[str]:
    """Return the words as they are compared; those that say nothing as they are written."""
    return [key for word, key in zip(text.words, text.keys, strict=True) if key and word not in ARTICLES]


def _of_phrases(words: Sequence[str]) -> frozenset[tuple[str, str]]:
    return frozenset([(words[at - 1], words[at + 1]) for at in range(1, len(words) - 1) if words[at] == "of"])


def _is_predicate_turned(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether two questions of a form of "to be" and two words have those the other way round: is A B."""
    return len(one) == len(other) == 3 and one[0] == other[0] and one[0] in _BE and list(one[1:]) == [*other[:0:-1]]


def _does_what_is_of_it(one: Clauses, other: Clauses) -> bool:
    """Return whether *one* names what comes to something, and *other* says that this thing does it: the cause of rust,
    does rust cause. What one costs, means and feels like is the same either way."""
    if "of" not in one.words or _SUPPORT.isdisjoint(other.words):
        return False
    content = {*one.content} & {*other.content}
    named = [key for word, key in zip(one.words, one.keys, strict=True) if key in content or word == "of"]
    support = next(at for at, word in enumerate(other.words) if word in _SUPPORT)
    done = tuple([key for key in other.keys[support:] if key in other.content][:2])
    return any(
        of == "of" and (thing, noun) == done and noun not in _STATES
        for noun, of, thing in zip(named, named[1:], named[2:], strict=False)
    )


def _changes_sides(one: Clauses, other: Clauses) -> bool:
    """Return whether the speaker does in one text what is done to them in the other: paid me, I paid."""
    mine, others = _sides(one), _sides(other)
    return bool(mine) and bool(others) and mine != others and sorted(one.content) == sorted(other.content)


def _sides(text: Clauses) -> str:
    """Return "i" or "me", whichever a text has outside of courtesies; "" for neither and for both."""
    sides = {word for word, key in zip(text.words, text.keys, strict=True) if key and word in ("i", "me")}
    return sides.pop() if len(sides) == 1 else ""
