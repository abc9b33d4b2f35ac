"""Detects a request in one of two texts that the other lacks: a sentence, an instruction, a manner. Pure.

Open world: all text that only one side has counts, unless it is known to be meaningless. Additions before, after or
within a question ("Make it up.", "be brief", "like a pirate") cannot be listed.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from operator import or_
from typing import NamedTuple

from aicache.guards.lexicon import courtesies
from aicache.guards.tokens import Clause, Clauses, Meaning, Script, Token
from aicache.guards.unshared import Unshared
from aicache.guards.words import is_typo

MAX_MATCHED_WORDS = 24
"""Differing words up to which forms of the same word are matched."""

_TOKEN_WEIGHTS = {Script.WORD: 1.0, Script.HAN: 1.0, Script.KANJI: 1.0, Script.KANA: 0.5, Script.THAI: 0.5}
"""Weight of each surplus token ..."""
_LITTLE_EDGE_WEIGHTS = {Script.WORD: 0.34, Script.HAN: 0.5}
_LITTLE_INSIDE_WEIGHTS = {Script.WORD: 0.5, Script.HAN: 0.5}
"""... of those with little meaning, before or after the words that two clauses share, and between them ..."""
_LONE_CLAUSE_WEIGHTS = {Script.WORD: 1.0, Script.HAN: 1.0, Script.KANJI: 1.0, Script.KANA: 0.5, Script.THAI: 0.34}
"""... and of those in a clause that shares nothing with the other text."""
_MAX_CHANCE_SHARE = 0.4
"""Share of a clause's characters up to which they are in the other text by chance."""
_BARE_IMPERATIVES = frozenset(courtesies.BARE.split())
_IMPERATIVE_OPENERS = frozenset(
    "please kindly just now and but or so then also you must should shall will need".split()
)
_QUESTION_WORDS = frozenset(
    "what which who whose how why when where is are was were do does did can could will would should has have had "
    "may".split()
)
_MANNER_PREPOSITIONS = frozenset("in with as like without but and be using".split())
_EDGE_MANNER_PREPOSITIONS = frozenset("with without as like".split())
_HAN_PRONOUNS = frozenset("我你")
_HAN_VERBS_OF_SAYING = frozenset("说讲答写译装扮演骗谎吹")
_NOT_OBJECTS = frozenset("through from to for in on at of with into".split())
_ARTICLES = frozenset("a an the my your some any one".split())
_ADVERB_ENDINGS = ("ly", "mente", "ment", "lich")


class Surplus(NamedTuple):
    """Weight of the tokens that only one text has, at the edges of the shared ones and in between; 1 is a request."""

    edge: float
    inside: float
    commands: int


class Extra(IntEnum):
    """How one of two texts with equal quantities asks for more than the other."""

    NOTHING = 0
    MAYBE = 1
    """It says more about the same."""
    SURELY = 2
    """It has a sentence or a command that the other lacks."""


def find_extra_request(one: Clauses, other: Clauses, mine: Unshared, others: Unshared) -> Extra:
    """Return whether one of two texts has a request that the other lacks.

    *mine* and *others* are what each of the texts has and the other lacks. Equal surpluses are the same request in
    other words, or a different one, which is a substitution.
    """
    my_keys, other_keys = _surplus_keys(one, other, {*mine.counts}, {*others.counts})
    left, right = _surplus_of(one, my_keys, mine.lost), _surplus_of(other, other_keys, others.lost)
    if left is None and right is None and len(one.clauses) == len(other.clauses) == 1:
        return Extra.NOTHING
    if left is None or right is None:
        return Extra.SURELY
    if left.commands != right.commands:
        return Extra.SURELY
    more, less = max(left.edge, right.edge), min(left.edge, right.edge)
    if more >= 1 and (less < 1 or more - less >= 1):
        return Extra.MAYBE
    surplus = abs(left.edge + left.inside - right.edge - right.inside) >= 1 and max(left.inside, right.inside) > 0
    return Extra.MAYBE if surplus else Extra.NOTHING


def _surplus_keys(one: Clauses, other: Clauses, left: set[str], right: set[str]) -> tuple[set[str], set[str]]:
    """Return the keys that each text has more often than the other; forms of a word, and joined words, cancel out."""
    if not left or not right or len(left) + len(right) > MAX_MATCHED_WORDS:
        return left, right
    for key in sorted(left):
        if key not in left:
            continue
        twin = min((each for each in right if _may_be_same_word(key, each)), default=None)
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


def _discard_split(keys: set[str], token: str, whole: str) -> None:
    """Remove the other half of a separable verb: zurücksetzen, setze … zurück."""
    if whole.startswith(token) and (rest := whole[len(token) :][:4]):
        keys -= {key for key in keys if len(rest) == 4 and key.startswith(rest)}


def _may_be_same_word(one: str, other: str) -> bool:
    """Return whether two words look like forms of one word."""
    if one[0] != other[0] or len(one) < 4 or len(other) < 4:
        return False
    if is_typo(one, other):
        return True
    same = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return same >= 4 and 2 * same >= max(len(one), len(other))


