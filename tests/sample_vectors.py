"""Keys and vectors of tests of vector indexes."""

from __future__ import annotations

import hashlib

import numpy as np

from aicache.domain.model import Vector

LATER = 4_000_000_000.0
"""A time of expiry that no test lives to see."""


def digest(name: object) -> str:
    return hashlib.sha256(str(name).encode()).hexdigest()


def random_vector(seed: int, dimensions: int) -> Vector:
    vector = np.random.default_rng(seed).standard_normal(dimensions).astype(np.float32)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)
