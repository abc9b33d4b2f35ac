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
    if _ONLY.findall(mine) != _ONLY.findall(others) and len(_ONLY.findall(mine)) == len(_ONLY.findall(others)) == 1:
        return True
    parts, others_parts = _OF.findall(mine), _OF.findall(others)
    if parts != others_parts and any((right, left) in parts for left, right in others_parts):
        return True
    denied, others_denied = _NEGATED.findall(mine), _NEGATED.findall(others)
    if denied != others_denied and sorted(denied) == sorted(others_denied):
        return True
    if sorted(mine) == sorted(others):
        if len(_PERSON.findall(mine)) > 1 or (
            _PERSON.search(mine) and _ASKING.sub("", mine) != _ASKING.sub("", others)
        ):
            return True
        if _are_swapped(mine, others):
            return True
    for asks_last, asks_first in ((mine, others), (others, mine)):
        if _ENDS_WITH_WHAT.search(asks_last) and _BEGINS_WITH_WHAT.search(asks_first):
            return True
    if sorted(mine) == sorted(others) and sorted(_BEFORE_OF.findall(mine)) != sorted(_BEFORE_OF.findall(others)):
        return True
    if not _are_crossed(one, other):
        return False
    if _PERSON.search(mine) and _PERSON.search(others):
        return True
    described, others_described = sorted(_BEFORE_OF.findall(mine)), sorted(_BEFORE_OF.findall(others))
    if described != others_described and len(described) == len(others_described):
        return True
    asked, others_asked = _ASKED.search(mine), _ASKED.search(others)
    if asked and others_asked and asked["after"] != others_asked["after"]:
        return bool(_ACTING.search(mine) and _ACTING.search(others))
    return all(_STATEMENT.search(each) and not _QUESTION.search(each) for each in (mine, others))


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
    here, there = set(one.content), set(other.content)
    return [key for key in one.content if key in there] != [key for key in other.content if key in here]
