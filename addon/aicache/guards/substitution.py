"""Texts that differ in one word: another word in its place, or one more before a noun. Pure."""

from __future__ import annotations

from aicache.guards.text_features import TextFeatures
from aicache.guards.words import unshared_words


def unshared_content(one: TextFeatures, other: TextFeatures) -> tuple[list[str], list[str]]:
    """Return the content words that only one of the texts has, for each."""
    return unshared_words(one.content, other.content)


def classify_one_word_change(one: TextFeatures, other: TextFeatures, left: list[str], right: list[str]) -> str | None:
    """Return how two texts differ by one word: "substitution" or "modifier"; None if by nothing or by more.

    Another order and one more word were measured to mean nothing: such neighbors are wrong no more often than others.
    An added word before a noun does mean something: a photographer, a *bad* photographer.
    """
    if len(left) == len(right) == 1 or ("zh" in (one.language, other.language) and len(left) == len(right) == 2):
        return "substitution"
    if len(left) + len(right) == 1:
        added, of = (left[0], one) if left else (right[0], other)
        return "modifier" if added in of.modifiers else None
    return None
