"""Finds what only one of two texts has: words by their counts, and characters by the runs they are in. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from aicache.guards.tokens import GAP, Clauses, Runs
from aicache.guards.words import surplus_of


class Unshared(NamedTuple):
    """What one text has and another lacks, or has less often."""

    counts: Mapping[str, int]
    """How many more of each key it has."""
    lost: Sequence[bytes]
    """For each clause, which of its tokens are in no run of the other text, 1 or 0 for each; empty without runs."""
    lost_of_short: Sequence[bytes]
    """The same where a clause that is shorter than a run is one."""


def find_unshared(one: Clauses, other: Clauses) -> Unshared:
    """Return what *one* has and *other* lacks."""
    counts = surplus_of(one.counts, other.counts)
    if not one.runs:
        nothing = [b""] * len(one.clauses)
        return Unshared(counts, nothing, nothing)
    lost = lost_of_short = 0
    for runs in one.runs:
        found = runs.find(other.grams)
        lost |= _lost(runs, found & runs.whole)
        lost_of_short |= _lost(runs, found & (runs.whole | runs.short))
    by_clause = _by_clause(one, lost)
    return Unshared(counts, by_clause, by_clause if lost == lost_of_short else _by_clause(one, lost_of_short))


def _lost(runs: Runs, found: int) -> int:
    """Return the mask of the tokens of the script that are in no run that is *found*."""
    shared = found
    for at in range(1, runs.length):
        shared |= found << 8 * at
    return runs.compared & ~shared


def _by_clause(text: Clauses, mask: int) -> list[bytes]:
    flags = mask.to_bytes(len(text.runs[0].joined), "little")
    at, found = 0, []
    for keys in text.clause_keys:
        found.append(flags[at : at + len(keys)])
        at += len(keys) + GAP
    return found
