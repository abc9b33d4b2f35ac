"""Nearly the same words in another order: two parts of a long text that have changed places. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from aicache.guards.words import between

if TYPE_CHECKING:  # a reading is made of what this module reads
    from aicache.guards.text_features import Reading

LEAST = {"zh": 15}
"""Of the shorter text's content (in Chinese, characters) there must be so much, for less says little: in a short
question words change places freely."""
LEAST_ELSEWHERE = 6
APART = 0.2
"""The share of the shorter text's content in which the two may differ beside."""


def shuffled(one: Reading, other: Reading, left: Sequence[str], right: Sequence[str]) -> bool:
    """Tell whether more than one part of a text has moved; *left* and *right* are what each text has alone.

    One part that stands elsewhere is how the same is said again ("in 1990, …" and "… in 1990"): such neighbours were
    right as often as others. Of those in which several had moved, seven of eight English ones and five of six Chinese
    ones were wrong, however near they were.
    """
    length = min(len(one.content), len(other.content))
    least = LEAST.get(one.tongue or other.tongue, LEAST_ELSEWHERE)
    if length < least or one.content == other.content or len(left) + len(right) > max(2, APART * length):
        return False
    mine, others = _common(one.content, other.content)
    return mine != others and not _one_moved(mine, others)


def _common(one: Sequence[str], other: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return what both have, as often as both have it, in the order of each."""
    both = Counter(one) & Counter(other)
    return _only(one, both.copy()), _only(other, both)


def _only(words: Sequence[str], counts: Counter[str]) -> list[str]:
    taken = []
    for word in words:
        if counts[word] > 0:
            counts[word] -= 1
            taken.append(word)
    return taken


def _one_moved(one: Sequence[str], other: Sequence[str]) -> bool:
    """Tell whether one order becomes the other, of the same words, when one part of it is put elsewhere."""
    mine, others = between(one, other)
    return any(mine[i] == others[0] and mine[i:] + mine[:i] == others for i in range(1, len(mine)))
