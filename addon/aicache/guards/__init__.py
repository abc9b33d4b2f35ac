"""Why a near neighbour must not answer, though its vector is near: what embedders do not see. Pure; never raises."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from aicache.guards import (
    exclusive_words,
    extra_requests,
    names,
    numbers,
    question_type,
    roles,
    substitution,
    word_order,
)
from aicache.guards.text_features import Reading, read


@dataclass(frozen=True, slots=True)
class Pass:
    """Nothing speaks against the neighbour."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """The neighbour asks for something else. *slot* says in what they differ; it is no part of either text."""

    slot: str


@dataclass(frozen=True, slots=True)
class Raise:
    """The neighbour may ask for something else, so it must be nearer. *by* is how much of the way from the threshold to
    1 the bar goes up, which suits the scale of any model; *slots* say in what they differ."""

    by: float
    slots: tuple[str, ...]


Verdict: TypeAlias = Pass | Refuse | Raise

# Measured on streams and pairs, with the local embedder. What was no more often wrong than other neighbours are
# (another order, one more word) raises nothing; what was mostly wrong refuses. Chinese questions are short: the bar
# that keeps English streams well below 1 % wrong lets 1.7 % through.
RAISES: dict[str, float] = {
    "substitution": 0.4,
    "modifier": 0.9,
    "name": 0.3,
    "code": 0.4,
    "question": 0.3,
    "chinese": 0.35,
    "person": 0.3,
}


def judge(question: str, neighbor: str, partition: str = "") -> Verdict:
    """Say whether the answer to *neighbor* may answer *question*; it makes no difference which is which."""
    one, other = read(min(question, neighbor), partition), read(max(question, neighbor), partition)
    if one.plain == other.plain:
        return Pass()
    left, right = substitution.difference(one, other)
    if (slot := next(refusals(one, other, left, right), None)) is not None:
        return Refuse(slot)
    raised = tuple(raises(one, other, left, right))
    return Raise(1 - math.prod(1 - RAISES[slot] for slot in raised), raised) if raised else Pass()


def refusals(one: Reading, other: Reading, left: list[str], right: list[str]) -> Iterator[str]:
    """Yield the slots in which two texts say different things, the surest first."""
    if one.tongue and other.tongue and one.tongue != other.tongue:
        yield "tongue"
    if numbers.differ(one.numbers, other.numbers):
        yield "numbers"
    if names.other_codes(one.names, other.plain) and names.other_codes(other.names, one.plain):
        yield "code"
    if names.other_quotes(one.names, other.names):
        yield "quote"
    yield from exclusive_words.exclusive(one.marks, other.marks, left, right, one.negated != other.negated)
    if _names_more(one, other) and _names_more(other, one):
        yield "name"
    if len(left) <= 1 and len(right) <= 1 and (slot := roles.turned(one, other)) is not None:
        yield slot
    if one.junction and other.junction and one.junction != other.junction and len(left) + len(right) <= 2:
        yield "junction"
    if roles.reversed_way(one.plain, other.plain):
        yield "direction"
    if one.part != other.part:
        yield "part"
    if one.character and other.character and one.character != other.character:
        yield "character"
    if word_order.shuffled(one, other, left, right):
        yield "order"
    if one.signs != other.signs:
        yield "signs"
    if names.more_addresses(one.names, other.plain) or names.more_addresses(other.names, one.plain):
        yield "address"
    if extra_requests.differ(one.clauses, other.clauses):
        yield "instruction"


def raises(one: Reading, other: Reading, left: list[str], right: list[str]) -> Iterator[str]:
    """Yield the slots in which one text says more than the other, or may say another thing."""
    if names.other_codes(one.names, other.plain) or names.other_codes(other.names, one.plain):
        yield "code"
    if _names_more(one, other) or _names_more(other, one):
        yield "name"
    if "zh" in (one.tongue, other.tongue):
        yield "chinese"
    if question_type.differ(one.kinds, other.kinds):
        yield "question"
    if one.person and other.person and one.person != other.person:
        yield "person"
    if (slot := substitution.of_one_word(one, other, left, right)) is not None and not exclusive_words.turned(
        one.marks, other.marks
    ):
        yield slot


def _names_more(one: Reading, other: Reading) -> bool:
    """Tell whether one text names a person, thing or place that the other does not."""
    return names.unmatched(one, other) or exclusive_words.more_places(one.marks, other.marks)
