"""Grammatical voice and conjunctions of a text. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aicache.guards.patterns import WordTable, compile_later

MAX_CACHED_WORDS = 8192
"""Words of which it is kept in memory whether they may be participles."""

_PASSIVE = compile_later(
    r"\b(?:is|are|was|were|be|been|being|got|get)\b(?: \w+){0,3} (?:[\w-]+ed|\w+en|known|hit|sold|told|held|made|sent"
    r"|caught|built|bought|brought|found|kept|left|led|lost|met|paid|put|hurt|read|said|seen|won"
    r"|understood|taught)\b.* by\b"
)


def find_conjunction(words: Sequence[str]) -> str:
    """Return "and" or "or", whichever joins things in the text; "" for neither and for both."""
    joined = {word for word in words if word in ("and", "or")}
    return joined.pop() if len(joined) == 1 else ""


def is_passive(plain: str) -> bool:
    """Return whether a normalized text is in the passive voice and names the agent."""
    return " by " in plain and _PASSIVE.search(plain) is not None


_BE = frozenset("is are was were am be been being got get getting".split())
_OBJECTS = frozenset("me you him her us them it someone somebody anyone anybody people".split())
_PARTICIPLE = compile_later("[a-z]+(?:ed|en|wn|ught|old|ade|ent|een|one|hit|ept|eft|ost|et|aid|put|urt|ead|ung|unk)$")


def _may_be_participle(word: str) -> bool:
    return len(word) > 2 and _PARTICIPLE.match(word) is not None


_IS_PARTICIPLE = WordTable(_may_be_participle, MAX_CACHED_WORDS)


def find_participles(words: Sequence[str]) -> Mapping[str, str]:
    """Return the English words that may be participles, with what they do: "passive" behind a form of "to be", "active"
    before an object; without the others."""
    found = {}
    for at, word in enumerate(words):
        if _IS_PARTICIPLE[word]:
            if not _BE.isdisjoint(words[max(0, at - 2) : at]):
                found[word] = "passive"
            elif at + 1 < len(words) and words[at + 1] in _OBJECTS:
                found[word] = "active"
    return found
