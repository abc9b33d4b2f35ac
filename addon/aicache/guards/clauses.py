"""A text in clauses: its words in order, each with how much it says; courtesies say nothing. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from aicache.guards.lexicon import courtesies
from aicache.guards.normalize import normalize
from aicache.guards.numbers import QUANTITY, blanked
from aicache.guards.words import stem


class Says(IntEnum):
    """How much a word says."""

    NOTHING = 0
    LITTLE = 1
    SOMETHING = 2


class Script(IntEnum):
    """How a part is written, and so compared."""

    WORD = 0
    QUANTITY = 1
    HAN = 2
    KANJI = 3
    """The same characters beside kana: each is most of a word."""
    KANA = 4
    THAI = 5


class Part(NamedTuple):
    """A word or, of writing without spaces, a character."""

    word: str
    key: str
    """What it is compared by; empty in a courtesy or frame."""
    says: Says
    script: Script


Clause = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Clauses:
    """A text's clauses, and what of them is looked up when another text is compared with it."""

    clauses: tuple[Clause, ...]
    counts: Mapping[str, int]
    """How often each key is there, of what says anything and is compared word by word."""
    joins: frozenset[str]
    """Two neighboring keys in one: rag-pickers, ragpickers."""
    grams: frozenset[str]
    """Runs of characters, of what is compared by those."""
    courtesies: frozenset[str]
    """Words of phrases that say nothing."""
    english: bool


GRAM = {Script.KANA: 2, Script.THAI: 3}
"""How many characters in a row must be in the other text for each of them to count as being there."""

_UNSPACED = "㐀-鿿぀-ヿ\u0e00-\u0e7f"
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_KANA = re.compile("[぀-ヿ]")
_PART = re.compile(rf"[{_UNSPACED}{QUANTITY}]|[^\W_{_UNSPACED}]+")
_BREAK = re.compile(
    r"[!?;。！？；،؛؟,，、…()\[\]{}<>|]+|\.\.+|[.:]+(?=\s|$|[^\x00-\x7f])|(?<=\w\w)\.(?=[^\W\d]{2})|(?<=\s)-+(?=\s)|--+"
)
_DASH = re.compile("[–—―]")
_VOWELS = re.compile("[\u0640\u064b-\u0652]")  # Arabic ones, which are mostly left out
_SILENT = frozenset(courtesies.SILENT)
_LIGHT_HAN = frozenset(courtesies.LIGHT_HAN)


def read(text: str, plain: str) -> Clauses:
    """Read a text, of which *plain* is the normalised form. Never raises; the time is linear in its length."""
    lines = _DASH.sub(" - ", text).splitlines() if _DASH.search(text) else text.splitlines()
    split = list(_clauses(lines if len(lines) > 1 or _DASH.search(text) else (), plain))
    language = _language(split)
    kana = not plain.isascii() and _KANA.search(plain) is not None
    clauses = tuple(_alone(tuple(_parts(words, language, kana))) for words in split)
    counts: dict[str, int] = {}
    if not plain.isascii():
        for asking in _ASKING_UNSPACED.findall(plain):
            counts[f"?{asking}"] = counts.get(f"?{asking}", 0) + 1
    joins, grams = set(), set()
    for clause in clauses:
        for i, part in enumerate(clause):
            if part.script in GRAM:
                grams.add("".join(each.key for each in clause[i : i + GRAM[part.script]]))
            elif part.says and part.script is not Script.QUANTITY and part.word != part.key[1:]:
                counts[part.key] = counts.get(part.key, 0) + 1
            if part.word in _ASKING:
                counts[f"?{part.word}"] = counts.get(f"?{part.word}", 0) + 1
            if i and part.script is Script.WORD:
                joins.add(clause[i - 1].key + part.key)
    polite = frozenset(part.word for clause in clauses for part in clause if not part.key)
    return Clauses(clauses, counts, frozenset(joins), frozenset(grams), polite, language == "en")


def _alone(clause: Clause) -> Clause:
    """Return a clause; where it is a question that says nothing else (why?), its asking word says something."""
    if any(part.says for part in clause):
        return clause
    return tuple(
        Part(part.word, f"?{part.word}", Says.SOMETHING, part.script) if part.key and part.word in _ASKING else part
        for part in clause
    )


