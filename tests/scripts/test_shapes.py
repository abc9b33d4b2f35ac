"""The bodies that `scripts/bench bounds` sends: as large as they are said to be, no two alike, and told as they are."""

from __future__ import annotations

import random

import pytest

from benchmarks import hostile_bodies, worst_body_search

SIZE = 20_000


@pytest.mark.parametrize("name", hostile_bodies.CHAT)
def test_a_shape_is_about_as_large_as_asked_for_and_another_for_each_number(name: str) -> None:
    small, large = (hostile_bodies.CHAT[name](1, size) for size in (SIZE, 4 * SIZE))

    assert hostile_bodies.CHAT[name](1, SIZE) != hostile_bodies.CHAT[name](2, SIZE)
    if name != "user's id":
        assert SIZE / 2 < len(small) < SIZE + 500
        assert 2 * SIZE < len(large) < 4 * SIZE + 500


def test_the_search_makes_bodies_of_its_own_and_of_those_it_found() -> None:
    chance = random.Random(1)
    bodies = [worst_body_search._new(chance) for _ in range(50)]
    found = [(1.0, body, worst_body_search.Cost(0, 0.0)) for body in bodies[:3]]
    bodies += [worst_body_search._mutate(chance, found) for _ in range(50)]

    for body in bodies:
        sending = worst_body_search._attack(body, SIZE)
        assert isinstance(sending, worst_body_search.hostile_attacks.PreparedBodies)
        sending.prepare(2)
        assert len(sending.bodies[0]) < 3 * SIZE
        assert worst_body_search._describe(body).startswith("/")
    assert len({worst_body_search._describe(body) for body in bodies}) > 60
