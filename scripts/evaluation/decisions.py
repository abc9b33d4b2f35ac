"""Decides on labeled questions with the same functions as the proxy."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from aicache.cli.progress import Progress, bar
from aicache.domain import policy
from aicache.domain.model import Call, Mode, Neighbor, Vector
from aicache.domain.policy import Rules
from aicache.domain.request_directives import NO_DIRECTIVES
from aicache.guards import compare_questions
from evaluation.data import Pair, Question

if TYPE_CHECKING:
    from evaluation.judges import JudgeUse

ROWS_PER_BLOCK = 256  # questions compared with all others in one multiplication


@dataclass(frozen=True, slots=True)
class LabeledNeighbor:
    """A neighbor: its question, its similarity, and whether its answer would be right."""

    text: str
    similarity: float
    right: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision on a question: *answered* by a neighbor, or a miss.

    *refused* is the nearest right neighbor that a guard refused, and *slot* the guard.
    """

    question: str
    answered: LabeledNeighbor | None
    refused: LabeledNeighbor | None = None
    slot: str = ""
    capability: str = ""
    same: bool | None = None
    """The label of a pair."""
    answer: str = ""
    """The class of a stream's question."""
    asked: int = 0
    """Neighbors that a judge was asked about."""
    judged: bool = False
    """A judge allowed the hit."""

    @property
    def right(self) -> bool | None:
        """Return whether the hit is right; None for a miss."""
        return None if self.answered is None else self.answered.right


@dataclass(slots=True)
class Run:
    """All decisions on one file, and the seconds that each took (without embedding and search)."""

    decisions: list[Decision] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def decide(self, question: str, near: Sequence[LabeledNeighbor], rules: Rules) -> Decision:
        """Decide on a question as the proxy does, and record the time."""
        began = time.perf_counter()
        decision = _decision(question, near, rules)
        self.seconds.append(time.perf_counter() - began)
        return decision


def evaluate_pairs(pairs: Sequence[Pair], vectors: dict[str, Vector], rules: Rules) -> Run:
    """Look up the second question of each pair in a cache with only the first one."""
    run = Run()
    for pair in pairs:
        near = LabeledNeighbor(pair.one, float(vectors[pair.one] @ vectors[pair.other]), pair.same)
        decision = run.decide(pair.other, [near], rules)
        run.decisions.append(replace(decision, capability=pair.capability, same=pair.same))
    return run


def evaluate_stream(
    questions: Sequence[Question],
    neighbors: Sequence[Sequence[tuple[int, float]]],
    rules: Rules,
    judge: JudgeUse | None = None,
) -> Run:
    """Look up one question after the other, starting with an empty cache; every miss is stored.

    *neighbors* has the earlier neighbors of each question, nearest first, at least down to the lowest similarity of the
    guards and to the
    lowest similarity at which the *judge* is asked.
    """
    run = Run()
    stored: dict[int, str] = {}  # misses by index
    lowest = policy.lowest_similarity(rules.threshold, rules)
    floor = lowest if judge is None else min(lowest, judge.min_similarity)
    for index, question in enumerate(questions):
        near: list[LabeledNeighbor] = []
        for other, similarity in neighbors[index]:
            if similarity < floor or len(near) == rules.top_k:
                break
            if other in stored:
                near.append(LabeledNeighbor(stored[other], similarity, questions[other].answer == question.answer))
        decision = run.decide(question.text, [one for one in near if one.similarity >= lowest], rules)
        if judge is not None and decision.answered is None:
            decision = judge.decide(decision, near, rules)
        if decision.answered is None:
            stored[index] = question.text
        run.decisions.append(replace(decision, answer=question.answer))
    return run


def earlier_neighbors(
    questions: Sequence[Question], vectors: dict[str, Vector], floor: float
) -> list[list[tuple[int, float]]]:
    """Return for each question the earlier ones with a similarity of at least *floor*, nearest first."""
    rows = np.stack([vectors[question.text] for question in questions])
    progress = Progress("comparing")
    found = []
    for start in range(0, len(rows), ROWS_PER_BLOCK):
        progress.task = f"comparing {bar(start, len(rows))}"
        progress.show()
        block = rows[start : start + ROWS_PER_BLOCK] @ rows[: start + ROWS_PER_BLOCK].T
        for index, similarities in enumerate(block, start):
            before = np.flatnonzero(similarities[:index] >= floor)
            ranked = before[np.argsort(-similarities[before], kind="stable")]
            found.append([(int(other), float(similarities[other])) for other in ranked])
    progress.clear()
    return found


def _decision(question: str, near: Sequence[LabeledNeighbor], rules: Rules) -> Decision:
    if (exact := next((one for one in near if one.text == question), None)) is not None:
        return Decision(question, exact)
    if not near or not may_look_up_semantically(question, rules):
        return Decision(question, None)
    refused, slot = None, ""
    for candidate in policy.passing_neighbors(
        [Neighbor(str(i), one.similarity) for i, one in enumerate(near)],
        policy.lowest_similarity(rules.threshold, rules),
    ):
        one = near[int(candidate.key)]
        if not may_look_up_semantically(one.text, rules):  # then it is not in the index
            continue
        objection = policy.check_guards(question, one.text, one.similarity, rules.threshold, rules)
        if objection is None:
            return Decision(question, one, refused, slot)
        if one.right and refused is None:
            refused, slot = one, objection
    return Decision(question, None, refused, slot)


def may_be_judged(question: str, neighbor: LabeledNeighbor, rules: Rules) -> bool:
    """Return whether a judge may be asked about a neighbor: one that the guards know to differ never answers."""
    return compare_questions(question, neighbor.text).may_be_judged and may_look_up_semantically(neighbor.text, rules)


def may_look_up_semantically(question: str, rules: Rules) -> bool:
    """Return whether the proxy would look up the question semantically."""
    call = Call("chat", "", Mode.WHOLE, False, {}, (), question, 1, None)
    return policy.may_answer_by_meaning(call, NO_DIRECTIVES, rules)
