"""The tables by language: complete, in normal form, and without a word that would contradict another."""

from __future__ import annotations

import pytest

from aicache.guards.lexicon.courtesy_phrases import COURTESIES_AFTER, COURTESIES_ALONE, COURTESIES_BEFORE
from aicache.guards.lexicon.function_words import FUNCTION_WORDS, QUESTION_FRAMES, ROLE_PARTICLES
from aicache.guards.lexicon.opposites import OPPOSITES
from aicache.guards.lexicon.tables import LANGUAGES
from aicache.guards.normalize import normalize

LISTS = {
    "function words": FUNCTION_WORDS,
    "question frames": QUESTION_FRAMES,
    "courtesies alone": COURTESIES_ALONE,
    "courtesies before": COURTESIES_BEFORE,
    "courtesies after": COURTESIES_AFTER,
}
GROUPS = {"opposites": OPPOSITES}


@pytest.mark.parametrize("table", [*LISTS.values(), *GROUPS.values()], ids=[*LISTS, *GROUPS])
def test_every_language_of_the_encoder_is_there(table: dict[str, object]) -> None:
    assert sorted(table) == sorted(LANGUAGES)
    assert all(table.values())


@pytest.mark.parametrize("table", LISTS.values(), ids=LISTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_words_are_in_normal_form(table: dict[str, frozenset[str]], language: str) -> None:
    assert [word for word in table[language] if not word or normalize(word) != word] == []


@pytest.mark.parametrize("table", GROUPS.values(), ids=GROUPS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_stands_on_two_sides_or_is_a_function_word(
    table: dict[str, tuple[tuple[frozenset[str], ...], ...]], language: str
) -> None:
    for sides in table[language]:
        every = [word for side in sides for word in side]

        assert len(sides) > 1
        assert all(sides)
        assert len(every) == len(set(every)), sides
        assert [word for word in every if normalize(word) != word] == []
        assert not FUNCTION_WORDS[language].intersection(every)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_courtesy_is_a_word_that_turns_a_question(language: str) -> None:
    turning = {word for sides in OPPOSITES[language] for side in sides for word in side}
    courtesies = {*COURTESIES_ALONE[language], *COURTESIES_BEFORE[language], *COURTESIES_AFTER[language]}

    assert not courtesies & turning
    assert not FUNCTION_WORDS[language] & ROLE_PARTICLES.get(language, frozenset())