def _clauses(lines: Sequence[str], plain: str) -> Iterator[list[str]]:
    for line in map(normalize, lines) if lines else (plain,):
        line = blanked(line)
        if not line.isascii():
            line = _VOWELS.sub("", line)
        unspaced = not line.isascii() and _IS_UNSPACED.search(line) is not None
        for piece in _BREAK.split(line):
            if words := _PART.findall(_UNSPACED_PHRASES.sub(" ", piece) if unspaced else piece):
                yield words
            elif unspaced and (asking := _ASKING_UNSPACED.search(piece)):
                yield [f"?{asking[0]}"]


def _language(split: Sequence[Sequence[str]]) -> str:
    """Return the language of which most of the small words are; English where none or as many are of that."""
    votes: dict[str, int] = {"en": 0}
    for words in split:
        for word in words:
            for language in _LANGUAGES.get(word, ()):
                votes[language] = votes.get(language, 0) + 1
    return max(votes, key=lambda language: (votes[language], language == "en"))


def _parts(words: Sequence[str], language: str, kana: bool) -> Iterator[Part]:
    silent = _WORDS[language]
    at = 0
    while at < len(words):
        word = words[at]
        if length := _phrase(words, at):
            for each in words[at : at + length]:
                yield Part(each, "", Says.NOTHING, Script.WORD)
            at += length
            continue
        at += 1
        if word[0] == "?":
            yield Part(word[1:], word, Says.SOMETHING, Script.WORD)
        elif word == QUANTITY:
            yield Part(word, word, Says.LITTLE, Script.QUANTITY)
        elif "㐀" <= word <= "鿿":
            says = (
                Says.NOTHING if word in _SILENT else Says.LITTLE if word in _LIGHT_HAN and not kana else Says.SOMETHING
            )
            yield Part(word, word, says, Script.KANJI if kana else Script.HAN)
        elif len(word) == 1 and _IS_UNSPACED.match(word):
            yield Part(word, word, Says.SOMETHING, Script.THAI if "\u0e00" <= word <= "\u0e7f" else Script.KANA)
        elif word in silent:
            yield Part(word, word, Says.NOTHING, Script.WORD)
        elif language == "en":
            says = Says.LITTLE if word in _LIGHT or len(word) == 1 else Says.SOMETHING
            yield Part(word, stem(word), says, Script.WORD)
        else:
            yield Part(word, word, Says.SOMETHING, Script.WORD)


def _phrase(words: Sequence[str], at: int) -> int:
    """Return how many words from *at* on are a phrase that says nothing."""
    for phrase in _PHRASES.get(words[at], ()):
        if tuple(words[at : at + len(phrase)]) == phrase:
            return len(phrase)
    return 0


def _in_words(text: str) -> tuple[str, ...]:
    return tuple(_PART.findall(_VOWELS.sub("", normalize(text))))


def _by_first_word(text: str) -> dict[str, list[tuple[str, ...]]]:
    found: dict[str, set[tuple[str, ...]]] = {}
    for words in map(_in_words, re.split(r"[/\n]", text)):
        if words:
            found.setdefault(words[0], set()).add(words)
    return {word: sorted(phrases, key=len, reverse=True) for word, phrases in found.items()}


_PHRASES = _by_first_word(courtesies.PHRASES)
_WORDS = {language: frozenset(_in_words(words)) for language, words in courtesies.WORDS.items()}
_LANGUAGES: dict[str, list[str]] = {}
for _language_of, _words_of in _WORDS.items():
    for _word in _words_of:
        _LANGUAGES.setdefault(_word, []).append(_language_of)
_ASKING = frozenset(_in_words(courtesies.ASKING))
_ASKING_UNSPACED = re.compile("|".join(courtesies.ASKING_UNSPACED.split()))
_LIGHT = frozenset(courtesies.LIGHT.split())
_UNSPACED_PHRASES = re.compile(
    "|".join(
        sorted({each for each in map(normalize, courtesies.UNSPACED.split()) if len(each) > 1}, key=len, reverse=True)
    )
)
