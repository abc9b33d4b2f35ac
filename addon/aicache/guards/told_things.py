"""Of what an English text asks: of one thing or all, how one knows it or how it is, what may be or has been. Pure."""

from __future__ import annotations

from collections.abc import Sequence, Set
from itertools import pairwise

from aicache.guards.english_words import ARTICLES, INDEFINITE_ARTICLES, is_past
from aicache.guards.lexicon import told_things as lexicon
from aicache.guards.lexicon.question_frames import CONDITIONS, FINDING_OUT
from aicache.guards.lexicon.sentence_roles import WHETHER
from aicache.guards.tokens import Clauses

_UNIVERSAL, _GIVING = frozenset(lexicon.UNIVERSAL.split()), frozenset(lexicon.GIVING.split())
_FINDING_OUT, _ASKED = frozenset(FINDING_OUT.split()), frozenset(lexicon.ASKED.split())
_WANTING, _PERHAPS = frozenset(lexicon.WANTING.split()), frozenset(lexicon.PERHAPS.split())
_WHETHER = frozenset(WHETHER.split())
_CONDITIONS = frozenset(CONDITIONS.split())
_ANYONE = frozenset({"i", "you", "we", "one"})
_DOING = frozenset({"do", "does", "did"})
_MINE = {"me": "my", "us": "our", "him": "his", "her": "her", "them": "their"}
MIN_STEM_CHARS = 3


def are_other_things_told(one: Clauses, other: Clauses) -> bool:
    """Return whether two English texts of nearly the same words ask of one and of all, how one knows something and how
    it is, of a condition and how it is met, of what may have been and what has, or of what shows one and is theirs."""
    if not (one.spaced_english and other.spaced_english) or one.words == other.words:
        return False
    mine, others = one.words, other.words
    if not mine or not others:
        return False
    return _is_over(mine) * _is_over(others) < 0 or _tells_other(mine, others) or _tells_other(others, mine)


def _tells_other(one: Sequence[str], other: Sequence[str]) -> bool:
    return (
        _is_one_of_all(one, other)
        or _asks_how_to_know(one, other)
        or _is_condition(one, other)
        or _may_have_been(one, other)
        or _shows_owner(one, other)
        or _has_object(one, other)
        or _is_found_out(one, other)
        or _compares_doing(one, other)
    )


def _is_over(words: Sequence[str]) -> int:
    """Return 1 if one had to do something, -1 if one has to, 0 for neither."""
    if "to" not in words:
        return 0
    verbs = {verb for verb, after in pairwise(words) if after == "to"}
    return 1 if "had" in verbs else -1 if verbs & {"have", "has"} else 0


def _is_one_of_all(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether *one* is about any one of the things of which *other* is about all: a bug, all bugs."""
    any_one = _behind(one, INDEFINITE_ARTICLES)
    if not any_one:
        return False
    every = _behind(other, _UNIVERSAL) | {noun.removesuffix("s") for noun in _behind(other, _UNIVERSAL)}
    if one[0] in _GIVING and other[0] in _GIVING:
        every |= {noun[:-1] for noun in _behind(other, frozenset({"the"})) if noun.endswith("s")}
    return not any_one.isdisjoint(every) and _UNIVERSAL.isdisjoint(one)


def _behind(words: Sequence[str], some: frozenset[str]) -> Set[str]:
    return frozenset() if some.isdisjoint(words) else {after for word, after in pairwise(words) if word in some}


def _asks_how_to_know(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether *one* asks how one knows what *other* asks, or how it is done: how do I know who called, who
    called. When to do something is known and asked alike."""
    if one[0] != "how" or _FINDING_OUT.isdisjoint(one) or not _FINDING_OUT.isdisjoint(other):
        return False
    places = zip(one, one[1:], one[2:], strict=False)
    asked = {asked for verb, asked, after in places if verb in _FINDING_OUT and asked in _ASKED and after != "to"}
    return bool(asked) and (other[0] == "how" or other[0] in asked)


def _is_condition(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether *one* asks of the case that one does what *other* asks how to do: is it bad if I skip lunch."""
    if "if" not in one or one[0] in ("how", "if") or other[0] != "how" or not _CONDITIONS.isdisjoint(other):
        return False
    at = one.index("if")
    who, verb = (*one[at + 1 : at + 3], "", "")[:2]
    return one[at - 1] not in _WHETHER and who in _ANYONE and verb not in _WANTING


def _may_have_been(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether something may have been in *one*, and has been in *other*: might have broken, has broken."""
    if _PERHAPS.isdisjoint(one) or "have" not in one:
        return False
    places = zip(one, one[1:], one[2:], strict=False)
    if not any(verb in _PERHAPS and have == "have" and done != "been" for verb, have, done in places):
        return False
    return _PERHAPS.isdisjoint(other) and any(map(is_past, other))


def _shows_owner(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether *one* is about what shows somebody, and *other* about what is theirs: a view of me, my view."""
    if "of" not in one:
        return False
    places = zip(one, one[1:], one[2:], strict=False)
    owned = {(_MINE[who], noun) for noun, of, who in places if of == "of" and who in _MINE}
    return not owned.isdisjoint(pairwise(other))


def _has_object(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether *other* is *one* with what it is done to at its end: how long does it take to dry clothes."""
    return (
        len(one) > 3
        and one[-2] == "to"
        and len(one) < len(other) <= len(one) + 2
        and other[: len(one)] == one
        and (other[len(one)] in ARTICLES or len(other) == len(one) + 1)
        and other[-1] not in ("it", "this", "that", "please")
    )


def _is_found_out(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether *one* asks to do what *other* asks to find out of: start the movie, find out when it starts."""
    if one[0] in _FINDING_OUT or other[0] not in _FINDING_OUT or _ASKED.isdisjoint(other) or not _ASKED.isdisjoint(one):
        return False
    return any(word[:MIN_STEM_CHARS] == one[0][:MIN_STEM_CHARS] for word in other[2:]) and len(one[0]) > MIN_STEM_CHARS


def _compares_doing(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether *one* compares what somebody does, and *other* them: more than dogs do, more than dogs."""
    if "than" not in one or "than" not in other or one[-1] not in _DOING:
        return False
    return one[one.index("than") : -1] == other[other.index("than") :]
