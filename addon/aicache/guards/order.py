"""The same words in another order: who does what to whom, from where to where, how many of which. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum

from aicache.guards.focus import is_focus_moved
from aicache.guards.letters import LETTER
from aicache.guards.lexicon import word_order
from aicache.guards.lexicon.soft_words import SOFT
from aicache.guards.numbers import QUANTITY_MARK
from aicache.guards.patterns import compile_later
from aicache.guards.tokens import Clauses
from aicache.guards.words import common_ends, shared_words, without_common_ends

_AND = frozenset(
    "and or vs versus between both und oder et ou y e o en of i lub ve veya и или و أو 和 与 跟 同 或 と".split()
)
_SYMMETRIC = frozenset(
    "vs versus between both equal equals plus times same similar different difference compare compared comparison "
    "married marry related friend friends dating engaged connected identical near close acquaintance acquaintances "
    "roommate roommates partner partners linked tied adjacent cousin cousins neighbor neighbour sibling siblings "
    "together unterschied différence diferencia differenza diferença verschil różnica разница".split()
)
MAX_SYMMETRY_WORDS = 3
"""How far from the two parts a word for a symmetric relation may stand."""
_HAN_SYMMETRIC = compile_later("[和与跟同或]|还是")
_DIRECTED = frozenset("from to into onto with than before after over above below under by for against".split())
_FREE_PREPOSITIONS = frozenset("in on at of for about as".split())
"""Prepositions that a part keeps wherever it stands: in Python, how do I …"""
_PREPOSITIONS = (
    _DIRECTED
    | _FREE_PREPOSITIONS
    | frozenset("during until since without through like if unless because up out off".split())
)
_ARTICLES = frozenset("a an the my your our their this that some any his her its".split())
_ADVERBIAL = frozenset("how why when where".split())
_WH = frozenset("how why when where who whom whose what which".split())
_SUPPORT = frozenset(word_order.SUPPORT.split())
_HAN_ROLES = compile_later("[从把被比给让对像到去换转嫁娶追打欠借教骂救]|超过|大于|小于|喜欢|认识|相信")
_HAN_PERSON = compile_later("[我你您他她]")
_HAN_ASKED = (re.compile("(?<![是叫有的为])(?:什么|谁|哪个)[?？。 吗呢啊]*$"), re.compile("^(?:请问)?(?:什么|谁|哪个)"))
_QUANTIFIED = frozenset("all every each both only always many most any some everyone everything".split())
MIN_MANY_WORDS, MIN_MANY_HAN = 6, 15
"""Words (Chinese: characters) from which several moved parts are a difference: in short questions they move freely."""


class Order(StrEnum):
    """How the words that both texts have stand in another order."""

    SAME = "same"
    """They do not, or it makes no difference."""
    MOVED = "moved"
    """A part has moved, as in many paraphrases."""
    TURNED = "turned"
    """It may be another question."""
    SWAPPED = "swapped"
    """Two parts have changed places or roles."""


def find_order(one: Clauses, other: Clauses, twins: Mapping[str, str]) -> Order:
    """Return how the words that both texts have stand in another order; *twins* are the same words in other forms.

    What may move is known of languages that are known, and that do not tell roles by particles.
    """
    order = _find_order(one, other, twins)
    free = one.is_known and other.is_known and not (one.is_phonetic or other.is_phonetic)
    return Order.TURNED if order is Order.MOVED and not free else order


def _find_order(one: Clauses, other: Clauses, twins: Mapping[str, str]) -> Order:
    mine = tuple([twins.get(key, key) for key in one.content]) if twins else one.content
    if one.language == other.language and is_focus_moved(one, other):
        return Order.TURNED
    if mine == other.content or _is_only_replaced(mine, other.content):
        return Order.SAME
    both = Counter(mine) & Counter(other.content)
    if both["not"] and one.english and _QUANTIFIED.isdisjoint(one.words):
        del both["not"]  # why doesn't it, why does it not
    ours, theirs = shared_words(mine, both), shared_words(other.content, both)
    if ours == theirs:
        return Order.SAME
    length = len(ours)
    ours, theirs = without_common_ends(ours, theirs)
    swapped = len(ours) > 2 and (ours[0], ours[-1]) == (theirs[-1], theirs[0]) and ours[1:-1] == theirs[1:-1]
    turn = next((at for at in range(1, len(ours)) if ours[at] == theirs[0] and ours[at:] + ours[:at] == theirs), 0)
    if not turn and not swapped:
        return _many_moved(one, ours, theirs, length)
    parts = (ours[0], ours[-1]) if swapped else ours
    if _is_symmetric(one, parts) and _is_symmetric(other, parts):
        return Order.SAME
    if swapped:
        return Order.SWAPPED
    if len(ours) == 2 and (_are_joined(one, ours) or _are_joined(other, ours)):
        return Order.SAME  # a Nigerian interpreter is an interpreter and Nigerian
    if one.unspaced and other.unspaced:
        order = _turned_unspaced(one, other, ours)
    elif one.language == other.language == "en":
        order = _turned_english(one, other, ours, turn)
    else:
        order = _turned(one, other, ours, turn)
    if (
        order in (Order.SAME, Order.MOVED)
        and len(ours) == 2
        and _are_adjacent(one, ours)
        and _are_adjacent(other, ours)
    ):
        return Order.TURNED  # milk chocolate, chocolate milk
    return order


def _is_only_replaced(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether what stands between the common beginning and end of two sequences is in neither's rest.

    Then all that both have is these two parts, in one order.
    """
    start, end = common_ends(one, other)
    mine, others, after = {*one[start : len(one) - end]}, {*other[start : len(other) - end]}, one[len(one) - end :]
    return mine.isdisjoint(others) and mine.isdisjoint(after) and others.isdisjoint(after)


