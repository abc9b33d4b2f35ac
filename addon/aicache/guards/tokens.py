"""What a text is read into: tokens in clauses, with indexes for comparing it with another text. Values only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import chain, compress, pairwise
from operator import add
from typing import NamedTuple

from aicache.guards.english_words import ARTICLES
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


GAP = max(GRAM.values()) - 1
"""Empty runs between those of two clauses."""


class Runs(NamedTuple):
    """The runs of characters of a text in a script, one from each token on, with gaps between clauses.

    A mask is a number with one byte for each run, 1 or 0.
    """

    joined: Sequence[str]
    """The key of each token with those behind it, as many as are compared, fewer at the end of the clause."""
    compared: int
    """Mask of the tokens of the script."""
    whole: int
    """Mask of the runs that are as long as compared."""
    short: int
    """Mask of the first runs of clauses that are shorter than that."""
    length: int

    def find_compared(self) -> Iterator[str]:
        """Return the runs that begin with a token of the script."""
        return compress(self.joined, self.compared.to_bytes(len(self.joined), "little"))

    def find(self, grams: frozenset[str]) -> int:
        """Return the mask of the runs that are one of *grams*."""
        return _mask([run in grams for run in self.joined])


def runs_of(keys: Sequence[Sequence[str]], kinds: Sequence[bytes], script: Script) -> Runs:
    """Return the runs of clauses, by the keys of each and the numbers of their scripts, in a script that is compared
    by those."""
    length = GRAM[script]
    each = [*chain.from_iterable([(*clause, *_NO_RUNS) for clause in keys])]
    joined = each
    for at in range(1, length):
        joined = [*map(add, joined, each[at:]), *_NO_RUNS[:at]]
    numbers = _NO_TOKENS.join((*kinds, b""))
    tokens = whole = _mask(numbers.translate(_IS_TOKEN))
    for at in range(1, length):
        whole &= tokens >> 8 * at
    first = tokens & ~(tokens << 8)
    return Runs(joined, _mask(numbers.translate(_IS_SCRIPT[script])), whole, first & ~whole, length)


def _mask(flags: Sequence[int]) -> int:
    return int.from_bytes(bytes(flags), "little")


_NO_RUNS = [""] * GAP
_NO_TOKENS = b"\xff" * GAP
_IS_TOKEN = bytes(number < 0xFF for number in range(256))
_IS_SCRIPT = {script: bytes(number == script for number in range(256)) for script in GRAM}
"""Turn the numbers of scripts, with those of gaps, into whether they are of a token, and of one script."""


@dataclass(frozen=True)
class Clauses:
    """The clauses of a text, with indexes for comparing it with another text."""

    clauses: tuple[Clause, ...]
    clause_keys: Sequence[Sequence[str]]
    """The keys of each clause."""
    counts: Mapping[str, int]
    """Count of each key, of meaningful tokens that are compared word by word."""
    grams: frozenset[str]
    """Runs of characters, of scripts that are compared by those."""
    runs: Sequence[Runs]
    """Those of each script that the text has."""
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
    is_alphabetic: bool
    """Whether it has a letter of an alphabet."""
    unspaced: bool
    """Whether it is mostly written without spaces."""

    has_kana: bool
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
    def alphabetic_words(self) -> tuple[str, ...]:
        """The words, none if there is no letter of an alphabet: for looking up those of languages that have one."""
        return self.words if self.is_alphabetic else ()

    @property
    def ascii_only(self) -> bool:
        return self.plain.isascii()

    @property
    def is_known(self) -> bool:
        """Whether its function words, or its script, tell its language."""
        return bool(self.languages) or self.language != "en" or self.unspaced

    @property
    def english(self) -> bool:
        """Whether it is in no other language with an alphabet: Chinese and Thai may be, too."""
        return self.language == "en"

    @property
    def spaced_english(self) -> bool:
        """Whether it is in English, and not in a script without spaces."""
        return self.language == "en" and not self.unspaced

    @feature
    def words_without_articles(self) -> Sequence[str]:
        """The words of an English text without its articles."""
        return [word for word in self.words if word not in ARTICLES]
