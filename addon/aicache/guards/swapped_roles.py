"""Swapped roles: the same words, but who does what to whom has changed. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from aicache.guards.text_features import TextFeatures
from aicache.guards.words import without_common_ends

_MUTUAL = frozenset(
    "and or vs versus with between both equal equals plus times same similar different difference compare compared "
    "comparison married marry related friend friends dating engaged connected identical near close "
    "acquaintance roommate partner partners linked tied adjacent better cousin neighbor neighbour sibling "
    "together 和 与 跟 同 或 先 又".split()
)
_ASKING = frozenset("什哪谁怎几何多 what which who".split()) | frozenset("什哪谁怎几何多")
_ADVERBS = frozenset({"怎", "为", "为什"})
_UNSEEN = frozenset("a an the do does did is are was were".split())
_FROM_TO = (
    re.compile(r"\bfrom (?P<a>.+?) (?:in)?to (?P<b>.+?)(?=[?.,!]|$| by | with | in | for | on )"),
    re.compile(r"从(?P<a>.{1,12}?)[到去飞往至回](?P<b>.{1,12})"),
    re.compile(r"(?P<a>[^，。？?! ]{1,8})比(?P<b>[^，。？?! ]{1,8})"),
)


def find_role_change(one: TextFeatures, other: TextFeatures) -> str | None:
    """Return "voice" or "roles" if that is what changed between two texts of the same content, else None.

    "Who is remembered by B" is the same as "whom does B remember": a change of voice swaps the roles back. Nothing has
    changed where the words say that order does not matter: "married to", "difference between".
    """
    if one.is_passive != other.is_passive:
        shared = [
            [stem for stem in text.content if stem in rest.content] for text, rest in ((one, other), (other, one))
        ]
        return "voice" if len(shared[0]) > 1 and shared[0] == shared[1] else None
    if _MUTUAL & {*one.words}:
        return None
    pairs = [[[word for word in words if word not in _UNSEEN] for words in (one.words, other.words)]]
    if one.language == other.language == "zh":  # 为什么 and 怎么 stand before or behind whom they ask about
        pairs.append([_without_adverbs(one.content), _without_adverbs(other.content)])
    return "roles" if any(are_parts_swapped(mine, others) for mine, others in pairs) else None


def _without_adverbs(content: Sequence[str]) -> list[str]:
    """Return the characters without 怎么 and 为什么 (whose 么 is not in the content)."""
    befores = ("", *content)
    return [char for char, before in zip(content, befores, strict=False) if not {char, before + char} & _ADVERBS]


def are_parts_swapped(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether the words are the same except that two parts have swapped places.

    Adjacent parts do not count, for that is word order only, nor do parts that ask for something.
    """
    if len(one) != len(other) or one == other:
        return False
    mine, others = without_common_ends(one, other)
    for left in range(1, min(4, len(mine) - 1)):
        for right in range(1, min(4, len(mine) - left)):
            if (
                not (_ASKING & {*mine[:left], *mine[-right:]})
                and mine[:left] == others[-left:]
                and mine[-right:] == others[:right]
                and mine[left:-right] == others[right:-left]
            ):
                return True
    return False


def is_direction_reversed(one: str, other: str) -> bool:
    """Return whether one normalized text goes from A to B, the other from B to A."""
    for pattern in _FROM_TO:
        there, back = pattern.search(one), pattern.search(other)
        if (
            there
            and back
            and _head(there["a"], back["b"])
            and _head(there["b"], back["a"])
            and there["a"] != there["b"]
        ):
            return True
    return False


def _head(one: str, other: str) -> bool:
    """Return whether one of two phrases begins with the other: a match may run on."""
    return one.startswith(other) or other.startswith(one)
