"""Detects the language of a text by its script, its letters and its function words. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from aicache.guards.patterns import compile_later

HAN, KANA, THAI = compile_later("[㐀-鿿]"), compile_later("[぀-ヿ]"), compile_later("[฀-๿]")
MARKS = (
    "\u0591-\u05c7\u0610-\u061a\u064e-\u0650\u0652-\u065f\u0670\u0900-\u0903\u093a-\u094f\u0955-\u0957\u0962\u0963"
    "\u0981-\u0983\u09bc-\u09cd\u0a01-\u0a03\u0a3c-\u0a51\u0a81-\u0a83\u0abc-\u0acd\u0b01-\u0b03\u0b3c-\u0b57\u0b82"
    "\u0bbe-\u0bd7\u0c00-\u0c04\u0c3e-\u0c56\u0c81-\u0c83\u0cbc-\u0cd6\u0d00-\u0d03\u0d3b-\u0d57"
    "\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u17b4-\u17d3"
)
"""Vowels and tones that are written as marks at letters, for a character class. Those are left out that are part of an
Arabic spelling (fathatan, shadda), and Thai ones, which are compared as letters."""
_SCRIPTS = (
    ("ja", KANA),
    ("ko", compile_later("[가-힯]")),
    ("zh", HAN),
    ("ru", compile_later("[Ѐ-ӿ]")),
    ("ar", compile_later("[؀-ۿ]")),
    ("th", THAI),
    ("he", compile_later("[֐-׿]")),
    ("hi", compile_later("[ऀ-ॿ]")),
    ("el", compile_later("[Ͱ-Ͽ]")),
)
_ANY_SCRIPT = compile_later(f"[{''.join(pattern.pattern[1:-1] for _, pattern in _SCRIPTS)}]")
_SMALL = {
    word: code
    for code, words in {
        "en": "the is are how what why when where who which do does did can could should would my your and of to for "
        "with i you it have has from not be am was will there this that",
        "de": "der das und ist wie wann wo wer ich nicht mein meine ein eine einen für mit zu auf kann warum den dem "
        "welche sind wird",
        "fr": "le les des est comment pourquoi quand où qui quel quelle quels quelles je mon ma mes une pour avec dans "
        "puis peut sont du au et",
        "es": "el los las es cómo como qué por cuándo dónde quién cuál mi mis una para puedo puede con del y está son",
        "it": "il gli che è come perché quando dove chi quale mio mia posso può della sono di un per non",
        "pt": "o os um uma é como quando onde quem qual meu minha posso pode para com não são do da em",
        "nl": "het een hoe waarom wanneer waar wie mijn ik kan niet voor met van zijn wat op",
        "pl": "jak dlaczego kiedy gdzie kto jest czy mój moje nie się na z do w",
        "tr": "nasıl neden ne zaman nerede kim bir ve için mi mı ile bu",
    }.items()
    for word in words.split()
}


_LETTERS = tuple(
    (language, compile_later(f"[{letters}]"))
    for language, letters in (("tr", "ğış"), ("pl", "łżźśćńąę"), ("pt", "ãõ"), ("es", "ñ¿¡"))
)
"""Letters and signs of one language of those whose words are counted."""
_LETTERS_VOTES = 2
MIN_VOTES = 2
"""Words that speak for a language from which it is surely the text's."""


class Detected(NamedTuple):
    """The language that most words speak for."""

    likely: str
    """Its code; empty if none speaks for any, or as many for two."""
    sure: str
    """The same, empty also if a single word speaks for it."""


def detect_language(plain: str, words: Sequence[str]) -> Detected:
    """Return the language of a normalized text with these words."""
    is_ascii = plain.isascii()
    if not is_ascii and _ANY_SCRIPT.search(plain) is not None:
        language = next(language for language, pattern in _SCRIPTS if pattern.search(plain))
        return Detected(language, language)
    votes: dict[str, int] = {}
    for word in words:
        if word in _SMALL:
            language = _SMALL[word]
            votes[language] = votes.get(language, 0) + 1
    if not is_ascii:
        for language, letters in _LETTERS:
            if letters.search(plain) is not None:
                votes[language] = votes.get(language, 0) + _LETTERS_VOTES
    if not votes:
        return Detected("", "")
    most = max(votes.values())
    first, *others = [language for language, count in votes.items() if count == most]
    return Detected("", "") if others else Detected(first, first if most >= MIN_VOTES else "")
