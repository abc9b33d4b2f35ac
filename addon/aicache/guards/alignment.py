"""The places in which two sequences of words differ, when as much as possible is aligned. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import NamedTuple

from aicache.guards.words import common_ends


class Place(NamedTuple):
    """A place in which two sequences differ: where it starts and ends in the first one, and in the second one."""

    start: int
    end: int
    other_start: int
    other_end: int


def find_places(one: Sequence[str], other: Sequence[str]) -> list[Place]:
    """Return the places in order, as `difflib.SequenceMatcher` aligns the sequences.

    It takes the longest run first. Where nothing but the common beginning and end can be such a run, it is not asked:
    it takes long, and most texts differ in one place.
    """
    start, end = common_ends(one, other)
    mine, others = one[start : len(one) - end], other[start : len(other) - end]
    if not mine and not others:
        return []
    if not _are_ends_aligned([*one[:start], *one[len(one) - end :]], {*mine, *others}):
        return _aligned(one, other, 0)
    if not mine or not others or {*mine}.isdisjoint(others):
        return [Place(start, len(one) - end, start, len(other) - end)]
    return _aligned(mine, others, start)


def _aligned(one: Sequence[str], other: Sequence[str], at: int) -> list[Place]:
    """Return the places of two sequences that begin *at* a place of others."""
    return [
        Place(at + start, at + end, at + other_start, at + other_end)
        for kind, start, end, other_start, other_end in SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
        if kind != "equal"
    ]


def _are_ends_aligned(shared: Sequence[str], between: set[str]) -> bool:
    """Return whether the common beginning and end of two sequences, *shared*, are the longest runs of their words.

    They are if none of these words stands *between* them, and no two adjacent ones occur elsewhere in them: a run of
    two words then has one that is nowhere else.
    """
    distinct = {*shared}
    if not distinct.isdisjoint(between):
        return False
    if len(distinct) == len(shared):
        return True
    repeated = {word for word in distinct if shared.count(word) > 1}
    return not any(word in repeated and following in repeated for word, following in pairwise(shared))
