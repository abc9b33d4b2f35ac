"""Content words that only one of two texts has. Pure."""

from __future__ import annotations

from aicache.guards.text_features import TextFeatures
from aicache.guards.words import unshared_words


def unshared_content(one: TextFeatures, other: TextFeatures) -> tuple[list[str], list[str]]:
    """Return the content words that only one of the texts has, for each."""
    return unshared_words(one.content_counts, other.content_counts)


def is_modified(one: TextFeatures, other: TextFeatures) -> bool:
    """Return whether two texts differ by one word before a noun: a photographer, a *bad* photographer."""
    left, right = unshared_content(one, other)
    if len(left) + len(right) != 1:
        return False
    added, of = (left[0], one) if left else (right[0], other)
    return added in of.modifiers
