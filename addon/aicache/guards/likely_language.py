"""Tells the language of a text by its small words, or that they do not tell. Pure."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from aicache.guards.lexicon import courtesies

WORDS_OF = {language: frozenset(words.split()) for language, words in courtesies.WORDS.items()}
"""By language, as the lexicon names those."""
SMALL_WORDS = frozenset().union(*WORDS_OF.values(), courtesies.ASKING.split())
MIN_SMALL_WORDS = 2


def likely_language(words: AbstractSet[str]) -> str:
    """Return the language that has most of the words, in small letters; "" where it has few, or two have as many."""
    counts = sorted(((len(words & small), language) for language, small in WORDS_OF.items()), reverse=True)
    (most, language), (second, _) = counts[:2]
    return language if most >= MIN_SMALL_WORDS and most > second else ""
