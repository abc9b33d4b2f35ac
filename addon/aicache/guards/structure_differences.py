"""Differences in how two texts are built: their order, who does what, what their nouns and particles name. Pure.

What the words alone do not tell is looked at where they tell no difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from aicache.guards import han_frames, han_replacements, noun_forms
from aicache.guards.bound_prepositions import have_other_prepositions
from aicache.guards.embedded_verbs import are_verbs_embedded_otherwise
from aicache.guards.han_order import is_order_changed
from aicache.guards.han_roles import are_sides_exchanged
from aicache.guards.kana_particles import is_asked_or_any
from aicache.guards.order import Order
from aicache.guards.persons import is_own_only_in_one
from aicache.guards.question_frames import is_at_another_time, is_done_to_another, is_something_else_asked
from aicache.guards.question_openings import opens_otherwise
from aicache.guards.reordered_words import are_words_reordered
from aicache.guards.replaced_words import are_small_words_replaced
from aicache.guards.romance_roles import have_other_romance_roles
from aicache.guards.sentence_roles import are_roles_changed
from aicache.guards.text_features import TextFeatures
from aicache.guards.text_structure import are_others
from aicache.guards.thai_frames import asks_way_or_for
from aicache.guards.told_things import are_other_things_told
from aicache.guards.turned_constructions import are_constructions_turned
from aicache.guards.turned_phrases import are_phrases_turned
from aicache.guards.verb_subjects import have_other_subjects


def settle_order(one: TextFeatures, other: TextFeatures, order: Order) -> Order:
    """Return how the words that both texts have stand in another order; *order* is what their places alone tell."""
    if order in (Order.SAME, Order.MOVED) and (
        han_replacements.are_characters_exchanged(one.bare, other.bare)
        or are_phrases_turned(one.clauses, other.clauses)
    ):
        return Order.TURNED
    if order is Order.MOVED and _have_other_owners(one.writing.owners, other.writing.owners):
        return Order.TURNED
    return order


def find_other_structures(one: TextFeatures, other: TextFeatures, twins: Mapping[str, str]) -> Iterator[str]:
    """Yield the names of the differences in how two texts are built that may change the answer.

    *twins* are words of the first text, in the compared form, that are another form of one of the second.
    """
    mine, others = one.structure, other.structure
    if (
        is_order_changed(mine.han_order, others.han_order)
        or are_words_reordered(mine.word_order, others.word_order, twins)
        or han_frames.are_parts_elsewhere(mine.han_frame, others.han_frame)
    ):
        yield "order"
    if han_frames.is_amount_changed(mine.han_frame, others.han_frame):
        yield "quantifier"
    if (
        are_roles_changed(mine.roles, others.roles, twins)
        or have_other_subjects(mine.verb_subjects, others.verb_subjects)
        or have_other_romance_roles(one.clauses, other.clauses)
        or are_constructions_turned(one.clauses, other.clauses)
        or are_sides_exchanged(mine.han_roles, others.han_roles)
        or are_verbs_embedded_otherwise(one.clauses, other.clauses)
        or is_done_to_another(mine.question_frame, others.question_frame)
    ):
        yield "roles"
    if (
        are_others(mine.kana_particles, others.kana_particles)
        or are_small_words_replaced(one.clauses, other.clauses, twins)
        or have_other_prepositions(mine.bound_prepositions, others.bound_prepositions, twins)
    ):
        yield "function-word"
    if noun_forms.have_other_noun_forms(mine.noun_forms, others.noun_forms) or (
        (one.asks_meaning or other.asks_meaning) and noun_forms.are_synonyms_asked(one.clauses, other.clauses, twins)
    ):
        yield "substitution"
    if noun_forms.is_over_in_one(mine.noun_forms, others.noun_forms) or is_at_another_time(
        mine.question_frame, others.question_frame
    ):
        yield "tense"
    if is_own_only_in_one(one.clauses, other.clauses):
        yield "speaker"
    if (
        is_something_else_asked(mine.question_frame, others.question_frame)
        or han_frames.is_something_else_asked(mine.han_frame, others.han_frame)
        or are_other_things_told(one.clauses, other.clauses)
        or opens_otherwise(mine.question_opening, others.question_opening)
        or asks_way_or_for(one.plain, other.plain)
        or is_asked_or_any(one.plain, other.plain)
    ):
        yield "question"


def _have_other_owners(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Return whether both texts name owners, and none of the same: the dog's owner, the owner's dog."""
    return bool(one) and bool(other) and one.keys().isdisjoint(other)
