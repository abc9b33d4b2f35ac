"""Classifies questions by the kind of answer: a reason, a way, a time, a person, an amount. Pure."""

from __future__ import annotations

import re

_ENGLISH = re.compile(
    r"\bhow (?P<amount>many|much|long|often|old|far|tall|big|fast|big|soon|expensive)\b"
    r"|\b(?P<word>why|when|where|who|whom|whose)\b|\b(?P<how>how)\b"
    r"|\bwhat (?:is the |are the )?(?P<noun>time|date|reason|reasons|way|ways|place|location|year|day)\b"
)
_NOUNS = {"time": "when", "date": "when", "day": "when", "year": "when", "reason": "why", "reasons": "why"}
_NOUNS |= {"way": "how", "ways": "how", "place": "where", "location": "where"}
_AMOUNTS = {"much": "many", "soon": "when", "long": "long"}
_CHINESE = {
    "为什么": "why", "怎么": "how", "怎样": "how", "何时": "when", "多久": "long", "多少": "many", "几": "many",
    "哪儿": "where", "谁": "who", "原因": "why", "方法": "how", "怎么办": "how", "多大": "old",
    "多远": "far", "多高": "tall",
}  # fmt: skip
_HAN = re.compile("|".join(sorted(_CHINESE, key=len, reverse=True)))


def find_question_types(plain: str) -> frozenset[str]:
    """Return the types of a normalized question; empty for yes-or-no questions and for "what"."""
    if plain.isascii():
        return frozenset(_type_of_match(match) for match in _ENGLISH.finditer(plain))
    return frozenset(_CHINESE[found] for found in _HAN.findall(plain))


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
