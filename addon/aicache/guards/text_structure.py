"""How a text is built, as the rules of `structure_differences` see it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aicache.guards.bound_prepositions import BoundPrepositions, find_bound_prepositions
from aicache.guards.feature import feature
from aicache.guards.han_frames import HanFrame, find_han_frame
from aicache.guards.han_order import HanOrder, find_han_order
from aicache.guards.han_replacements import find_particles, find_quotation
from aicache.guards.han_roles import HanRoles, find_han_roles
from aicache.guards.kana_particles import find_kana_particles
from aicache.guards.noun_forms import NounForms, find_noun_forms
from aicache.guards.question_frames import QuestionFrame, find_question_frame
from aicache.guards.question_openings import QuestionOpening, find_question_opening
from aicache.guards.reordered_words import WordOrder, find_word_order
from aicache.guards.role_words import SentenceRoles, find_sentence_roles
from aicache.guards.tokens import Clauses
from aicache.guards.verb_subjects import VerbSubjects, find_verb_subjects


@dataclass(frozen=True)
class TextStructure:
    """How a text is built, read when it is first asked for; a feature is None in languages that it is not read of."""

    text: Clauses
    bare: str
    """All letters and digits of the text, without particles and articles."""

    @feature
    def word_order(self) -> WordOrder | None:
        return find_word_order(self.text)

    @feature
    def han_order(self) -> HanOrder | None:
        return find_han_order(self.text)

    @feature
    def han_frame(self) -> HanFrame | None:
        return find_han_frame(self.text)

    @feature
    def han_roles(self) -> HanRoles | None:
        return find_han_roles(self.text)

    @feature
    def roles(self) -> SentenceRoles | None:
        return find_sentence_roles(self.text)

    @feature
    def verb_subjects(self) -> VerbSubjects | None:
        return find_verb_subjects(self.text)

    @feature
    def noun_forms(self) -> NounForms | None:
        return find_noun_forms(self.text)

    @feature
    def bound_prepositions(self) -> BoundPrepositions | None:
        return find_bound_prepositions(self.text)

    @feature
    def question_frame(self) -> QuestionFrame | None:
        return find_question_frame(self.text)

    @feature
    def question_opening(self) -> QuestionOpening | None:
        return find_question_opening(self.text)

    @feature
    def kana_particles(self) -> Sequence[str] | None:
        return find_kana_particles(self.text.plain)

    @feature
    def particles(self) -> Sequence[str] | None:
        return find_particles(self.bare)

    @feature
    def quotation(self) -> str | None:
        return find_quotation(self.text.plain)


def are_others(one: Sequence[str] | None, other: Sequence[str] | None) -> bool:
    """Return whether a feature that both texts have is another one in each."""
    return one is not None and other is not None and one != other
