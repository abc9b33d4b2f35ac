"""Everything the guards know of one text, extracted once, however many texts it is compared with. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress

from aicache.guards.alphabets import has_alphabet
from aicache.guards.bare_text import bare_text
from aicache.guards.cased_words import find_cased_words
from aicache.guards.clauses import read_clauses
from aicache.guards.counted_words import find_counted_words
from aicache.guards.directions import Directions, find_directions
from aicache.guards.exclusive_words import WordGroups, find_word_groups, is_place
from aicache.guards.feature import feature
from aicache.guards.function_words import FunctionWords, find_function_words
from aicache.guards.known_languages import KnownLanguages, find_languages
from aicache.guards.language import Detected, detect_language
from aicache.guards.letters import spell_out_letters
from aicache.guards.marked_roles import Roles, find_roles
from aicache.guards.names import Names, find_names
from aicache.guards.negation import is_negated
from aicache.guards.normalize import chinese_script, normalize, normalize_keeping_case
from aicache.guards.numbers import UNIT_WORDS, Quantity, read_quantities
from aicache.guards.numerals import numerals_to_digits
from aicache.guards.patterns import compile_later
from aicache.guards.persons import Persons, find_persons
from aicache.guards.question_type import find_asked, find_question_types
from aicache.guards.rephrasing import rephrase
from aicache.guards.signs import find_inner_marks, find_signs
from aicache.guards.single_character import find_character_of_word, find_subject_character
from aicache.guards.small_words import SmallWords, find_small_words
from aicache.guards.splitting import split_words
from aicache.guards.text_structure import TextStructure
from aicache.guards.tokens import Clauses, Token
from aicache.guards.voice import find_conjunction, find_participles, is_passive
from aicache.guards.words import content_stems, count_words, find_words, noun_modifiers
from aicache.guards.writing import Writing, find_writing

_ASKING_MEANING = frozenset(
    "mean means meaning define defines defined definition spell spelled spelling pronounce pronounced bedeutet "
    "bedeutung signifie signification significa significado dizer veut znaczy значит".split()
)
_ASKING_MEANING_UNSPACED = compile_later("意思|含义|意味|ความหมาย|뜻")
MAX_CACHED_TEXTS = 1024
"""Texts whose features are kept in memory; those of a short question take some 10 kB, in Chinese or Japanese 20."""
MAX_SHORT_CHARS = 200
"""Characters of a short text."""
MAX_CACHED_LONG_TEXTS = 128
"""Longer texts whose features are kept in memory; those of a thousand Chinese characters take some 300 kB."""


@dataclass(frozen=True)
class TextFeatures:
    """One text, as each guard sees it. A feature is read when it is first asked for: most pairs need only some."""

    text: str

    @feature
    def cased(self) -> str:
        """The text, normalized except for its case."""
        return normalize_keeping_case(self.text)

    @feature
    def rephrased(self) -> str:
        """The same in the frame that stands for its own."""
        return rephrase(self.cased)

    @feature
    def _spelled(self) -> str:
        return spell_out_letters(self.cased)

    @feature
    def plain(self) -> str:
        """The normalized text."""
        return normalize(self._spelled)

    @feature
    def words(self) -> tuple[str, ...]:
        return tuple(find_words(self.plain))

    @feature
    def is_alphabetic(self) -> bool:
        return has_alphabet(self.plain)

    @property
    def alphabetic_words(self) -> tuple[str, ...]:
        """The words, none if there is no letter of an alphabet: for looking up those of languages that have one."""
        return self.words if self.is_alphabetic else ()

    @feature
    def _digits(self) -> str:
        """The normalized text with its numerals in digits."""
        return numerals_to_digits(self.plain, self.alphabetic_words)

    @feature
    def _quantities_and_rest(self) -> tuple[tuple[Quantity, ...], str]:
        return read_quantities(self._digits)

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        return self._quantities_and_rest[0]

    @feature
    def _split(self) -> list[list[str]]:
        return split_words(self._spelled, self._quantities_and_rest[1])

    @feature
    def _known_languages(self) -> KnownLanguages:
        return find_languages(self._split if self.is_alphabetic else ())

    @property
    def languages(self) -> frozenset[str]:
        """Languages that have all its function words; empty if none has, or if it has none."""
        return self._known_languages.common

    @feature
    def clauses(self) -> Clauses:
        return read_clauses(
            self._split,
            self.plain,
            self._known_languages,
            self.quantities,
            self.names.names,
            is_alphabetic=self.is_alphabetic,
        )

    @feature
    def said(self) -> tuple[str, ...]:
        """The words without those of courtesies."""
        return tuple(compress(self.clauses.words, self.clauses.keys))

    @feature
    def content(self) -> tuple[str, ...]:
        """Stems of the words that are neither grammar nor filler, in order."""
        words = self.words
        return tuple(content_stems(words, UNIT_WORDS) if self.quantities else content_stems(words))

    @feature
    def content_counts(self) -> Mapping[str, int]:
        return count_words(self.content)

    @feature
    def initials(self) -> str:
        return "".join([word[0] for word in self.words])

    @feature
    def is_negated(self) -> bool:
        return is_negated(self.plain, self.alphabetic_words, self.language)

    @feature
    def word_groups(self) -> WordGroups:
        places = [*filter(is_place, self.names.names)]
        detected = detect_language(self.plain, [*self.words, *places]) if places else self._detected
        words = [*self.alphabetic_words, *places]
        return find_word_groups(self.plain, words, detected.likely)

    @feature
    def names(self) -> Names:
        return find_names(self.cased)

    @feature
    def is_passive(self) -> bool:
        return is_passive(self.plain)

    @feature
    def _detected(self) -> Detected:
        return detect_language(self.plain, self.words)

    @property
    def language(self) -> str:
        return self._detected.sure

    @feature
    def bare(self) -> str:
        """All letters and digits, without particles and articles: 什么是GPS, 什么是 GPS 呢."""
        return bare_text(self._digits)

    @feature
    def signs(self) -> tuple[str, ...]:
        return find_signs(self.cased)

    @feature
    def script(self) -> str:
        """ "simplified" or "traditional" where Chinese characters are of one of them only."""
        return "" if self.text.isascii() else chinese_script(self.text)

    @feature
    def character_of_word(self) -> str:
        return find_character_of_word(self.plain)

    @feature
    def subject_character(self) -> str:
        return find_subject_character(self.plain)

    @feature
    def conjunction(self) -> str:
        return find_conjunction(self.alphabetic_words)

    @feature
    def directions(self) -> Directions:
        return find_directions(self.plain)

    @feature
    def participles(self) -> Mapping[str, str]:
        return find_participles(self.clauses.alphabetic_words)

    @feature
    def roles(self) -> Roles:
        return find_roles(self.clauses)

    @feature
    def structure(self) -> TextStructure:
        return TextStructure(self.clauses, self.bare)

    @feature
    def small_words(self) -> SmallWords:
        said = self.said if self.is_alphabetic else ()
        return find_small_words(self.plain, self.clauses.alphabetic_words, said, self.clauses.language)

    @feature
    def counted_words(self) -> Sequence[Token]:
        """The words that count where another text differs in one place."""
        return find_counted_words(self.clauses)

    @feature
    def modifiers(self) -> frozenset[str]:
        """Stems of the words between an article and another word."""
        return noun_modifiers(self.words)

    @feature
    def question_types(self) -> frozenset[str]:
        return find_question_types(self.plain, self.clauses.language)

    @feature
    def asked(self) -> tuple[frozenset[str], bool, bool] | None:
        """What an English question asks; None in other languages."""
        return find_asked(self.plain, self.question_types) if self.clauses.spaced_english else None

    @feature
    def persons(self) -> Persons:
        said = self.said if self.is_alphabetic else ()
        return find_persons(self.plain, self.clauses.alphabetic_words, said, self.clauses.language)

    @feature
    def function_words(self) -> FunctionWords:
        return find_function_words(self.clauses)

    @feature
    def inner_marks(self) -> tuple[str, ...]:
        return find_inner_marks(self.cased)

    @feature
    def cased_words(self) -> Mapping[str, str]:
        """Words whose capitals say something, as they are written."""
        return find_cased_words(self.cased)

    @feature
    def writing(self) -> Writing:
        return find_writing(self.cased, self.clauses.language, self.said)

    @feature
    def asks_meaning(self) -> bool:
        """Whether it asks what a word means, or how it is spelled."""
        return not _ASKING_MEANING.isdisjoint(self.alphabetic_words) or (
            not self.plain.isascii() and _ASKING_MEANING_UNSPACED.search(self.plain) is not None
        )


@lru_cache(maxsize=MAX_CACHED_TEXTS)
def extract_features(text: str, partition: str = "") -> TextFeatures:
    """Return the features of a text. Never raises; reading them takes a time that is linear in its length.

    Features cached for one *partition* make nothing faster for another: timing would reveal other callers' questions.
    """
    return TextFeatures(text)


@lru_cache(maxsize=MAX_CACHED_LONG_TEXTS)
def extract_long_features(text: str, partition: str = "") -> TextFeatures:
    """Do the same as `extract_features` for each text of a pair of which one is above `MAX_SHORT_CHARS`."""
    return TextFeatures(text)
