"""Nearly the same words in another order: parts of a long text that have moved. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from aicache.guards.text_features import TextFeatures
from aicache.guards.words import without_common_ends

MIN_CONTENT = {"zh": 15}
"""Content words (in Chinese, characters) that the shorter text must have: in a short question words move freely."""
DEFAULT_MIN_CONTENT = 6
MAX_UNSHARED_SHARE = 0.2
"""Largest number of content words that only one text has, as a share of the shorter text's content."""


def is_reordered(one: TextFeatures, other: TextFeatures, left: Sequence[str], right: Sequence[str]) -> bool:
    """Return whether more than one part of a text has moved; *left* and *right* are the words only one text has.

    One moved part is a common paraphrase ("in 1990, …" and "… in 1990"): such neighbors were right as often as others.
    Of those in which several parts had moved, seven of eight English ones and five of six Chinese ones were wrong,
    however near they were.
    """
    length = min(len(one.content), len(other.content))
    least = MIN_CONTENT.get(one.language or other.language, DEFAULT_MIN_CONTENT)
    if length < least or one.content == other.content or len(left) + len(right) > max(2, MAX_UNSHARED_SHARE * length):
        return False
    mine, others = _common(one.content, other.content)
    return mine != others and not _one_moved(mine, others)


def _common(one: Sequence[str], other: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the words of both, as often as both have them, in the order of each."""
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
    """Return whether moving one part turns one order of the same words into the other."""
    mine, others = without_common_ends(one, other)
    return any(mine[i] == others[0] and mine[i:] + mine[:i] == others for i in range(1, len(mine)))
