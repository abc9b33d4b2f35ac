"""Who does something, and whom it is done to, in English texts that are built in different ways. Pure.

Words with a meaning alone do not tell it: "the messages I sent" and "the messages sent to me" have the same ones. The
persons do, by their case, their order and what they stand beside, and so do relative clauses and who has something done
by whom. There are few such words, and each text has few of them, so what differs in them is found whatever else does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set

from aicache.guards.english_words import are_exchanged
from aicache.guards.role_words import SentenceRoles, Voices
from aicache.guards.verb_constructions import are_verbs_built_otherwise, asks_whether_or_how
from aicache.guards.words import shared_words, stem

_THIRD = frozenset({"he", "she", "someone"})
_NO_WORDS: frozenset[str] = frozenset()


def are_roles_changed(one: SentenceRoles | None, other: SentenceRoles | None, twins: Mapping[str, str]) -> bool:
    """Return whether two English texts tell by their small words that others do what is done, or that it is done to
    others.

    *twins* are words of the first text, in the compared form, that are another form of one of the second.
    """
    if one is None or other is None:
        return False
    if asks_whether_or_how(one.verbs, other.verbs) or asks_whether_or_how(other.verbs, one.verbs):
        return True
    if one.words == other.words:
        return False
    return (
        _have_other_persons(one, other)
        or (_have_moved_persons(one, other) and _are_crossed(one.text.content, other.text.content, twins))
        or are_exchanged(one.sides, other.sides)
        or _is_voice_changed(one, other)
        or are_verbs_built_otherwise(one.verbs, other.verbs)
    )


def _have_other_persons(one: SentenceRoles, other: SentenceRoles) -> bool:
    """Return whether the persons are others, first occur in another order, or have other cases."""
    first, others_first = one.first_persons, other.first_persons
    if first != others_first and sorted(first) == sorted(others_first):
        return True
    known, others_known = one.known_persons, other.known_persons
    if known != others_known:
        counted = _THIRD
        if known.count("someone") != others_known.count("someone") and _is_agent_left_out(one.voices, other.voices):
            counted = _THIRD - {"someone"}
        if any(known.count(person) != others_known.count(person) for person in counted):
            return True
    if one.counts != other.counts:
        return True
    if one.subjects != other.subjects and _objects(one, other) != _objects(other, one):
        return True
    than, others_than = one.behind_than, other.behind_than
    return than is not None and others_than is not None and than != others_than


def _is_agent_left_out(one: Voices, other: Voices) -> bool:
    """Return whether one text says that someone does what the other says is done: someone stole it, it was stolen."""
    (active, passive), (others_active, others_passive) = one, other
    return bool(
        set(map(stem, active)) & set(map(stem, others_passive | passive))
        or {*map(stem, others_active)} & {*map(stem, passive)}
    )


def _have_moved_persons(one: SentenceRoles, other: SentenceRoles) -> bool:
    """Return whether among words in another order the same persons are, too, or both have a relative clause."""
    mine, others = one.known_persons, other.known_persons
    if mine != others and sorted(mine) == sorted(others):
        return True
    return one.before_who is not None and other.before_who is not None and one.before_who != other.before_who


def _are_crossed(one: Sequence[str], other: Sequence[str], twins: Mapping[str, str]) -> bool:
    """Return whether the words with a meaning that both texts have stand in another order."""
    mine = [twins.get(key, key) for key in one]
    both = Counter(mine) & Counter(other)
    return shared_words(mine, both) != shared_words(other, both)


def _is_voice_changed(one: SentenceRoles, other: SentenceRoles) -> bool:
    """Return whether a person does in one text what is done in the other: I refunded, I was refunded."""
    if "by" in one.words or "by" in other.words:  # who did it is named in both
        return False
    return are_exchanged(one.voices, other.voices)


def _objects(one: SentenceRoles, other: SentenceRoles) -> list[str]:
    """Return the persons to whom something is done, sorted, without those of whom the other text tells it in the
    passive."""
    passive: Set[str] = {stem(word) for word in other.voices[1]} if one.objects else _NO_WORDS
    return sorted([person for person, verb in one.objects if verb not in passive])
