"""Everything the guards know of one text, extracted once, however many texts it is compared with. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from aicache.guards.cased_words import find_cased_words
from aicache.guards.clauses import common_languages, find_languages, read_clauses, split_words
from aicache.guards.exclusive_words import WordGroups, find_word_groups, is_place
from aicache.guards.function_words import FunctionWords, find_function_words
from aicache.guards.language import detect_language
from aicache.guards.letters import spell_out_letters
from aicache.guards.marked_roles import Roles, find_roles
from aicache.guards.names import Names, find_names
from aicache.guards.negation import is_negated
from aicache.guards.normalize import chinese_script, normalize, normalize_keeping_case
from aicache.guards.numbers import UNIT_WORDS, Quantity, read_quantities
from aicache.guards.numerals import numerals_to_digits
from aicache.guards.patterns import compile_later
from aicache.guards.persons import Persons, find_persons
from aicache.guards.question_type import find_question_types
from aicache.guards.signs import find_inner_marks, find_signs
from aicache.guards.single_character import find_character_of_word, find_subject_character
from aicache.guards.small_words import SmallWords, find_small_words
from aicache.guards.tokens import Clauses
from aicache.guards.voice import find_conjunction, find_participles, is_passive
from aicache.guards.words import content_stems, find_words, noun_modifiers
from aicache.guards.writing import Writing, find_writing

_WORD = re.compile(r"[\w\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]+")
_ASKING_MEANING = frozenset(
    "mean means meaning define defines defined definition spell spelled spelling pronounce pronounced bedeutet "
    "bedeutung signifie signification significa significado dizer veut znaczy значит".split()
)
_ASKING_MEANING_UNSPACED = compile_later("意思|含义|意味|ความหมาย|뜻")
_PARTICLES = compile_later("请问|谢谢|[请吗呢吧啊呀哦嘛啦的一]")
_ARTICLES = frozenset("a an the please thanks bitte danke per favore aub graag".split())
MAX_CACHED_TEXTS = 1024
"""Texts whose features are kept in memory; those of a short question take some 5 kB."""


@dataclass(frozen=True)
class TextFeatures:
    """One text, as each guard sees it. A feature is read when it is first asked for: most pairs need only some."""

    text: str

    @cached_property
    def cased(self) -> str:
        """The text, normalized except for its case."""
        return normalize_keeping_case(self.text)

    @cached_property
    def _spelled(self) -> str:
        return spell_out_letters(self.cased)

    @cached_property
    def plain(self) -> str:
        """The normalized text."""
        return normalize(self._spelled)

    @cached_property
    def words(self) -> tuple[str, ...]:
        return tuple(find_words(self.plain))

    @cached_property
    def _digits(self) -> str:
        """The normalized text with its numerals in digits."""
        return numerals_to_digits(self.plain)

    @cached_property
    def _quantities_and_rest(self) -> tuple[tuple[Quantity, ...], str]:
        return read_quantities(self._digits)

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        return self._quantities_and_rest[0]

    @cached_property
    def _split(self) -> list[list[str]]:
        return split_words(self._spelled, self._quantities_and_rest[1])

    @cached_property
    def _known_languages(self) -> Mapping[tuple[str, ...], int]:
        return find_languages(self._split)

    @property
    def languages(self) -> frozenset[str]:
        """Languages that have all its function words; empty if none has, or if it has none."""
        return common_languages(self._known_languages)

    @cached_property
    def clauses(self) -> Clauses:
        return read_clauses(self._split, self.plain, self._known_languages, self.quantities, self.names.names)

    @cached_property
    def said(self) -> tuple[str, ...]:
        """The words without those of courtesies."""
        return tuple([word for word, key in zip(self.clauses.words, self.clauses.keys, strict=True) if key])

    @cached_property
    def content(self) -> tuple[str, ...]:
        """Stems of the words that are neither grammar nor filler, in order."""
        words = self.words
        return tuple(content_stems([word for word in words if word not in UNIT_WORDS] if self.quantities else words))

    @cached_property
    def initials(self) -> str:
        return "".join([word[0] for word in self.words])

    @cached_property
    def is_negated(self) -> bool:
        return is_negated(self.plain, self.words)

    @cached_property
    def word_groups(self) -> WordGroups:
        return find_word_groups(self.plain, [*self.words, *filter(is_place, self.names.names)])

    @cached_property
    def names(self) -> Names:
        return find_names(self.cased)

    @cached_property
    def is_passive(self) -> bool:
        return is_passive(self.plain)

    @cached_property
    def language(self) -> str:
        return detect_language(self.plain, self.words)

    @cached_property
    def bare(self) -> str:
        """All letters and digits, without particles and articles: 什么是GPS, 什么是 GPS 呢."""
        return _bare(self._digits)

    @cached_property
    def signs(self) -> tuple[str, ...]:
        return find_signs(self.cased)

    @cached_property
    def script(self) -> str:
        """ "simplified" or "traditional" where Chinese characters are of one of them only."""
        return "" if self.text.isascii() else chinese_script(self.text)

    @cached_property
    def character_of_word(self) -> str:
        return find_character_of_word(self.plain)

    @cached_property
    def subject_character(self) -> str:
        return find_subject_character(self.plain)

    @cached_property
    def conjunction(self) -> str:
        return find_conjunction(self.words)

    @cached_property
    def participles(self) -> Mapping[str, str]:
        return find_participles(self.clauses.words)

    @cached_property
    def roles(self) -> Roles:
        return find_roles(self.clauses)

    @cached_property
    def small_words(self) -> SmallWords:
        return find_small_words(self.plain, self.clauses.words, self.said, self.clauses.language)

    @cached_property
    def modifiers(self) -> frozenset[str]:
        """Stems of the words between an article and another word."""
        return noun_modifiers(self.words)

    @cached_property
    def question_types(self) -> frozenset[str]:
        return find_question_types(self.plain, self.clauses.language)

    @cached_property
    def persons(self) -> Persons:
        return find_persons(self.plain, self.clauses.words, self.said, self.clauses.language)

    @cached_property
    def function_words(self) -> FunctionWords:
        return find_function_words(self.clauses)

    @cached_property
    def inner_marks(self) -> tuple[str, ...]:
        return find_inner_marks(self.cased)

    @cached_property
    def cased_words(self) -> Mapping[str, str]:
        """Words whose capitals say something, as they are written."""
        return find_cased_words(self.cased)

    @cached_property
    def writing(self) -> Writing:
        return find_writing(self.cased, self.clauses.language, self.said)

    @cached_property
    def asks_meaning(self) -> bool:
        """Whether it asks what a word means, or how it is spelled."""
        return not _ASKING_MEANING.isdisjoint(self.words) or (
            not self.plain.isascii() and _ASKING_MEANING_UNSPACED.search(self.plain) is not None
        )


@lru_cache(maxsize=MAX_CACHED_TEXTS)
def extract_features(text: str, partition: str = "") -> TextFeatures:
    """Return the features of a text. Never raises; reading them takes a time that is linear in its length.

    Features cached for one *partition* make nothing faster for another: timing would reveal other callers' questions.
    """
    return TextFeatures(text)


def _bare(digits: str) -> str:
    if not digits.isascii():
        digits = _PARTICLES.sub(" ", digits)
    return "".join([word for word in _WORD.findall(digits) if word not in _ARTICLES])
