"""Hyphens that join another word: small-business loan, small business-loan; thirty two-day, thirty-two day. Pure."""

from __future__ import annotations

import re
from collections.abc import Set
from itertools import chain

_HYPHENATED = re.compile(r"(?<![^\W\d_])[^\W\d_]++(?:-[^\W\d_]++)+")


def find_hyphenated(text: str) -> Set[tuple[str, ...]]:
    """Return the words that hyphens join in a text, each group as a tuple. Linear in its length."""
    if "-" not in text:
        return frozenset()
    return frozenset([tuple(match.split("-")) for match in _HYPHENATED.findall(text.lower())])


def are_hyphens_elsewhere(one: Set[tuple[str, ...]], other: Set[tuple[str, ...]]) -> bool:
    """Return whether a word that a hyphen joins with one word is joined with another one in the other text.

    Who leaves out a hyphen, or has one more, says nothing by it.
    """
    return not {*chain.from_iterable(one - other)}.isdisjoint(chain.from_iterable(other - one))
