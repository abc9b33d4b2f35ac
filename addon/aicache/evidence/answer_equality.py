"""Are two answers the same? By their words, else by how similar a model finds them; never by guessing. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

MIN_SIMILAR_BYTES = 60
"""Bytes (UTF-8) below which two answers that differ are not the same for being similar: one word is all they have."""
SHORT_WRONG = 0.85
"""Cosine similarity below which two short answers, neither of which is in the other, are different."""

_DECORATION = re.compile(r"[*_`#>~|]+|^[^\S\n]*[-+•]\s+|^[^\S\n]*\d+[.)]\s+", re.MULTILINE)
_LINK = re.compile(r"\[([^\[\]]*)\]\([^()]*\)")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NO = frozenset({"no", "not", "never", "cannot", "none"})
_NO_CHINESE = re.compile("[不没無无未非勿莫]")


class Correctness(StrEnum):
    """Whether a stored answer would have done in the place of the fresh one. A judge model says the same."""

    RIGHT = "right"
    WRONG = "wrong"
    UNKNOWN = "unknown"
    """Nothing shows that it would have: whoever must be sure takes it for wrong."""


@dataclass(frozen=True, slots=True)
class AnswerThresholds:
    """Cosine similarities of two answers' vectors; they belong to the embedder's model.

    With the local one 1 % of pairs of news sentences at or above .95, and 5 % at .9, say different things though their
    numbers and denials agree, which is within what the evidence bears; below .4 a fifth are paraphrases yet.
    """

    right: float = 0.9
    wrong: float = 0.4


ANSWER_THRESHOLDS = AnswerThresholds()


def normalize_answer(answer: str) -> str:
    """Return what an answer says, less how it is written: width, case, white space, Markdown, the ends' punctuation."""
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
    """Judge two answers; *similarity* is the cosine of their vectors, None when they have none.

    An embedder hardly sees a number or a denial, so answers that differ in one are never right by similarity alone,
    nor are short ones: those are wrong when they differ in one, or are not that similar. What no similarity decides is
    for a judge model, or stays unknown.
    """
    one, other = normalize_answer(fresh), normalize_answer(stored)
    if one == other:
        return Correctness.RIGHT if one else Correctness.UNKNOWN
    if max(_length(one), _length(other)) < MIN_SIMILAR_BYTES and not (_within(one, other) or _within(other, one)):
        if _says(one) != _says(other) or (similarity is not None and -1.001 <= similarity < SHORT_WRONG):
            return Correctness.WRONG
        return Correctness.UNKNOWN
    if similarity is None or not -1.001 <= similarity <= 1.001:
        return Correctness.UNKNOWN
    if similarity < bars.wrong:
        return Correctness.WRONG
    if (
        similarity >= bars.right
        and min(_length(one), _length(other)) >= MIN_SIMILAR_BYTES
        and _says(one) == _says(other)
    ):
        return Correctness.RIGHT
    return Correctness.UNKNOWN


def _within(one: str, other: str) -> bool:
    """Tell whether one answer is a part of the other: "Paris" of "It is Paris"."""
    return bool(one) and f" {one} " in f" {other} "


def _says(text: str) -> tuple[Counter[str], int]:
    """Return the numbers in a text and how often it denies."""
    words = re.findall(r"[a-z']+", text.replace("’", "'"))
    denials = sum(w in _NO or w.endswith("n't") for w in words) + len(_NO_CHINESE.findall(text))
    return Counter(_NUMBER.findall(text)), denials


def _length(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _is_edge(character: str) -> bool:
    return character.isspace() or unicodedata.category(character)[0] == "P"
