"""One or two Chinese characters in the place of others, in texts that are otherwise the same. Pure.

Characters that say little by themselves are compared here: 没中奖, 没对奖; 除, 除以.
"""

from __future__ import annotations

import re

from aicache.guards.lexicon.chinese import REPLACEABLE

MAX_REPLACED_CHARS = 3
_HAN = re.compile("[㐀-鿿]+")
_GROUPS: dict[str, set[int]] = {}
for _number, _line in enumerate(REPLACEABLE.strip().splitlines()):
    for _word in _line.split():
        _GROUPS.setdefault(_word, set()).add(_number)
_DIVIDED = re.compile("除(?!以|了|非|夕|此|去|外|法|湿|尘|草|霜|名|权)")


def is_another(one: str, other: str) -> bool:
    """Return whether a few characters of a bare text stand where the other has others that do not mean the same."""
    if one.isascii() or one == other:
        return False
    if ("除以" in one) != ("除以" in other) and _DIVIDED.search(other if "除以" in one else one):
        return True
    start = 0
    shorter = min(len(one), len(other))
    while start < shorter and one[start] == other[start]:
        start += 1
    end = 0
    while end < shorter - start and one[-1 - end] == other[-1 - end]:
        end += 1
    mine, others = one[start : len(one) - end], other[start : len(other) - end]
    if not mine or not others or max(len(mine), len(others)) > MAX_REPLACED_CHARS or sorted(mine) == sorted(others):
        return False
    if not (_HAN.fullmatch(mine) and _HAN.fullmatch(others)):
        return False
    if {mine, others} == {"是", "在"} and "哪" in one:
        return False
    return _GROUPS.get(mine, set()).isdisjoint(_GROUPS.get(others, ()))
