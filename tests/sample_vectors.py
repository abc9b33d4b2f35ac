"""Keys and vectors of tests of vector indexes."""

from __future__ import annotations

import hashlib

import numpy as np

from aicache.domain.model import Vector

LATER = 4_000_000_000.0
"""A time of expiry that no test lives to see."""


def digest(name: object) -> str:
    return hashlib.sha256(str(name).encode()).hexdigest()


K1, K2, K3 = digest("k1"), digest("k2"), digest("k3")
"""Keys of entries."""
ALICE, BOB = digest("alice"), digest("bob")
"""Namespaces."""


def axis(*weights: float, dimensions: int = 8) -> Vector:
    """Return a vector of length 1 that begins with numbers in proportion to these; without any, all are 0."""
    vector = np.zeros(dimensions, np.float32)
    vector[: len(weights)] = weights
    return np.asarray(vector / (np.linalg.norm(vector) or 1), np.float32)


def random_vector(seed: int, dimensions: int) -> Vector:
    vector = np.random.default_rng(seed).standard_normal(dimensions).astype(np.float32)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)
