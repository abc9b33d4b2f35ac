"""Judges that are asked before serving whether one question's answer may answer another: by labels, or a model."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from aicache.domain.policy import Rules
from evaluation.decisions import Decision, LabeledNeighbor, may_be_judged, may_look_up_semantically

MAX_ASKED = 3
"""Neighbors of one question that a judge is asked about, all at once, as in the proxy."""


class Judge(Protocol):
    """Says of each neighbor whether its answer may answer the question."""

    def judge(self, question: str, neighbors: Sequence[LabeledNeighbor]) -> list[bool]: ...


@dataclass(frozen=True, slots=True)
class SimulatedJudge:
    """A judge that knows the labels and errs: it accepts a share of the wrong pairs and refuses one of the right ones.

    What it says of a pair depends on nothing but the pair and *seed*: asked again, it errs again, in any order.
    """

    false_accepts: float
    false_refusals: float
    seed: int = 0

    def judge(self, question: str, neighbors: Sequence[LabeledNeighbor]) -> list[bool]:
        return [self._accepts(question, neighbor) for neighbor in neighbors]

    def _accepts(self, question: str, neighbor: LabeledNeighbor) -> bool:
        pair = "\0".join((str(self.seed), *sorted((question, neighbor.text)))).encode("utf-8", "surrogatepass")
        chance = int.from_bytes(hashlib.sha256(pair).digest()[:8]) / 2**64
        return chance >= self.false_refusals if neighbor.right else chance < self.false_accepts


@dataclass(frozen=True, slots=True)
class JudgeUse:
    """A judge, and the lowest similarity of the neighbors that it is asked about."""

    judge: Judge
    min_similarity: float

    def decide(self, decision: Decision, near: Sequence[LabeledNeighbor], rules: Rules) -> Decision:
        """Return what becomes of a miss: the judge is asked about the nearest neighbors that may be right."""
        question = decision.question
        if not may_look_up_semantically(question, rules):
            return decision
        asked: list[LabeledNeighbor] = []
        for one in near:
            if one.similarity < self.min_similarity or len(asked) == MAX_ASKED:
                break
            if may_be_judged(question, one, rules):
                asked.append(one)
        verdicts = self.judge.judge(question, asked) if asked else []
        accepted = next((one for one, yes in zip(asked, verdicts, strict=True) if yes), None)
        return replace(decision, answered=accepted, asked=len(asked), judged=accepted is not None)


def parse_simulated(text: str, seed: int) -> SimulatedJudge:
    """Parse ``simulated:FA,FR``. Raises ValueError."""
    shares = text.removeprefix("simulated:").split(",")
    try:
        false_accepts, false_refusals = (float(share) for share in shares)
    except ValueError:
        raise ValueError(f"--judge {text}: not simulated:FA,FR, such as simulated:.02,.1") from None
    if not (0 <= false_accepts <= 1 and 0 <= false_refusals <= 1):
        raise ValueError(f"--judge {text}: both shares must be between 0 and 1")
    return SimulatedJudge(false_accepts, false_refusals, seed)
