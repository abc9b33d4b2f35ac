"""English verbs that are built in another way and so say something else: make it work, it works. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

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
_ARTICLES = frozenset({"a", "an", "the"})
_WHETHER = frozenset(lexicon.WHETHER.split())
_BE, _BECOMING = frozenset(lexicon.BE.split()), frozenset(lexicon.BECOMING.split())


def are_verbs_built_otherwise(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether the words of one text have something done, become something, deny or ask for a duty, or tell what
    used to be, and those of the other do not."""
    return (
        _is_used_otherwise(one, other)
        or _is_duty_denied(one) != _is_duty_denied(other)
        or _is_caused(one) != _is_caused(other)
        or _becomes_or_gets(one, other)
        or _becomes_or_gets(other, one)
        or _asks_duty_or_way(one, other)
        or _asks_duty_or_way(other, one)
        or _is_like_or_likes(one, other)
        or _is_like_or_likes(other, one)
    )


def have_other_conditions(one: Clauses, other: Clauses) -> bool:
    """Return whether what is a condition in one text is a purpose in the other: if I get fired, to get fired."""
    return (_conditions(one) - _conditions(other)) * (_purposes(one) - _purposes(other)) < 0


def _conditions(text: Clauses) -> int:
    pairs = zip(("", *text.words), text.words, strict=False)
    return sum(word in _CONDITIONS and before not in _WHETHER for before, word in pairs)


def _purposes(text: Clauses) -> int:
    """Return how often something is done to reach something: what do I do to; how to and the like do not count."""
    pairs = zip(("", *text.words), text.words, text.keys, strict=False)
    return sum(word == "to" and bool(key or before == "do") for before, word, key in pairs)


def _is_used_otherwise(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether something was done once in one text, and is usual in the other: used to, am used to."""
    mine, others = _before_used(one), _before_used(other)
    return bool(mine) and bool(others) and (_BE.isdisjoint(mine) != _BE.isdisjoint(others))


def _before_used(words: Sequence[str]) -> list[str]:
    pairs = zip(("", *words), words, words[1:], strict=False)
    return [before for before, word, after in pairs if (word, after) == ("used", "to")]


def _is_duty_denied(words: Sequence[str]) -> bool:
    """Return whether one need not do something, or must not: do not have to wear."""
    return any((word, after) in _NOT_OBLIGED for word, after in pairwise(words))


def _is_caused(words: Sequence[str]) -> bool:
    return any(word in _CAUSING and after in _CAUSED for word, after in pairwise(words))


def _becomes_or_gets(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether one is something in one text, and has it in the other: be a friend, get a friend."""
    is_something = any(word == "be" and after in _ARTICLES for word, after in pairwise(one))
    return is_something and _BECOMING.isdisjoint(other) and not _ACQUIRING.isdisjoint(other)


def _asks_duty_or_way(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether it is asked in one text whether one has to, and in the other how: do I have to pay, how do I."""
    asks_duty = one[:1] and one[0] in _OBLIGED and any(word in _NEEDING for word in one[:4])
    return bool(asks_duty) and "how" in other[:1]


def asks_whether_or_how(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether *one* asks whether something is or may be, and *other* why, which, or how it is done: is it okay
    to, how to. Whether one can, and how, is asked alike."""
    if one[:1] and one[0] in _AUXILIARIES and _ELSE.isdisjoint(one) and other[:1] and other[0] in _OTHER_QUESTIONS:
        return True
    asks_whether = any(
        (word, after) == ("is", "it") and one[at + 2] in _POSSIBLE
        for at, (word, after) in enumerate(pairwise(one[:-1]))
    )
    if not asks_whether or any(word in _POSSIBLE for word in other):
        return False
    return any(pair in _HOW for pair in pairwise(other))


def _is_like_or_likes(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether it is asked what one is like, or what one likes."""
    if one[-1:] != other[-1:] or one[-1] != "like":
        return False
    return not _SUPPORT.isdisjoint(one) and _SUPPORT.isdisjoint(other) and not _BE.isdisjoint(other)
