"""Checks that several suites of vector indexes make, and what they compare with."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from aicache.adapters.vectors.in_memory_vectors import InMemoryVectors
from aicache.domain.model import Vector
from aicache.domain.ports import VectorIndex
from sample_vectors import ALICE, LATER, axis, digest, random_vector


def brute(vectors: dict[str, Vector], wanted: Vector, top_k: int) -> list[tuple[str, float]]:
    """Return the keys of the nearest vectors with their cosines, found by a loop over all."""

    def cosine(vector: Vector) -> float:
        return float(vector @ wanted / np.linalg.norm(vector) / np.linalg.norm(wanted))

    return sorted(((key, cosine(vector)) for key, vector in vectors.items()), key=lambda each: -each[1])[:top_k]


async def keys_of(index: VectorIndex, namespace: str) -> list[str]:
    """Return the keys in a namespace of a few vectors of eight dimensions, nearest to the first axis first."""
    return [neighbor.key for neighbor in await index.search(namespace, axis(1), 10)]


async def check_similarities_are_exact(index: VectorIndex) -> None:
    """Check it with an index of 512 dimensions, for vectors that are not of length 1."""
    vectors = np.random.default_rng(1).standard_normal((50, 512)).astype(np.float32) + 1
    for i, vector in enumerate(vectors):
        await index.upsert(digest(i), ALICE, vector, LATER)

    found = {n.key: n.similarity for n in await index.search(ALICE, vectors[0], 50)}

    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    assert [found[digest(i)] for i in range(50)] == pytest.approx((unit @ unit[0]).tolist(), abs=2e-6)


def check_one_thread_searches_while_another_writes(held: InMemoryVectors, dimensions: int, writes: int) -> None:
    """Check that a vector is always found in a namespace that grows, and in which others take the places of some."""
    held.begin("space")
    held.complete("space")
    held.put("ab", "space", random_vector(1, dimensions), LATER)
    over = threading.Event()

    def write() -> None:
        for i in range(writes):
            held.put(digest(i), "space", random_vector(i % 300 + 2, dimensions), LATER)
            if i % 3 == 2:
                held.drop([digest(i - 2)])
        over.set()

    writer = threading.Thread(target=write)
    writer.start()
    while writer.is_alive():
        found = held.nearest_to_each("space", [random_vector(1, dimensions), random_vector(2, dimensions)], 1)
        assert found is not None
        assert found[0][0].key == "ab"
        assert found[0][0].similarity == pytest.approx(1.0, abs=1e-5)
    assert over.is_set()  # no error has ended it
