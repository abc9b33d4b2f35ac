"""Everything the guards know of one text, found once, however many others it is compared with. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from aicache.guards import (
    clauses,
    exclusive_words,
    grammatical_person,
    language,
    names,
    negation,
    numbers,
    question_type,
    roles,
    single_character,
    symbols,
)
from aicache.guards.normalize import normalize, plain_case
from aicache.guards.words import content, modifiers, tokens

KEPT = 1024  # readings in memory; one of a short question has some 5 kB


@dataclass(frozen=True, slots=True)
class Reading:
    """What one text says, guard by guard."""

    plain: str
    """Normalised."""
    words: tuple[str, ...]
    content: tuple[str, ...]
    """Stems of what is neither grammar nor filler, in order."""
    modifiers: frozenset[str]
    """Stems of what stands between an article and another word."""
    initials: str
    numbers: tuple[numbers.Quantity, ...]
    negated: bool
    marks: exclusive_words.Marks
    names: names.Names
    kinds: frozenset[str]
    passive: bool
    tongue: str
    person: str
    part: str
    character: str
    junction: str
    clauses: clauses.Clauses
    signs: Mapping[str, int]


@lru_cache(maxsize=KEPT)
def read(text: str, partition: str = "") -> Reading:
    """Read a text. Never raises; the time is linear in its length.

    What was read for one *partition* makes nothing faster for another: its time would tell who asked what.
    """
    plain = normalize(text)
    words = tokens(plain)
    quantities = numbers.read(plain)
    cased = plain_case(text)
    named = names.read(cased)
    return Reading(
        plain=plain,
        words=tuple(words),
        content=tuple(content(word for word in words if not (quantities and word in numbers.UNIT_WORDS))),
        modifiers=modifiers(words),
        initials="".join(word[0] for word in words),
        numbers=quantities,
        negated=negation.negated(plain, words),
        marks=exclusive_words.read(plain, [*words, *filter(exclusive_words.is_place, named.names)]),
        names=named,
        kinds=question_type.read(plain),
        passive=roles.passive(plain),
        tongue=language.read(plain, words),
        person=grammatical_person.read(words),
        part=single_character.of_a_word(plain),
        character=single_character.alone(plain),
        junction=roles.junction(words),
        clauses=clauses.read(text, plain),
        signs=symbols.read(cased),
    )
