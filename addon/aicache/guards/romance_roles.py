"""Small words of Romance and Slavic languages that tell roles by where they stand: à qui, ne pas, faire, non. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from aicache.guards.tokens import Clauses

_WHO = {"fr": {"qui"}, "es": {"quién", "quien", "quiénes"}, "it": {"chi"}, "pt": {"quem"}}
_NEGATIONS = {"it": "non", "es": "no", "pt": "não", "pl": "nie", "ru": "не"}
"""Negations that stand before what they deny."""
_SINGULAR = {
    "fr": {"le", "la", "l", "un", "une", "mon", "ma"},
    "es": {"el", "la", "un", "una"},
    "pt": {"o", "a", "um", "uma"},
}
_PLURAL = {
    "fr": {"les", "des", "mes"},
    "es": {"los", "las", "unos", "unas"},
    "pt": {"os", "as", "uns", "umas"},
}
"""Articles of the languages whose nouns have the plural in -s or -x."""
_NO_WORDS: set[str] = set()
_BEFORE_WHO = frozenset("à a ao de d di da do con com avec para pour por per chez em in sur".split())
_INFINITIVE = ("er", "ir", "re", "oir")


def have_other_romance_roles(one: Clauses, other: Clauses) -> bool:
    """Return whether two texts of one Romance or Slavic language tell roles otherwise.

    They ask for another part (qui, à qui), deny another verb (ne peux pas, peux ne pas), name several things (un clou,
    des clous), or have something done (réparer, faire réparer).
    """
    if one.language == other.language and _is_other_denied(one, other):
        return True
    if one.language != other.language or one.language not in _WHO:
        return False
    if one.language == "fr" and (
        _count_pair(one.words, ("ne", "pas")) != _count_pair(other.words, ("ne", "pas"))
        or _count_caused(one.words) != _count_caused(other.words)
    ):
        return True
    if not _plurals(one).isdisjoint(_singulars(other)) or not _plurals(other).isdisjoint(_singulars(one)):
        return True
    who = _WHO[one.language]
    return not who.isdisjoint(one.words) and not who.isdisjoint(other.words) and _asked(one, who) != _asked(other, who)


def _is_other_denied(one: Clauses, other: Clauses) -> bool:
    """Return whether the only negation stands before another verb: non posso mangiare, posso non mangiare."""
    if (denying := _NEGATIONS.get(one.language)) is None or one.words.count(denying) != 1:
        return False
    if other.words.count(denying) != 1:
        return False
    mine, others = ((*text.words, "")[text.words.index(denying) + 1] for text in (one, other))
    return mine != others and mine in other.words and others in one.words


def _plurals(text: Clauses) -> set[str]:
    """Return the nouns behind an article in the plural, without their ending: los celos, des ciseaux."""
    articles = _PLURAL.get(text.language, _NO_WORDS)
    return {noun[:-1] for article, noun in pairwise(text.words) if article in articles and noun[-1] in "sx"}


def _singulars(text: Clauses) -> set[str]:
    """Return the nouns behind an article in the singular, also without an ending that they share with the plural: el
    lunes."""
    articles = _SINGULAR.get(text.language, _NO_WORDS)
    nouns = {noun for article, noun in pairwise(text.words) if article in articles}
    return nouns | {noun.removesuffix("s") for noun in nouns}


def _asked(text: Clauses, who: set[str]) -> list[str]:
    """Return what stands before each word for "who", if it is a preposition."""
    pairs = zip(("", *text.words), text.words, strict=False)
    return sorted(before for before, word in pairs if word in who and before in _BEFORE_WHO)


def _count_pair(words: Sequence[str], pair: tuple[str, str]) -> int:
    return sum(each == pair for each in pairwise(words))


def _count_caused(words: Sequence[str]) -> int:
    """Return how often something is had done: faire réparer."""
    pairs = pairwise(words)
    return sum(word == "faire" and after.endswith(_INFINITIVE) and len(after) > 4 for word, after in pairs)
