"""Who does something, and whom it is done to, in English texts that are built in different ways. Pure.

Words with a meaning alone do not tell it: "the messages I sent" and "the messages sent to me" have the same ones. The
persons do, by their case, their order and what they stand beside, and so do relative clauses and who has something done
by whom. There are few such words, and each text has few of them, so what differs in them is found whatever else does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from aicache.guards.lexicon import only_difference
from aicache.guards.lexicon import sentence_roles as lexicon
from aicache.guards.tokens import Clauses
from aicache.guards.verb_constructions import (
    are_verbs_built_otherwise,
    asks_whether_or_how,
    have_other_conditions,
)
from aicache.guards.words import shared_words, stem

_PERSONS = {word: line.split()[0] for line in lexicon.PERSONS.strip().splitlines() for word in line.split()}
_THIRD = frozenset({"he", "she", "someone"})
_SUBJECTS, _OBJECTS = frozenset(lexicon.SUBJECTS.split()), frozenset(lexicon.OBJECTS.split())
_OWNED, _OWNERS = frozenset(lexicon.OWNED.split()), frozenset(lexicon.OWNERS.split())
_RELATIVES = frozenset(lexicon.RELATIVES.split())
_BEFORE_OBJECTS = frozenset(lexicon.BEFORE_OBJECTS.split())
_BE = frozenset(lexicon.BE.split())
_GENERIC_BEFORE = {word: frozenset(lexicon.GENERIC_BEFORE.split()) for word in ("i", "we", "you")} | {
    word: frozenset(lexicon.GENERIC_BEFORE_ANYONE.split()) for word in ("someone", "somebody", "anyone", "anybody")
}
_PASTS = frozenset(only_difference.PASTS.split())
_NO_WORDS: frozenset[str] = frozenset()
_CONJUNCTIONS = frozenset(lexicon.CONJUNCTIONS.split())
_TO_ME = (["to", "me"], ["for", "me"])


class _Text(NamedTuple):
    """The compared words of a text, each with the form in which it is compared."""

    words: Sequence[str]
    keys: Sequence[str]
    content: frozenset[str]


def are_roles_changed(one: Clauses, other: Clauses, twins: Mapping[str, str]) -> bool:
    """Return whether two English texts tell by their small words that others do what is done, or that it is done to
    others.

    *twins* are words of the first text, in the compared form, that are another form of one of the second.
    """
    if not (one.english and other.english) or one.unspaced or other.unspaced:
        return False
    mine, others = _compared(one), _compared(other)
    if asks_whether_or_how(one.words, other.words) or asks_whether_or_how(other.words, one.words):
        return True
    if mine.words == others.words:
        return False
    return (
        _have_other_persons(mine.words, others.words)
        or (_have_moved_persons(mine.words, others.words) and _are_crossed(one.content, other.content, twins))
        or _change_sides(mine, others)
        or _is_voice_changed(mine.words, others.words)
        or are_verbs_built_otherwise(one.words, other.words)
        or have_other_conditions(one, other)
    )


def _compared(text: Clauses) -> _Text:
    """Return the words of a text without the courtesies at the edges of its clauses."""
    words: list[str] = []
    keys: list[str] = []
    for clause in text.clauses:
        silent = [not token.key for token in clause]
        start = next((at for at, token in enumerate(clause) if token.key and token.word not in _CONJUNCTIONS), 0)
        end = len(clause) - next((at for at, each in enumerate(reversed(silent)) if not each), 0)
        if [token.word for token in clause[-2:]] in _TO_ME:
            end = len(clause)
        said = [token for at, token in enumerate(clause) if token.key or start < at < end]
        words += [token.word for token in said]
        keys += [token.key or token.word for token in said]
    return _Text(words, keys, frozenset(text.content))


def _have_other_persons(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether the persons are others, first occur in another order, or have other cases."""
    mine, others = _persons(one), _persons(other)
    first, others_first = [*dict.fromkeys(mine)], [*dict.fromkeys(others)]
    if first != others_first and sorted(first) == sorted(others_first):
        return True
    known, others_known = _persons(_without_anyone(one)), _persons(_without_anyone(other))
    if known != others_known:
        counted = _THIRD
        if known.count("someone") != others_known.count("someone") and _is_agent_left_out(one, other):
            counted = _THIRD - {"someone"}
        if any(known.count(person) != others_known.count(person) for person in counted):
            return True
    if any(_count(one, some) != _count(other, some) for some in (_OWNED, _RELATIVES)):
        return True
    if _objects(one, other) != _objects(other, one) and _only(one, _SUBJECTS) != _only(other, _SUBJECTS):
        return True
    if "than" in one and "than" in other:
        return sorted(_persons(one[one.index("than") :])) != sorted(_persons(other[other.index("than") :]))
    return False