def _many_moved(one: Clauses, ours: Sequence[str], theirs: Sequence[str], length: int) -> Order:
    """Return what becomes of several moved parts: British ship, French vessel; French ship, British vessel."""
    if [key for key in ours if key[0] == QUANTITY_MARK] != [key for key in theirs if key[0] == QUANTITY_MARK]:
        return Order.SWAPPED
    names = one.capitalized
    if [key for key in ours if key in names] != [key for key in theirs if key in names]:
        return Order.TURNED
    return Order.SWAPPED if length >= (MIN_MANY_HAN if one.unspaced else MIN_MANY_WORDS) else Order.MOVED


def _turned_unspaced(one: Clauses, other: Clauses, ours: Sequence[str]) -> Order:
    ends, begins = _HAN_ASKED
    for mine, others in ((one, other), (other, one)):
        if ends.search(mine.plain) and begins.search(others.plain):
            return Order.SWAPPED
    if (
        one.is_phonetic
        or any(key[0] == QUANTITY_MARK for key in ours)
        or (_HAN_PERSON.search(one.plain) and _HAN_PERSON.search(other.plain))
        or _HAN_ROLES.search(one.plain)
        or _HAN_ROLES.search(other.plain)
    ):
        return Order.TURNED
    return Order.SAME


def _turned_english(one: Clauses, other: Clauses, ours: Sequence[str], turn: int) -> Order:
    if _is_compound(one, other, ours, turn) or _is_compound(other, one, [*ours[turn:], *ours[:turn]], len(ours) - turn):
        return Order.SAME
    asking, bound, others_bound = _asking(one), _bound(one, ours), _bound(other, ours)
    if asking == _asking(other) and bound == others_bound:
        if asking in _ADVERBIAL or any(bound):
            return Order.SAME
        if one.words[0] == other.words[0] == asking and _SUPPORT.isdisjoint(one.words) != _SUPPORT.isdisjoint(
            other.words
        ):
            return Order.SWAPPED
    if all(_marked(one, ours, turn)):
        return Order.SWAPPED
    if "if" in one.words or any(_is_marked(one, key) for key in ours):
        return Order.TURNED
    return Order.TURNED if bound != others_bound else Order.MOVED


