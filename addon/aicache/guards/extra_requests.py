"""Whether one of two texts asks for something besides what the other asks: a sentence, an instruction, a manner. Pure.

An open world: what is left over on one side counts, unless it is known to say nothing. "Make it up.", "be brief",
"like a pirate" and whatever else may be put before, behind or into a question are listed nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from aicache.guards.clauses import GRAM, Clause, Clauses, Part, Says, Script
from aicache.guards.lexicon import courtesies
from aicache.guards.words import typo

FEW = 24  # words in which two texts differ; among more of them no two are looked for that are nearly the same

_EACH = {Script.WORD: 1.0, Script.HAN: 1.0, Script.KANJI: 1.0, Script.KANA: 0.5, Script.THAI: 0.5}
"""How much of something else each part is that is left over, wherever it stands ..."""
_LITTLE_EDGE = {Script.WORD: 0.34, Script.HAN: 0.5}
_LITTLE_INSIDE = {Script.WORD: 0.5, Script.HAN: 0.5}
"""... those that say little, before or behind what two clauses share, and in between ..."""
_ALONE = {Script.WORD: 1.0, Script.HAN: 1.0, Script.KANJI: 1.0, Script.KANA: 0.5, Script.THAI: 0.34}
"""... and in a clause that shares nothing with the other text."""
_SHARED = 0.4
"""The share of a clause's characters that the other text must have: it has some of any by chance."""
_BARE = frozenset(courtesies.BARE.split())
_LEADS = frozenset("please kindly just now and but or so then also you must should shall will need".split())
_ASKING = frozenset(
    "what which who whose how why when where is are was were do does did can could will would should has have had "
    "may".split()
)
_MANNER = frozenset("in with as like without but and be using".split())
_FORMS = frozenset("with without as like".split())
_TO_WHOM = frozenset("我你")
_SAYING = frozenset("说讲答写译装扮演骗谎吹")
_OBJECTLESS = frozenset("through from to for in on at of with into".split())
_ARTICLES = frozenset("a an the my your some any one".split())
_ENDINGS = ("ly", "mente", "ment", "lich")


class Left(NamedTuple):
    """What one text has besides, before and behind what both have, and in between; 1 is something."""

    edge: float
    inside: float


def differ(one: Clauses, other: Clauses) -> bool:
    """Tell whether one of two texts, which do not differ in numbers, asks for something that the other lacks.

    What both have alone in equal measure is one thing said in other words, or another thing, which other guards tell.
    """
    mine, others = _surplus(one, other)
    left, right = _left(one, other, mine), _left(other, one, others)
    if left is None or right is None:
        return True
    more, less = max(left.edge, right.edge), min(left.edge, right.edge)
    if more >= 1 and (less < 1 or more - less >= 1):
        return True
    return abs(left.edge + left.inside - right.edge - right.inside) >= 1 and max(left.inside, right.inside) > 0


def _surplus(one: Clauses, other: Clauses) -> tuple[set[str], set[str]]:
    """Return the keys that each has more often; what is nearly the same, or written in one, cancels out."""
    left = {key for key, count in one.counts.items() if count > other.counts.get(key, 0)}
    right = {key for key, count in other.counts.items() if count > one.counts.get(key, 0)}
    if not left or not right or len(left) + len(right) > FEW:
        return left, right
    for key in sorted(left):
        if key not in left:
            continue
        twin = next((each for each in sorted(right) if _akin(key, each)), None)
        if twin is not None:
            left.discard(key)
            right.discard(twin)
            _discard_split(left, key, twin)
            _discard_split(right, twin, key)
    for mine, others, whole in ((left, right, one), (right, left, other)):
        for key in [key for key in others if key in whole.joins]:
            parts = {each for each in mine if key.startswith(each) or key.endswith(each)}
            if any(a + b == key for a in parts for b in parts):
                others.discard(key)
                mine -= parts
    return left, right


def _discard_split(keys: set[str], part: str, whole: str) -> None:
    """Take away the other half of a verb that is split in two: zurücksetzen, setze … zurück."""
    if whole.startswith(part) and (rest := whole[len(part) :][:4]):
        keys -= {key for key in keys if len(rest) == 4 and key.startswith(rest)}


def _akin(one: str, other: str) -> bool:
    """Tell whether two words are forms of one, as far as their letters say."""
    if typo(one, other):
        return True
    same = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return same >= 4 and 2 * same >= max(len(one), len(other))


