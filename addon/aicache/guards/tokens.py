"""What a text is read into: tokens in clauses, with indexes for comparing it with another text. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple


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


def find_shared(clause: Clause, length: int, grams: frozenset[str]) -> list[bool]:
    """Return of each token of a clause whether a run of *length* tokens with it is one of *grams*."""
    keys = [token.key for token in clause]
    shared = [False] * len(keys)
    for start in range(len(keys) - length + 1):
        if "".join(keys[start : start + length]) in grams:
            shared[start : start + length] = [True] * length
    return shared


@dataclass(frozen=True)
class Clauses:
    """The clauses of a text, with indexes for comparing it with another text."""

    clauses: tuple[Clause, ...]
    counts: Mapping[str, int]
    """Count of each key, of meaningful tokens that are compared word by word."""
    grams: frozenset[str]
    """Runs of characters, of scripts that are compared by those."""
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

    @cached_property
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

    @cached_property
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


GRAM = {Script.KANA: 2, Script.THAI: 3}
"""Length of the run of characters that must be in the other text for each of them to count as shared."""
