"""The policy's decisions on labeled questions, made by the very functions that the proxy decides with."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from aicache.cli.progress import Progress, bar
from aicache.domain import policy
from aicache.domain.model import Call, Mode, Neighbor, Vector
from aicache.domain.policy import Rules
from aicache.domain.request_directives import NO_DIRECTIVES
from evaluation.data import Pair, Question

ROWS = 256  # questions compared with all others at once


@dataclass(frozen=True, slots=True)
class Near:
    """A neighbor: its question, its similarity, and whether its answer would be right."""

    text: str
    similarity: float
    right: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of a question: *answered* by a neighbor, or a miss.

    *refused* is the nearest right neighbor that a guard refused, and *slot* the guard.
    """

    question: str
    answered: Near | None
    refused: Near | None = None
    slot: str = ""
    capability: str = ""
    same: bool | None = None
    """The label, of a pair."""

    @property
    def right(self) -> bool | None:
        """None of a miss."""
        return None if self.answered is None else self.answered.right


@dataclass(slots=True)
class Run:
    """All decisions on one file, and how long each took in seconds (embedding and search are no part of it)."""

    decisions: list[Decision] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def decide(self, question: str, near: Sequence[Near], rules: Rules) -> Decision:
        """Decide on a question as the proxy does, and note how long it took."""
        began = time.perf_counter()
        decision = _decision(question, near, rules)
        self.seconds.append(time.perf_counter() - began)
        return decision


def on_pairs(pairs: Sequence[Pair], vectors: dict[str, Vector], rules: Rules) -> Run:
    """Ask the second question of each pair when the first one is all that has been answered."""
    run = Run()
    for pair in pairs:
        near = Near(pair.one, float(vectors[pair.one] @ vectors[pair.other]), pair.same)
        decision = run.decide(pair.other, [near], rules)
        run.decisions.append(replace(decision, capability=pair.capability, same=pair.same))
    return run


def on_stream(questions: Sequence[Question], neighbors: Sequence[Sequence[tuple[int, float]]], rules: Rules) -> Run:
    """Ask one question after the other, of an empty cache at first; every miss is answered and kept.

    *neighbors* has for each question those before it, nearest first, as far as the threshold at least.
    """
    run = Run()
    kept: dict[int, str] = {}  # the places of the misses
    for place, question in enumerate(questions):
        near: list[Near] = []
        for other, similarity in neighbors[place]:
            if similarity < rules.threshold or len(near) == rules.top_k:
                break
            if other in kept:
                near.append(Near(kept[other], similarity, questions[other].answer == question.answer))
        decision = run.decide(question.text, near, rules)
        if decision.answered is None:
            kept[place] = question.text
        run.decisions.append(decision)
    return run


def nearest(questions: Sequence[Question], vectors: dict[str, Vector], floor: float) -> list[list[tuple[int, float]]]:
    """Return for each question those asked before it that are as similar as *floor*, nearest first."""
    rows = np.stack([vectors[question.text] for question in questions])
    progress = Progress("comparing")
    found = []
    for start in range(0, len(rows), ROWS):
        progress.task = f"comparing {bar(start, len(rows))}"
        progress.show()
        block = rows[start : start + ROWS] @ rows[: start + ROWS].T
        for place, similarities in enumerate(block, start):
            before = np.flatnonzero(similarities[:place] >= floor)
            ranked = before[np.argsort(-similarities[before], kind="stable")]
            found.append([(int(other), float(similarities[other])) for other in ranked])
    progress.clear()
    return found


def _decision(question: str, near: Sequence[Near], rules: Rules) -> Decision:
    if (exact := next((one for one in near if one.text == question), None)) is not None:
        return Decision(question, exact)
    if not near or not may_embed(question, rules):
        return Decision(question, None)
    refused, slot = None, ""
    for candidate in policy.passing_neighbors(
        [Neighbor(str(i), one.similarity) for i, one in enumerate(near)], rules.threshold
    ):
        one = near[int(candidate.key)]
        if not may_embed(one.text, rules):  # then it was never put into the index
            continue
        objection = policy.check_guards(question, one.text, one.similarity, rules.threshold, rules)
        if objection is None:
            return Decision(question, one, refused, slot)
        if one.right and refused is None:
            refused, slot = one, objection
    return Decision(question, None, refused, slot)


def may_embed(question: str, rules: Rules) -> bool:
    """Tell whether the proxy would look the question up by its meaning."""
    call = Call("chat", "", Mode.WHOLE, False, {}, (), question, 1, None)
    return policy.may_answer_by_meaning(call, NO_DIRECTIVES, rules)
