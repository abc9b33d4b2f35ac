"""The embedding models: the scale of their similarities, hard limits, and priors for learning. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]

MIN_STD_DEV = 0.5
"""Smallest standard deviation of a weight in a prior: a confident wrong one must give way to a few dozen
observations."""


@dataclass(frozen=True, slots=True)
class Prior:
    """The prior of a new risk model: a normal distribution of the weights of 1, closeness and margin.

    *correlation* is that of the first and the last weight: traffic whose groups tell a lot has few wrong neighbors at
    all. Raises ValueError if it is too certain.
    """

    mean: tuple[float, float, float] = (1.0, 0.5, 1.0)
    std_dev: tuple[float, float, float] = (2.0, 0.5, 0.5)
    """Standard deviation of each weight."""
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
    """The cosine similarities of one model. The minima do not depend on learning: no evidence overrides them."""

    safe: float
    """Similarity that a hit needs while nothing learned is trusted."""
    min_similarity: float
    """Similarity that any hit needs ..."""
    min_backed_similarity: float
    """... and one whose answer at least `MIN_BACKERS` neighbors share."""
    unrelated_similarity: float
    """Similarity of unrelated questions: one vote of that weight always counts against a candidate."""
    judged_similarity: float
    """Similarity from which a judge model is asked whether a neighbor may answer: below it hardly any may ..."""
    judged_by_guards_similarity: float
    """... and from which it is asked where the guards alone decide, not the evidence of what it said."""
    prior: Prior = Prior()

    @property
    def unit(self) -> float:
        """The distance of the safe similarity from 1: the unit of this model's scale."""
        return 1.0 - self.safe


USE_MULTILINGUAL = EmbeddingSpace(
    safe=0.97,
    min_similarity=0.75,
    min_backed_similarity=0.60,
    unrelated_similarity=0.5,
    judged_similarity=0.75,
    judged_by_guards_similarity=0.70,
)
"""The local model's. The prior is what streams of bank questions, of assistants' intents and of Chinese loan questions
have in common, wide enough to cover all three: its weights hardly matter after a hundred observations. The minima limit
what a prior that is wrong and certain serves wrong before the first checks."""

KNOWN_SPACES = {"use-multilingual-3": USE_MULTILINGUAL}


def space_of_model(model: str, safe: float) -> EmbeddingSpace:
    """Return the space of an embedding model; that of an unknown one follows from *safe*, with narrower limits."""
    if model in KNOWN_SPACES:
        return KNOWN_SPACES[model]
    unit = 1.0 - safe
    return EmbeddingSpace(
        safe,
        max(0.0, 1 - 3 * unit),
        max(0.0, 1 - 5 * unit),
        max(-1.0, 1 - 17 * unit),
        max(0.0, 1 - 4 * unit),
        max(0.0, 1 - 4 * unit),
        Prior((0.0, 0.5, 0.7)),
    )


def dot(weights: Sequence[float], features: Sequence[float]) -> float:
    return sum(w * f for w, f in zip(weights, features, strict=True))
