"""Words that exclude each other: enable and disable, Paris and London, dog and cat. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from aicache.guards.lexicon import chinese, english, places

Group: TypeAlias = tuple[str, int]
"""A slot, and the number of the group in it."""
WordGroups: TypeAlias = Mapping[Group, tuple[int, ...]]
"""The sides of each group that occur in a text, each as often as it occurs."""

_DENYING = frozenset({"un", "in", "im", "il", "ir", "dis", "non", "non-", "mis", "on", "не", "nie"})
_TURNS = frozenset({"polarity", "degree"})
"""Slots of words that invert a meaning."""


_TABLES = {
    "antonym": english.OPPOSITES + chinese.OPPOSITES,
    "polarity": english.POLAR + chinese.POLAR,
    "degree": english.DEGREE,
    "gender": english.GENDER,
    "aspect": english.ASPECT,
    "sibling": english.SIBLINGS + chinese.SIBLINGS,
    "country": places.COUNTRIES,
    "city": places.CITIES,
    "region": places.REGIONS,
    "language": english.LANGUAGES,
    "format": english.FORMATS,
}
_PLACES = frozenset({"country", "city", "region"})


def _index(tables: Mapping[str, str]) -> dict[str, list[tuple[Group, int]]]:
    """Return the groups and sides that each word belongs to."""
    found: dict[str, list[tuple[Group, int]]] = {}
    for slot, text in tables.items():
        for number, line in enumerate(filter(None, text.splitlines())):
            for side, words in enumerate(line.split(" / ")):
                for word in words.split():
                    found.setdefault(word, []).append(((slot, number), side))
    return found


_ALL = _index(_TABLES)
_HAN = {word: marks for word, marks in _ALL.items() if word[0] >= "㐀"}
_HAN_PATTERN = re.compile("|".join(sorted((word for word in _HAN if len(word) > 1), key=len, reverse=True)))


def find_word_groups(plain: str, words: Sequence[str]) -> WordGroups:
    """Return the groups of which a normalized text with these words has a side."""
    found: dict[Group, list[int]] = {}
    previous = ""
    for word in words:
        if word in _HAN:  # a character says too little outside its word
            continue
        for forms in ((f"{previous}_{word}",), (word, word[:-1] if word.endswith("s") else "")):
            _mark(found, next((form for form in forms if form in _ALL), ""))
        previous = word
    if not plain.isascii():
        for match in _HAN_PATTERN.finditer(plain):
            _mark(found, match[0])
    return {group: tuple(sides) for group, sides in found.items()}


def find_exclusive_slots(
    one: WordGroups, other: WordGroups, left: Sequence[str], right: Sequence[str], other_polarity: bool
) -> list[str]:
    """Return the slots of words that exclude each other; *left* and *right* are the words only one text has.

    Two inversions cancel out: less fat is more thin, not bad is good. *other_polarity* is an inversion, too.
    """
    slots = _apart(one, other)
    slots += [group[0] for group in sorted(one.keys() ^ other.keys()) if group[0] == "aspect"]
    if len(left) == len(right) <= 2 and any(_prefixed(a, b) or _prefixed(b, a) for a in left for b in right):
        slots.append("polarity")
    if len(left) == len(right) <= 2:
        slots += _apart(_of_characters(left), _of_characters(right))
    turns = [slot for slot in slots if slot in _TURNS] + ["negation"] * other_polarity
    return [slot for slot in slots if slot not in _TURNS] + (turns[:1] if len(turns) % 2 else [])


def inverts_meaning(one: WordGroups, other: WordGroups) -> bool:
    """Return whether a word of one text inverts a word of the other, as less (fat) does with more (thin)."""
    return any(slot in _TURNS for slot in _apart(one, other))


def has_unmatched_place(one: WordGroups, other: WordGroups) -> bool:
    """Return whether *one* names a place that *other* does not."""
    return any(set(sides) - set(other.get(group, ())) for group, sides in one.items() if group[0] in _PLACES)


def is_place(word: str) -> bool:
    return any(group[0] in _PLACES for group, _ in _ALL.get(word, ()))


def _apart(one: WordGroups, other: WordGroups) -> list[str]:
    """Return the slots of the groups of which each text has a side that the other lacks, or has less often."""
    common = sorted(one.keys() & other.keys())  # in one order, so that a log names the same slot every time
    counted = ((group[0], Counter(one[group]), Counter(other[group])) for group in common if one[group] != other[group])
    return [slot for slot, mine, others in counted if mine - others and others - mine]


def _prefixed(one: str, other: str) -> bool:
    """Return whether *one* is *other* with a negating prefix."""
    return len(other) >= 3 and one.endswith(other) and one[: -len(other)] in _DENYING


def _of_characters(characters: Sequence[str]) -> WordGroups:
    found: dict[Group, list[int]] = {}
    for char in characters:
        if char in _HAN:
            _mark(found, char)
    return {group: tuple(sides) for group, sides in found.items()}


def _mark(found: dict[Group, list[int]], word: str) -> None:
    for group, side in _ALL.get(word, ()):
        found.setdefault(group, []).append(side)
