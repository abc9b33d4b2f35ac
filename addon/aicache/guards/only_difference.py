"""The only place in which two texts differ: what stands there must be known to say nothing. Pure.

Open world: what turns a question into another one cannot be listed, but most such questions differ from each other in
one place, by a word more or another form. Texts that differ in several places are the same question built in another
way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from aicache.guards.function_word_edits import MAX_COMPARED_WORDS, Edit, is_known_to_say_nothing
from aicache.guards.function_words import CONTENT_MARK
from aicache.guards.lexicon import function_words
from aicache.guards.lexicon import only_difference as lexicon
from aicache.guards.lexicon.soft_words import SOFT
from aicache.guards.matching import same_word
from aicache.guards.tokens import Clauses, Script, Token
from aicache.guards.words import spelled_stem

_NO_WORDS: frozenset[str] = frozenset()
_SILENT = {language: frozenset(words.split()) for language, words in lexicon.SILENT.items()}
_DEGREES = frozenset(lexicon.DEGREES.split())
_ALSO = frozenset(lexicon.ALSO.split())
_SAYS_NOTHING = frozenset(lexicon.SAYS_NOTHING.split())
_OPENING = frozenset(lexicon.OPENING.split())
_PEOPLE = frozenset(lexicon.PEOPLE.split())
_WHEN = frozenset(lexicon.WHEN.split())
_WANTING = frozenset(lexicon.WANTING.split())
_SYNONYMS = {word: number for number, line in enumerate(lexicon.SYNONYMS.strip().splitlines()) for word in line.split()}
_PASTS = frozenset(lexicon.PASTS.split())
_DETERMINERS = frozenset(lexicon.DETERMINERS.split())
_SUPPORT = frozenset("did do does is are was were be been being".split())
"""Verbs beside which another verb has another form: it failed, did it fail; it works, it is working."""


_ASKING = frozenset(lexicon.ASKING.split())
_BEFORE_SUBJECT = frozenset("the a an this these that those his her its their".split())
_OTHERS = frozenset("he she they".split())


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


def find_only_difference(one: Clauses, other: Clauses, twins: Mapping[str, str], *, asks_way: bool) -> str:
    """Return the name of the only difference of two texts; "" if they have none, several, or one that says nothing.

    *twins* are words of the first text, in the compared form, that are another form of one of the second.
    *asks_way*: both ask how or where one does something.
    """
    if one.unspaced or other.unspaced or one.language != other.language or (_only_states(one) and _only_states(other)):
        return ""
    mine, others = _said(one), _said(other)
    if max(len(mine), len(others)) > MAX_COMPARED_WORDS:
        return ""
    has_payload = _has_payload(one) or _has_payload(other)
    moved = _ALSO.intersection(one.words, other.words)
    only: _Verdict | None = None
    for place in _places(mine, others):
        if len(place.left) + len(place.right) == 1 and moved.issuperset(
            each.word for each in (*place.left, *place.right)
        ):
            continue
        verdict = _judge(place, one.language, twins, asks_way=asks_way, has_payload=has_payload)
        if not verdict.counts:
            continue
        if only is not None:
            return ""
        only = verdict
    return "" if only is None else only.name


def _only_states(text: Clauses) -> bool:
    """Return whether a text is an English sentence about others, which asks for nothing by itself."""
    if text.language != "en" or not text.plain.endswith(".") or "?" in text.plain or not text.words:
        return False
    if not _ASKING.isdisjoint(text.words):
        return False
    return text.words[0] in _BEFORE_SUBJECT or not _OTHERS.isdisjoint(text.words)


def _has_payload(text: Clauses) -> bool:
    """Return whether something follows a colon: a text that is to be translated, corrected or answered."""
    before, colon, after = text.plain.partition(": ")
    return bool(colon) and bool(after.strip()) and len(before.split()) > 1


def _is_content(token: Token) -> bool:
    return token.meaning > 0 and token.script is not Script.QUANTITY and token.key != "" and token.key[0] != "?"


def _said(text: Clauses) -> list[Token]:
    """Return the words without articles, without those that say nothing anywhere, and without courtesies at the edges
    of a clause; of what follows a colon all words."""
    silent = _SILENT.get(text.language, _NO_WORDS)
    polite = function_words.LEFT_OUT.get(text.language, _NO_WORDS) - silent - _DEGREES
    content = [_is_content(token) for clause in text.clauses for token in clause]
    if True not in content:
        return []
    begin, end = content.index(True), len(content) - 1 - content[::-1].index(True)
    has_payload = _has_payload(text)
    found: list[Token] = []
    start = 0
    for clause in text.clauses:
        inner = [at for at, token in enumerate(clause, start) if _is_content(token)]
        first, last = (inner[0], inner[-1]) if inner and not has_payload else (begin, end)
        for at, token in enumerate(clause, start):
            if (has_payload and at > begin) or (
                token.key and token.word not in silent and (first < at < last or token.word not in polite)
            ):
                found.append(token)
        start += len(clause)
    while found and found[0].word in _ALSO:
        del found[0]
    while found and found[-1].word in _ALSO:
        del found[-1]
    return found


def _places(one: Sequence[Token], other: Sequence[Token]) -> Iterator[_Place]:
    mine, others = [token.word for token in one], [token.word for token in other]
    for kind, start, end, first, last in SequenceMatcher(None, mine, others, autojunk=False).get_opcodes():
        if kind != "equal":
            yield _Place(
                one[start - 1] if start else None,
                one[start:end],
                other[first:last],
                one[end] if end < len(one) else None,
            )


def _judge(place: _Place, language: str, twins: Mapping[str, str], *, asks_way: bool, has_payload: bool) -> _Verdict:
    left, right = [*filter(_is_content, place.left)], [*filter(_is_content, place.right)]
    small_left = tuple([each.word for each in place.left if not _is_content(each)])
    small_right = tuple([each.word for each in place.right if not _is_content(each)])
    left_out = function_words.LEFT_OUT.get(language, _NO_WORDS)
    polite = has_payload or any(not each.key or each.word in left_out for each in (*place.left, *place.right))
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
    specifies = (
        place.after is not None and _is_content(place.after) and len(added) == len(place.left) + len(place.right)
    )
    return _Verdict(True, "additions" if specifies or not _WHEN.isdisjoint(added) else "")


def _marked(token: Token | None) -> str:
    if token is None:
        return ""
    return f"{CONTENT_MARK}{token.key}" if _is_content(token) else token.word


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
    if any(_is_past(mine) != _is_past(others) for mine, others in pairs):
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
        return _is_gerund(one) != _is_gerund(other) and not (_is_past(one) or _is_past(other))  # study, studying
    group = _SYNONYMS.get(mine, _SYNONYMS.get(one))
    return group is not None and group == _SYNONYMS.get(others, _SYNONYMS.get(other))


def _is_plural(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return long in (f"{short}s", f"{short}es", f"{short[:-1]}ies")


def _is_gerund(word: str) -> bool:
    return word.endswith("ing")


def _is_past(word: str) -> bool:
    return word in _PASTS or (word.endswith("ed") and len(word) > 4)
