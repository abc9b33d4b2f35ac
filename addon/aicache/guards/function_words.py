"""Function words by their places: what a question word asks for, who stands before the verb, which gender a noun has.

They say little by themselves, so that nothing is left over of two texts that differ in them alone: "Who sent you?",
"Who did you send?"; "un tour", "une tour"; "Who was shot?", "Who was shot at?". Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from aicache.guards.comparison import Difference
from aicache.guards.language import HAN
from aicache.guards.lexicon.function_words import ARTICLES, ASKING, BARE_ARTICLES, LEFT_OUT, PEOPLE, STRANDED
from aicache.guards.patterns import compile_later
from aicache.guards.tokens import Clause, Clauses, Meaning, Script

_PEOPLE = {word: line.split()[0] for line in PEOPLE.splitlines() for word in line.split()}
_PERSONS = frozenset([*_PEOPLE.values(), *"我你您他她它谁", "ใคร", "ฉัน", "คุณ", "เขา"])
_STRANDED = frozenset(STRANDED.split())
CONTENT_MARK = "="
"""Begins each word with a meaning in a sequence of words."""
_BEFORE_VOWELS = frozenset({"mon", "ton", "son"})
"""French words that tell no gender before a vowel: mon amie."""
_VOWELS = frozenset("aeiouyhàâéèêëîïôùûœæ")
_AMOUNTS = frozenset({"few", "little"})
_NAMED = frozenset({"heißt", "heisst", "heißen", "heissen"})
_GERUND = re.compile(r"\bfor \w+ing\b")
_NO_ARTICLES: Mapping[str, str] = {}
_NO_WORDS: frozenset[str] = frozenset()
_PARTICLES = frozenset("up down off out over through away along around behind under".split())
_UNSPACED_PEOPLE = compile_later("[我你您他她它谁]|ใคร|ฉัน|คุณ|เขา")
_UNSPACED_FRAME = compile_later(
    "(?:告诉|帮|教|给|让|请)(?:一?下)?我|我想?(?:知道|问)|你(?:们)?(?:知道|好|认为|觉得)|您好"
)
_FINAL = compile_later("(?P<particle>[的了过])[吗呢啊呀吧?!。,.? ]*$")


class FunctionWords(NamedTuple):
    """The function words of a text whose place or presence says something."""

    asking: frozenset[str]
    """What its question words ask for."""
    people: tuple[str, ...]
    """Persons, and the words with a meaning, in order; empty where there is no person."""
    stranded: str
    """The English preposition at the end of a clause: shot at."""
    genders: Mapping[str, str]
    """Nouns by the gender of the article before them."""
    owners: Mapping[str, str]
    """What each owner's thing is: the tenant's dog."""
    final: str
    """The Chinese particle at the end."""
    has_gerund: bool
    """Whether it has a preposition before a verb: for opening."""
    sequence: tuple[str, ...]
    """All words in order, those with a meaning in the compared form behind `CONTENT_MARK`; without those that are not
    compared."""
    language: str


def find_function_words(clauses: Clauses) -> FunctionWords:
    """Return the function words of a text that say something by their place."""
    language = clauses.language
    table = ASKING.get(language, {})
    asking = (
        frozenset()
        if table.keys().isdisjoint(clauses.alphabetic_words)
        else frozenset(
            [table[word] for word, key in zip(clauses.words, clauses.keys, strict=True) if key and word in table]
        )
    )
    if language == "de" and not _NAMED.isdisjoint(clauses.words):  # wie heißt, what is … called
        asking = frozenset(["what" if each == "how" else each for each in asking])
    plain = clauses.plain
    people: tuple[str, ...] = ()
    final = ""
    if language == "en":
        people = _people(clauses)
        if not plain.isascii() and clauses.unspaced and not clauses.has_kana:
            people = tuple(_UNSPACED_PEOPLE.findall(_UNSPACED_FRAME.sub("", plain)))
            if HAN.search(plain) and (match := _FINAL.search(plain)):
                final = match["particle"]
    return FunctionWords(
        asking,
        people,
        _stranded(clauses) if language == "en" else "",
        _genders(clauses.words, ARTICLES[language]) if language in ARTICLES else _NO_ARTICLES,
        _owners(clauses.words) if "s" in clauses.words else _NO_ARTICLES,
        final,
        language == "en" and "ing" in plain and _GERUND.search(plain) is not None,
        _sequence(clauses),
        language,
    )


def find_differences(one: FunctionWords, other: FunctionWords, *, same_words: bool) -> Iterator[Difference]:
    """Yield the differences that may change the answer; *same_words*: nothing else is left over."""
    if same_words and one.language == other.language and one.asking - other.asking and other.asking - one.asking:
        yield Difference("asked")
    if one.people != other.people and _do_people_move(one.people, other.people):
        yield Difference("order")
    if any(other.genders.get(noun, gender) != gender for noun, gender in one.genders.items()):
        yield Difference("gender")
    if any(other.owners.get(owner, thing) != thing for owner, thing in one.owners.items()):
        yield Difference("order")
    if same_words and one.final != other.final:
        yield Difference("tense")


def _do_people_move(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether the same persons stand elsewhere among the same words in the same order."""
    return len(one) == len(other) and sorted(one) == sorted(other) and _without_people(one) == _without_people(other)


