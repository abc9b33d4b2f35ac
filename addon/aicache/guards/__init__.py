"""Compares two questions by what embedders miss: whether the answer to one may answer the other. Never raises. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator

from aicache.guards import (
    exclusive_words,
    extra_requests,
    name_matching,
    names,
    numbers,
    question_type,
    substitution,
    swapped_roles,
    word_order,
)
from aicache.guards.comparison import Comparison, Difference, Outcome
from aicache.guards.text_features import TextFeatures, extract_features

__all__ = ["Comparison", "Difference", "Outcome", "compare_questions"]

# Measured on streams and pairs, with the local embedder. Differences that were wrong no more often than others
# (another order, one more word) raise nothing; those that were mostly wrong refuse. Chinese questions are short: the
# threshold that keeps English streams well below 1 % wrong lets 1.7 % through.
THRESHOLD_RAISES: dict[str, float] = {
    "substitution": 0.4,
    "modifier": 0.9,
    "name": 0.3,
    "code": 0.4,
    "question": 0.3,
    "chinese": 0.35,
    "person": 0.3,
}


def compare_questions(question: str, neighbor: str, partition: str = "") -> Comparison:
    """Return whether the answer to *neighbor* may answer *question*; the order of the two makes no difference."""
    one = extract_features(min(question, neighbor), partition)
    other = extract_features(max(question, neighbor), partition)
    if one.plain == other.plain:
        return Comparison(Outcome.EXPLAINED)
    left, right = substitution.unshared_content(one, other)
    if (slot := next(refusal_slots(one, other, left, right), None)) is not None:
        return Comparison(Outcome.DIFFERENT, (Difference(slot),))
    raised = tuple(raise_slots(one, other, left, right))
    by = 1 - math.prod(1 - THRESHOLD_RAISES[slot] for slot in raised)
    return Comparison(Outcome.EXPLAINED, tuple(map(Difference, raised)), by)


def refusal_slots(one: TextFeatures, other: TextFeatures, left: list[str], right: list[str]) -> Iterator[str]:
    """Yield the slots in which two texts ask for different things, the most certain first."""
    if one.language and other.language and one.language != other.language:
        yield "tongue"
    if numbers.has_unequal_quantities(one.quantities, other.quantities):
        yield "numbers"
    if names.has_unmatched_code(one.names, other.plain) and names.has_unmatched_code(other.names, one.plain):
        yield "code"
    if names.have_different_quotes(one.names, other.names):
        yield "quote"
    yield from exclusive_words.find_exclusive_slots(
        one.word_groups, other.word_groups, left, right, one.is_negated != other.is_negated
    )
    if _has_unmatched_name(one, other) and _has_unmatched_name(other, one):
        yield "name"
    if len(left) <= 1 and len(right) <= 1 and (slot := swapped_roles.find_role_change(one, other)) is not None:
        yield slot
    if one.conjunction and other.conjunction and one.conjunction != other.conjunction and len(left) + len(right) <= 2:
        yield "junction"
    if swapped_roles.is_direction_reversed(one.plain, other.plain):
        yield "direction"
    if one.character_of_word != other.character_of_word:
        yield "part"
    if one.subject_character and other.subject_character and one.subject_character != other.subject_character:
        yield "character"
    if word_order.is_reordered(one, other, left, right):
        yield "order"
    if one.symbols != other.symbols:
        yield "signs"
    if names.has_unmatched_address(one.names, other.plain) or names.has_unmatched_address(other.names, one.plain):
        yield "address"
    if extra_requests.has_extra_request(one.clauses, other.clauses):
        yield "instruction"


def raise_slots(one: TextFeatures, other: TextFeatures, left: list[str], right: list[str]) -> Iterator[str]:
    """Yield the slots in which one text says more than the other, or may ask for something else."""
    if names.has_unmatched_code(one.names, other.plain) or names.has_unmatched_code(other.names, one.plain):
        yield "code"
    if _has_unmatched_name(one, other) or _has_unmatched_name(other, one):
        yield "name"
    if "zh" in (one.language, other.language):
        yield "chinese"
    if question_type.have_different_types(one.question_types, other.question_types):
        yield "question"
    if one.person and other.person and one.person != other.person:
        yield "person"
    slot = substitution.classify_one_word_change(one, other, left, right)
    if slot is not None and not exclusive_words.inverts_meaning(one.word_groups, other.word_groups):
        yield slot


def _has_unmatched_name(one: TextFeatures, other: TextFeatures) -> bool:
    """Return whether *one* names a person, thing or place that *other* does not."""
    return name_matching.has_unmatched_name(one, other) or exclusive_words.has_unmatched_place(
        one.word_groups, other.word_groups
    )
