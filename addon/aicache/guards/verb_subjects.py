"""Who is the subject of a verb, in English texts with the same words: hire, get hired; you stop it, it stops. Pure."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from itertools import pairwise

from aicache.guards.counted_words import is_content
from aicache.guards.english_words import are_exchanged
from aicache.guards.feature import feature
from aicache.guards.lexicon import only_difference, sentence_roles
from aicache.guards.lexicon import verb_subjects as lexicon
from aicache.guards.tokens import Clauses
from aicache.guards.words import stem

_BEFORE_VERBS = frozenset(lexicon.BEFORE_VERBS.split())
_WHICH = frozenset({"what", "which"})
_MAKING = frozenset(lexicon.MAKING.split())
_NO_WORDS: frozenset[str] = frozenset()
_NO_VERBS: frozenset[tuple[str, str]] = frozenset()
_PERSONS = frozenset(lexicon.PERSONS.split())
_BE = frozenset(sentence_roles.BE.split())
_SILENT = frozenset(lexicon.SILENT.split())
_DEGREES = frozenset(map(stem, lexicon.DEGREES.split()))
_PASTS = frozenset(only_difference.PASTS.split())
_BEFORE_PERSONS = frozenset("my your his her their our the a".split())


@dataclass(frozen=True)
class VerbSubjects:
    """Who is the subject of the verbs of an English text, each part read when it is first asked for."""

    text: Clauses

    @feature
    def words(self) -> Sequence[tuple[str, str, bool]]:
        """The compared words, each with its compared form and whether it has a meaning."""
        return _words(self.text)

    @feature
    def voices(self) -> tuple[Set[tuple[str, str]], Set[tuple[str, str]]]:
        """Verbs behind a person or "to", and those that are done to it: (i, hire), in each."""
        return _voices(self.text.words)

    @feature
    def by_persons(self) -> Set[str]:
        """Words directly behind a person."""
        if _PERSONS.isdisjoint(self.text.words):
            return _NO_WORDS
        return {verb for (person, _, _), (_, verb, _) in pairwise(self.words) if person in _PERSONS}

    @feature
    def of_things(self) -> Set[tuple[str, str]]:
        """Each two words with a meaning, one directly behind the other: a thing with what it does, (baby, stop)."""
        pairs = pairwise(self.words)
        return {(thing, verb) for (_, thing, means), (_, verb, also_means) in pairs if means and also_means}

    @feature
    def to_things(self) -> Set[tuple[str, str]]:
        """The same the other way round: a thing with what is done to it."""
        return {(thing, verb) for verb, thing in self.of_things if verb != thing}

    @feature
    def asked(self) -> str:
        """The noun behind "what" or "which"; "" if there is none, or if it is one of several."""
        return "" if _WHICH.isdisjoint(self.text.words) else _asked(self.words)

    @feature
    def has_to_be_got(self) -> bool:
        return _has_to_be_got(self.text.words)


def find_verb_subjects(text: Clauses) -> VerbSubjects | None:
    """Return who is the subject of the verbs of a text; None in languages other than English."""
    return VerbSubjects(text) if text.spaced_english else None


def have_other_subjects(one: VerbSubjects | None, other: VerbSubjects | None) -> bool:
    """Return whether a verb that both English texts have is done by others, or whether another thing is asked for."""
    if one is None or other is None:
        return False
    return (
        are_exchanged(one.voices, other.voices)
        or _is_subject_left_out(one, other)
        or _is_subject_left_out(other, one)
        or _asks_for_another(one, other)
        or one.has_to_be_got != other.has_to_be_got
        or _is_made_so(one, other)
        or _is_made_so(other, one)
    )


def _voices(words: Sequence[str]) -> tuple[Set[tuple[str, str]], Set[tuple[str, str]]]:
    """Return the verbs behind a person or "to", and those that are done to it: (i, hire), in each."""
    if _BEFORE_VERBS.isdisjoint(words):
        return _NO_VERBS, _NO_VERBS
    active = {
        (before, stem(word)) for before, word in pairwise(words) if before in _BEFORE_VERBS and not word.endswith("ed")
    }
    if _BE.isdisjoint(words):
        return active, _NO_VERBS
    passive = set()
    for first, second, word in zip(words, words[1:], words[2:], strict=False):
        if not (word in _PASTS or (len(word) > 4 and word.endswith(("ed", "en")))):
            continue
        if second in _BE and first in _BEFORE_VERBS:  # I get hired
            passive.add((first, stem(word)))
        elif first in _BE and second in _BEFORE_VERBS:  # was I hired
            passive.add((second, stem(word)))
    return active, passive


def _is_subject_left_out(one: VerbSubjects, other: VerbSubjects) -> bool:
    """Return whether somebody does to a thing in *one* what it does by itself in *other*: you stop a baby, it stops."""
    by_persons = one.by_persons - other.by_persons
    return bool(by_persons) and any(verb in by_persons for _, verb in one.to_things & other.of_things)


def _is_made_so(one: VerbSubjects, other: VerbSubjects) -> bool:
    """Return whether *one* makes something be what *other* says of another: make photos look taller, look taller in
    photos."""
    words, others_words = one.text.words, other.text.words
    if _MAKING.isdisjoint(words) or not _MAKING.isdisjoint(others_words):
        return False
    if words[:1] != ("how",) or others_words[:1] != ("how",) or "much" in words:  # how much is it to make a transfer
        return False
    mine, others = one.text.content, other.text.content
    return [key for key in mine if key in others] != [key for key in others if key in mine]


def _asks_for_another(one: VerbSubjects, other: VerbSubjects) -> bool:
    """Return whether another one of the things in both texts is asked for: what rights do pets have."""
    asked, others_asked = one.asked, other.asked
    if not asked or not others_asked or asked == others_asked or {asked, others_asked} & _DEGREES:
        return False
    return asked in other.text.content and others_asked in one.text.content


def _asked(words: Sequence[tuple[str, str, bool]]) -> str:
    for (word, _, _), (_, noun, means), (after, _, _) in zip(words, words[1:], words[2:], strict=False):
        if word in _WHICH:
            return noun if means and after not in ("and", "or") else ""
    return ""


def _has_to_be_got(words: Sequence[str]) -> bool:
    """Return whether somebody gets another one to do something: get my wife to trust me, and not: get to trust her."""
    if "get" not in words or "to" not in words:
        return False
    at = words.index("get")
    return words[at + 1 : at + 2] != ("to",) and words[at + 3 : at + 4] == ("to",) and words[at + 1] in _BEFORE_PERSONS


def _words(text: Clauses) -> Sequence[tuple[str, str, bool]]:
    """Return all words without articles, owners and "not", and without the "be" of what is being done."""
    found = [
        (token.word, token.key or stem(token.word), is_content(token))
        for clause in text.clauses
        for token in clause
        if token.word not in _SILENT
    ]
    if "be" not in text.words:
        return found
    following = [*[word for word, _, _ in found[1:]], ""]
    return [
        word for word, after in zip(found, following, strict=False) if not (word[0] == "be" and after.endswith("ing"))
    ]
