"""What two texts differ in when nearly all their words are the same: one for another, or one before a noun. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aicache.guards.words import only

if TYPE_CHECKING:  # a reading is made of what this module reads
    from aicache.guards.text_features import Reading


def difference(one: Reading, other: Reading) -> tuple[list[str], list[str]]:
    """Return the content that each text has alone."""
    return only(one.content, other.content)


def of_one_word(one: Reading, other: Reading, left: list[str], right: list[str]) -> str | None:
    """Name the way in which two texts differ by a word; None where they differ by nothing, or by more.

    Another order, and one word more, were measured to say nothing: they are wrong no more often than other neighbours.
    Only what is put before a noun is: a photographer, a *bad* photographer.
    """
    if len(left) == len(right) == 1 or ("zh" in (one.tongue, other.tongue) and len(left) == len(right) == 2):
        return "substitution"
    if len(left) + len(right) == 1:
        added, of = (left[0], one) if left else (right[0], other)
        return "modifier" if added in of.modifiers else None
    return None
