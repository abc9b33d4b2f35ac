"""English verbs that are built in another way and so say something else: make it work, it works. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from aicache.guards.english_words import ARTICLES
from aicache.guards.lexicon import sentence_roles as lexicon
from aicache.guards.lexicon import word_order
from aicache.guards.tokens import Clauses

_CONDITIONS = frozenset(lexicon.CONDITIONS.split())
_CAUSING, _CAUSED = frozenset(lexicon.CAUSING.split()), frozenset(lexicon.CAUSED.split())
_ACQUIRING = frozenset(lexicon.ACQUIRING.split())
_OBLIGED = frozenset(lexicon.OBLIGED.split())
_NEEDING = ("have", "need", "must", "should")
_NOT_OBLIGED = frozenset({("not", "have"), ("not", "need"), ("need", "not")})
_POSSIBLE = frozenset(lexicon.POSSIBLE.split())
_AUXILIARIES = frozenset(lexicon.AUXILIARIES.split())
_OTHER_QUESTIONS = frozenset("why which when who whose".split())
_ELSE = _OTHER_QUESTIONS | frozenset("how what where whom reason if".split())
_SUPPORT = frozenset(word_order.SUPPORT.split())
_HOW = frozenset(("how", word) for word in "to do does can could should would i you".split()) | {("best", "way")}
_WHETHER = frozenset(lexicon.WHETHER.split())
_BE, _BECOMING = frozenset(lexicon.BE.split()), frozenset(lexicon.BECOMING.split())


class VerbConstructions(NamedTuple):
    """What the verbs of an English text are built with."""

    used_to: bool | None
    """Whether something is usual, and not what was done once: am used to, used to; None for neither."""
    denies_duty: bool
    """Whether one need not do something, or must not: do not have to wear."""
    causes: bool
    """Whether one has another one do something: make my card work."""
    is_something: bool
    """Whether one is something: be a friend."""
    gets_something: bool
    """Whether one gets something, and is or becomes nothing: get a friend."""
    asks_duty: bool
    """Whether it is asked whether one has to do something."""
    asks_how: bool
    likes: bool
    """Whether it is asked what one likes."""
    is_like: bool
    """Whether it is asked what one is like."""
    conditions: int
    purposes: int
    """How often something is done to reach something: what do I do to; how to and the like do not count."""
    asks_yes_or_no: bool
    asks_why_or_which: bool
    asks_whether: bool
    """Whether it is asked whether something may be: is it okay to."""
    asks_way: bool
    """Whether it is asked how something is done, and not whether it may be."""


def find_verb_constructions(text: Clauses) -> VerbConstructions:
    """Return what the verbs of an English text are built with."""
    words = text.words
    first, ends_with_like = words[:1], words[-1:] == ("like",)
    names_possible = not _POSSIBLE.isdisjoint(words)
    return VerbConstructions(
        used_to=_is_usual(words),
        denies_duty="not" in words and any(pair in _NOT_OBLIGED for pair in pairwise(words)),
        causes=not _CAUSING.isdisjoint(words)
        and any(word in _CAUSING and after in _CAUSED for word, after in pairwise(words)),
        is_something="be" in words and any(word == "be" and after in ARTICLES for word, after in pairwise(words)),
        gets_something=_BECOMING.isdisjoint(words) and not _ACQUIRING.isdisjoint(words),
        asks_duty=not _OBLIGED.isdisjoint(first) and any(word in _NEEDING for word in words[:4]),
        asks_how="how" in first,
        likes=ends_with_like and not _SUPPORT.isdisjoint(words),
        is_like=ends_with_like and _SUPPORT.isdisjoint(words) and not _BE.isdisjoint(words),
        conditions=_count_conditions(words),
        purposes=_count_purposes(text),
        asks_yes_or_no=not _AUXILIARIES.isdisjoint(first) and _ELSE.isdisjoint(words),
        asks_why_or_which=not _OTHER_QUESTIONS.isdisjoint(first),
        asks_whether=names_possible and _asks_whether(words),
        asks_way=not names_possible
        and ("how" in words or "best" in words)
        and any(pair in _HOW for pair in pairwise(words)),
    )


def are_verbs_built_otherwise(one: VerbConstructions, other: VerbConstructions) -> bool:
    """Return whether one text has something done, becomes something, denies or asks for a duty, tells what used to be,
    or has as a condition what is a purpose in the other, and the other does not."""
    if one == other:
        return False
    return (
        (one.used_to is not None and other.used_to is not None and one.used_to != other.used_to)
        or one.denies_duty != other.denies_duty
        or one.causes != other.causes
        or any(
            (mine.is_something and others.gets_something)
            or (mine.asks_duty and others.asks_how)
            or (mine.likes and others.is_like)
            for mine, others in ((one, other), (other, one))
        )
        or (one.conditions - other.conditions) * (one.purposes - other.purposes) < 0  # if I get fired, to get fired
    )


def asks_whether_or_how(one: VerbConstructions, other: VerbConstructions) -> bool:
    """Return whether *one* asks whether something is or may be, and *other* why, which, or how it is done: is it okay
    to, how to. Whether one can, and how, is asked alike."""
    return (one.asks_yes_or_no and other.asks_why_or_which) or (one.asks_whether and other.asks_way)


def _is_usual(words: Sequence[str]) -> bool | None:
    """Return whether a form of "to be" stands before "used to"; None if there is no "used to"."""
    if "used" not in words:
        return None
    pairs = zip(("", *words), words, words[1:], strict=False)
    before_used = [before for before, word, after in pairs if (word, after) == ("used", "to")]
    return not _BE.isdisjoint(before_used) if before_used else None


def _count_conditions(words: Sequence[str]) -> int:
    if _CONDITIONS.isdisjoint(words):
        return 0
    return sum(
        [word in _CONDITIONS and before not in _WHETHER for before, word in zip(("", *words), words, strict=False)]
    )


def _count_purposes(text: Clauses) -> int:
    if "to" not in text.words:
        return 0
    pairs = zip(("", *text.words), text.words, text.keys, strict=False)
    return sum([word == "to" and bool(key or before == "do") for before, word, key in pairs])


def _asks_whether(words: Sequence[str]) -> bool:
    return any(
        (word, after) == ("is", "it") and words[at + 2] in _POSSIBLE
        for at, (word, after) in enumerate(pairwise(words[:-1]))
    )
