"""Differences between two texts that change the answer, whatever else they say. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from aicache.guards import (
    exclusive_words,
    marked_roles,
    name_matching,
    names,
    numbers,
    small_words,
    substitution,
    swapped_roles,
)
from aicache.guards.comparison import Difference
from aicache.guards.directions import is_direction_reversed
from aicache.guards.numerals import find_halves
from aicache.guards.text_features import TextFeatures


def find_known_differences(one: TextFeatures, other: TextFeatures) -> Iterator[Difference]:
    """Yield the differences that change the answer, the most certain first."""
    if one.signs != other.signs:
        yield Difference("sign", one.signs, other.signs)
    yield from map(Difference, _slots(one, other))
    inverted = exclusive_words.inverts_meaning(one.word_groups, other.word_groups)
    for difference in small_words.find_known_differences(one.small_words, other.small_words):
        if not (inverted and difference.name == "quantifier"):  # less fat, more thin
            yield difference


def _slots(one: TextFeatures, other: TextFeatures) -> Iterator[str]:
    left, right = substitution.unshared_content(one, other)
    languages, others = one.languages, other.languages
    if (
        (one.language and other.language and one.language != other.language)
        or (languages and others and languages.isdisjoint(others))
        or (one.script and other.script and one.script != other.script)
    ):
        yield "tongue"
    if numbers.has_unequal_quantities(one.quantities, other.quantities) or (
        find_halves(one.plain) != find_halves(other.plain)
    ):
        yield "numbers"
    if names.has_unmatched_code(one.names, other.plain) and names.has_unmatched_code(other.names, one.plain):
        yield "code"
    if names.have_different_quotes(one.names, other.names):
        yield "quote"
    yield from exclusive_words.find_exclusive_slots(
        one.word_groups, other.word_groups, left, right, one.is_negated != other.is_negated
    )
    if has_unmatched_name(one, other) and has_unmatched_name(other, one):
        yield "name"
    if len(left) <= 1 and len(right) <= 1 and (slot := swapped_roles.find_role_change(one, other)) is not None:
        yield slot
    if marked_roles.are_exchanged(one.roles, other.roles):
        yield "roles"
    if one.conjunction and other.conjunction and one.conjunction != other.conjunction and len(left) + len(right) <= 2:
        yield "junction"
    if is_direction_reversed(one.directions, other.directions):
        yield "direction"
    if one.character_of_word != other.character_of_word:
        yield "part"
    if one.subject_character and other.subject_character and one.subject_character != other.subject_character:
        yield "character"
    if names.has_unmatched_address(one.names, other.plain) or names.has_unmatched_address(other.names, one.plain):
        yield "address"


def has_unmatched_name(one: TextFeatures, other: TextFeatures) -> bool:
    """Return whether *one* names a person, thing or place that *other* does not."""
    return name_matching.has_unmatched_name(one, other) or exclusive_words.has_unmatched_place(
        one.word_groups, other.word_groups
    )
