"""The languages that the function words of a text belong to. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import NamedTuple

from aicache.guards.lexicon import courtesies
from aicache.guards.splitting import in_words
from aicache.guards.words import count_words

_NO_LANGUAGES: frozenset[str] = frozenset()
FUNCTION_WORDS = {language: frozenset(in_words(words)) for language, words in courtesies.WORDS.items()}
_SCRIPTS = {"ru": ("\u0400", "\u0500"), "ar": ("\u0600", "\u0700"), "ko": ("\uac00", "\ud7b0")}
"""Letters by which the language of a text without function words is told."""
_LANGUAGES_OF: dict[str, tuple[str, ...]] = {}
for _language_of, _words_of in FUNCTION_WORDS.items():
    for _word in _words_of:
        _LANGUAGES_OF[_word] = (*_LANGUAGES_OF.get(_word, ()), _language_of)
_LANGUAGES = [(), *sorted({*_LANGUAGES_OF.values()})]
"""The languages that some words have in common; none first."""
_LANGUAGE_SETS = [*map(frozenset, _LANGUAGES)]
_NUMBERS = {word: _LANGUAGES.index(languages) for word, languages in _LANGUAGES_OF.items()}
"""By each word, the place of its languages."""


class KnownLanguages(NamedTuple):
    """The languages that the function words of a text belong to."""

    most: str
    """The one that most of them belong to, English in a tie with it; empty if there are none."""
    common: frozenset[str]
    """Those that have all of them."""


def find_languages(split: Iterable[Iterable[str]]) -> KnownLanguages:
    """Return the languages of the words of each clause."""
    found = [*filter(None, map(_NUMBERS.get, chain.from_iterable(split)))]
    if not found:
        return KnownLanguages("", _NO_LANGUAGES)
    known = count_words(found)
    votes = {"en": 0}
    for number, count in known.items():
        for language in _LANGUAGES[number]:
            votes[language] = votes.get(language, 0) + count
    most = "en"
    for language, count in votes.items():
        if count > votes[most]:
            most = language
    return KnownLanguages(most, frozenset.intersection(*[_LANGUAGE_SETS[number] for number in known]))


def language_by_script(first: str) -> str:
    """Return the language of a text without function words by its first word; English if that does not tell it."""
    return next((language for language, script in _SCRIPTS.items() if script[0] <= first <= script[1]), "en")
