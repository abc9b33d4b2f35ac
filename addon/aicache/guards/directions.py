"""From what to what a text asks: from A to B, 从A到B, A比B. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

_FROM_TO = (
    ("from ", re.compile(r"\bfrom (?P<a>.+?) (?:in)?to (?P<b>.+?)(?=[?.,!]|$| by | with | in | for | on )")),
    ("从", re.compile(r"从(?P<a>.{1,12}?)[到去飞往至回](?P<b>.{1,12})")),
    ("比", re.compile(r"(?P<a>[^，。？?! ]{1,8})比(?P<b>[^，。？?! ]{1,8})")),
)

Directions = Mapping[str, tuple[str, str]]
"""The two ends, by the sign that tells them."""


def find_directions(plain: str) -> Directions:
    """Return the first direction of each kind in a normalized text."""
    return {
        sign: (match["a"], match["b"])
        for sign, pattern in _FROM_TO
        if sign in plain and (match := pattern.search(plain)) is not None
    }


def is_direction_reversed(one: Directions, other: Directions) -> bool:
    """Return whether one text goes from A to B, the other from B to A."""
    return any(
        _is_prefix_of_either(there[0], back[1]) and _is_prefix_of_either(there[1], back[0]) and there[0] != there[1]
        for sign, there in one.items()
        if (back := other.get(sign)) is not None
    )


def _is_prefix_of_either(one: str, other: str) -> bool:
    """Return whether one of two phrases begins with the other: a regex match may include following words."""
    return one.startswith(other) or other.startswith(one)
