"""Classifies questions by the kind of answer: a reason, a way, a time, a person, an amount. Pure."""

from __future__ import annotations

import re

from aicache.guards.language import KANA, THAI
from aicache.guards.lexicon.question_words import QUESTION_WORDS
from aicache.guards.patterns import any_of, compile_later

_ENGLISH = compile_later(
    r"\bhow (?P<amount>many|much|long|often|old|far|tall|big|fast|big|soon|expensive)\b"
    r"|\b(?P<word>why|when|where|who|whom|whose)\b|\b(?P<how>how)\b"
    r"|\bwhat (?:is the |are the )?(?P<noun>time|date|reason|reasons|way|ways|place|location|year|day)\b"
)
_WHAT = re.compile(r"\b(?:what|which)")
_WHETHER = re.compile(r"(?:is|are|was|were|am|do|does|did|has|have|had)\b(?! (?:you|to)\b)")
_NOUNS = {"time": "when", "date": "when", "day": "when", "year": "when", "reason": "why", "reasons": "why"}
_NOUNS |= {"way": "how", "ways": "how", "place": "where", "location": "where"}
_AMOUNTS = {"much": "many", "soon": "when", "long": "long"}
_CHINESE = {
    "为什么": "why", "怎么": "how", "怎样": "how", "何时": "when", "多久": "long", "多少": "many", "几": "many",
    "哪儿": "where", "谁": "who", "原因": "why", "方法": "how", "怎么办": "how", "多大": "old",
    "多远": "far", "多高": "tall",
}  # fmt: skip
_HAN = compile_later(any_of(sorted(_CHINESE, key=len, reverse=True)))


def _by_word(text: str) -> dict[str, str]:
    lines = [each.partition(":") for each in text.replace("\n", ";").split(";") if each.strip()]
    return {word.replace("_", " "): kind.strip() for kind, _, words in lines for word in words.split()}


def _pattern(words: dict[str, str], *, spaced: bool) -> re.Pattern[str]:
    found = any_of(sorted(words, key=len, reverse=True))
    return compile_later(rf"(?<!\w)(?:{found})(?!\w)" if spaced else found)


_WORDS = {language: _by_word(text) for language, text in QUESTION_WORDS.items()}
_PATTERNS = {language: _pattern(words, spaced=language not in ("ja", "th")) for language, words in _WORDS.items()}


def find_question_types(plain: str, language: str = "en") -> frozenset[str]:
    """Return the types of a normalized question in a language; empty for yes-or-no questions and for "what"."""
    if not plain.isascii() and language == "en":
        language = "ja" if KANA.search(plain) else "th" if THAI.search(plain) else language
    if (words := _WORDS.get(language)) is not None:
        return frozenset(words[found] for found in _PATTERNS[language].findall(plain))
    if plain.isascii():
        return frozenset(_type_of_match(match) for match in _ENGLISH.finditer(plain))
    return frozenset(_CHINESE[found] for found in _HAN.findall(plain))


def find_asked(plain: str, types: frozenset[str]) -> tuple[frozenset[str], bool, bool]:
    """Return what a normalized English question of these types asks: these, whether something is so, what or which."""
    return types, _WHETHER.match(plain) is not None, not types and _WHAT.search(plain) is not None


def have_different_types(one: frozenset[str], other: frozenset[str]) -> bool:
    """Return whether both questions have types, and no type in common."""
    return bool(one and other and not one & other)


def _type_of_match(match: re.Match[str]) -> str:
    if amount := match["amount"]:
        return _AMOUNTS.get(amount, amount)
    if noun := match["noun"]:
        return _NOUNS[noun]
    word = match["word"] or match["how"]
    return "who" if word in ("whom", "whose") else word
