"""What several rules for English texts ask: articles, participles, and who has changed sides. Pure."""

from __future__ import annotations

from collections.abc import Set
from typing import TypeVar

from aicache.guards.lexicon import only_difference

T = TypeVar("T")

INDEFINITE_ARTICLES = frozenset({"a", "an"})
ARTICLES = INDEFINITE_ARTICLES | {"the"}
_PASTS = frozenset(only_difference.PASTS.split())


def is_past(word: str) -> bool:
    """Return whether a word is a past tense or a participle."""
    return word in _PASTS or (word.endswith("ed") and len(word) > 4)


def are_exchanged(one: tuple[Set[T], Set[T]], other: tuple[Set[T], Set[T]]) -> bool:
    """Return whether something is among the first of one text and among the second of the other: I sent, sent to me."""
    (first, second), (others_first, others_second) = one, other
    return bool((first & others_second) - second or (others_first & second) - others_second)
