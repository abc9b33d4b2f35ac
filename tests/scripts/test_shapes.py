"""The bodies that `scripts/bench bounds` sends: as large as they are said to be, no two alike, and told as they are."""

from __future__ import annotations

import random

import pytest

from benchmarks import hunt, shapes

SIZE = 20_000


@pytest.mark.parametrize("name", shapes.CHAT)
def test_a_shape_is_about_as_large_as_asked_for_and_another_for_each_number(name: str) -> None:
    small, large = (shapes.CHAT[name](1, size) for size in (SIZE, 4 * SIZE))

    assert shapes.CHAT[name](1, SIZE) != shapes.CHAT[name](2, SIZE)
    if name != "user's id":
        assert SIZE / 2 < len(small) < SIZE + 500
        assert 2 * SIZE < len(large) < 4 * SIZE + 500


def test_the_search_makes_bodies_of_its_own_and_of_those_it_found() -> None:
    chance = random.Random(1)
    bodies = [hunt._new(chance) for _ in range(50)]
    found = [(1.0, body, hunt.Cost(0, 0.0)) for body in bodies[:3]]
    bodies += [hunt._mutated(chance, found) for _ in range(50)]

    for body in bodies:
        sending = hunt._attack(body, SIZE)
        assert isinstance(sending, hunt.bounds.Sending)
        sending.prepare(2)
        assert len(sending.bodies[0]) < 3 * SIZE
        assert hunt._told(body).startswith("/")
    assert len({hunt._told(body) for body in bodies}) > 60
