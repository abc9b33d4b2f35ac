"""Detects swapped roles: the same words, but subject and object have changed places. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from aicache.guards.text_features import TextFeatures
from aicache.guards.words import without_common_ends

_SYMMETRIC_RELATIONS = frozenset(
    "and or vs versus with between both equal equals plus times same similar different difference compare compared "
    "comparison married marry related friend friends dating engaged connected identical near close "
    "acquaintance roommate partner partners linked tied adjacent better cousin neighbor neighbour sibling "
    "together 和 与 跟 同 或 先 又".split()
)
_QUESTION_WORDS = frozenset("什哪谁怎几何多 what which who".split()) | frozenset("什哪谁怎几何多")
_ADVERBS = frozenset({"怎", "为", "为什"})
_IGNORED_WORDS = frozenset("a an the do does did is are was were".split())


def find_role_change(one: TextFeatures, other: TextFeatures) -> str | None:
    """Return "voice" or "roles", whichever changed between two texts with the same words, else None.

    "Who is remembered by B" equals "whom does B remember": a change of voice swaps the roles back. Words for symmetric
    relations ("married to", "difference between") make the order irrelevant: None.
    """
    if one.is_passive != other.is_passive:
        shared = [
            [stem for stem in text.content if stem in rest.content] for text, rest in ((one, other), (other, one))
        ]
        return "voice" if len(shared[0]) > 1 and shared[0] == shared[1] else None
    if not _SYMMETRIC_RELATIONS.isdisjoint(one.words):
        return None
    pairs = [[_without_ignored(one), _without_ignored(other)]]
    if one.language == other.language == "zh":  # 为什么 and 怎么 may precede or follow the subject
        pairs.append([_without_adverbs(one.content), _without_adverbs(other.content)])
    return "roles" if any(are_parts_swapped(mine, others) for mine, others in pairs) else None


def _without_ignored(text: TextFeatures) -> Sequence[str]:
    return [word for word in text.words if word not in _IGNORED_WORDS] if text.is_alphabetic else [*text.words]


def _without_adverbs(content: Sequence[str]) -> list[str]:
    """Return the characters without 怎么 and 为什么 (whose 么 is not in the content)."""
    befores = ("", *content)
    return [char for char, before in zip(content, befores, strict=False) if not {char, before + char} & _ADVERBS]


def are_parts_swapped(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether the words are the same except that two parts have swapped places.

    Adjacent parts do not count, for that is word order only, nor do parts with a question word.
    """
    if len(one) != len(other) or one == other:
        return False
    mine, others = without_common_ends(one, other)
    for left in range(1, min(4, len(mine) - 1)):
        for right in range(1, min(4, len(mine) - left)):
            if (
                not (_QUESTION_WORDS & {*mine[:left], *mine[-right:]})
                and mine[:left] == others[-left:]
                and mine[-right:] == others[:right]
                and mine[left:-right] == others[right:-left]
            ):
                return True
    return False
