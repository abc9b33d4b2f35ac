"""The same English words in another order: what moved must be known to say the same wherever it stands. Pure.

Open world: most orders of the same words are other sentences ("people who write about books", "books about people who
write"), and their vectors are almost the same. So an order is the same only if it is one of these: a verb before its
subject, whole clauses or phrases that changed places, what "and" joins, an adverb, a particle, a superlative.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aicache.guards.feature import feature
from aicache.guards.lexicon import word_order as lexicon
from aicache.guards.tokens import Clauses, Script
from aicache.guards.words import stem

_SILENT = frozenset(lexicon.SILENT.split())
_SUPPORT = frozenset(lexicon.SUPPORT.split())
_ONE_VERB = {"are": "is", "am": "is", "were": "was", "has": "have", "had": "have"}
_INVERTED = frozenset(lexicon.INVERTED.split())
_ADVERBS = frozenset(map(stem, lexicon.ADVERBS.split()))
_SUPERLATIVES = frozenset(map(stem, lexicon.SUPERLATIVES.split()))
_PARTICLES = frozenset("up down off out back away over".split())
_OPENING = frozenset(lexicon.OPENING.split()) | frozenset(map(stem, lexicon.OPENING.split()))
_ASKING = frozenset("what which who whom whose where when why how".split())
_JOINING = frozenset("and or vs versus".split())
_RELATIONS = frozenset(map(stem, lexicon.RELATIONS.split()))
_NOT = frozenset({"not"})
_OWNERS = frozenset("my your our".split())
_SUBJECTS = frozenset(lexicon.SUBJECTS.split())
_AUXILIARIES = frozenset(lexicon.AUXILIARIES.split())
_SMALL = _OPENING | _INVERTED | frozenset(lexicon.PERSONS.split())
MAX_JOINED_WORDS = 3
"""Words of each of two parts that "and" joins."""
MAX_PARTICLE_DISTANCE = 3
"""Words that stand between a verb and its particle: turn the volume down."""


@dataclass(frozen=True)
class WordOrder:
    """The words of an English text in their order, each list read when it is first asked for."""

    text: Clauses

    @feature
    def clauses(self) -> Sequence[list[str]]:
        return _clauses(self.text, {})

    @feature
    def polite_clauses(self) -> Sequence[list[str]]:
        """The same with the words of courtesies."""
        return _clauses(self.text, {}, polite=True)

    @feature
    def has_inverted_not(self) -> bool:
        return _has_inverted_not(self.text)


def find_word_order(text: Clauses) -> WordOrder | None:
    """Return the words of a text in their order; None in languages other than English."""
    return WordOrder(text) if text.spaced_english else None


def are_words_reordered(one: WordOrder | None, other: WordOrder | None, twins: Mapping[str, str]) -> bool:
    """Return whether two English texts are the same words in an order that is not known to say the same.

    *twins* are words of the first text, in the compared form, that are another form of one of the second.
    """
    if one is None or other is None:
        return False
    inverted_not = one.has_inverted_not or other.has_inverted_not
    if _count(one.clauses) == _count(other.clauses):
        mine = _clauses(one.text, twins) if twins else one.clauses
        if _is_reordered(mine, other.clauses, inverted_not=inverted_not):
            return True
    if _count(one.polite_clauses) != _count(other.polite_clauses):
        return False
    mine = _clauses(one.text, twins, polite=True) if twins else one.polite_clauses
    return _is_reordered(mine, other.polite_clauses, inverted_not=inverted_not)


def _count(clauses: Sequence[list[str]]) -> int:
    return sum(map(len, clauses))


def _is_reordered(left: Sequence[list[str]], right: Sequence[list[str]], *, inverted_not: bool) -> bool:
    """Return whether the compared words of each clause, *left* and *right*, are the same in such an order."""
    if left == right or sorted(left) == sorted(right):
        return False
    mine, others = [word for each in left for word in each], [word for each in right for word in each]
    if sorted(mine) != sorted(others):
        return False
    moved = _INVERTED if "than" not in mine else _INVERTED - {"is", "was"}
    if inverted_not:
        moved |= _NOT
    mine, others = _without(mine, moved), _without(others, moved)
    return not (_is_same(mine, others) or _without(mine, _OWNERS) == _without(others, _OWNERS))


def _clauses(text: Clauses, twins: Mapping[str, str], *, polite: bool = False) -> list[list[str]]:
    """Return the words of each clause in the compared form, without articles and the verb "do", and without courtesies,
    but for *polite*: what is needed for a visa, what is a visa needed for."""
    support = _SUPPORT if "than" not in text.words else frozenset()
    found = []
    for clause in text.clauses:
        words = []
        for token in clause:
            if not (token.key or polite) or token.word in _SILENT or token.word in support:
                continue
            key = twins.get(token.key, token.key) if token.script is Script.WORD else token.key
            key = key or stem(token.word)
            words.append(_ONE_VERB.get(token.word, key))
        if words:
            found.append(words)
    return found


def _without(words: Sequence[str], moved: frozenset[str]) -> list[str]:
    """Return the words without those that stand before or behind their subject; "have" only as an auxiliary."""
    auxiliary = "been" in words or "not" in words
    return [word for word in words if word not in moved or (word == "have" and not auxiliary)]


def _has_inverted_not(text: Clauses) -> bool:
    """Return whether the only "not" belongs to a verb before its subject: why did not the card work."""
    if text.words.count("not") != 1:
        return False
    at = text.words.index("not")
    before, after = text.words[at - 1] if at else "", (*text.words, "")[at + 1]
    return before in _SUPPORT or (before in _AUXILIARIES and after in _SUBJECTS)


def _is_same(one: list[str], other: list[str]) -> bool:
    """Return whether two orders of the same words are known to say the same."""
    if one == other:
        return True
    start = next(at for at, (a, b) in enumerate(zip(one, other, strict=True)) if a != b)
    end = next(at for at, (a, b) in enumerate(zip(reversed(one), reversed(other), strict=True)) if a != b)
    for more in range(MAX_JOINED_WORDS):  # a panic attack and an anxiety attack
        first, last = max(0, start - more), len(one) - max(0, end - more)
        if any(_are_joined(one[a:b], other[a:b]) for a, b in ((start, last), (first, len(one) - end))):
            return True
    mine, others = one[start : len(one) - end], other[start : len(other) - end]
    at_edge = start == 0 or end == 0
    for turn in range(1, len(mine)):
        if mine[turn:] + mine[:turn] == others and _may_turn(mine[:turn], mine[turn:], at_edge=at_edge):
            return True
    return False


def _may_turn(first: Sequence[str], second: Sequence[str], *, at_edge: bool) -> bool:
    """Return whether two parts that stand side by side may change places."""
    if at_edge and any(_is_phrase(each) for each in (first, second)):
        return True
    if _is_phrase(first) and _is_phrase(second):
        return True
    for part, rest in ((first, second), (second, first)):
        if len(part) == 1 and (
            (part[0] in _ADVERBS or (part[0] in _ASKING and at_edge))
            or (part[0] in _PARTICLES and len(rest) <= MAX_PARTICLE_DISTANCE and _OPENING.isdisjoint(rest))
            or (part[0] in _SUPERLATIVES and len(rest) <= MAX_PARTICLE_DISTANCE)
        ):
            return "not" not in rest
    return False


def _is_phrase(words: Sequence[str]) -> bool:
    """Return whether words begin with one that opens a phrase or a clause, and say more."""
    return len(words) > 1 and words[0] in _OPENING


def _are_joined(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether the same two parts stand around "and" or a word for a symmetric relation, either first."""
    for at, word in enumerate(one):
        if word not in _JOINING and word not in _RELATIONS:
            continue
        for behind in range(at + 1, min(at + 2 + (word in _RELATIONS), len(one))):
            first, second = one[:at], one[behind:]
            if list(other) == [*second, *one[at:behind], *first] and max(len(first), len(second)) <= MAX_JOINED_WORDS:
                return _SMALL.isdisjoint((*first, *second))
    return False
