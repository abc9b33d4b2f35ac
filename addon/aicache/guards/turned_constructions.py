"""English sentences of the same words with another construction: get my boss fired, get fired by my boss. Pure.

They are compared in pairs, by words that stand beside each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from aicache.guards.english_words import ARTICLES, is_past
from aicache.guards.lexicon import replaced_words
from aicache.guards.lexicon.sentence_roles import WHETHER
from aicache.guards.tokens import Clauses

_TAKING_BOTH = frozenset(replaced_words.TAKING_BOTH.split())
_GETTING = frozenset("get gets got getting".split())
_HAVING = frozenset("have has had having get keep bring put take".split())
_BEFORE_OBJECT = frozenset(replaced_words.BEFORE_OBJECTS.split())
_BEFORE_PLACES = frozenset(replaced_words.BEFORE_PLACES.split())
_ANYONE = frozenset({"i", "you", "we", "one", "someone", "people"})
_ASKING_WAY = frozenset("how way ways steps learn teach".split())
_DOING = frozenset({("do",), ("does",), ("did",)})
_ASKED_TO = frozenset({"can", "could", "would", "will"})
_SOFTENING = frozenset({"please", "just", "kindly", "maybe"})
_TELLING = frozenset(replaced_words.TELLING.split())
_DUTIES, _PERMISSIONS = frozenset(replaced_words.DUTIES.split()), frozenset(replaced_words.PERMISSIONS.split())
_WHETHER = frozenset(WHETHER.split())


def are_constructions_turned(one: Clauses, other: Clauses) -> bool:
    """Return whether one of two English texts tells what is to be done, what is so, who has it done, what is where, or
    how something is done, and the other what was done, what may be so, and so on."""
    if not (one.spaced_english and other.spaced_english) or one.words == other.words:
        return False
    mine, others = one.words, other.words
    return _is_to_be_done(mine) * _is_to_be_done(others) < 0 or any(
        is_turned(mine, others) or is_turned(others, mine)
        for is_turned in (
            _is_supposed,
            _is_allowed,
            _is_got_done,
            _has_in_place,
            _asks_way_or_for,
            _asks_whether_or_how,
        )
    )


def _is_to_be_done(words: Sequence[str]) -> int:
    """Return 1 if one remembers, forgets, stops or regrets to do something, -1 if one does so with what was done."""
    if _TAKING_BOTH.isdisjoint(words):
        return 0
    for verb, after in pairwise(words):
        if verb in _TAKING_BOTH and after == "to":
            return 1
        if verb in _TAKING_BOTH and after.endswith("ing") and len(after) > 5:
            return -1
    return 0


def _is_supposed(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether what *one* says to be so is only a condition in *other*: because it rained, if it rains."""
    return "because" in one and "because" not in other and _has_condition(other) and not _has_condition(one)


def _is_allowed(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether it is said in *one* that one may do something, and in *other* that one has to."""
    if _PERMISSIONS.isdisjoint(one) or not _PERMISSIONS.isdisjoint(other):
        return False
    return _is_due(other) and not _is_due(one)


def _is_due(words: Sequence[str]) -> bool:
    return not _DUTIES.isdisjoint(words) or any(
        verb in ("have", "has", "need", "needs") and after == "to" for verb, after in pairwise(words)
    )


def _has_condition(words: Sequence[str]) -> bool:
    return any(word == "if" and before not in _WHETHER for before, word in zip(("", *words), words, strict=False))


def _is_got_done(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether in *one* someone has it done to another, and in *other* it is done to them: get my boss fired, get
    fired."""
    if _GETTING.isdisjoint(one) or _GETTING.isdisjoint(other):
        return False
    done = {word for verb, word in pairwise(other) if verb in _GETTING and is_past(word)}
    if not done:
        return False
    return any(
        verb in _GETTING and after in _BEFORE_OBJECT and not done.isdisjoint(one[at + 2 : at + 5])
        for at, (verb, after) in enumerate(pairwise(one))
    )


def _has_in_place(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether one has something in *one* whose place is meant in *other*: have a baby in, have in the car."""
    if _HAVING.isdisjoint(one) or _without_small(one) != _without_small(other):
        return False
    placed = {verb for verb, after in pairwise(one) if after in _BEFORE_PLACES and verb in _HAVING}
    return any(verb in placed and after in _BEFORE_OBJECT for verb, after in pairwise(other)) and not any(
        verb in placed and after in _BEFORE_OBJECT for verb, after in pairwise(one)
    )


def _without_small(words: Sequence[str]) -> list[str]:
    return sorted([word for word in words if word not in ARTICLES and word not in _BEFORE_PLACES])


def _asks_way_or_for(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether it is asked in *one* how something is done, and in *other* to do it: how do you write, can you
    write. How to is also asked for by a verb of telling."""
    asked = _ways(one)
    if not asked or "how" in other or _ways(other):
        return False
    return not asked.isdisjoint(_commands(other) - _TELLING)


def _ways(words: Sequence[str]) -> set[str]:
    """Return the verbs of which it is asked how they are done."""
    if _ASKING_WAY.isdisjoint(words):
        return set()
    found: set[str] = set()
    for at, (word, after) in enumerate(pairwise(words)):
        if word in _ASKING_WAY and after == "to":
            found.update(words[at + 2 : at + 3])
        elif (word == "how" and words[at + 2 : at + 3] and words[at + 2] in _ANYONE) or (
            word == "teach" and words[at + 2 : at + 3] == ("to",)
        ):
            found.update(words[at + 3 : at + 4])
    return found


def _commands(words: Sequence[str]) -> set[str]:
    """Return the verbs that are asked to be done: can you write, please write, I want you to write."""
    said = [word for word in words if word not in _SOFTENING]
    if said[1:2] == ["you"] and said[0] in _ASKED_TO:
        said = said[2:]
    elif said[2:4] == ["you", "to"]:
        said = said[4:]
    return set(said[:1])


def _asks_whether_or_how(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether it is asked in *one* whether someone does something, and in *other* how: do you feel, how do you
    feel."""
    return one[:1] in _DOING and "how" not in one and other[:3] == ("how", *one[:2]) and len(one) > 1
