"""Words that say something of the word behind them: only I saw it, I only saw it; not all may, all may not. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from aicache.guards.lexicon import focus_words
from aicache.guards.tokens import Clauses

_FOCUSING = {language: frozenset(words.split()) for language, words in focus_words.FOCUSING.items()}
_NEGATIONS = frozenset(focus_words.NEGATIONS.split())
_HOW_MANY = frozenset(focus_words.HOW_MANY.split())
_AUXILIARIES = frozenset(focus_words.AUXILIARIES.split())
_NO_WORDS: frozenset[str] = frozenset()


def is_focus_moved(one: Clauses, other: Clauses) -> bool:
    """Return whether a word that both texts of one language have once says something of another word.

    A negation does where there is a word for how many, too, or where it has changed places with a verb alone.
    """
    focusing = _FOCUSING.get(one.language, _NO_WORDS)
    if not _HOW_MANY.isdisjoint(one.words):
        focusing |= _NEGATIONS
    if one.english and _has_moved_not(one.words, other.words):
        return True
    return any(
        one.words.count(word) == other.words.count(word) == 1 and _following(one, word) != _following(other, word)
        for word in focusing.intersection(one.words)
    )


def _has_moved_not(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether "not" and a verb beside it have changed places: is not, not is."""
    if one.count("not") != 1 or other.count("not") != 1:
        return False
    at, others_at = one.index("not"), other.index("not")
    before, others_before = one[at - 1 : at], other[others_at - 1 : others_at]
    after, others_after = one[at + 1 : at + 2], other[others_at + 1 : others_at + 2]
    return any(
        word and word == twin and word[0] in _AUXILIARIES
        for word, twin in ((before, others_after), (after, others_before))
    )


def _following(text: Clauses, word: str) -> str:
    return (*text.words[text.words.index(word) + 1 :], "")[0]
