"""The same Chinese characters in another order that say something else. Pure.

In a question, what it is about may stand first or last: 怎么设置铃声, 铃声怎么设置. It may not where a person, or what
is not so, has moved, where another thing is asked for, and in a statement, whose order tells who does what.
"""

from __future__ import annotations

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


def is_order_changed(one: Clauses, other: Clauses) -> bool:
    """Return whether two Chinese texts have the characters that both have in another order that says something else."""
    if not (one.unspaced and other.unspaced) or one.plain == other.plain:
        return False
    mine, others = one.plain, other.plain
    if KANA.search(mine) or KANA.search(others):
        return False
    return (
        _is_only_elsewhere(mine, others)
        or _is_part_the_whole(mine, others)
        or _is_other_denied(mine, others)
        or _asks_at_other_end(mine, others)
        or _asks_at_other_end(others, mine)
        or (sorted(mine) == sorted(others) and _has_same_characters_otherwise(mine, others))
        or (_are_crossed(one, other) and _tells_more_where_crossed(mine, others))
    )


def _is_only_elsewhere(one: str, other: str) -> bool:
    """Return whether the one "only" of each text is said of something else: 只在晚上来过, 在晚上只来过."""
    mine, others = _ONLY.findall(one), _ONLY.findall(other)
    return mine != others and len(mine) == len(others) == 1


def _is_part_the_whole(one: str, other: str) -> bool:
    """Return whether what something is of in one text is of it in the other: 列表的元组, 元组的列表."""
    mine, others = _OF.findall(one), _OF.findall(other)
    return mine != others and any((right, left) in mine for left, right in others)


def _is_other_denied(one: str, other: str) -> bool:
    """Return whether the same negations and quantifiers are in another order: 不是所有, 所有都不是."""
    mine, others = _NEGATED.findall(one), _NEGATED.findall(other)
    return mine != others and sorted(mine) == sorted(others)


def _asks_at_other_end(one: str, other: str) -> bool:
    """Return whether *one* asks for what is done to at its end, and *other* for who does it: 狗最爱什么, 什么狗最爱."""
    return _ENDS_WITH_WHAT.search(one) is not None and _BEGINS_WITH_WHAT.search(other) is not None


def _has_same_characters_otherwise(one: str, other: str) -> bool:
    """Return whether persons, two parts or owners have changed places in texts of the same characters."""
    has_moved_person = len(_PERSON.findall(one)) > 1 or (
        _PERSON.search(one) is not None and _ASKING.sub("", one) != _ASKING.sub("", other)
    )
    return (
        has_moved_person
        or _are_swapped(one, other)
        or sorted(_BEFORE_OF.findall(one)) != sorted(_BEFORE_OF.findall(other))
    )


def _tells_more_where_crossed(one: str, other: str) -> bool:
    """Return whether texts whose characters stand in another order have persons, describe or ask for other things, or
    state something."""
    if _PERSON.search(one) and _PERSON.search(other):
        return True
    described, others_described = sorted(_BEFORE_OF.findall(one)), sorted(_BEFORE_OF.findall(other))
    if described != others_described and len(described) == len(others_described):
        return True
    asked, others_asked = _ASKED.search(one), _ASKED.search(other)
    if asked and others_asked and asked["after"] != others_asked["after"]:
        return bool(_ACTING.search(one) and _ACTING.search(other))
    return all(_STATEMENT.search(each) and not _QUESTION.search(each) for each in (one, other))


def _are_swapped(one: str, other: str) -> bool:
    """Return whether two parts have changed places around a word that leads from one to the other: 跟谁姓.

    What both begin and end with makes no difference.
    """
    one, other = map("".join, without_common_ends(one, other))
    return any(
        match.start() > 0 and match.end() < len(one) and other == one[match.end() :] + match[0] + one[: match.start()]
        for match in _DIRECTED.finditer(one)
    )


def _are_crossed(one: Clauses, other: Clauses) -> bool:
    """Return whether the characters with a meaning that both texts have stand in another order."""
    here, there = set(one.content), set(other.content)
    return [key for key in one.content if key in there] != [key for key in other.content if key in here]
