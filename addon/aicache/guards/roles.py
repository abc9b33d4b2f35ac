"""Who does what to whom: the same words in turned places. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from aicache.guards.words import between

if TYPE_CHECKING:  # a reading is made of what this module reads
    from aicache.guards.text_features import Reading


_MUTUAL = frozenset(
    "and or vs versus with between both equal equals plus times same similar different difference compare compared "
    "comparison married marry related friend friends dating engaged connected identical near close "
    "acquaintance roommate partner partners linked tied adjacent better cousin neighbor neighbour sibling "
    "together 和 与 跟 同 或 先 又".split()
)
_ASKING = frozenset("什哪谁怎几何多 what which who".split()) | frozenset("什哪谁怎几何多")
_ADVERBS = frozenset({"怎", "为", "为什"})
_UNSEEN = frozenset("a an the do does did is are was were".split())
_PASSIVE = re.compile(
    r"\b(?:is|are|was|were|be|been|being|got|get)\b(?: \w+){0,3} (?:\w+ed|\w+en|known|hit|sold|told|held|made|sent"
    r"|caught|built|bought|brought|found|kept|left|led|lost|met|paid|put|hurt|read|said|seen|won"
    r"|understood|taught)\b.* by\b"
)
_FROM_TO = (
    re.compile(r"\bfrom (?P<a>.+?) (?:in)?to (?P<b>.+?)(?=[?.,!]|$| by | with | in | for | on )"),
    re.compile(r"从(?P<a>.{1,12}?)[到去飞往至回](?P<b>.{1,12})"),
    re.compile(r"(?P<a>[^，。？?! ]{1,8})比(?P<b>[^，。？?! ]{1,8})"),
)


def junction(words: Sequence[str]) -> str:
    """Return whether things are joined by "and" or by "or"; "" for neither, and for both."""
    joined = {word for word in words if word in ("and", "or")}
    return joined.pop() if len(joined) == 1 else ""


def passive(plain: str) -> bool:
    """Tell whether somebody is said to have something done to them by another."""
    return " by " in plain and _PASSIVE.search(plain) is not None


def turned(one: Reading, other: Reading) -> str | None:
    """Name what has turned between two texts of the same content: the voice, or two roles; None for neither.

    Who is remembered by whom is the same as who remembers whom the other way round.
    """
    if one.passive != other.passive:
        shared = [
            [stem for stem in text.content if stem in rest.content] for text, rest in ((one, other), (other, one))
        ]
        return "voice" if len(shared[0]) > 1 and shared[0] == shared[1] else None
    if _MUTUAL & {*one.words}:
        return None
    pairs = [[[word for word in words if word not in _UNSEEN] for words in (one.words, other.words)]]
    if one.tongue == other.tongue == "zh":  # 为什么 and 怎么 stand before or behind whom they ask about
        pairs.append([_without_adverbs(one.content), _without_adverbs(other.content)])
    return "roles" if any(swapped(mine, others) for mine, others in pairs) else None


def _without_adverbs(content: Sequence[str]) -> list[str]:
    """Return the characters without 怎么 and 为什么 (of which 么 is none of the content)."""
    befores = ("", *content)
    return [char for char, before in zip(content, befores, strict=False) if not {char, before + char} & _ADVERBS]


def swapped(one: Sequence[str], other: Sequence[str]) -> bool:
    """Tell whether the words are the same but for two parts of them, which have changed places.

    Not where they stand side by side, for that is word order alone, nor where the words between say that order does not
    matter: "married to", "difference between".
    """
    if len(one) != len(other) or one == other:
        return False
    mine, others = between(one, other)
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


def reversed_way(one: str, other: str) -> bool:
    """Tell whether one normalised text goes from A to B, the other from B to A."""
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
    """Tell whether one of two phrases, which may run on, begins with the other."""
    return one.startswith(other) or other.startswith(one)
