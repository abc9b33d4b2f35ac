"""Everything the guards know of one text, found once, however many others it is compared with. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from aicache.guards import clauses, kind, names, negation, numbers, pairs, part, person, roles, signs, tongue
from aicache.guards.normalise import normalise, plain_case
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
    marks: pairs.Marks
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
    plain = normalise(text)
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
        marks=pairs.read(plain, [*words, *filter(pairs.is_place, named.names)]),
        names=named,
        kinds=kind.read(plain),
        passive=roles.passive(plain),
        tongue=tongue.read(plain, words),
        person=person.read(words),
        part=part.of_a_word(plain),
        character=part.alone(plain),
        junction=roles.junction(words),
        clauses=clauses.read(text, plain),
        signs=signs.read(cased),
    )
