"""What a Chinese text asks of the same thing: when, or whether; how, or how one knows; by or to how much. Pure.

Such characters say little by themselves, and where they are the only difference nothing else is compared.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

from aicache.guards.feature import feature
from aicache.guards.lexicon import han_frames as lexicon
from aicache.guards.patterns import compile_later
from aicache.guards.tokens import Clauses
from aicache.guards.words import without_common_ends

_PARTS, _ASKED = compile_later(lexicon.ASKED_PARTS), compile_later(lexicon.ASKED)
_YES_OR_NO, _WHETHER = compile_later(lexicon.YES_OR_NO), compile_later(lexicon.WHETHER)
_WAY = compile_later(lexicon.WAY)
_HOW_TO_FIND_OUT = compile_later(f"(?:{lexicon.WAY}).{{0,3}}?(?:{lexicon.FINDING_OUT})")
_HOW_TO_TELL = compile_later(f"(?:{lexicon.WAY}).{{0,3}}?(?:{lexicon.TELLING})")
_TO_KNOW = compile_later(lexicon.FINDING_OUT)
_CHANGE = compile_later(f"{lexicon.MEASURES}了?(?P<to>[到至为]?)(?=[0-9一二两三四五六七八九十百千半])")
_UNIVERSAL, _DENIED = compile_later(lexicon.UNIVERSAL), compile_later(lexicon.DENIED)
_EVERY, _ONCE = compile_later(lexicon.EVERY), compile_later(lexicon.ONCE)
_DETERMINED, _WHICH = compile_later(lexicon.DETERMINED), compile_later(lexicon.WHICH)
_COMPOUND_ENDS = compile_later(lexicon.OF_COMPOUNDS)
_ADJECTIVE = compile_later(f"(?={lexicon.SMALL_ADJECTIVES}[㐀-鿿])(?P<pair>..)")
_OF = compile_later("(?=(?P<pair>[㐀-鿿]的[㐀-鿿]))")
_WITHIN, _JOINED = compile_later(lexicon.WITHIN), compile_later(lexicon.JOINED)
_WHY, _WHY_DO = compile_later(lexicon.WHY), compile_later(lexicon.WHY_DO)
_USE, _LETTING = compile_later(lexicon.USE), compile_later(lexicon.LETTING)
_AGAIN = compile_later(lexicon.AGAIN)
_WAS_DONE, _IS_DONE = compile_later(lexicon.WAS_DONE), compile_later(lexicon.IS_DONE)
_IS_REQUEST, _TELLS = compile_later(lexicon.REQUEST), compile_later(lexicon.TELLING_ME)
_SIGNS = compile_later(r"\W")
MIN_PART, MAX_PART = 2, 3
"""Characters of a part of a compound."""
MIN_PAIRS = 2
"""How often 的 stands in a text in which what stands around it is compared."""


@dataclass(frozen=True)
class HanFrame:
    """What is asked in a Chinese text, each part read when it is first asked for."""

    plain: str

    @feature
    def asks_part(self) -> bool:
        """Whether it is asked when, where, who or why."""
        return _PARTS.search(self.plain) is not None

    @feature
    def asks_why(self) -> bool:
        return _WHY.search(self.plain) is not None

    @feature
    def asks_what(self) -> bool:
        """Whether it is asked what, and neither why nor how."""
        return "什么" in self.plain and not self.asks_why and _WAY.search(self.plain) is None

    @feature
    def asks_use(self) -> bool:
        """Whether it is asked what something is good for."""
        return _USE.search(self.plain) is not None

    @feature
    def lets(self) -> bool:
        """Whether somebody lets a thing to another."""
        return _LETTING.search(self.plain) is not None

    @feature
    def was_done(self) -> bool:
        """Whether it is asked how, where or when something was done: 怎么去的北京."""
        return _WAS_DONE.search(self.plain) is not None

    @feature
    def is_done_asked(self) -> bool:
        return _IS_DONE.search(self.plain) is not None

    @feature
    def is_request(self) -> bool:
        return _IS_REQUEST.search(self.plain) is not None and not self.is_done_asked

    @feature
    def asks_anything(self) -> bool:
        return _ASKED.search(self.plain) is not None

    @feature
    def asks_why_to(self) -> bool:
        return _WHY_DO.search(self.plain) is not None

    @feature
    def asks_to_be_told(self) -> bool:
        return _TELLS.search(self.plain) is not None

    @feature
    def asks_whether(self) -> bool:
        return _ASKED.search(self.plain) is None and _YES_OR_NO.search(self.plain) is not None

    @feature
    def asks_how_to_know(self) -> bool:
        """Whether it is asked how one finds out whether something is so."""
        if _HOW_TO_TELL.search(self.plain) is not None:
            return True
        found = _HOW_TO_FIND_OUT.search(self.plain)
        return found is not None and _WHETHER.search(self.plain, found.end()) is not None

    @feature
    def asks_way(self) -> bool:
        """Whether it is asked how something is done, other than to find out something."""
        return _WAY.search(self.plain) is not None and _TO_KNOW.search(self.plain) is None

    @feature
    def changes(self) -> Sequence[bool]:
        """Of each amount by or to which something changes, whether it is the one to which it does."""
        return [bool(to) for to in _CHANGE.findall(self.plain)]

    @feature
    def is_universal(self) -> bool:
        return _UNIVERSAL.search(self.plain) is not None

    @feature
    def is_denied(self) -> bool:
        return _DENIED.search(self.plain) is not None

    @feature
    def every(self) -> Set[str]:
        return frozenset(_EVERY.findall(self.plain))

    @feature
    def once(self) -> Set[str]:
        return frozenset() if self.every else frozenset(_ONCE.findall(self.plain))

    @feature
    def determined(self) -> Set[str]:
        """The first character of each noun behind "this"."""
        return frozenset(_DETERMINED.findall(self.plain))

    @feature
    def asked(self) -> str:
        """The first character of the noun behind "which"; "" for none."""
        return match["noun"] if (match := _WHICH.search(self.plain)) is not None else ""

    @feature
    def characters(self) -> str:
        """The text without punctuation."""
        return _SIGNS.sub("", self.plain)

    @feature
    def pairs(self) -> Sequence[str]:
        """What stands behind each small adjective, "how many" and "first", and around each 的, sorted."""
        around = _OF.findall(self.plain)
        return sorted([*_ADJECTIVE.findall(self.plain), *(around if len(around) >= MIN_PAIRS else ())])

    @feature
    def again(self) -> Sequence[str]:
        """What says that it is so again, or of another, too."""
        return _AGAIN.findall(self.characters)

    @feature
    def is_joined(self) -> bool:
        """Whether a word joins what may stand in either order."""
        return _JOINED.search(self.plain) is not None

    @feature
    def is_within(self) -> bool:
        """Whether a clause says in what something is."""
        return _WITHIN.search(self.plain) is not None


def find_han_frame(text: Clauses) -> HanFrame | None:
    """Return what is asked in a Chinese text; None in other languages."""
    return HanFrame(text.plain) if text.unspaced and not text.has_kana else None


def is_something_else_asked(one: HanFrame | None, other: HanFrame | None) -> bool:
    """Return whether two Chinese texts ask something else of the same thing.

    什么时候能退货, 能退货吗; 怎么知道有没有怀孕, 怎么怀孕; 这个药能治哪些病, 哪些药能治这个病.
    """
    if one is None or other is None or one.plain == other.plain:
        return False
    if one.was_done != other.was_done:
        return True
    if one.asks_anything != other.asks_anything and one.asks_to_be_told and other.asks_to_be_told:
        return True
    return any(
        (mine.asks_part and others.asks_whether)
        or (mine.is_request and others.is_done_asked)
        or (mine.asks_why_to and not others.asks_anything)
        or (mine.asks_why and others.asks_what)
        or (mine.asks_use and not others.asks_use)
        or (mine.lets and not others.lets and "租" in others.plain)
        or (mine.asks_how_to_know and others.asks_way)
        or (mine.asked in others.determined and others.asked in mine.determined and mine.asked != others.asked)
        for mine, others in ((one, other), (other, one))
    )


def is_amount_changed(one: HanFrame | None, other: HanFrame | None) -> bool:
    """Return whether two Chinese texts tell another extent: 调高5度, 调高到5度; 每周一, 周一; 有题不会, 所有题不会."""
    if one is None or other is None or one.plain == other.plain:
        return False
    if one.changes != other.changes and len(one.changes) == len(other.changes):
        return True
    if one.is_universal != other.is_universal and one.is_denied and other.is_denied:
        return True
    if one.again != other.again and _AGAIN.sub("", one.characters) == _AGAIN.sub("", other.characters):
        return True
    return not (one.every.isdisjoint(other.once) and other.every.isdisjoint(one.once))


def are_parts_elsewhere(one: HanFrame | None, other: HanFrame | None) -> bool:
    """Return whether the parts of a compound, or what describes a noun, stand elsewhere in one of two Chinese texts:
    牛奶巧克力, 巧克力牛奶; 新公司的工作, 公司的新工作."""
    if one is None or other is None or one.plain == other.plain:
        return False
    if one.is_within != other.is_within:
        return True
    mine, others = one.characters, other.characters
    if len(mine) != len(others) or mine == others or sorted(mine) != sorted(others):
        return False
    return (one.pairs != other.pairs and not one.is_joined) or _is_compound_turned(mine, others)


def _is_compound_turned(one: str, other: str) -> bool:
    mine, others = map("".join, without_common_ends(one, other))
    if not one.startswith(mine) or _COMPOUND_ENDS.match(one[len(mine) :]) is None or _ASKED.search(mine):
        return False
    return any(
        MIN_PART <= len(mine) - at <= MAX_PART and others == mine[at:] + mine[:at]
        for at in range(MIN_PART, MAX_PART + 1)
    )
