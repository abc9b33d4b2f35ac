"""What causes and what is caused in Chinese texts, which change sides around the verb. Pure.

All the characters are the same, and a question may begin with what it is about, so that their order alone tells little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aicache.guards.feature import feature
from aicache.guards.lexicon.replaced_words import CAUSING_HAN, TELLING_HAN
from aicache.guards.patterns import compile_later
from aicache.guards.tokens import Clauses

_VERBS = "|".join(CAUSING_HAN.split())
_VERB = compile_later(f"(?s)(?P<before>.*?)(?<![的有大])(?P<verb>{_VERBS})(?!因素|原因|[力吗大多])(?P<after>.*)")
_AGENT = compile_later("(?P<patient>.*?)(?:由|被|受)(?P<agent>.+)")
_CAUSE_ASKED = compile_later("的(?:主要|常见)?(?:原因|因素|东西|病因)?(?:都|会)?[是有](?P<asked>什么|哪些|谁|哪个).*$")
_HOW = compile_later("怎么|怎样|如何|咋|方法|怎麽|怎麼")
_REQUEST = compile_later(f"^(?:请(?!问|教)|麻烦|帮|给我|替我|你能|你可以)(?!.{{0,5}}(?:{TELLING_HAN}))")
_ENDING = compile_later("[吗呢啊呀吧的了\\W]+$")
_ASKED = compile_later("什么|什麼|谁|誰|哪")
_BEING = compile_later("[\\W是有叫在为為]|什么|什麼|[谁誰哪几幾多怎]")
MAX_TURNED = 40
"""Characters of a text up to which it is looked for two parts that changed places."""
_SILENT = compile_later("原因|因素|问题|[会能可以都的了吗呢啊呀吧一定些]|\\W")


@dataclass(frozen=True)
class HanRoles:
    """Who does what in a Chinese text, each part read when it is first asked for."""

    plain: str

    @feature
    def asks_way(self) -> bool:
        """Whether it is asked how something is done."""
        return _HOW.search(self.plain) is not None

    @feature
    def is_request(self) -> bool:
        """Whether it is asked to do something, and not to tell it."""
        return _REQUEST.search(self.plain) is not None

    @feature
    def question(self) -> str:
        """The text without what ends a question."""
        return _ENDING.sub("", self.plain)

    @feature
    def characters(self) -> Sequence[str]:
        """Those of the question, sorted."""
        return sorted(self.question)

    @feature
    def sides(self) -> tuple[str, str, str] | None:
        return _read_sides(self.plain)


def find_han_roles(text: Clauses) -> HanRoles | None:
    """Return who does what in a text; None in languages that are written with spaces."""
    return HanRoles(text.plain) if text.unspaced else None


def are_sides_exchanged(one: HanRoles | None, other: HanRoles | None) -> bool:
    """Return whether two Chinese texts exchange what stands before and behind a verb, or one asks to do what the other
    asks a way for.

    什么会导致失眠, 失眠会导致什么; 如何写信, 请写一封信.
    """
    if one is None or other is None or one.plain == other.plain:
        return False
    if _asks_way_or_for(one, other) or _is_asked_turned(one, other):
        return True
    mine, others = one.sides, other.sides
    if mine is None or others is None or mine[0] != others[0]:
        return False
    straight = _shared(mine[1], others[1]) + _shared(mine[2], others[2])
    return _shared(mine[1], others[2]) + _shared(mine[2], others[1]) > straight


def _asks_way_or_for(one: HanRoles, other: HanRoles) -> bool:
    """Return whether one text asks how something is done, and the other to do it: 如何写信, 请写一封信."""
    return one.asks_way != other.asks_way and (other if one.asks_way else one).is_request


def _is_asked_turned(mine: HanRoles, others: HanRoles) -> bool:
    """Return whether what is asked for and what stands on the other side of the verb have changed places: 谁喜欢猫,
    猫喜欢谁; not around a verb of being: 什么是爱, 爱是什么."""
    one, other = mine.question, others.question
    if len(one) != len(other) or len(one) > MAX_TURNED or mine.characters != others.characters:
        return False
    for start in range(1, len(one) - 1):
        if not other.endswith(one[:start]):
            continue
        for end in range(start + 1, len(one)):
            verb = one[start:end]
            if other == one[end:] + verb + one[:start] and not _BEING.search(verb):
                return (_ASKED.search(one[:start]) is None) != (_ASKED.search(one[end:]) is None)
    return False


def _read_sides(text: str) -> tuple[str, str, str] | None:
    """Return the verb, who does it and what it is done to; None if there is no such verb."""
    if (match := _VERB.match(text)) is None:  # a search would try every place to begin at
        return None
    before, after = match["before"], match["after"]
    if (asked := _CAUSE_ASKED.search(after)) is not None:
        before, after = before + asked["asked"], after[: asked.start()]
    if (passive := _AGENT.fullmatch(before)) is not None:
        before, after = passive["agent"], passive["patient"] + after
    return match["verb"], _SILENT.sub("", before), _SILENT.sub("", after)


def _shared(one: str, other: str) -> int:
    return len({*one} & {*other})
