"""The words of an English text that tell who does something, and whom it is done to. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aicache.guards.english_words import is_past
from aicache.guards.feature import feature
from aicache.guards.lexicon import sentence_roles as lexicon
from aicache.guards.tokens import Clauses, Token
from aicache.guards.verb_constructions import VerbConstructions, find_verb_constructions
from aicache.guards.words import stem

_PERSONS = {word: line.split()[0] for line in lexicon.PERSONS.strip().splitlines() for word in line.split()}
_SUBJECTS, _OBJECTS = frozenset(lexicon.SUBJECTS.split()), frozenset(lexicon.OBJECTS.split())
_OWNED, _OWNERS = frozenset(lexicon.OWNED.split()), frozenset(lexicon.OWNERS.split())
_RELATIVES = frozenset(lexicon.RELATIVES.split())
_BEFORE_OBJECTS = frozenset(lexicon.BEFORE_OBJECTS.split())
_BE = frozenset(lexicon.BE.split())
_GENERIC_BEFORE = {word: frozenset(lexicon.GENERIC_BEFORE.split()) for word in ("i", "we", "you")} | {
    word: frozenset(lexicon.GENERIC_BEFORE_ANYONE.split()) for word in ("someone", "somebody", "anyone", "anybody")
}
_NO_WORDS: frozenset[str] = frozenset()
_CONJUNCTIONS = frozenset(lexicon.CONJUNCTIONS.split())
_TO_ME = (["to", "me"], ["for", "me"])
Voices = tuple[set[str], set[str]]
"""Participles of what persons do, and of what is done to something."""


@dataclass(frozen=True)
class SentenceRoles:
    """The words of an English text that tell who does what, each list read when it is first asked for."""

    text: Clauses
    words: Sequence[str]
    """The compared words: those of the text without the courtesies at the edges of its clauses."""
    keys: Sequence[str]
    """The form in which each of *words* is compared."""

    @feature
    def verbs(self) -> VerbConstructions:
        return find_verb_constructions(self.text)

    @feature
    def content(self) -> frozenset[str]:
        return frozenset(self.text.content)

    @feature
    def persons(self) -> Sequence[str]:
        return _persons(self.words)

    @feature
    def first_persons(self) -> Sequence[str]:
        """Each person once, in the order in which they first occur."""
        return [*dict.fromkeys(self.persons)]

    @feature
    def known_persons(self) -> Sequence[str]:
        """The persons without those that are anyone: how do I, how can someone."""
        return self.persons if _GENERIC_BEFORE.keys().isdisjoint(self.words) else _persons(_without_anyone(self.words))

    @feature
    def counts(self) -> tuple[int, int]:
        """How many words stand for what someone owns, and how many begin a relative clause or ask for a person."""
        return _count(self.words, _OWNED), _count(self.words, _RELATIVES)

    @feature
    def subjects(self) -> Sequence[str]:
        return sorted([word for word in self.words if word in _SUBJECTS])

    @feature
    def objects(self) -> Sequence[tuple[str, str]]:
        """The persons to whom something is done, each with the stem of the word before it."""
        if _OBJECTS.isdisjoint(self.words):
            return ()
        pairs = zip(("", *self.words), self.words, strict=False)
        return [(word, stem(before)) for before, word in pairs if word in _OBJECTS]

    @feature
    def behind_than(self) -> Sequence[str] | None:
        """The persons behind "than", sorted; None without it."""
        return sorted(_persons(self.words[self.words.index("than") :])) if "than" in self.words else None

    @feature
    def before_who(self) -> Sequence[str] | None:
        """The words before "who", sorted; None if it is at the beginning or nowhere."""
        return sorted(self.words[: self.words.index("who", 2)]) if "who" in self.words[2:] else None

    @feature
    def voices(self) -> Voices:
        return _voices(self.words)

    @feature
    def sides(self) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
        return _sides(self.words, self.keys, self.content)


def find_sentence_roles(text: Clauses) -> SentenceRoles | None:
    """Return the words of a text that tell who does what; None in languages other than English."""
    if not text.spaced_english:
        return None
    words: list[str] = []
    keys: list[str] = []
    for clause in text.clauses:
        said: Sequence[Token] = clause
        if not all(token.key for token in clause):
            start = next((at for at, token in enumerate(clause) if token.key and token.word not in _CONJUNCTIONS), 0)
            end = len(clause) - next((at for at, token in enumerate(reversed(clause)) if token.key), 0)
            if [token.word for token in clause[-2:]] in _TO_ME:
                end = len(clause)
            said = [token for at, token in enumerate(clause) if token.key or start < at < end]
        words += [token.word for token in said]
        keys += [token.key or token.word for token in said]
    return SentenceRoles(text, words, keys)


def _sides(
    words: Sequence[str], keys: Sequence[str], content: frozenset[str]
) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Return the persons with the word that each stands directly before, and with the one that each stands behind."""
    before, behind = set(), set()
    for at, word in enumerate(words):
        if (person := _PERSONS.get(word)) is None or word in _OWNERS or word.endswith(("self", "selves")):
            continue
        if word not in _OBJECTS and at + 1 < len(words) and keys[at + 1] in content:
            before.add((person, keys[at + 1]))
        if word not in _SUBJECTS:
            verb = at - 2 if at > 1 and words[at - 1] in _BEFORE_OBJECTS else at - 1
            if verb >= 0 and keys[verb] in content:
                behind.add((person, keys[verb]))
    return before, behind


def _voices(words: Sequence[str]) -> Voices:
    """Return the participles directly behind a person without a form of "to be" before it, and those behind one."""
    active, passive = set(), set()
    for at, word in enumerate(words[1:], 1):
        if not is_past(word):
            continue
        if words[at - 1] in _BE or (at > 1 and words[at - 2] in _BE):
            passive.add(word)
        elif words[at - 1] in _SUBJECTS or words[at - 1] in ("you", "who", "someone"):
            active.add(word)
    return active, passive


def _persons(words: Sequence[str]) -> list[str]:
    return [_PERSONS[word] for word in words if word in _PERSONS]


def _without_anyone(words: Sequence[str]) -> list[str]:
    """Return the words without persons where they are anyone: how do I, how can someone."""
    return [
        word
        for before, word in zip(("", *words), words, strict=False)
        if before not in _GENERIC_BEFORE.get(word, _NO_WORDS)
    ]


def _count(words: Sequence[str], some: frozenset[str]) -> int:
    return 0 if some.isdisjoint(words) else sum([word in some for word in words])
