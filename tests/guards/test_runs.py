"""What a text is compared by where it is written without spaces: runs of characters, and the words of alphabets."""

from __future__ import annotations

import random
import re
import time

import pytest

from aicache.guards.alphabets import has_alphabet
from aicache.guards.han_frames import HanFrame
from aicache.guards.hyphens import are_hyphens_elsewhere, find_hyphenated
from aicache.guards.kana_particles import is_asked_or_any
from aicache.guards.known_languages import FUNCTION_WORDS
from aicache.guards.lexicon.function_words import ASKING
from aicache.guards.lexicon.persons import ANYONE, PERSONS
from aicache.guards.lexicon.synonyms import PLURALS_APART
from aicache.guards.patterns import any_of
from aicache.guards.small_words import PREPOSITIONS
from aicache.guards.text_features import TextFeatures
from aicache.guards.tokens import GRAM, Clause, Clauses
from aicache.guards.unshared import find_unshared

PIECES = [*"かのはをデク開設。、,. 3", "please ", "how ", "2020 ", "ไม่", "ครับ", "GPS"]


def grams_of(text: Clauses) -> set[str]:
    return {
        "".join(token.key for token in clause[at : at + GRAM[first.script]])
        for clause in text.clauses
        for at, first in enumerate(clause)
        if first.script in GRAM
    }


def lost_of(clause: Clause, grams: frozenset[str], *, short: bool) -> list[bool]:
    lost = []
    for at, token in enumerate(clause):
        length = GRAM.get(token.script, 0)
        starts = [start for start in range(at - length + 1, at + 1) if 0 <= start <= len(clause) - length]
        runs = ["".join(each.key for each in clause[start : start + length]) for start in starts]
        if short and len(clause) < length:
            runs.append("".join(each.key for each in clause))
        lost.append(length > 0 and grams.isdisjoint(runs))
    return lost


@pytest.mark.parametrize("short", [False, True])
def test_a_character_is_lost_if_no_run_with_it_is_in_the_other_text(short: bool) -> None:
    chosen = random.Random(2)
    for _ in range(300):
        one, other = (
            TextFeatures("".join(chosen.choices(PIECES, k=chosen.randrange(1, 16)))).clauses for _ in range(2)
        )
        expected = [lost_of(clause, other.grams, short=short) for clause in one.clauses]

        assert one.grams == grams_of(one)
        unshared = find_unshared(one, other)
        found = unshared.lost_of_short if short else unshared.lost
        if one.runs:
            assert [[*map(bool, flags)] for flags in found] == expected
        else:
            assert not any(map(any, expected))
            assert [*found] == [b""] * len(one.clauses)


def test_words_are_found_in_their_order_by_their_beginnings() -> None:
    chosen = random.Random(3)
    for _ in range(300):
        words = ["".join(chosen.choices("ab.", k=chosen.randrange(1, 4))) for _ in range(6)]
        text = "".join(chosen.choices("ab.", k=12))

        assert re.findall(any_of(words), text) == re.findall("|".join(map(re.escape, words)), text)


def test_words_that_are_looked_for_in_texts_with_an_alphabet_have_a_letter_of_one() -> None:
    by_language = [FUNCTION_WORDS, PREPOSITIONS, ASKING, PERSONS]
    words = {*ANYONE, *PLURALS_APART, *(word for table in by_language for each in table.values() for word in each)}

    assert [word for word in words if not has_alphabet(word)] == []
    assert has_alphabet("GPS是什么")
    assert not has_alphabet("アカウントを2つ開設")


def test_one_endless_run_is_read_in_linear_time() -> None:
    ones, others = ({(f"{first}{at}", "x" + first) for at in range(5_000)} for first in "ab")
    began = time.process_time()
    assert find_hyphenated("a" * 30_000 + " - ") == frozenset()
    assert not are_hyphens_elsewhere(ones, others)
    assert not is_asked_or_any("1" * 30_000 + "あ", "あ")
    assert not HanFrame("怎么看" * 10_000).asks_how_to_know
    assert time.process_time() - began < 2
