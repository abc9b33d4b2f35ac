"""Reads the tables by language: words, phrases, and groups of sides, in normal form. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TypeAlias, TypeVar

from aicache.guards.normalize import normalize

LANGUAGES = ("ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "zh", "zh-tw")
"""The languages of the local encoder, as its model card names them; zh-tw is Chinese in traditional characters.

The tables of zh-tw hold what is said otherwise in Taiwan. The characters are simplified in normal form, so that all
Chinese texts are to be compared with both.
"""
UNSPACED_LANGUAGES = frozenset({"ja", "th", "zh", "zh-tw"})
"""Those whose words do not stand between spaces: their entries are to be found inside a text."""

Words: TypeAlias = frozenset[str]
Group: TypeAlias = tuple[Words, ...]
"""Sides that exclude each other; the words of one side mean the same."""


def words(table: Mapping[str, str]) -> dict[str, Words]:
    """Return the words of each language; they stand between spaces, _ is a space within one."""
    return {language: _side(text) for language, text in table.items()}


def phrases(table: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return the phrases of each language, which stand between slashes or in lines, the longest first."""
    return {
        language: tuple(
            sorted(
                {normal for line in text.splitlines() for each in line.split(" / ") if (normal := normalize(each))},
                key=lambda phrase: (-len(phrase), phrase),
            )
        )
        for language, text in table.items()
    }


def groups(table: Mapping[str, str]) -> dict[str, tuple[Group, ...]]:
    """Return the groups of each language: one a line, the sides between slashes."""
    return {
        language: tuple(tuple(_side(side) for side in line.split(" / ")) for line in text.splitlines() if line)
        for language, text in table.items()
    }


def named(table: Mapping[str, str]) -> dict[str, dict[str, Words]]:
    """Return the words of each language by what they mean: a meaning, a colon, its words, a semicolon or new line."""
    return {
        language: {
            meaning.strip(): _side(text)
            for meaning, _, text in (each.partition(":") for each in re.split(r"[;\n]", lines) if each.strip())
        }
        for language, lines in table.items()
    }


Key = TypeVar("Key", int, str)


def numbered(table: Mapping[str, str], keys: Iterable[Key]) -> dict[str, dict[Key, Words]]:
    """Return the words of each language by the key at whose place they stand between slashes."""
    every = tuple(keys)
    return {language: dict(zip(every, map(_side, text.split("/")), strict=True)) for language, text in table.items()}


def _side(text: str) -> Words:
    words = text.split()
    normal = normalize(text).split()  # at once, which is faster, unless one becomes two: cannot
    if len(normal) != len(words):
        normal = list(map(normalize, words))
    return frozenset([word.replace("_", " ") for word in normal])
