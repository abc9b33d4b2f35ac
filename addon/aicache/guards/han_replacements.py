"""One or two Chinese characters in the place of others, in texts that are otherwise the same. Pure.

Characters that say little by themselves are compared here: 没中奖, 没对奖; 除, 除以.
"""

from __future__ import annotations

from collections.abc import Sequence

from aicache.guards.language import KANA
from aicache.guards.lexicon.chinese import REPLACEABLE
from aicache.guards.patterns import compile_later
from aicache.guards.words import common_ends

MAX_REPLACED_CHARS = 3
_HAN = compile_later("[㐀-鿿]+")
_GROUPS: dict[str, set[int]] = {}
for _number, _line in enumerate(REPLACEABLE.strip().splitlines()):
    for _word in _line.split():
        _GROUPS.setdefault(_word, set()).add(_number)
_PARTICLE = compile_later("[给被让对向从替了过着会最很太]|多(?!少|久)|是(?![什谁哪怎多几不啥])")
"""Characters that say who does what, or when, how far or how certain: 借给他, 跟他借; 去过, 去了."""
_FRAME = compile_later(
    "给(?:大家|我|点|个)|[谁请]给|对[吗吧么]|对了|过来|最近|最新|现在最|大家|介绍给|了解|是的$|[^会]会$"
)
_DIVIDED = compile_later("除(?!以|了|非|夕|此|去|外|法|湿|尘|草|霜|名|权)")


_QUOTING = compile_later("翻译|译成|怎么说|怎么读|造句|润色|改写|回复|訳|言い|言う|言え|แปล|พูดว่า")
_EDGES = compile_later(r"^(?:请问|请帮我?|请)|[吗呢吧啊呀]$|[\W的]")


def find_quotation(plain: str) -> str | None:
    """Return a normalized text without spaces that asks how to say or to translate something, without what is polite
    at its edges; None for other texts."""
    return None if plain.isascii() or _QUOTING.search(plain) is None else _EDGES.sub("", plain)


def find_particles(bare: str) -> Sequence[str] | None:
    """Return the particles that may say who does what, when or how far, sorted; None for a text that is not Chinese."""
    if bare.isascii() or KANA.search(bare) is not None:
        return None
    return sorted(_PARTICLE.findall(_FRAME.sub("", bare)))


def is_another(one: str, other: str) -> bool:
    """Return whether a few characters of a bare text stand where the other has others that do not mean the same."""
    if one.isascii() or one == other:
        return False
    if ("除以" in one) != ("除以" in other) and _DIVIDED.search(other if "除以" in one else one):
        return True
    start, end = common_ends(one, other)
    mine, others = one[start : len(one) - end], other[start : len(other) - end]
    if not mine or not others or max(len(mine), len(others)) > MAX_REPLACED_CHARS or sorted(mine) == sorted(others):
        return False
    if not (_HAN.fullmatch(mine) and _HAN.fullmatch(others)):
        return False
    if {mine, others} == {"是", "在"} and "哪" in one:
        return False
    return _GROUPS.get(mine, set()).isdisjoint(_GROUPS.get(others, ()))


def are_characters_exchanged(one: str, other: str) -> bool:
    """Return whether two texts differ by two Chinese characters that have changed places: 会社, 社会."""
    if len(one) != len(other) or one == other or one.isascii():
        return False
    at = next(place for place, (a, b) in enumerate(zip(one, other, strict=True)) if a != b)
    pair = one[at : at + 2]
    return (
        pair[::-1] == other[at : at + 2]
        and one[at + 2 :] == other[at + 2 :]
        and min(pair) >= "㐀"
        and max(pair) <= "鿿"
    )
