"""Words that say something of the word behind them: only I saw it, I only saw it; not all may, all may not. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from aicache.guards.lexicon import focus_words, word_order
from aicache.guards.tokens import Clauses

_FOCUSING = {language: frozenset(words.split()) for language, words in focus_words.FOCUSING.items()}
_NEGATIONS = frozenset(focus_words.NEGATIONS.split())
_HOW_MANY = frozenset(focus_words.HOW_MANY.split())
_AUXILIARIES = frozenset(focus_words.AUXILIARIES.split())
_BEFORE_INVERTED = frozenset(focus_words.BEFORE_INVERTED.split()) | {""}
_SUBJECTS = frozenset(word_order.SUBJECTS.split())
_NO_WORDS: frozenset[str] = frozenset()


def is_focus_moved(one: Clauses, other: Clauses) -> bool:
    """Return whether a word that both texts of one language have once says something of another word.

    A negation does where there is a word for how many, too, or where it has changed places with a verb alone.
    """
    if not (one.is_alphabetic and other.is_alphabetic):
        return False
    focusing = _FOCUSING.get(one.language, _NO_WORDS)
    if not _HOW_MANY.isdisjoint(one.words):
        focusing |= _NEGATIONS
    if one.english and (_has_moved_not(one.words, other.words) or _is_not_of_other_word(one, other)):
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


def _is_not_of_other_word(one: Clauses, other: Clauses) -> bool:
    """Return whether the only "not" stands before another one of the words that both texts have: told not to start,
    did not tell to start. Before a subject, "not" says nothing of it: why did not the card work."""
    if one.words.count("not") != 1 or other.words.count("not") != 1:
        return False
    if _is_before_to(one.words) != _is_before_to(other.words):
        return True
    if _is_inverted(one.words) or _is_inverted(other.words):
        return False
    both = {*one.content} & {*other.content}
    mine, others = _content_behind_not(one, both), _content_behind_not(other, both)
    return bool(mine) and bool(others) and mine != others


def _content_behind_not(text: Clauses, both: Collection[str]) -> str:
    at = text.words.index("not")
    return next((key for key in text.keys[at + 1 :] if key in both and key != "not"), "")


def _is_before_to(words: Sequence[str]) -> bool:
    return words[words.index("not") + 1 : words.index("not") + 2] == ("to",)


def _is_inverted(words: Sequence[str]) -> bool:
    """Return whether "not" and the verb before it stand before a subject."""
    at = words.index("not")
    if at == 0 or words[at - 1] not in _AUXILIARIES:
        return at == 0
    before, after = words[at - 2] if at > 1 else "", (*words, "")[at + 1]
    return before in _BEFORE_INVERTED or after in _SUBJECTS


def _following(text: Clauses, word: str) -> str:
    return (*text.words[text.words.index(word) + 1 :], "")[0]
