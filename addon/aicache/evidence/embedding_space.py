"""What is known beforehand of an embedder's model: its scale, its hard limits, and where learning starts. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]

MIN_STD_DEV = 0.5
"""Standard deviation below which no prior is believed to know a weight: a confident wrong one must give way to a few
dozen observations."""


@dataclass(frozen=True, slots=True)
class Prior:
    """Where the curve of a new kind starts: normal, over the weights of 1, closeness and lead (see `features`).

    *correlation* is that of the first and the last weight: traffic whose groups tell a lot has few wrong
    neighbours at all. Raises ValueError when it claims to know too much.
    """

    mean: tuple[float, float, float] = (1.0, 0.5, 1.0)
    std_dev: tuple[float, float, float] = (2.0, 0.5, 0.5)
    """One standard deviation of each."""
    correlation: float = 0.9

    def __post_init__(self) -> None:
        if min(self.std_dev) < MIN_STD_DEV or not -0.95 <= self.correlation <= 0.95:
            raise ValueError(
                f"a prior's standard deviations must be at least {MIN_STD_DEV}, its correlation at most .95"
            )

    def precision(self) -> Matrix:
        """Return the inverse of the covariance, ``(3, 3)``."""
        correlation = np.eye(3)
        correlation[0, 2] = correlation[2, 0] = self.correlation
        return np.asarray(np.linalg.inv(correlation * np.outer(self.std_dev, self.std_dev)))


@dataclass(frozen=True, slots=True)
class EmbeddingSpace:
    """One model's cosines. The limits stand outside any learning: no evidence lets a neighbour below them answer."""

    safe: float
    """Similarity that a hit needs when nothing learned may be believed."""
    limit: float
    """Similarity that any hit needs ..."""
    backed_limit: float
    """... and one whose answer at least `MIN_BACKERS` of the neighbours have been seen to share."""
    background: float
    """Similarity of questions that have nothing to do with one another: one such vote always speaks against."""
    prior: Prior = Prior()

    @property
    def unit(self) -> float:
        """How far from 1 the safe similarity is: what is one step on this model's scale."""
        return 1.0 - self.safe


USE_MULTILINGUAL = EmbeddingSpace(safe=0.97, limit=0.80, backed_limit=0.65, background=0.5)
"""The local model's. The prior is about what streams of bank questions, of assistants' intents and of Chinese loan
questions have in common, with a doubt that covers all three: its own weights hardly matter after a hundred
observations. Without the limit of .80 a prior that is wrong and sure of itself serves a third of its hits wrong."""

KNOWN = {"use-multilingual-3": USE_MULTILINGUAL}


def space_of_model(model: str, safe: float) -> EmbeddingSpace:
    """Return the space of an embedder's model; of an unknown one by its *safe* threshold, with narrower limits."""
    if model in KNOWN:
        return KNOWN[model]
    unit = 1.0 - safe
    return EmbeddingSpace(
        safe, max(0.0, 1 - 3 * unit), max(0.0, 1 - 5 * unit), max(-1.0, 1 - 17 * unit), Prior((0.0, 0.5, 0.7))
    )


def dot(weights: Sequence[float], features: Sequence[float]) -> float:
    return sum(w * f for w, f in zip(weights, features, strict=True))
