"""Words that exclude each other: enable and disable, Paris and London, dog and cat. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

from aicache.guards.lexicon import chinese, english, places
from aicache.guards.lexicon.calendar_names import MONTHS, WEEKDAYS
from aicache.guards.lexicon.language_names import LANGUAGE_NAMES
from aicache.guards.lexicon.number_words import NUMBER_WORDS
from aicache.guards.lexicon.opposites import FINAL_PARTICLES, OPPOSITES
from aicache.guards.lexicon.tables import UNSPACED_LANGUAGES
from aicache.guards.patterns import WordFinder, WordTable

Group: TypeAlias = tuple[str, int]
"""A slot, and the number of the group in it."""
WordGroups: TypeAlias = Mapping[Group, tuple[int, ...]]
"""The sides of each group that occur in a text, each as often as it occurs."""

MAX_CACHED_WORDS = 8192
"""Words of which the groups are kept in memory."""
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
_FIRST_OF_TWO = frozenset(word.partition("_")[0] for word in _ALL if "_" in word)
_HAN = {word: marks for word, marks in _ALL.items() if word[0] >= "㐀"}
_HAN_WORDS = WordFinder(word for word in _HAN if len(word) > 1)


def _index_others() -> dict[str, dict[str, list[tuple[Group, int]]]]:
    """Return, for the other languages, the groups and sides that each word belongs to."""
    found: dict[str, dict[str, list[tuple[Group, int]]]] = {}
    for language in sorted(OPPOSITES.keys() - {"en", "zh", "zh-tw"}):
        words = found[language] = {}
        named = [
            ("numbers", MONTHS[language].values()),
            ("numbers", WEEKDAYS[language].values()),
            ("language", LANGUAGE_NAMES[language].values()),
            ("numbers", [] if language in _SHORT_WORDS_ARE_PARTS else list(NUMBER_WORDS[language].values())[2:]),
        ]
        for number, (slot, sides) in enumerate(
            [*(("antonym", sides) for sides in OPPOSITES[language]), *named], _FIRST_OTHER_GROUP
        ):
            for side, side_words in enumerate(sides):
                for word in side_words:
                    if len(word) > 1 or language not in _SHORT_WORDS_ARE_PARTS:
                        words.setdefault(word, []).append(((slot, number), side))
    return found


_FIRST_OTHER_GROUP = 10_000
_SHORT_WORDS_ARE_PARTS = UNSPACED_LANGUAGES | {"ko"}
"""Languages in which one character is mostly a part of a word."""
_OTHERS = _index_others()
_FIRST_OF_TWO_OTHERS = {
    language: frozenset([word.partition(" ")[0] for word in words if " " in word])
    for language, words in _OTHERS.items()
}
_OTHERS_UNSPACED = {
    language: WordFinder(_OTHERS[language]) for language in sorted(_SHORT_WORDS_ARE_PARTS & _OTHERS.keys())
}
_LAST_WORDS = {
    language: {
        word: [(("antonym", number), side)]
        for number, sides in enumerate(groups, 2 * _FIRST_OTHER_GROUP)
        for side, words in enumerate(sides)
        for word in words
    }
    for language, groups in FINAL_PARTICLES.items()
}
_WORD = re.compile(r"[^\W\d_]+(?:[-'][^\W\d_]+)*")


def _marks_of(word: str) -> Sequence[tuple[Group, int]]:
    """Return the groups and sides of a word, or of its singular; a character says too little outside its word."""
    return () if word in _HAN else _ALL.get(word, _ALL.get(word.removesuffix("s"), ()))


_MARKS = WordTable(_marks_of, MAX_CACHED_WORDS)


def find_word_groups(plain: str, words: Sequence[str], language: str) -> WordGroups:
    """Return the groups of which a normalized text with these words, probably in a language, has a side."""
    found: dict[Group, list[int]] = {}
    for marks in filter(None, map(_MARKS.__getitem__, words)):
        for group, side in marks:
            found.setdefault(group, []).append(side)
    if not _FIRST_OF_TWO.isdisjoint(words):
        for pair in pairwise([word for word in words if word not in _HAN]):
            _mark(found, "_".join(pair))
    if not plain.isascii():
        for word in _HAN_WORDS.find(plain):
            _mark(found, word)
    if language in _OTHERS:
        for group, side in _marks_in(plain, language):
            found.setdefault(group, []).append(side)
    return {group: tuple(sides) for group, sides in found.items()}


def _marks_in(plain: str, language: str) -> Iterator[tuple[Group, int]]:
    """Yield the groups and sides of the words of another language."""
    known = _OTHERS[language]
    if (finder := _OTHERS_UNSPACED.get(language)) is not None:
        for word in finder.find(plain):
            yield from known[word]
        return
    words = _WORD.findall(plain)
    firsts = _FIRST_OF_TWO_OTHERS[language]
    for at, word in enumerate(words):
        pair = word in firsts and at + 1 < len(words) and known.get(f"{word} {words[at + 1]}")
        yield from pair or known.get(word) or ()
    if words:
        yield from _LAST_WORDS.get(language, {}).get(words[-1]) or ()


def find_exclusive_slots(
    one: WordGroups, other: WordGroups, left: Sequence[str], right: Sequence[str], other_polarity: bool
) -> list[str]:
    """Return the slots of words that exclude each other; *left* and *right* are the words only one text has.

    Two inversions cancel out: less fat is more thin, not bad is good. *other_polarity* is an inversion, too.
    """
    slots = _apart(one, other)
    if one.keys() != other.keys():
        slots += [group[0] for group in sorted(one.keys() ^ other.keys()) if group[0] == "aspect"]
    if (
        "polarity" not in slots
        and len(left) == len(right) <= 2
        and any(_prefixed(a, b) or _prefixed(b, a) for a in left for b in right)
    ):
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
    return one != other and any(
        set(sides) - set(other.get(group, ())) for group, sides in one.items() if group[0] in _PLACES
    )


def is_place(word: str) -> bool:
    return any(group[0] in _PLACES for group, _ in _ALL.get(word, ()))


def _apart(one: WordGroups, other: WordGroups) -> list[str]:
    """Return the slots of the groups of which each text has a side that the other lacks, or has less often."""
    if one == other:
        return []
    common = sorted(one.keys() & other.keys())  # in one order, so that a log names the same slot every time
    return [
        group[0] for group in common if _have_more(one[group], other[group]) and _have_more(other[group], one[group])
    ]


def _have_more(one: Sequence[int], other: Sequence[int]) -> bool:
    """Return whether one text has a side more often than the other."""
    return one != other and any(one.count(side) > other.count(side) for side in {*one})


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
