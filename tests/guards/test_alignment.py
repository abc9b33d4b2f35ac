"""The places in which two texts differ are those of `difflib`, which is asked only where it could align otherwise."""

from __future__ import annotations

import random
from difflib import SequenceMatcher

import pytest

from aicache.guards.alignment import find_places


@pytest.mark.parametrize("words", [2, 5, 12, 30])
def test_places_are_those_of_difflib(words: int) -> None:
    chosen = random.Random(words)

    def some(most: int, first: int = 0) -> list[str]:
        return [str(first + chosen.randrange(words)) for _ in range(chosen.randrange(most))]

    for _ in range(1000):
        before, after, first = some(8), some(8), chosen.choice((0, 100))
        one, other = [*before, *some(4, first), *after], [*before, *some(4, first), *after]

        expected = [
            place for kind, *place in SequenceMatcher(None, one, other, autojunk=False).get_opcodes() if kind != "equal"
        ]
        assert [[*place] for place in find_places(one, other)] == expected, (one, other)
