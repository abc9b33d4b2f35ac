"""What comparing two questions comes to. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """Whether the answer to one question may answer another."""

    EXPLAINED = "explained"
    """Every difference is named and harmless: it may answer, from a lower cosine where nothing is left over."""
    DIFFERENT = "different"
    """A named difference changes the answer: it never answers, however near it is."""
    UNEXPLAINED = "unexplained"
    """Something is left over that may change the answer: refused, unless evidence or a judge decides otherwise."""


JUDGEABLE = frozenset({"instruction"})
"""Differences that refuse, but that a reader tells from a harmless one: a request more, a frame more."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which two questions differ. *name* is a word of a fixed set and may be logged, the words may not."""

    name: str
    left: tuple[str, ...] = ()
    """The words that only the first question has."""
    right: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """The outcome of comparing two questions, and all differences that were found."""

    outcome: Outcome
    differences: tuple[Difference, ...] = ()
    raised: float = 0.0
    """Share of the way from the threshold to 1 by which the cosine must be nearer, which suits the scale of any model;
    negative: may be farther."""

    @property
    def may_be_judged(self) -> bool:
        """Whether a judge model may be asked: what is different is so by a rule that a reader may know better."""
        return self.outcome is not Outcome.DIFFERENT or all(each.name in JUDGEABLE for each in self.differences)

    def turned(self) -> Comparison:
        """Return the comparison of the same questions in the other order."""
        turned = tuple(Difference(each.name, each.right, each.left) for each in self.differences)
        return Comparison(self.outcome, turned, self.raised)

    @property
    def names(self) -> str:
        """The differences' names, joined by ``+``."""
        return "+".join(dict.fromkeys(difference.name for difference in self.differences))