def _surplus_of(one: Clauses, surplus: set[str], lost_of_runs: Sequence[bytes]) -> Surplus | None:
    """Return the surplus of *one*; None if it is a whole clause."""
    edge = inside = 0.0
    commands = 0
    if not surplus and not one.grams:
        return Surplus(edge, inside, commands)
    asked = {key for key in surplus if key[0] == "?"}
    for clause, keys, by_runs in zip(one.clauses, one.clause_keys, lost_of_runs, strict=True):
        if asked:
            edge += _has_second_question(clause, asked)
        lost: Sequence[int] = by_runs if surplus.isdisjoint(keys) else _lost(clause, by_runs, surplus)
        if 1 not in lost:
            continue
        shared = _shared(clause, lost)
        if _is_alone(clause, len(shared), lost.count(1)):
            if (
                sum(_LONE_CLAUSE_WEIGHTS[token.script] for token, is_lost in zip(clause, lost, strict=True) if is_lost)
                >= 1
            ):
                return None
            continue
        for start, end in _runs(clause, shared, lost):
            run, flags = clause[start:end], lost[start:end]
            at_edge = start == 0 or end == len(clause)
            commands += _has_command(run, flags)
            if at_edge and not (one.english and start == 0 and _only_specifies(run, flags)):
                edge += _edge_weight(run, flags)
            else:
                inside += _inside_weight(run, flags)
    return Surplus(edge, inside, commands)


def _has_second_question(clause: Clause, surplus: set[str]) -> bool:
    """Return whether a clause ends with a second question that the other text lacks: "… and why"."""
    last = max((at for at, token in enumerate(clause) if token.meaning), default=len(clause))
    return any(token.key and f"?{token.word}" in surplus for token in clause[last + 1 :])


def _lost(clause: Clause, by_runs: bytes, surplus: set[str]) -> Sequence[int]:
    """Return of each token whether it has a meaning and the other text lacks it; *by_runs* tells it of some."""
    lost = [key in surplus and bool(meaning) and script is not Script.QUANTITY for _, key, meaning, script in clause]
    return [*map(or_, lost, by_runs)] if by_runs else lost


def _shared(clause: Clause, lost: Sequence[int]) -> list[int]:
    """Return the places of the tokens with a meaning that the other text has; quantities are compared elsewhere."""
    return [
        at
        for at, (_, _, meaning, script) in enumerate(clause)
        if meaning and not lost[at] and script is not Script.QUANTITY
    ]


def _is_alone(clause: Clause, shared: int, lost: int) -> bool:
    """Return whether a clause shares nothing with the other text, or only as many characters as chance explains."""
    if shared == 0:
        return True
    by_chance = shared <= _MAX_CHANCE_SHARE * (shared + lost)
    return by_chance and any(token.script > Script.QUANTITY for token in clause)


def _runs(clause: Clause, shared: Sequence[int], lost: Sequence[int]) -> list[tuple[int, int]]:
    """Return start and end of the stretches between shared tokens that contain surplus tokens."""
    bounds = zip([-1, *shared], [*shared, len(clause)], strict=True)
    return [(start + 1, end) for start, end in bounds if end - start > 1 and 1 in lost[start + 1 : end]]


def _only_specifies(run: Sequence[Token], lost: Sequence[int]) -> bool:
    """Return whether the surplus only specifies what is asked: What are the *health* risks?

    It stands between the question words and the shared words.
    """
    if run[0].word not in _QUESTION_WORDS:
        return False
    first = next(at for at, is_lost in enumerate(lost) if is_lost)
    return all(is_lost or token.word in _ARTICLES for token, is_lost in zip(run[first:], lost[first:], strict=True))


def _edge_weight(run: Sequence[Token], lost: Sequence[int]) -> float:
    left = float(_has_command(run, lost))
    for at, token in enumerate(run):
        if not lost[at]:
            continue
        says = token.meaning > Meaning.LITTLE or _follows_any_of(_EDGE_MANNER_PREPOSITIONS, run, at)
        left += _TOKEN_WEIGHTS[token.script] if says else _LITTLE_EDGE_WEIGHTS[token.script]
        if token.script is Script.HAN and (
            token.word in _HAN_VERBS_OF_SAYING or (at + 1 < len(run) and run[at + 1].word in _HAN_PRONOUNS)
        ):
            left += _TOKEN_WEIGHTS[token.script]  # one character is a whole command: 骗我, lie to me; 说是, say yes
    return left


def _has_command(run: Sequence[Token], lost: Sequence[int]) -> bool:
    """Return whether the surplus begins with an imperative and its object: make it up, say yes, be positive."""
    first = next((at for at, token in enumerate(run) if token.word not in _IMPERATIVE_OPENERS), 0)
    if len(run) - first < 2:
        return False
    word, following = run[first].word, run[first + 1].word
    if word == "be":
        return bool(lost[first + 1])
    return bool(lost[first]) and word in _BARE_IMPERATIVES and following not in _NOT_OBJECTS


def _inside_weight(run: Sequence[Token], lost: Sequence[int]) -> float:
    left = float(_has_command(run, lost))
    for at, token in enumerate(run):
        if lost[at]:
            says = token.meaning > Meaning.LITTLE or (token.script is Script.WORD and _is_manner(run, at))
            left += _TOKEN_WEIGHTS[token.script] if says else _LITTLE_INSIDE_WEIGHTS[token.script]
    return left


def _is_manner(run: Sequence[Token], at: int) -> bool:
    """Return whether a word describes the manner: briefly, in rhyme, as a list."""
    if len(run[at].word) > 4 and run[at].word.endswith(_ADVERB_ENDINGS):
        return True
    return _follows_any_of(_MANNER_PREPOSITIONS, run, at)


def _follows_any_of(words: frozenset[str], run: Sequence[Token], at: int) -> bool:
    """Return whether a token follows one of *words*, not counting articles between them."""
    before = at - 1
    while before >= 0 and run[before].word in _ARTICLES:
        before -= 1
    return before >= 0 and run[before].word in words