def _without_people(words: Sequence[str]) -> list[str]:
    return [word for word in words if word not in _PERSONS]


def _sequence(clauses: Clauses) -> tuple[str, ...]:
    """Return all words that are compared; of writing without spaces, those in other letters."""
    left_out = LEFT_OUT.get(clauses.language, _NO_WORDS)
    articles = BARE_ARTICLES.get(clauses.language, _NO_WORDS)
    found = []
    for clause in clauses.clauses:
        for at, (word, key, meaning, script) in enumerate(clause):
            if script > Script.QUANTITY or not key:
                continue
            if (word in left_out and not _is_counted(clause, at)) or (
                word in articles and _is_before_noun(clause, at, clauses.language)
            ):
                continue
            found.append(word if not meaning or word in _PARTICLES else f"{CONTENT_MARK}{key}")
    return tuple(found)


def _is_before_noun(clause: Clause, at: int, language: str) -> bool:
    """Return whether a word stands between a function word that asks nothing and a word with a meaning."""
    if not 0 < at < len(clause) - 1:
        return False
    before = clause[at - 1]
    return (
        before.meaning is Meaning.NOTHING
        and (before.word in ("quoi", "qu") or before.word not in ASKING.get(language, _NO_ARTICLES))
        and clause[at + 1].meaning is Meaning.SOMETHING
    )


def _is_counted(clause: Clause, at: int) -> bool:
    """Return whether an article says how many: a few, a little."""
    return at + 1 < len(clause) and clause[at].word == "a" and clause[at + 1].word in _AMOUNTS


def _people(clauses: Clauses) -> tuple[str, ...]:
    if _PEOPLE.keys().isdisjoint(clauses.alphabetic_words):
        return ()
    found = []
    persons = 0
    for clause in clauses.clauses:
        for token in clause:
            if (person := _PEOPLE.get(token.word)) is not None and token.key:
                found.append(person)
                persons += 1
            elif token.meaning:
                found.append(token.key)
    return tuple(found) if persons else ()


def _stranded(clauses: Clauses) -> str:
    for clause in clauses.clauses:
        if clause and clause[-1].word in _STRANDED and clause[-1].key:
            return clause[-1].word
    return ""


def _owners(words: Sequence[str]) -> dict[str, str]:
    return {owner: thing for owner, s, thing in zip(words, words[1:], words[2:], strict=False) if s == "s"}


def _genders(words: Sequence[str], articles: Mapping[str, str]) -> dict[str, str]:
    """Return the nouns by the gender of their articles; without those that have several."""
    found: dict[str, str] = {}
    for article, noun in pairwise(words):
        if article in _BEFORE_VOWELS and noun[0] in _VOWELS:
            continue
        if (gender := articles.get(article)) is not None:
            found[noun] = gender if found.get(noun, gender) == gender else ""
    return {noun: gender for noun, gender in found.items() if gender}
