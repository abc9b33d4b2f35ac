"""Small words that stand in the place of others and say something else: on every TV, on this TV; give, have. Pure.

They are so common that nothing is left over of two texts that differ in them alone, or a word more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from aicache.guards.alignment import find_places
from aicache.guards.lexicon import replaced_words as lexicon
from aicache.guards.patterns import compile_later
from aicache.guards.tokens import Clauses


def _by_line(lines: str) -> dict[str, int]:
    return {word: number for number, line in enumerate(lines.strip().splitlines()) for word in line.split()}


_DETERMINERS = _by_line(lexicon.DETERMINERS)
_VERBS = _by_line(lexicon.VERBS)
_ALIKE = frozenset(
    frozenset(_VERBS[word] for word in pair)
    for line in lexicon.VERBS_ALIKE.strip().splitlines()
    for pair in combinations(line.split(), 2)
)
_WHAT_IS_THE = frozenset({("what", "is", "the"), ("what", "are", "the")})
_OF = frozenset({"of", "for", "behind"})
_WHICH = frozenset({"which", "what"})
_HOW_MANY = frozenset({("how", "many"), ("how", "much")})
_VERBS_OF_QUESTIONS = frozenset(lexicon.VERBS_OF_QUESTIONS.split())
_OWNERS = frozenset("my your our his her their its".split())
_UNIVERSAL, _INDIVIDUAL = compile_later(lexicon.UNIVERSAL_HAN), compile_later(lexicon.INDIVIDUAL_HAN)
MAX_COMPARED_WORDS = 60
"""Words of a text up to which the places of its differences are looked for."""

MAX_REPLACED_WORDS = 2
"""Words of a place up to which its first ones stand in each other's place: give, go to."""


def are_small_words_replaced(one: Clauses, other: Clauses, twins: Mapping[str, str]) -> bool:
    """Return whether a determiner, or a verb that says little, stands in the place of one that says something else.

    *twins* are words of the first text, in the compared form, that are another form of one of the second.
    """
    if one.unspaced and other.unspaced:
        return _are_all_or_one(one.plain, other.plain) or _are_all_or_one(other.plain, one.plain)
    if not (one.english and other.english) or max(len(one.words), len(other.words)) > MAX_COMPARED_WORDS:
        return False
    return _asks_for_other(one, other, twins) or any(
        _says_other(left[0], right[0], _DETERMINERS, frozenset())
        or _says_other(left[0], right[0], _VERBS, _ALIKE)
        or _asks_how_many(left, right, after)
        or _asks_how_many(right, left, after)
        or _is_oneself(left, right)
        or _is_oneself(right, left)
        for left, right, after in _find_replaced(one, other, twins)
    )


def _find_replaced(
    one: Clauses, other: Clauses, twins: Mapping[str, str]
) -> Iterator[tuple[Sequence[str], Sequence[str], str]]:
    """Yield the words that stand in the place of others among the same words, with these, and the word behind both."""
    mine = [twins.get(key, key) or word for word, key in zip(one.words, one.keys, strict=True)]
    others = [key or word for word, key in zip(other.words, other.keys, strict=True)]
    if mine == others:
        return
    for start, end, other_start, other_end in find_places(mine, others):
        if 1 <= end - start <= MAX_REPLACED_WORDS and 1 <= other_end - other_start <= MAX_REPLACED_WORDS:
            yield one.words[start:end], other.words[other_start:other_end], (*one.words[end:], "")[0]


def _asks_for_other(one: Clauses, other: Clauses, twins: Mapping[str, str]) -> bool:
    """Return whether the only difference is what is asked for: what is the name of, what is the reason of."""
    mine, others = one.words, other.words
    if len(mine) < 6 or mine[:3] not in _WHAT_IS_THE or mine[:3] != others[:3] or mine[4:] != others[4:]:
        return False
    return mine[4] in _OF and twins.get(one.keys[3], one.keys[3]) != other.keys[3]


def _asks_how_many(one: Sequence[str], other: Sequence[str], after: str) -> bool:
    """Return whether it is asked which things are meant in one place, and how many in the other: which, how many
    countries."""
    return one[0] in _WHICH and tuple(other) in _HOW_MANY and bool(after) and after not in _VERBS_OF_QUESTIONS


def _is_oneself(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether something is done to oneself in one place, and to another one in the other: teach myself, teach my
    son."""
    return len(one) == 1 and len(other) > 1 and one[0].endswith(("self", "selves")) and other[0] in _OWNERS


def _says_other(one: str, other: str, groups: Mapping[str, int], alike: frozenset[frozenset[int]]) -> bool:
    mine, others = groups.get(one), groups.get(other)
    return mine is not None and others is not None and mine != others and frozenset((mine, others)) not in alike


def _are_all_or_one(one: str, other: str) -> bool:
    """Return whether one Chinese text speaks of all of a kind, and the other of one of it: 所有人, 一个人."""
    return (
        _UNIVERSAL.search(one) is not None
        and _UNIVERSAL.search(other) is None
        and _INDIVIDUAL.search(other) is not None
        and _INDIVIDUAL.search(one) is None
    )