def _turned(one: Clauses, other: Clauses, ours: Sequence[str], turn: int) -> Order:
    if all(_marked(one, ours, turn)):
        return Order.SWAPPED
    if one.language in ("de", "nl") and turn in (1, len(ours) - 1):  # a verb stands second, or last behind another
        return Order.MOVED
    return Order.TURNED


def _marked(one: Clauses, ours: Sequence[str], turn: int) -> list[bool]:
    """Return whether each of the two parts has a number, a name or a single letter, whose place is its role."""
    return [any(_is_marked(one, key) for key in part) for part in (ours[:turn], ours[turn:])]


def _is_marked(text: Clauses, key: str) -> bool:
    letter = key.endswith(LETTER) and len(key) == 1 + len(LETTER)
    return letter or key[0] == QUANTITY_MARK or key in text.capitalized


def _is_symmetric(text: Clauses, moved: Sequence[str]) -> bool:
    """Return whether the moved words are joined by a word for a relation in which their order does not matter."""
    if any(key[0] == QUANTITY_MARK for key in moved):
        return False
    if text.unspaced:
        return _HAN_SYMMETRIC.search(text.plain) is not None and _HAN_ROLES.search(text.plain) is None
    at = [place for place, key in enumerate(text.keys) if key in moved]
    if not at:
        return False
    around = text.words[max(0, at[0] - MAX_SYMMETRY_WORDS) : at[-1] + 1 + MAX_SYMMETRY_WORDS]
    if not _SYMMETRIC.isdisjoint(around):
        return not {"from", "to"} <= {*around}
    between = range(at[0], at[-1] + 1)
    return any(text.words[place] in _AND for place in between) and not any(
        text.words[place] in _DIRECTED or (text.keys[place] in text.content and text.keys[place] not in moved)
        for place in between
    )


def _are_joined(text: Clauses, pair: Sequence[str]) -> bool:
    """Return whether "and" stands between two words, with nothing but articles beside it."""
    first, second = sorted(_place(text, key) for key in pair)
    between = [word for word in text.words[first + 1 : second] if word not in _ARTICLES] if first >= 0 else []
    return between == ["and"]


def _is_compound(one: Clauses, other: Clauses, moved: Sequence[str], turn: int) -> bool:
    """Return whether *one* says "symptoms of the flu" where *other* says "flu symptoms"."""
    if not 0 < turn < len(moved):
        return False
    at, following = _place(one, moved[turn - 1]), _place(one, moved[turn])
    first, second = _place(other, moved[-1]), _place(other, moved[0])
    if min(at, following, first, second) < 0 or second != first + 1:
        return False
    between = one.words[at + 1 : following]
    after = one.keys[following + 1] if following + 1 < len(one.keys) else ""
    if after in one.content and after not in moved:
        return False  # a cup of cooked rice is no cooked cup of rice
    return bool(between) and between[0] in _FREE_PREPOSITIONS and all(word in _ARTICLES for word in between[1:])


def _bound(text: Clauses, moved: Sequence[str]) -> tuple[str, ...]:
    """Return the preposition that each moved word hangs on, "" for those that it keeps anywhere."""
    found = []
    for key in sorted(set(moved)):
        at = _place(text, key) - 1
        while at >= 0 and text.words[at] in _ARTICLES:
            at -= 1
        word = text.words[at] if at >= 0 else ""
        found.append(word if word in _PREPOSITIONS and word not in _FREE_PREPOSITIONS else "")
    return tuple(found)


def _are_adjacent(text: Clauses, pair: Sequence[str]) -> bool:
    """Return whether two words stand side by side, of which none says how, or what kind of."""
    if text.unspaced:
        return text.plain.find("".join(pair)) >= 0 or text.plain.find("".join(reversed(pair))) >= 0
    first, second = sorted(_place(text, key) for key in pair)
    if first < 0 or second != first + 1:
        return False
    return all(text.words[at] not in SOFT and not text.words[at].endswith("ly") for at in (first, second))


def _place(text: Clauses, key: str) -> int:
    return text.keys.index(key) if key in text.keys else -1


def _asking(text: Clauses) -> str:
    return next((word for word in text.words if word in _WH), "")
