"""Checks of keys and vectors before they go to a vector index. Pure."""

from __future__ import annotations

import numpy as np

from aicache.domain.digests import is_digest
from aicache.domain.model import Vector
from aicache.domain.ports import StoreError


def check_digests(name: str, *digests: str) -> None:
    """Raise StoreError unless all are hex digests: keys and namespaces go into filters, where quoting is fragile."""
    if not all(map(is_digest, digests)):
        raise StoreError(f"{name}: a key or namespace that is not a hex digest")


def check_vector(name: str, vector: Vector, dimensions: int) -> None:
    """Raise StoreError for a vector of another shape, or that is not finite: with NaN, zvec then finds nothing."""
    if vector.shape != (dimensions,):
        raise StoreError(f"{name}: a vector of shape {vector.shape}, not ({dimensions},)")
    if not np.isfinite(vector).all():
        raise StoreError(f"{name}: a vector that is not finite")


def clip_cosine(cosine: float) -> float:
    """Clip a cosine that rounding has moved out of [-1, 1]."""
    return min(1.0, max(-1.0, cosine))
