"""Words whose capitals say something: parseUser and ParseUser, Cm7 and CM7, Co and CO, Polish and polish. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from aicache.guards.lexicon.letter_case import OTHER_IN_SMALL_LETTERS
from aicache.guards.likely_language import WORDS_OF

_WORD = re.compile("[A-Za-z][A-Za-z0-9]+")
_INNER = re.compile("[A-Z](?<=[a-z][A-Z])")
_SMALL = re.compile("[a-z]+")
_SYMBOL = re.compile(r"[A-Z](?:(?<![A-Za-z0-9].)[A-Za-z0-9]|(?<=[a-z].)(?<![A-Za-z0-9]..))(?![A-Za-z0-9])", re.DOTALL)
_WITH_DIGIT = re.compile(r"(?<![A-Za-z0-9])(?=[a-z]*[A-Z])[A-Za-z]+[0-9][A-Za-z0-9]*")
_BEFORE_DIGIT = re.compile("[A-Za-z](?=[0-9])")
_OTHERS = frozenset(OTHER_IN_SMALL_LETTERS.split())
MAX_SYMBOL_CHARS = 2
"""Letters of a symbol, in which each capital says something: Co, CO."""
_SENTENCE_END = frozenset(".?!:;\n\"'(-")


def find_cased_words(text: str) -> dict[str, str]:
    """Return, by the word in small letters, how words are written that may be others in other letters.

    A text that is all in small letters, or in capitals, tells nothing of single words.
    """
    if text.islower() or text.isupper():
        return {}
    if (
        _INNER.search(text) is None
        and _SYMBOL.search(text) is None
        and (_BEFORE_DIGIT.search(text) is None or _WITH_DIGIT.search(text) is None)
        and _OTHERS.isdisjoint(_SMALL.findall(text.lower()))
    ):
        return {}
    found: dict[str, str] = {}
    for match in _WORD.finditer(text):
        word = match[0]
        lower = word.lower()
        is_symbol = len(word) <= MAX_SYMBOL_CHARS and word != lower and lower not in WORDS_OF["en"]
        if (
            _INNER.search(word) is not None
            or _WITH_DIGIT.fullmatch(word) is not None
            or (is_symbol and not _is_first(text, match.start()))
            or (lower in _OTHERS and not (word.istitle() and _is_first(text, match.start())))
        ):
            found[lower] = word
    return found


def has_other_letters(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Return whether a word is written in other letters in the other text."""
    return any(other.get(word, form) != form for word, form in one.items())


def _is_first(text: str, at: int) -> bool:
    before = text[max(0, at - 3) : at].rstrip()
    return not before or before[-1] in _SENTENCE_END
