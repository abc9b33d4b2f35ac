"""A sample holds what is there, about the same share of it whenever it came, and nothing that was removed."""

from __future__ import annotations

import numpy as np

from aicache.adapters.vectors.vector_sample import SIZE, VectorSample
from aicache.domain.model import Vector

DIMENSIONS = 4


def unit(seed: int) -> Vector:
    vector = np.random.default_rng(seed).standard_normal(DIMENSIONS).astype(np.float32)
    found: Vector = vector / np.linalg.norm(vector)
    return found


def test_the_nearest_are_found() -> None:
    sample = VectorSample(DIMENSIONS)
    for place in range(100):
        sample.add(place, unit(place), place + 1)

    cosines = sample.cosines(unit(7))
    rows = sample.nearest(cosines, 3)

    found = sorted((float(row @ unit(7)) for row in rows), reverse=True)
    every = sorted((float(unit(place) @ unit(7)) for place in range(100)), reverse=True)
    assert np.allclose(found, every[:3], atol=1e-6)
    assert np.isclose(cosines.max(), 1.0)


def test_early_and_late_vectors_are_as_likely_to_be_in_it() -> None:
    sample = VectorSample(DIMENSIONS)
    for place in range(20 * SIZE):
        sample.add(place, unit(0), place + 1)

    late = sum(place >= 10 * SIZE for place in sample._row_of)

    assert len(sample._row_of) == SIZE
    assert 0.35 * SIZE < late < 0.65 * SIZE  # fails by chance once in 10^11 runs


def test_nothing_of_a_vector_that_was_removed_or_changed_stays() -> None:
    sample = VectorSample(DIMENSIONS)
    for place in range(SIZE):
        sample.add(place, unit(place), place + 1)
    sample.remove(3)
    sample.change(4, unit(4000))
    sample.change(3, unit(3))  # no longer there
    content = sample._rows.tobytes()

    assert unit(3).tobytes() not in content
    assert unit(4).tobytes() not in content
    assert unit(4000).tobytes() in content
    sample.add(9000, unit(9000), SIZE)
    assert unit(9000).tobytes() in sample._rows.tobytes()  # in the room of the removed one


def test_an_empty_one_finds_nothing_near() -> None:
    assert not VectorSample(DIMENSIONS).cosines(unit(1)).any()
