"""Who a text is about: I, you, he or she, as the one who does it, has it, or to whom it is done. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from aicache.guards.comparison import Difference
from aicache.guards.lexicon.persons import (
    ANY_ONE,
    ANYONE,
    GIVING,
    LETTING,
    OWN,
    PERSONS,
    UNSPACED_ANYONE,
    UNSPACED_FRAMES,
    UNSPACED_PERSONS,
)
from aicache.guards.patterns import any_of, compile_later
from aicache.guards.tokens import Clauses

_UNSPACED = compile_later(any_of(sorted(UNSPACED_PERSONS, key=len, reverse=True)))
_UNSPACED_ANYONE = compile_later(UNSPACED_ANYONE)
_UNSPACED_FRAME = compile_later(UNSPACED_FRAMES)
_STATES = frozenset("was were am got get been being have had".split())
"""Verbs with which "I" may be the one to whom it is done: I was charged."""
_NONE: dict[str, str] = {}
_NO_WORDS: frozenset[str] = frozenset()
_OWNERS = {
    language: frozenset([word for word, form in table.items() if form[1] == "p"]) | OWN.get(language, _NO_WORDS)
    for language, table in PERSONS.items()
}


class Persons(NamedTuple):
    """The first and second persons of a text."""

    forms: tuple[str, ...]
    """Person and case of each pronoun, in order."""
    is_general: bool
    """Whether "I" and "you" are anyone: how do I, how do you."""

    @property
    def people(self) -> frozenset[str]:
        return frozenset([form[0] for form in self.forms])

    def having(self, cases: str) -> frozenset[str]:
        """Return the persons of the pronouns in one of these cases."""
        return frozenset([form[0] for form in self.forms if form[1] in cases])


def find_persons(plain: str, words: Sequence[str], said: Sequence[str], language: str) -> Persons:
    """Return the persons of a normalized text in a language; *said* are its words without its courtesies."""
    table = PERSONS.get(language, _NONE)
    forms = []
    for at, word in enumerate(said):
        if (form := table.get(word)) is not None:
            forms.append(_in_english(form, said, at) if language == "en" else form)
    if not plain.isascii() and not forms:
        forms = [UNSPACED_PERSONS[found] for found in _UNSPACED.findall(_UNSPACED_FRAME.sub(" ", plain))]
        if forms:
            return Persons(tuple(forms), _UNSPACED_ANYONE.search(plain) is not None)
    return Persons(tuple(forms), not ANYONE.isdisjoint(words))


def find_differences(one: Persons, other: Persons) -> Iterator[Difference]:
    """Yield how two texts speak of different persons; "person" may be harmless, "speaker" and "roles" are not."""
    if one.forms == other.forms:
        return
    if _are_roles_exchanged(one, other):
        yield Difference("roles")
        return
    if not (one.is_general or other.is_general) and (_is_receiver(one, other) or _is_receiver(other, one)):
        yield Difference("speaker")
        return
    if _are_exchanged(one, other):
        yield Difference("speaker")
        return
    left, right = one.people - other.people, other.people - one.people
    if left and right:
        general = one.is_general and other.is_general
        yield Difference("person" if general else "speaker")
    elif one.people == other.people and len(one.people) > 1 and _only_people(one) == _only_people(other)[::-1]:
        yield Difference("speaker")


def _are_roles_exchanged(one: Persons, other: Persons) -> bool:
    """Return whether a person does in one text what is done to that person in the other."""
    return any(
        (f"{person}s" in mine.forms and f"{person}o" not in mine.forms and f"{person}x" not in mine.forms)
        and (f"{person}o" in others.forms and f"{person}s" not in others.forms and f"{person}x" not in others.forms)
        for mine, others in ((one, other), (other, one))
        for person in "1234"
    )


def _is_receiver(one: Persons, other: Persons) -> bool:
    """Return whether something is given, or owed, to a person who in the other text does it."""
    return any(
        f"{person}d" in one.forms and f"{person}s" not in one.forms and f"{person}s" in other.forms for person in "12"
    )


def _are_exchanged(one: Persons, other: Persons) -> bool:
    """Return whether doer and owner are two persons, and in the other text the other way round: can I see your code."""
    doers, owners = one.having("sx"), one.having("p")
    return bool(doers and owners) and doers != owners and (doers, owners) == (other.having("p"), other.having("sx"))


def _only_people(persons: Persons) -> list[str]:
    return [form[0] for form in persons.forms if form[1] != "p"]


def _in_english(form: str, words: Sequence[str], at: int) -> str:
    """Return the case of an English pronoun by the words beside it."""
    following = words[at + 1 : at + 3]
    if form == "1s" and following and following[0] in _STATES:
        return form if following[-1].endswith("ing") else "1x"
    if form == "1o" and at and words[at - 1] in GIVING:
        return "1x"
    return form


def is_own_only_in_one(one: Clauses, other: Clauses) -> bool:
    """Return whether one of two texts is about letting or finding something of one's own, and the other about any:
    rent my apartment, rent an apartment."""
    letting = LETTING.get(one.language, _NO_WORDS)
    if one.language != other.language or letting.isdisjoint(one.words) or letting.isdisjoint(other.words):
        return False
    owners, any_one = _OWNERS[one.language], ANY_ONE.get(one.language, _NO_WORDS)
    return any(
        not owners.isdisjoint(mine) and owners.isdisjoint(others) and (not any_one or not any_one.isdisjoint(others))
        for mine, others in ((one.words, other.words), (other.words, one.words))
    )
