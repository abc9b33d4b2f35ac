"""The tables by language: complete, in normal form, and without a word that would contradict another."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from aicache.guards.lexicon import generic_questions, live_words, personal_questions, personal_words, time_words
from aicache.guards.lexicon.calendar_names import MONTHS, WEEKDAYS
from aicache.guards.lexicon.courtesy_phrases import COURTESIES_AFTER, COURTESIES_ALONE, COURTESIES_BEFORE
from aicache.guards.lexicon.language_names import LANGUAGE_NAMES
from aicache.guards.lexicon.logic_words import NEGATIONS, QUANTIFIERS
from aicache.guards.lexicon.number_words import NUMBER_WORDS, VALUES
from aicache.guards.lexicon.opposites import FINAL_PARTICLES, OPPOSITES
from aicache.guards.lexicon.tables import LANGUAGES
from aicache.guards.normalize import normalize

LISTS = {
    "courtesies alone": COURTESIES_ALONE,
    "courtesies before": COURTESIES_BEFORE,
    "courtesies after": COURTESIES_AFTER,
    "negations": NEGATIONS,
}
NAMED = {
    "quantifiers": QUANTIFIERS,
    "months": MONTHS,
    "weekdays": WEEKDAYS,
    "language names": LANGUAGE_NAMES,
    "number words": NUMBER_WORDS,
}
GROUPS = {"opposites": OPPOSITES}


@pytest.mark.parametrize("table", [*LISTS.values(), *NAMED.values(), *GROUPS.values()], ids=[*LISTS, *NAMED, *GROUPS])
def test_every_language_of_the_encoder_is_there(table: dict[str, object]) -> None:
    assert sorted(table) == sorted(LANGUAGES)
    assert all(table.values())


@pytest.mark.parametrize("table", LISTS.values(), ids=LISTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_words_are_in_normal_form(table: dict[str, frozenset[str]], language: str) -> None:
    assert [word for word in table[language] if not word or normalize(word) != word] == []


@pytest.mark.parametrize("table", NAMED.values(), ids=NAMED)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_word_has_one_meaning_in_its_table(table: dict[str, dict[str | int, frozenset[str]]], language: str) -> None:
    meanings = table[language]
    every = [word for words in meanings.values() for word in words]

    assert all(meanings.values())
    assert [word for word in every if not word or normalize(word) != word] == []
    assert len(every) == len(set(every)), sorted(word for word in every if every.count(word) > 1)


def test_no_particle_turns_a_verb_both_ways() -> None:
    for pairs in FINAL_PARTICLES.values():
        for one, other in pairs:
            assert one
            assert other
            assert not one & other


def test_months_weekdays_and_numbers_are_complete() -> None:
    assert all(list(months) == list(range(1, 13)) for months in MONTHS.values())
    assert all(list(days) == list(range(1, 8)) for days in WEEKDAYS.values())
    assert all(tuple(numbers) == VALUES for numbers in NUMBER_WORDS.values())


@pytest.mark.parametrize("table", GROUPS.values(), ids=GROUPS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_stands_on_two_sides(table: dict[str, tuple[tuple[frozenset[str], ...], ...]], language: str) -> None:
    for sides in table[language]:
        every = [word for side in sides for word in side]

        assert len(sides) > 1
        assert all(sides)
        assert len(every) == len(set(every)), sides
        assert [word for word in every if normalize(word) != word] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_courtesy_is_a_word_that_turns_a_question(language: str) -> None:
    turning = {word for sides in OPPOSITES[language] for side in sides for word in side}
    courtesies = {*COURTESIES_ALONE[language], *COURTESIES_BEFORE[language], *COURTESIES_AFTER[language]}

    assert not courtesies & turning


@pytest.mark.parametrize(
    "tables",
    [
        (time_words.NOW, time_words.NOW_UNSPACED),
        (live_words.LIVE, live_words.LIVE_UNSPACED),
        (personal_words.MINE, personal_words.UNSPACED),
        (personal_words.THINGS, personal_words.UNSPACED),
        (personal_words.PHRASES, personal_words.UNSPACED),
        (personal_words.SHARED,),
        (personal_questions.PATTERNS,),
        (generic_questions.HOW_TO,),
        (generic_questions.MEANING,),
    ],
)
def test_what_is_of_the_moment_or_of_the_caller_is_known_in_every_language(
    tables: tuple[Mapping[str, str], ...],
) -> None:
    assert {language for table in tables for language, text in table.items() if text.strip()} == set(LANGUAGES)
