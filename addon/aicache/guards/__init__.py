"""Compares two questions by what embedders miss: whether the answer to one may answer the other. Never raises. Pure."""

from __future__ import annotations

from functools import lru_cache

from aicache.guards import han_frames
from aicache.guards.cased_words import has_other_letters
from aicache.guards.comparison import Comparison, Difference, Outcome
from aicache.guards.known_differences import find_known_differences
from aicache.guards.leftovers import MOST_EASE, compare_leftovers
from aicache.guards.noun_forms import have_other_noun_forms
from aicache.guards.question_frames import is_something_else_asked
from aicache.guards.spans import differing_spans
from aicache.guards.text_features import MAX_SHORT_CHARS, TextFeatures, extract_features, extract_long_features
from aicache.guards.text_structure import are_others
from aicache.guards.turned_constructions import are_constructions_turned
from aicache.guards.writing import has_other_article, is_only_written_otherwise, is_written_otherwise

__all__ = ["MOST_EASE", "Comparison", "Difference", "Outcome", "compare_questions"]


MAX_READ_CHARS = 1000
"""Characters that are read of a text: of longer ones only the sentences that differ."""
MAX_CACHED_COMPARISONS = 64
"""Comparisons kept in memory: a neighbor that is refused may be put to a judge model a moment later."""


@lru_cache(maxsize=MAX_CACHED_COMPARISONS)
def compare_questions(question: str, neighbor: str, partition: str = "") -> Comparison:
    """Return whether the answer to *neighbor* may answer *question*; the order of the two makes no difference."""
    long = max(len(question), len(neighbor)) > MAX_READ_CHARS
    if long:
        question, neighbor = differing_spans(question, neighbor)
    if max(len(question), len(neighbor)) > MAX_READ_CHARS:
        return Comparison(Outcome.DIFFERENT, (Difference("length"),))
    extract = extract_features if max(len(question), len(neighbor)) <= MAX_SHORT_CHARS else extract_long_features
    one, other = extract(min(question, neighbor), partition), extract(max(question, neighbor), partition)
    compared = _compare(one, other, long=long)
    if compared.outcome is not Outcome.EXPLAINED and _may_be_rephrased(one, other):
        rephrased = _compare(extract(one.rephrased, partition), extract(other.rephrased, partition), long=long)
        compared = rephrased if rephrased.outcome is Outcome.EXPLAINED else compared
    return compared if question <= neighbor or not compared.differences else compared.turned()


def _may_be_rephrased(one: TextFeatures, other: TextFeatures) -> bool:
    """Return whether two texts may be the same question in two frames."""
    return (one.rephrased != one.cased or other.rephrased != other.cased) and not (
        one.script and other.script and one.script != other.script
    )


def _compare(one: TextFeatures, other: TextFeatures, *, long: bool) -> Comparison:
    if one.plain == other.plain and one.signs == other.signs and _is_written_alike(one, other):
        return Comparison(Outcome.EXPLAINED, raised=MOST_EASE)
    if (difference := next(find_known_differences(one, other), None)) is not None:
        return Comparison(Outcome.DIFFERENT, (difference,))
    if one.bare == other.bare and one.bare and not long and _is_written_alike(one, other):
        return Comparison(Outcome.EXPLAINED, raised=MOST_EASE)
    return compare_leftovers(one, other, long=long)


def _is_written_alike(one: TextFeatures, other: TextFeatures) -> bool:
    """Return whether what is meant to the letter is the same: quotations, identifiers, Chinese characters."""
    return (
        one.names.quotes == other.names.quotes
        and one.names.codes == other.names.codes
        and one.script == other.script
        and one.inner_marks == other.inner_marks
        and not has_other_letters(one.cased_words, other.cased_words)
        and not is_written_otherwise(one.writing, other.writing)
        and not is_only_written_otherwise(one.writing, other.writing)
        and one.function_words == other.function_words
        and not are_others(one.structure.quotation, other.structure.quotation)
        and not have_other_noun_forms(one.structure.noun_forms, other.structure.noun_forms)
        and not has_other_article(one.writing, other.writing)
        and not are_constructions_turned(one.clauses, other.clauses)
        and not is_something_else_asked(one.structure.question_frame, other.structure.question_frame)
        and not han_frames.is_something_else_asked(one.structure.han_frame, other.structure.han_frame)
    )