def _is_agent_left_out(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether one text says that someone does what the other says is done: someone stole it, it was stolen."""
    (active, passive), (others_active, others_passive) = _voices(one), _voices(other)
    return bool(
        set(map(stem, active)) & set(map(stem, others_passive | passive))
        or {*map(stem, others_active)} & {*map(stem, passive)}
    )


def _have_moved_persons(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether among words in another order the same persons are, too, or both have a relative clause."""
    mine, others = _persons(_without_anyone(one)), _persons(_without_anyone(other))
    if mine != others and sorted(mine) == sorted(others):
        return True
    if "who" not in one[2:] or "who" not in other[2:]:
        return False
    return sorted(one[: one.index("who", 2)]) != sorted(other[: other.index("who", 2)])


def _are_crossed(one: Sequence[str], other: Sequence[str], twins: Mapping[str, str]) -> bool:
    """Return whether the words with a meaning that both texts have stand in another order."""
    mine = [twins.get(key, key) for key in one]
    both = Counter(mine) & Counter(other)
    return shared_words(mine, both) != shared_words(other, both)


def _change_sides(one: _Text, other: _Text) -> bool:
    """Return whether a person stands before a word in one text, and behind it in the other: I sent, sent to me."""
    (before, behind), (others_before, others_behind) = _sides(one), _sides(other)
    return bool((before & others_behind) - behind or (others_before & behind) - others_behind)


def _sides(text: _Text) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Return the persons with the word that each stands directly before, and with the one that each stands behind."""
    before, behind = set(), set()
    words, keys = text.words, text.keys
    for at, word in enumerate(words):
        if (person := _PERSONS.get(word)) is None or word in _OWNERS or word.endswith(("self", "selves")):
            continue
        if word not in _OBJECTS and at + 1 < len(words) and keys[at + 1] in text.content:
            before.add((person, keys[at + 1]))
        if word not in _SUBJECTS:
            verb = at - 2 if at > 1 and words[at - 1] in _BEFORE_OBJECTS else at - 1
            if verb >= 0 and keys[verb] in text.content:
                behind.add((person, keys[verb]))
    return before, behind


def _is_voice_changed(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether a person does in one text what is done in the other: I refunded, I was refunded."""
    (active, passive), (others_active, others_passive) = _voices(one), _voices(other)
    if "by" in one or "by" in other:  # who did it is named in both
        return False
    return bool((active & others_passive) - passive or (others_active & passive) - others_passive)


def _voices(words: Sequence[str]) -> tuple[set[str], set[str]]:
    """Return the participles directly behind a person without a form of "to be" before it, and those behind one."""
    active, passive = set(), set()
    for at, word in enumerate(words[1:], 1):
        if word not in _PASTS and not (word.endswith("ed") and len(word) > 4):
            continue
        if words[at - 1] in _BE or (at > 1 and words[at - 2] in _BE):
            passive.add(word)
        elif words[at - 1] in _SUBJECTS or words[at - 1] in ("you", "who", "someone"):
            active.add(word)
    return active, passive


def _persons(words: Sequence[str]) -> list[str]:
    return [_PERSONS[word] for word in words if word in _PERSONS]


def _objects(words: Sequence[str], other: Sequence[str]) -> list[str]:
    """Return the persons to whom something is done, sorted, without those of whom the other text tells it in the
    passive."""
    if _OBJECTS.isdisjoint(words):
        return []
    passive = {stem(word) for word in _voices(other)[1]}
    pairs = zip(("", *words), words, strict=False)
    return sorted([word for before, word in pairs if word in _OBJECTS and stem(before) not in passive])


def _without_anyone(words: Sequence[str]) -> list[str]:
    """Return the words without persons where they are anyone: how do I, how can someone."""
    if _GENERIC_BEFORE.keys().isdisjoint(words):
        return [*words]
    return [
        word
        for before, word in zip(("", *words), words, strict=False)
        if before not in _GENERIC_BEFORE.get(word, _NO_WORDS)
    ]


def _only(words: Sequence[str], some: frozenset[str]) -> list[str]:
    return sorted([word for word in words if word in some])


def _count(words: Sequence[str], some: frozenset[str]) -> int:
    return 0 if some.isdisjoint(words) else sum([word in some for word in words])
