"""Detects a whole clause or phrase that has moved: If it rains, can I …; Can I … if it rains. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from aicache.guards.lexicon.function_words import LEFT_OUT
from aicache.guards.small_words import PREPOSITIONS
from aicache.guards.tokens import Clauses, Script

MIN_WORDS = 4
_NO_WORDS: frozenset[str] = frozenset()
_OPENING = frozenset(
    "if when while because since unless as wenn weil da falls als si quand parce cuando porque se quando".split()
)
"""Conjunctions with which a clause begins wherever it stands; prepositions are others."""


def is_clause_moved(one: Clauses, other: Clauses) -> bool:
    """Return whether two texts are the same words but for one part that stands first in one of them, last in the other.

    The part is a clause of its own, or begins with a word that only begins one.
    """
    if one.language != other.language or one.unspaced or other.unspaced:
        return False
    mine, others = _words(one), _words(other)
    if len(mine) != len(others) or len(mine) < MIN_WORDS or mine == others:
        return False
    turn = next(
        (
            at
            for at in range(1, len(mine))
            if mine[at:] == others[: len(mine) - at] and mine[:at] == others[len(mine) - at :]
        ),
        0,
    )
    if not turn:
        return False
    if turn in _ends(one) or len(mine) - turn in _ends(other):
        return True
    known = PREPOSITIONS.get(one.language, {})
    return any(first in _OPENING or first in known for first in (mine[0], mine[turn]))


def _words(text: Clauses) -> list[str]:
    left_out = LEFT_OUT.get(text.language, _NO_WORDS)
    return [
        token.word
        for clause in text.clauses
        for token in clause
        if token.key and (token.script is not Script.WORD or token.word not in left_out)
    ]


def _ends(text: Clauses) -> Sequence[int]:
    """Return after how many words each clause ends."""
    left_out = LEFT_OUT.get(text.language, _NO_WORDS)
    lengths = [
        sum(bool(token.key) and (token.script is not Script.WORD or token.word not in left_out) for token in clause)
        for clause in text.clauses
    ]
    return list(accumulate(lengths))
