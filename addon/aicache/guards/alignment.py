"""The places in which two sequences of words differ, when as much as possible is aligned. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
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

    That takes long, and most texts differ in one place only, between a common beginning and a common end. The place is
    then known without it, if no word of these two stands between them: it takes the longest run first, the earliest of
    equal ones, and no other run is as long. Only where the beginning is shorter than the end, and nothing stands
    between them in one of the texts, may it find the end, or a part of it, earlier than it stands.
    """
    start, end = common_ends(one, other)
    mine, others = one[start : len(one) - end], other[start : len(other) - end]
    if not mine and not others:
        return []
    before, after = one[:start], one[len(one) - end :]
    if not ({*mine, *others}.isdisjoint((*before, *after)) and (start >= end or not before or (mine and others))):
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
