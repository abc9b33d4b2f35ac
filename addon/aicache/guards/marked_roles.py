"""Who does what to whom, from what into what, where particles, articles or endings tell it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

from aicache.guards.lexicon.role_marks import GERMAN_ARTICLES, JAPANESE, KOREAN, SLAVIC_ENDINGS
from aicache.guards.patterns import compile_later
from aicache.guards.tokens import Clauses

MAX_JAPANESE_CHARS = 20
"""Characters of what stands before a particle."""
_JAPANESE = compile_later(
    rf"(?P<noun>[^\s、。,.?!]{{1,{MAX_JAPANESE_CHARS}}}?)"
    rf"(?P<mark>{'|'.join(sorted(JAPANESE, key=len, reverse=True))})"
)
_KOREAN = compile_later(rf"^(?P<noun>\w+?)(?P<mark>{'|'.join(sorted(KOREAN, key=len, reverse=True))})$")
_JAPANESE_ROLES = {mark: frozenset({("", role)}) for mark, role in JAPANESE.items()}
MAX_NOUNS = 12
"""Nouns of a text whose roles are compared."""
MIN_STEM_CHARS = 3

Roles = Mapping[str, frozenset[tuple[str, str]]]
"""The declensions that each noun may have, each with the role that its form then marks."""


def find_roles(text: Clauses) -> Roles:
    """Return the nouns of a text with what marks their part in it; empty in languages that tell it by order."""
    found: dict[str, frozenset[tuple[str, str]]] = {}
    for noun, roles in _marked(text):
        found[noun] = roles if noun not in found else frozenset()
        if len(found) == MAX_NOUNS:
            break
    return found


def are_exchanged(one: Roles, other: Roles) -> bool:
    """Return whether two nouns have each other's roles in the other text."""
    changes = [
        {(here, there) for kind, here in one[noun] for its, there in other[noun] if its == kind and here != there}
        for noun in one.keys() & other.keys()
        if one[noun] != other[noun]
    ]
    return any((there, here) in others for mine, others in combinations(changes, 2) for here, there in mine)


def _marked(text: Clauses) -> Iterator[tuple[str, frozenset[tuple[str, str]]]]:
    if text.unspaced and text.has_kana:
        for noun, mark in _JAPANESE.findall(text.plain):
            yield noun, _JAPANESE_ROLES[mark]
    elif text.language == "ko":
        for word in text.words:
            if (marked := _KOREAN.match(word)) is not None:
                yield marked["noun"], frozenset({("", KOREAN[marked["mark"]])})
    elif text.language == "de":
        for article, noun in zip(text.words, text.words[1:], strict=False):
            if article in GERMAN_ARTICLES:
                yield noun, frozenset({("", GERMAN_ARTICLES[article])})
    elif (endings := SLAVIC_ENDINGS.get(text.language)) is not None:
        for word, key in zip(text.words, text.keys, strict=True):
            if len(word) > MIN_STEM_CHARS and key and key in text.content:
                yield _inflected(word, endings)


def _inflected(word: str, endings: Mapping[str, Mapping[str, str]]) -> tuple[str, frozenset[tuple[str, str]]]:
    """Return a stem with the roles that its ending may mark, as a feminine and as a masculine noun."""
    for length in (3, 2, 1):
        roles = frozenset((kind, table[word[-length:]]) for kind, table in endings.items() if word[-length:] in table)
        if roles and len(word) - length >= MIN_STEM_CHARS:
            return word[:-length], roles
    return word, frozenset({("masculine", "subject")})
