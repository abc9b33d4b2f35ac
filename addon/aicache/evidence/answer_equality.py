"""Compares two answers: by their words, else by the similarity of their vectors; UNKNOWN if neither decides. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from aicache.evidence.neighbor import MAX_COSINE

MIN_SIMILAR_BYTES = 60
"""Bytes (UTF-8) below which similarity alone never makes answers equal: a short answer may consist of one word."""
SHORT_ANSWER_WRONG_SIMILARITY = 0.85
"""Cosine similarity below which two short answers are different, unless one is part of the other."""

_DECORATION = re.compile(r"[*_`#>~|]+|^[^\S\n]*[-+•]\s+|^[^\S\n]*\d+[.)]\s+", re.MULTILINE)
_LINK = re.compile(r"\[([^\[\]]*)\]\([^()]*\)")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NEGATIONS = frozenset({"no", "not", "never", "cannot", "none"})
_NEGATION_CHINESE = re.compile("[不没無无未非勿莫]")


class Correctness(StrEnum):
    """Whether a stored answer would have been right in place of the fresh one; a judge model decides the same."""

    RIGHT = "right"
    WRONG = "wrong"
    UNKNOWN = "unknown"
    """Undecided; where certainty is needed it counts as wrong."""


@dataclass(frozen=True, slots=True)
class AnswerThresholds:
    """Cosine similarities of the vectors of two answers, at or above *right* or below *wrong*, by embedding model.

    With the local one 1 % of pairs of news sentences at or above .95, and 5 % at .9, say different things though their
    numbers and negations agree, which the evidence tolerates; below .4 a fifth are still paraphrases.
    """

    right: float = 0.9
    wrong: float = 0.4


ANSWER_THRESHOLDS = AnswerThresholds()


def normalize_answer(answer: str) -> str:
    """Return an answer without differences of width, case, white space, Markdown and punctuation at its ends."""
    text = unicodedata.normalize("NFKC", answer).casefold()
    text = _DECORATION.sub(" ", _LINK.sub(r"\1", text))
    words = " ".join(text.split())
    start, end = 0, len(words)
    while start < end and _is_edge(words[start]):
        start += 1
    while start < end and _is_edge(words[end - 1]):
        end -= 1
    return words[start:end]


def compare(
    fresh: str, stored: str, similarity: float | None = None, bars: AnswerThresholds = ANSWER_THRESHOLDS
) -> Correctness:
    """Return whether *stored* would have been right; *similarity* is the cosine of their vectors, None without.

    Embedders hardly see numbers and negations, so answers that differ in one are never right by similarity alone, nor
    are short ones: those are wrong if they differ in one or are not that similar. Where similarity does not decide, a
    judge model may; else the result is unknown.
    """
    one, other = normalize_answer(fresh), normalize_answer(stored)
    if one == other:
        return Correctness.RIGHT if one else Correctness.UNKNOWN
    if max(_utf8_size(one), _utf8_size(other)) < MIN_SIMILAR_BYTES and not (_within(one, other) or _within(other, one)):
        if _numbers_and_negations(one) != _numbers_and_negations(other) or (
            similarity is not None and -MAX_COSINE <= similarity < SHORT_ANSWER_WRONG_SIMILARITY
        ):
            return Correctness.WRONG
        return Correctness.UNKNOWN
    if similarity is None or not -MAX_COSINE <= similarity <= MAX_COSINE:
        return Correctness.UNKNOWN
    if similarity < bars.wrong:
        return Correctness.WRONG
    if (
        similarity >= bars.right
        and min(_utf8_size(one), _utf8_size(other)) >= MIN_SIMILAR_BYTES
        and _numbers_and_negations(one) == _numbers_and_negations(other)
    ):
        return Correctness.RIGHT
    return Correctness.UNKNOWN


def _within(one: str, other: str) -> bool:
    """Return whether *one* is part of *other*: "Paris" of "It is Paris"."""
    return bool(one) and f" {one} " in f" {other} "


def _numbers_and_negations(text: str) -> tuple[Counter[str], int]:
    """Return the numbers in a text and the count of its negations."""
    words = re.findall(r"[a-z']+", text.replace("’", "'"))
    negations = sum(w in _NEGATIONS or w.endswith("n't") for w in words) + len(_NEGATION_CHINESE.findall(text))
    return Counter(_NUMBER.findall(text)), negations


def _utf8_size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _is_edge(character: str) -> bool:
    return character.isspace() or unicodedata.category(character)[0] == "P"
