"""What an English noun names by what stands before it: roast chicken, roast a chicken; all of one, one of all. Pure.

Articles and plurals are compared nowhere else, since whoever leaves them out says nothing by it. Where nothing else
differs, and the writer does not leave them out, they do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from aicache.guards.lexicon import noun_forms as lexicon
from aicache.guards.lexicon import only_difference
from aicache.guards.tokens import Clauses
from aicache.guards.words import spelled_stem

_A = frozenset({"a", "an"})
_ARTICLES = _A | {"the"}
_BEFORE_NOUNS = frozenset(lexicon.BEFORE_NOUNS.split()) | _ARTICLES
_BEFORE_VERBS = frozenset("to i you we they".split())
_QUANTIFIERS = frozenset(lexicon.QUANTIFIERS.split())
_AFTER_ASKED = frozenset(lexicon.AFTER_ASKED.split())
_PROGRESSIVE, _PERFECT = frozenset(lexicon.PROGRESSIVE.split()), frozenset(lexicon.PERFECT.split())
_PASTS = frozenset(only_difference.PASTS.split())
_HAVING = frozenset(lexicon.HAVING.split())
_OWNERS = frozenset({"my", "your", "our"})
_MEANING = frozenset(lexicon.MEANING.split())


def have_other_noun_forms(one: Clauses, other: Clauses) -> bool:
    """Return whether two English texts name a thing and its substance, ask for one and for several, differ in how many
    something is said of, or tell whether one does something or has it done."""
    if not (one.english and other.english) or one.unspaced or other.unspaced:
        return False
    mine, others = _only(one.words, _QUANTIFIERS), _only(other.words, _QUANTIFIERS)
    if mine != others and len(mine) > 1 and sorted(mine) == sorted(others):
        return True
    if _without(one.words, _ARTICLES) == _without(other.words, _ARTICLES):
        return _lacks_article(one, other) or _lacks_article(other, one)
    return _asks_for_several(one.words, other.words) or _is_had_done(one.words, other.words)


def is_over_in_one(one: Clauses, other: Clauses) -> bool:
    """Return whether what goes on in one of two English texts is over in the other: is choking, choked."""
    if not (one.english and other.english):
        return False
    (goes_on, past), (others_go_on, others_past) = _tenses(one), _tenses(other)
    return bool((goes_on & others_past) - past or (others_go_on & past) - others_past)


def _lacks_article(one: Clauses, other: Clauses) -> bool:
    """Return whether *one* has "a" before a word that stands bare behind a verb in *other*, which has articles
    elsewhere."""
    if _ARTICLES.isdisjoint(other.words):
        return False
    counted = {word for article, word in pairwise(one.words) if article in _A}
    return any(
        word in counted
        and other.words.count(word) == 1
        and subject in _BEFORE_VERBS
        and verb not in _BEFORE_NOUNS
        and after not in other.content
        for subject, verb, word, after in zip(
            other.words, other.words[1:], other.words[2:], (*other.keys[3:], ""), strict=False
        )
    )


def _asks_for_several(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether the only difference is that several things are asked for: what paper, what papers should I use."""
    if len(one) != len(other) or len(one) < 3 or one[0] not in ("what", "which") or one[2] not in _AFTER_ASKED:
        return False
    short, long = sorted((one[1], other[1]), key=len)
    return one[2:] == other[2:] and long == f"{short}s"


def _is_had_done(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether the only difference is that one has it done: cut my hair, get my hair cut."""
    mine, others = _without(one, _ARTICLES | _OWNERS), _without(other, _ARTICLES | _OWNERS)
    had, done = sorted((mine, others), key=len, reverse=True)
    if len(had) != len(done) + 1:
        return False
    return any(
        word in _HAVING and sorted([*had[:at], *had[at + 1 :]]) == sorted(done) and [*had[:at], *had[at + 1 :]] != done
        for at, word in enumerate(had)
    )


def _tenses(text: Clauses) -> tuple[set[str], set[str]]:
    """Return what goes on, and what is over, in the compared form."""
    goes_on, past = set(), set()
    for before, word, key in zip(("", *text.words), text.words, text.keys, strict=False):
        if word.endswith("ing") and before in _PROGRESSIVE:
            goes_on.add(key)
        elif (word.endswith("ed") or word in _PASTS) and before not in _PROGRESSIVE and before not in _PERFECT:
            past.add(key)
    return goes_on - {""}, past - {""}


def are_synonyms_asked(one: Clauses, other: Clauses, twins: Mapping[str, str]) -> bool:
    """Return whether English words that mean the same elsewhere differ, which they do where it is asked what they mean.

    *twins* are words of the first text, in the compared form, that are another form of one of the second.
    """
    if not (one.english and other.english):
        return False
    others = dict(zip(other.keys, other.words, strict=True))
    for key, word in zip(one.keys, one.words, strict=True):
        twin = others.get(twins.get(key, key), word)
        if key and twin != word and not {word, twin} & _MEANING and spelled_stem(word) != spelled_stem(twin):
            return True
    return False


def _only(words: Sequence[str], some: frozenset[str]) -> list[str]:
    return [word for word in words if word in some]


def _without(words: Sequence[str], some: frozenset[str]) -> list[str]:
    return [word for word in words if word not in some]
