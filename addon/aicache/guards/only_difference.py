"""The only place in which two texts differ: what stands there must be known to say nothing. Pure.

Open world: what turns a question into another one cannot be listed, but most such questions differ from each other in
one place, by a word more or another form. Texts that differ in several places are the same question built in another
way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from aicache.guards.alignment import find_places
from aicache.guards.counted_words import ALSO, closes_otherwise, has_payload, is_content, only_states
from aicache.guards.english_words import is_past
from aicache.guards.function_word_edits import MAX_COMPARED_WORDS, Edit, is_known_to_say_nothing
from aicache.guards.function_words import CONTENT_MARK
from aicache.guards.lexicon import function_words
from aicache.guards.lexicon import only_difference as lexicon
from aicache.guards.lexicon.soft_words import SOFT
from aicache.guards.matching import same_word
from aicache.guards.text_features import TextFeatures
from aicache.guards.tokens import Token
from aicache.guards.words import spelled_stem

_NO_WORDS: frozenset[str] = frozenset()
_SAYS_NOTHING = frozenset(lexicon.SAYS_NOTHING.split())
_OPENING = frozenset(lexicon.OPENING.split())
_PEOPLE = frozenset(lexicon.PEOPLE.split())
_WHEN = frozenset(lexicon.WHEN.split())
_WANTING = frozenset(lexicon.WANTING.split())
_SYNONYMS = {word: number for number, line in enumerate(lexicon.SYNONYMS.strip().splitlines()) for word in line.split()}
_DETERMINERS = frozenset(lexicon.DETERMINERS.split())
_SUPPORT = frozenset("did do does is are was were be been being".split())
"""Verbs beside which another verb has another form: it failed, did it fail; it works, it is working."""


class _Place(NamedTuple):
    """A place in which two texts differ."""

    before: Token | None
    left: Sequence[Token]
    right: Sequence[Token]
    after: Token | None


class _Verdict(NamedTuple):
    """What a place says."""

    counts: bool
    """Whether it may say something, so that two such places are another way to build a question."""
    name: str = ""
    """The name of the difference that it is if it is the only one; empty if others have judged it."""


_NOTHING, _SOMETHING = _Verdict(False), _Verdict(True)


def find_only_difference(
    features: TextFeatures, others_features: TextFeatures, twins: Mapping[str, str], *, asks_way: bool
) -> str:
    """Return the name of the only difference of two texts; "" if they have none, several, or one that says nothing.

    *twins* are words of the first text, in the compared form, that are another form of one of the second.
    *asks_way*: both ask how or where one does something.
    """
    one, other = features.clauses, others_features.clauses
    if one.unspaced or other.unspaced or one.language != other.language or (only_states(one) and only_states(other)):
        return ""
    if closes_otherwise(one, other):
        return "function-word"
    mine, others = features.counted_words, others_features.counted_words
    if max(len(mine), len(others)) > MAX_COMPARED_WORDS:
        return ""
    quotes = has_payload(one) or has_payload(other)
    moved = ALSO.intersection(one.words, other.words)
    only: _Verdict | None = None
    for place in _places(mine, others):
        if len(place.left) + len(place.right) == 1 and moved.issuperset(
            each.word for each in (*place.left, *place.right)
        ):
            continue
        verdict = _judge(place, one.language, twins, asks_way=asks_way, quotes=quotes)
        if not verdict.counts:
            continue
        if only is not None:
            return ""
        only = verdict
    return "" if only is None else only.name


def _places(one: Sequence[Token], other: Sequence[Token]) -> Iterator[_Place]:
    mine, others = [token.word for token in one], [token.word for token in other]
    for start, end, other_start, other_end in find_places(mine, others):
        yield _Place(
            one[start - 1] if start else None,
            one[start:end],
            other[other_start:other_end],
            one[end] if end < len(one) else None,
        )


def _judge(place: _Place, language: str, twins: Mapping[str, str], *, asks_way: bool, quotes: bool) -> _Verdict:
    left, right = [*filter(is_content, place.left)], [*filter(is_content, place.right)]
    small_left = tuple([each.word for each in place.left if not is_content(each)])
    small_right = tuple([each.word for each in place.right if not is_content(each)])
    left_out = function_words.LEFT_OUT.get(language, _NO_WORDS)
    polite = quotes or any(not each.key or each.word in left_out for each in (*place.left, *place.right))
    edit = Edit(_marked(place.before), small_left, small_right, _marked(place.after))
    sure = small_left == small_right or (not polite and is_known_to_say_nothing(edit, language, asks_way=asks_way))
    if left and right:
        if [twins.get(each.key, each.key) for each in left] == [each.key for each in right]:
            return _judge_forms(place, left, right, small_left, small_right, language, sure=sure, asks_way=asks_way)
        words = {each.word for each in (*left, *right)}
        if words <= _WANTING or words <= _PEOPLE:
            return _NOTHING
        return _Verdict(True, "substitution") if words <= SOFT and small_left == small_right else _SOMETHING
    if not left and not right:
        return _NOTHING if sure else _Verdict(True, "function-word" if polite else "")
    if small_right if left else small_left:
        return _SOMETHING  # a word in place of small ones
    added = [each.word for each in (*left, *right)]
    if language != "en":
        return _Verdict(True, "additions")
    if place.before is None and _OPENING.issuperset(added):
        return _NOTHING
    if _SAYS_NOTHING.issuperset(added):
        return _NOTHING if sure else _SOMETHING
    said = place.left or place.right
    if place.before is not None and not (place.left and place.right) and not is_content(said[0]):
        return _Verdict(True, "additions")  # a phrase more: in place, to last
    if said[-1].word == "of" and not (place.left and place.right):
        return _Verdict(True, "additions")  # the engine of a car
    specifies = place.after is not None and is_content(place.after) and len(added) == len(said)
    return _Verdict(True, "additions" if specifies or not _WHEN.isdisjoint(added) else "")


def _marked(token: Token | None) -> str:
    if token is None:
        return ""
    return f"{CONTENT_MARK}{token.key}" if is_content(token) else token.word


def _judge_forms(
    place: _Place,
    left: Sequence[Token],
    right: Sequence[Token],
    small_left: tuple[str, ...],
    small_right: tuple[str, ...],
    language: str,
    *,
    sure: bool,
    asks_way: bool,
) -> _Verdict:
    """Judge words in other forms, or synonyms, which the texts may have small words with."""
    if language != "en" or {small_left, small_right} == {(), ("s",)}:  # Marthas, Martha's
        return _NOTHING
    small = {*small_left, *small_right}
    determined = (place.before is not None and place.before.word in _DETERMINERS) or not _DETERMINERS.isdisjoint(small)
    pairs = [(mine.word, others.word) for mine, others in zip(left, right, strict=True) if mine.word != others.word]
    if any(is_past(mine) != is_past(others) for mine, others in pairs):
        is_tense = small_left == small_right or _SUPPORT.isdisjoint(small)
        return _Verdict(True, "substitution" if is_tense else "")
    if any(_is_plural(*pair) for pair in pairs) and determined and not asks_way:
        return _Verdict(True, "substitution" if sure else "")
    if not all(_is_plural(*pair) or _is_same(*pair) for pair in pairs):
        return _Verdict(True, "substitution" if small_left == small_right else "")
    return _NOTHING if sure else _SOMETHING


def _is_same(one: str, other: str) -> bool:
    """Return whether two words with one stem, or one meaning, are the same wherever they stand."""
    way = same_word(one, other, "en", _NO_WORDS, plain=True)
    if way in ("spelling", "typo", "synonym"):
        return True
    mine, others = spelled_stem(one), spelled_stem(other)
    if mine == others:
        return _is_gerund(one) != _is_gerund(other) and not (is_past(one) or is_past(other))  # study, studying
    group = _SYNONYMS.get(mine, _SYNONYMS.get(one))
    return group is not None and group == _SYNONYMS.get(others, _SYNONYMS.get(other))


def _is_plural(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return long in (f"{short}s", f"{short}es", f"{short[:-1]}ies")


def _is_gerund(word: str) -> bool:
    return word.endswith("ing")
