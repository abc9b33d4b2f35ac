"""Who is the subject of a verb, in English texts with the same words: hire, get hired; you stop it, it stops. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from aicache.guards.counted_words import is_content
from aicache.guards.lexicon import only_difference, sentence_roles
from aicache.guards.lexicon import verb_subjects as lexicon
from aicache.guards.tokens import Clauses
from aicache.guards.words import stem

_BEFORE_VERBS = frozenset(lexicon.BEFORE_VERBS.split())
_PERSONS = frozenset(lexicon.PERSONS.split())
_BE = frozenset(sentence_roles.BE.split())
_SILENT = frozenset(lexicon.SILENT.split())
_DEGREES = frozenset(map(stem, lexicon.DEGREES.split()))
_PASTS = frozenset(only_difference.PASTS.split())
_BEFORE_PERSONS = frozenset("my your his her their our the a".split())


class _Word(NamedTuple):
    word: str
    key: str
    """Its compared form."""
    has_meaning: bool


def have_other_subjects(one: Clauses, other: Clauses) -> bool:
    """Return whether a verb that both English texts have is done by others, or whether another thing is asked for."""
    if not (one.english and other.english) or one.unspaced or other.unspaced:
        return False
    (active, passive), (others_active, others_passive) = _voices(one.words), _voices(other.words)
    if (active & others_passive) - passive or (others_active & passive) - others_passive:
        return True
    mine, others = _words(one), _words(other)
    return (
        _is_subject_left_out(mine, others)
        or _is_subject_left_out(others, mine)
        or _asks_for_another(_asked(mine), _asked(others), one, other)
        or _has_to_be_got(one.words) != _has_to_be_got(other.words)
    )


def _voices(words: Sequence[str]) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Return the verbs behind a person or "to", and those that are done to it: (i, hire), in each."""
    active, passive = set(), set()
    for before, word in pairwise(words):
        if before in _BEFORE_VERBS and not word.endswith("ed"):
            active.add((before, stem(word)))
    for first, second, word in zip(words, words[1:], words[2:], strict=False):
        if not (word in _PASTS or (len(word) > 4 and word.endswith(("ed", "en")))):
            continue
        if second in _BE and first in _BEFORE_VERBS:  # I get hired
            passive.add((first, stem(word)))
        elif first in _BE and second in _BEFORE_VERBS:  # was I hired
            passive.add((second, stem(word)))
    return active, passive


def _is_subject_left_out(one: Sequence[_Word], other: Sequence[_Word]) -> bool:
    """Return whether somebody does to a thing in *one* what it does by itself in *other*: you stop a baby, it stops."""
    by_persons = {verb.key for person, verb in pairwise(one) if person.word in _PERSONS}
    others_by_persons = {verb.key for person, verb in pairwise(other) if person.word in _PERSONS}
    of_things = {(thing.key, verb.key) for thing, verb in pairwise(other) if thing.has_meaning and verb.has_meaning}
    return any(
        (thing.key, verb.key) in of_things and verb.key in by_persons - others_by_persons
        for verb, thing in pairwise(one)
        if verb.has_meaning and thing.has_meaning and verb.key != thing.key
    )


def _asks_for_another(asked: str, others_asked: str, one: Clauses, other: Clauses) -> bool:
    """Return whether another one of the things in both texts is asked for: what rights do pets have."""
    if not asked or not others_asked or asked == others_asked or {asked, others_asked} & _DEGREES:
        return False
    return asked in other.content and others_asked in one.content


def _asked(words: Sequence[_Word]) -> str:
    """Return the noun behind "what" or "which"; "" if there is none, or if it is one of several."""
    for word, noun, after in zip(words, words[1:], words[2:], strict=False):
        if word.word in ("what", "which"):
            return noun.key if noun.has_meaning and after.word not in ("and", "or") else ""
    return ""


def _has_to_be_got(words: Sequence[str]) -> bool:
    """Return whether somebody gets another one to do something: get my wife to trust me, and not: get to trust her."""
    if "get" not in words or "to" not in words:
        return False
    at = words.index("get")
    return words[at + 1 : at + 2] != ("to",) and words[at + 3 : at + 4] == ("to",) and words[at + 1] in _BEFORE_PERSONS


def _words(text: Clauses) -> list[_Word]:
    """Return all words without articles, owners and "not", and without the "be" of what is being done."""
    found = [
        _Word(token.word, token.key or stem(token.word), is_content(token))
        for clause in text.clauses
        for token in clause
        if token.word not in _SILENT
    ]
    following = [*found[1:], _Word("", "", False)]
    return [
        word
        for word, after in zip(found, following, strict=False)
        if not (word.word == "be" and after.word.endswith("ing"))
    ]
