"""A neighbor of a question, from the index's answer to what became of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

MAX_COSINE = 1.001
"""Cosine similarities of rounded vectors may be this far from 0; anything further is an error of the index."""


@dataclass(frozen=True, slots=True)
class Neighbor:
    """One nearest-neighbor match. Higher *similarity* is closer; 1.0 is the same direction (cosine, -1 to 1).

    The index gives the first two fields, the look-up fills in the rest.
    """

    key: str
    similarity: float
    question: str | None = None
    """Its entry's question; None where the entry was not fetched."""
    refused: str | None = None
    """Why it must not answer. It votes all the same, since its answer is known; None for those that may, and for those
    behind the one that does."""
    group: str = ""
    """Names the answer that it shares with others, as far as is known."""
    judged: str | None = None
    """What came of asking a judge model about it; None where none was to be asked."""
    raised: float = 0.0
    """Share of the way from the safe similarity to 1 by which a guard requires it to be nearer."""