def _left(one: Clauses, other: Clauses, surplus: set[str]) -> Left | None:
    """Return what *one* has besides; None where it is a whole clause."""
    edge = inside = 0.0
    for clause in one.clauses:
        edge += _asks_on(clause, surplus)
        lost = [_is_lost(clause, at, surplus, other.grams) for at in range(len(clause))]
        if not any(lost):
            continue
        if _is_alone(clause, lost):
            if sum(_ALONE[part.script] for part, is_lost in zip(clause, lost, strict=True) if is_lost) >= 1:
                return None
            continue
        for start, end in _runs(clause, lost):
            run, flags = clause[start:end], lost[start:end]
            at_edge = start == 0 or end == len(clause)
            if at_edge and not (one.english and start == 0 and _describes(run, flags)):
                edge += _at_edge(run, flags)
            else:
                inside += _inside(run, flags)
    return Left(edge, inside)


def _asks_on(clause: Clause, surplus: set[str]) -> bool:
    """Tell whether a clause ends with a second question that the other text does not have: "… and why"."""
    last = max((at for at, part in enumerate(clause) if part.says), default=len(clause))
    return any(part.key and f"?{part.word}" in surplus for part in clause[last + 1 :])


def _is_lost(clause: Clause, at: int, surplus: set[str], grams: frozenset[str]) -> bool:
    """Tell whether the other text lacks a part that says anything."""
    part = clause[at]
    if part.says is Says.NOTHING or part.script is Script.QUANTITY:
        return False
    if (length := GRAM.get(part.script)) is None:
        return part.key in surplus
    first, last = max(0, at - length + 1), min(at, len(clause) - length)
    return not any(
        "".join(each.key for each in clause[start : start + length]) in grams for start in range(first, last + 1)
    )


def _is_alone(clause: Clause, lost: Sequence[bool]) -> bool:
    """Tell whether a clause has nothing of the other text, or of characters no more than chance gives."""
    says = [
        is_lost for part, is_lost in zip(clause, lost, strict=True) if part.says and part.script is not Script.QUANTITY
    ]
    shared = len(says) - sum(says)
    if shared == 0:
        return True
    return any(part.script > Script.QUANTITY for part in clause) and shared <= _SHARED * len(says)


def _runs(clause: Clause, lost: Sequence[bool]) -> list[tuple[int, int]]:
    """Return the stretches between what both texts have, in which something is left over."""
    shared = [at for at, part in enumerate(clause) if part.says and not lost[at] and part.script is not Script.QUANTITY]
    bounds = zip([-1, *shared], [*shared, len(clause)], strict=True)
    return [(start + 1, end) for start, end in bounds if any(lost[start + 1 : end])]


def _describes(run: Sequence[Part], lost: Sequence[bool]) -> bool:
    """Tell whether what is left over stands behind a question's first words and right before what both have.

    What are the *health* risks: it tells more of the same thing.
    """
    if run[0].word not in _ASKING:
        return False
    first = next(at for at, is_lost in enumerate(lost) if is_lost)
    return all(is_lost or part.word in _ARTICLES for part, is_lost in zip(run[first:], lost[first:], strict=True))


def _at_edge(run: Sequence[Part], lost: Sequence[bool]) -> float:
    left = float(_commands(run, lost))
    for at, part in enumerate(run):
        if not lost[at]:
            continue
        says = part.says > Says.LITTLE or _stands_behind(_FORMS, run, at)
        left += _EACH[part.script] if says else _LITTLE_EDGE[part.script]
        if part.script is Script.HAN and (part.word in _SAYING or (at + 1 < len(run) and run[at + 1].word in _TO_WHOM)):
            left += _EACH[part.script]  # one character is a whole command: 骗我, lie to me; 说是, say yes
    return left


def _commands(run: Sequence[Part], lost: Sequence[bool]) -> bool:
    """Tell whether what is left over begins with an imperative and says of what: make it up, say yes, be positive."""
    first = next((at for at, part in enumerate(run) if part.word not in _LEADS), 0)
    if len(run) - first < 2:
        return False
    word, following = run[first].word, run[first + 1].word
    if word == "be":
        return lost[first + 1]
    return lost[first] and word in _BARE and following not in _OBJECTLESS


def _inside(run: Sequence[Part], lost: Sequence[bool]) -> float:
    left = float(_commands(run, lost))
    for at, part in enumerate(run):
        if lost[at]:
            says = part.says > Says.LITTLE or (part.script is Script.WORD and _is_manner(run, at))
            left += _EACH[part.script] if says else _LITTLE_INSIDE[part.script]
    return left


def _is_manner(run: Sequence[Part], at: int) -> bool:
    """Tell whether a word says how: briefly, in rhyme, as a list."""
    if len(run[at].word) > 4 and run[at].word.endswith(_ENDINGS):
        return True
    return _stands_behind(_MANNER, run, at)


def _stands_behind(words: frozenset[str], run: Sequence[Part], at: int) -> bool:
    """Tell whether a part stands right behind one of these words, but for an article."""
    before = at - 1
    while before >= 0 and run[before].word in _ARTICLES:
        before -= 1
    return before >= 0 and run[before].word in words
