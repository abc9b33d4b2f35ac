"""What is known of a judge model: how likely it says yes, and how often it is wrong. Pure."""

from __future__ import annotations

import math

BAND_WIDTH = 0.02
"""Width of a band of similarities: neighbors in one are alike."""
ASSUMED_YES, ASSUMED_ASKED = 3.0, 10.0
"""Answers that are assumed before the first: some twenty times no, and the model is hardly asked any more."""
MAX_COUNTED = 200.0
"""Answers after which older ones count half: traffic changes."""
SAMPLE_SHARE = 0.05
"""Share of unlikely neighbors that the model is asked about all the same, to notice such a change."""
ASSUMED_YES_ERROR, ASSUMED_NO_ERROR = 0.05, 0.2
"""Shares of its yes and of its no that are assumed to be wrong before the first check, ..."""
ASSUMED_CHECKS = 20.0
"""... as if so many had been checked."""


ASSUMED_REMAINING = 0.3
"""Share of a neighbor's risk that is assumed to be left after a yes, ..."""
ASSUMED_WRONG = 3.0
"""... as if so many wrong neighbors had been among the checked ones."""


class YesShares:
    """The yes and no of one judge model about the neighbors of one traffic segment, by similarity."""

    def __init__(self) -> None:
        self._bands: dict[int, tuple[float, float]] = {}  # yes, asked

    def chance(self, similarity: float) -> float:
        """Return the probability of a yes to a neighbor of this similarity."""
        yes, asked = self._bands.get(_band(similarity), (0.0, 0.0))
        return (yes + ASSUMED_YES) / (asked + ASSUMED_ASKED)

    def is_worth_asking(self, similarity: float, min_chance: float, random: float) -> bool:
        """Return whether to ask about such a neighbor; *random* is uniform in [0, 1)."""
        return self.chance(similarity) >= min_chance or random < SAMPLE_SHARE

    def count(self, similarity: float, yes: bool) -> None:
        before, asked = self._bands.get(_band(similarity), (0.0, 0.0))
        if asked >= MAX_COUNTED:
            before, asked = before / 2, asked / 2
        self._bands[_band(similarity)] = before + yes, asked + 1


class JudgeErrors:
    """How often a judge model's yes and no were wrong, by fresh answers."""

    def __init__(self) -> None:
        self._checked = {True: 0, False: 0}
        self._wrong = {True: 0, False: 0}
        self._expected = self._wrong_of_expected = 0.0

    def count(self, said_yes: bool, right: bool, risk: float | None = None) -> None:
        """Count a check of what it said. *right*: the stored answer was right, whatever it had said.

        *risk* is the probability that it was wrong, as far as was known before the model was asked.
        """
        if said_yes and risk is not None:
            self._expected += risk
            self._wrong_of_expected += not right
        self._checked[said_yes] += 1
        self._wrong[said_yes] += said_yes is not right

    def error(self, said_yes: bool) -> float:
        """Return the expected share of its yes (its no) that is wrong."""
        assumed = ASSUMED_YES_ERROR if said_yes else ASSUMED_NO_ERROR
        return (self._wrong[said_yes] + assumed * ASSUMED_CHECKS) / (self._checked[said_yes] + ASSUMED_CHECKS)

    @property
    def checked_yes(self) -> int:
        """How many of its yes were checked."""
        return self._checked[True]

    @property
    def remaining_risk(self) -> float:
        """The share of a neighbor's risk that is left when the model says yes to it: 1 if it says yes to everything.

        It is raised by its standard error, since few checks prove little.
        """
        wrong = self._wrong_of_expected
        return min(
            1.0,
            (wrong + ASSUMED_WRONG * ASSUMED_REMAINING + math.sqrt(wrong + 0.25)) / (self._expected + ASSUMED_WRONG),
        )

    def label(self, said_yes: bool, random: float) -> bool:
        """Return whether to learn that a stored answer was right, from what the model said alone.

        The label is drawn: as often as the model is wrong, it is the opposite. So what is learned from many of them has
        the right share of wrong ones. *random* is uniform in [0, 1).
        """
        return said_yes is not (random < self.error(said_yes))


def _band(similarity: float) -> int:
    return math.floor(similarity / BAND_WIDTH + 1e-9)
