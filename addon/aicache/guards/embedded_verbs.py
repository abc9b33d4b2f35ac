"""English verbs inside others: ask to call, ask him to call; needs to clean, needs cleaning; they say it is. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from itertools import pairwise

from aicache.guards.lexicon import embedded_verbs as lexicon
from aicache.guards.tokens import Clauses

_BEFORE_INFINITIVES = frozenset(lexicon.BEFORE_INFINITIVES.split())
_SAYING, _HEARSAY = frozenset(lexicon.SAYING.split()), frozenset(lexicon.HEARSAY.split())
_NEEDING = frozenset(lexicon.NEEDING.split())
_AFTER_LIGHT_VERBS = frozenset(lexicon.AFTER_LIGHT_VERBS.split())
_SUBJECTS = frozenset("i you we they to".split())
_BEING_SAID = frozenset({("is", "said"), ("are", "said"), ("was", "said"), ("is", "believed"), ("are", "believed")})
_ASKED = frozenset({("you",), ("for",)})
"""What stands behind a verb that asks the one who answers: I want you to."""
_NO_VERBS: Mapping[str, bool] = {}
MAX_OBJECT_WORDS = 3
"""Words of who is asked to do something."""


def are_verbs_embedded_otherwise(one: Clauses, other: Clauses) -> bool:
    """Return whether another one does something in one of two English texts, has it done, or is only said to, or
    whether the negation belongs to the condition in one of them."""
    if not (one.spaced_english and other.spaced_english) or one.words == other.words:
        return False
    mine, others = one.words, other.words
    return (
        _is_done_by_another(mine, others)
        or _is_only_said(mine) != _is_only_said(others)
        or _needs(mine) * _needs(others) < 0
        or _is_done_not_made(mine, others)
        or _is_done_not_made(others, mine)
        or _is_condition_denied(mine) * _is_condition_denied(others) < 0
    )


def _is_done_by_another(one: Sequence[str], other: Sequence[str]) -> bool:
    if _BEFORE_INFINITIVES.isdisjoint(one) or _BEFORE_INFINITIVES.isdisjoint(other):
        return False
    mine, others = _infinitives(one), _infinitives(other)
    return any(others.get(verb, is_another) != is_another for verb, is_another in mine.items())


def _infinitives(words: Sequence[str]) -> Mapping[str, bool]:
    """Return the verbs before "to", each with whether another one stands between."""
    found: dict[str, bool] = {}
    for at, word in enumerate(words):
        if word not in _BEFORE_INFINITIVES or words[at + 1 : at + 2] in _ASKED:
            continue
        if "to" in words[at + 1 : at + 2 + MAX_OBJECT_WORDS]:
            found[word] = words[at + 1] != "to"
    return found or _NO_VERBS


def _is_only_said(words: Sequence[str]) -> bool:
    if not _HEARSAY.isdisjoint(words):
        return True
    pairs: Set[tuple[str, str]] = {*pairwise(words)}
    return not _BEING_SAID.isdisjoint(pairs) or any(who in _SAYING and verb == "say" for who, verb in pairs)


def _needs(words: Sequence[str]) -> int:
    """Return 1 if something needs to do something, -1 if it needs to have it done."""
    if _NEEDING.isdisjoint(words):
        return 0
    for at, (verb, after) in enumerate(pairwise(words)):
        if verb in _NEEDING and after == "to":
            return 0 if words[at + 2 : at + 3] == ("be",) else 1
        if verb in _NEEDING and after.endswith("ing") and len(after) > len("thing"):
            return -1
    return 0


def _is_done_not_made(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether one does in *one* what one makes in *other*: do a test, make a test."""
    done, made = _objects(one, "do"), _objects(other, "make")
    return not done.isdisjoint(made)


def _objects(words: Sequence[str], verb: str) -> set[str]:
    """Return the nouns that a light verb behind its subject is used with."""
    if verb not in words:
        return set()
    places = zip(words, words[1:], words[2:], (*words[3:], ""), strict=False)
    return {
        noun if article in _AFTER_LIGHT_VERBS else article
        for subject, word, article, noun in places
        if subject in _SUBJECTS and word == verb
    }


def _is_condition_denied(words: Sequence[str]) -> int:
    """Return 1 if the only "not" stands behind the only "if", -1 before it, 0 otherwise, also if "if" comes first."""
    if words.count("not") != 1 or words.count("if") != 1 or words[0] == "if":
        return 0
    return 1 if words.index("not") > words.index("if") else -1
