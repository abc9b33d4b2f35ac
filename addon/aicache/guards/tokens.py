"""What a text is read into: tokens in clauses, with indexes for comparing it with another text. Values only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from operator import add, gt, or_
from typing import NamedTuple

from aicache.guards.feature import feature


class Meaning(IntEnum):
    """How much a word adds to a question."""

    NOTHING = 0
    LITTLE = 1
    SOMETHING = 2


class Script(IntEnum):
    """How a token is written, and so compared."""

    __hash__ = int.__hash__  # an Enum's own is slow

    WORD = 0
    QUANTITY = 1
    HAN = 2
    KANJI = 3
    """Han characters next to kana: each is most of a word."""
    KANA = 4
    THAI = 5


class Token(NamedTuple):
    """A word or, in scripts without spaces, a character."""

    word: str
    key: str
    """The form that is compared; empty in a courtesy or frame."""
    meaning: Meaning
    script: Script


Clause = tuple[Token, ...]

GRAM = {Script.KANA: 2, Script.THAI: 3}
"""Length of the run of characters that must be in the other text for each of them to count as shared."""


class Runs(NamedTuple):
    """The runs of characters of a clause, as one of these scripts is compared by them."""

    joined: Sequence[str]
    """For each token, its key with those behind it, as many as are compared, fewer at the end of the clause."""
    is_compared: Sequence[bool]
    """Of each token, whether it is of the script."""
    length: int

    def find_lost(self, grams: frozenset[str]) -> list[bool]:
        """Return of each token whether it is of the script, and no whole run with it is one of *grams*."""
        if len(self.joined) < self.length:
            return [*self.is_compared]
        whole = [run in grams for run in self.joined[: len(self.joined) - self.length + 1]]
        shared = [*whole, *[False] * (self.length - 1)]
        for at in range(1, self.length):
            shared[at : at + len(whole)] = map(or_, shared[at : at + len(whole)], whole)
        return [*map(gt, self.is_compared, shared)]


def runs_of(clause: Clause, script: Script) -> Runs:
    """Return the runs of a clause in a script that is compared by those."""
    keys = [token.key for token in clause]
    joined, length = keys, GRAM[script]
    for at in range(1, length):
        joined = [*map(add, joined, keys[at:]), *joined[max(0, len(joined) - at) :]]
    return Runs(joined, [token.script is script for token in clause], length)


@dataclass(frozen=True)
class Clauses:
    """The clauses of a text, with indexes for comparing it with another text."""

    clauses: tuple[Clause, ...]
    counts: Mapping[str, int]
    """Count of each key, of meaningful tokens that are compared word by word."""
    grams: frozenset[str]
    """Runs of characters, of scripts that are compared by those."""
    runs: Sequence[Sequence[Runs]]
    """Those of each clause, for each script that the text has."""
    courtesies: frozenset[str]
    """Words of courtesies."""
    language: str
    languages: frozenset[str]
    """Languages that have all its function words; empty if none has, or if it has none."""
    capitalized: frozenset[str]
    """Words that are names by their capitals."""
    words: tuple[str, ...]
    keys: tuple[str, ...]
    """The form in which each of *words* is compared; a quantity's is its value after `QUANTITY_MARK`."""
    content: tuple[str, ...]
    """The keys of the words with a meaning, in order."""
    plain: str
    unspaced: bool
    """Whether it is mostly written without spaces."""

    is_phonetic: bool
    """Whether it is in Japanese or Thai, whose particles tell who does what to whom."""

    @feature
    def joins(self) -> frozenset[str]:
        """Each two adjacent keys joined: rag-pickers, ragpickers."""
        return frozenset(
            [
                before.key + token.key
                for clause in self.clauses
                for before, token in pairwise(clause)
                if token.script is Script.WORD
            ]
        )

    @feature
    def initials(self) -> str:
        """First letters of *words*."""
        return "".join([word[0] for word in self.words])

    @property
    def ascii_only(self) -> bool:
        return self.plain.isascii()

    @property
    def is_known(self) -> bool:
        """Whether its function words, or its script, tell its language."""
        return bool(self.languages) or self.language != "en" or self.unspaced

    @property
    def english(self) -> bool:
        return self.language == "en"
