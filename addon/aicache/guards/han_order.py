"""The same Chinese characters in another order that say something else. Pure.

In a question, what it is about may stand first or last: 怎么设置铃声, 铃声怎么设置. It may not where a person, or what
is not so, has moved, where another thing is asked for, and in a statement, whose order tells who does what.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aicache.guards.feature import feature
from aicache.guards.language import KANA
from aicache.guards.patterns import compile_later
from aicache.guards.tokens import Clauses
from aicache.guards.words import without_common_ends

_PERSON = compile_later("[我你您他她]")
_NEGATED = compile_later("[不没别非未无]|都|所有|全|每|只|一定|完全|总|必须")
_ASKED = compile_later("(?:什么|哪些|哪个|哪种|哪家|哪|几|多少)(?P<after>[㐀-鿿])")
_ACTING = compile_later("能|可以|会|应该|要|敢|喜欢|吃")
_STATEMENT = compile_later(r"[。.：:]\s*$")
_OF = compile_later("(?P<left>[㐀-鿿]{2})的(?=(?P<right>[㐀-鿿]{2}))")
_ASKING = compile_later("为什么|怎么样?|怎样|如何|什么时候|[\\W吗呢啊呀吧的了]")
_DIRECTED = compile_later("能|会|可以|跟|让|把|被|给|比|对|向|从|到|变|成|引起|导致|要|想|爱|最|属于|包括")
_ENDS_WITH_WHAT = compile_later("(?<![是叫有的为])(?:什么|谁|哪个)[?? 吗呢啊]*$")
_BEGINS_WITH_WHAT = compile_later("^(?:请问)?(?:什么|谁|哪个)(?!时候|样)")
_BEFORE_OF = compile_later("(.)的")
_ONLY = compile_later("[只仅才](?P<after>[㐀-鿿])")
_QUESTION = compile_later("[吗呢啥咋谁怎哪几?？]|什么|如何|多少|多久|为何|是否")


@dataclass(frozen=True)
class HanOrder:
    """What the order of a Chinese text may say, each part read when it is first asked for."""

    plain: str
    content: Sequence[str]

    @feature
    def characters(self) -> Sequence[str]:
        return sorted(self.plain)

    @feature
    def behind_only(self) -> Sequence[str]:
        return _ONLY.findall(self.plain)

    @feature
    def parts(self) -> Sequence[tuple[str, str]]:
        """What stands before and behind each 的."""
        return _OF.findall(self.plain)

    @feature
    def denied(self) -> Sequence[str]:
        return _NEGATED.findall(self.plain)

    @feature
    def persons(self) -> int:
        return len(_PERSON.findall(self.plain))

    @feature
    def statement(self) -> str:
        """The text without what asks, and without punctuation."""
        return _ASKING.sub("", self.plain)

    @feature
    def asks_last(self) -> bool:
        return _ENDS_WITH_WHAT.search(self.plain) is not None

    @feature
    def asks_first(self) -> bool:
        return _BEGINS_WITH_WHAT.search(self.plain) is not None

    @feature
    def described(self) -> Sequence[str]:
        """The character before each 的, sorted."""
        return sorted(_BEFORE_OF.findall(self.plain))

    @feature
    def asked(self) -> str:
        """The first character behind a word for "which", what is asked for; "" for none."""
        return match["after"] if (match := _ASKED.search(self.plain)) is not None else ""

    @feature
    def acts(self) -> bool:
        return _ACTING.search(self.plain) is not None

    @feature
    def states(self) -> bool:
        return _STATEMENT.search(self.plain) is not None and _QUESTION.search(self.plain) is None


def find_han_order(text: Clauses) -> HanOrder | None:
    """Return what the order of a Chinese text may say; None in other languages."""
    return HanOrder(text.plain, text.content) if text.unspaced and KANA.search(text.plain) is None else None


def is_order_changed(one: HanOrder | None, other: HanOrder | None) -> bool:
    """Return whether two Chinese texts have the characters that both have in another order that says something else."""
    if one is None or other is None or one.plain == other.plain:
        return False
    return (
        _is_only_elsewhere(one.behind_only, other.behind_only)
        or _is_part_the_whole(one.parts, other.parts)
        or _is_other_denied(one.denied, other.denied)
        or _asks_at_other_end(one, other)
        or _asks_at_other_end(other, one)
        or (one.characters == other.characters and _has_same_characters_otherwise(one, other))
        or (_are_crossed(one.content, other.content) and _tells_more_where_crossed(one, other))
    )


def _is_only_elsewhere(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether the one "only" of each text is said of something else: 只在晚上来过, 在晚上只来过."""
    return one != other and len(one) == len(other) == 1


def _is_part_the_whole(one: Sequence[tuple[str, str]], other: Sequence[tuple[str, str]]) -> bool:
    """Return whether what something is of in one text is of it in the other: 列表的元组, 元组的列表."""
    return one != other and any((right, left) in one for left, right in other)


def _is_other_denied(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether the same negations and quantifiers are in another order: 不是所有, 所有都不是."""
    return one != other and sorted(one) == sorted(other)


def _asks_at_other_end(one: HanOrder, other: HanOrder) -> bool:
    """Return whether *one* asks for what is done to at its end, and *other* for who does it: 狗最爱什么, 什么狗最爱."""
    return one.asks_last and other.asks_first


def _has_same_characters_otherwise(one: HanOrder, other: HanOrder) -> bool:
    """Return whether persons, two parts or owners have changed places in texts of the same characters."""
    return (
        one.persons > 1
        or (one.persons == 1 and one.statement != other.statement)
        or _are_swapped(one.plain, other.plain)
        or one.described != other.described
    )


def _tells_more_where_crossed(one: HanOrder, other: HanOrder) -> bool:
    """Return whether texts whose characters stand in another order have persons, describe or ask for other things, or
    state something."""
    if one.persons and other.persons:
        return True
    if one.described != other.described and len(one.described) == len(other.described):
        return True
    if one.asked and other.asked and one.asked != other.asked:
        return one.acts and other.acts
    return one.states and other.states


def _are_swapped(one: str, other: str) -> bool:
    """Return whether two parts have changed places around a word that leads from one to the other: 跟谁姓.

    What both begin and end with makes no difference.
    """
    one, other = map("".join, without_common_ends(one, other))
    return any(
        match.start() > 0 and match.end() < len(one) and other == one[match.end() :] + match[0] + one[: match.start()]
        for match in _DIRECTED.finditer(one)
    )


def _are_crossed(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether the characters with a meaning that both texts have stand in another order."""
    if one == other:
        return False
    here, there = set(one), set(other)
    return [key for key in one if key in there] != [key for key in other if key in here]
