"""Grammatical voice and conjunctions of a text. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from aicache.guards.patterns import compile_later

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
