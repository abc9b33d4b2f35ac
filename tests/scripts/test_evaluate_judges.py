"""`scripts/evaluate --judge`: a judge is asked before a miss, about those neighbors only that may be right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from aicache.domain.policy import Rules
from evaluation.data import Question
from evaluation.decisions import LabeledNeighbor, earlier_neighbors, evaluate_stream
from evaluation.judges import JudgeUse, SimulatedJudge, parse_simulated
from evaluation.metrics import compute_metrics, judge_use

RULES = Rules(ttl=1, max_bytes=1, max_temperature=None, threshold=0.95, top_k=5, max_question=100)
ALWAYS_RIGHT = SimulatedJudge(0.0, 0.0)


class RecordingJudge:
    """Says yes to everything, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def judge(self, question: str, neighbors: Sequence[LabeledNeighbor]) -> list[bool]:
        self.asked += [neighbor.text for neighbor in neighbors]
        return [True] * len(neighbors)


def stream(*rows: tuple[str, str, float]) -> tuple[list[Question], list[list[tuple[int, float]]]]:
    """Questions with class and similarity to one axis, and their earlier neighbors from .7 on."""
    questions = [Question(text, answer) for text, answer, _ in rows]
    vectors = {text: np.array([s, (1 - s * s) ** 0.5], np.float32) for text, _, s in rows}
    return questions, earlier_neighbors(questions, vectors, 0.7)


def test_a_judge_turns_misses_into_hits() -> None:
    questions, near = stream(("reset my password", "reset", 1.0), ("i forgot my password", "reset", 0.8))

    without = evaluate_stream(questions, near, RULES).decisions
    judged = evaluate_stream(questions, near, RULES, JudgeUse(ALWAYS_RIGHT, 0.75)).decisions

    assert [decision.right for decision in without] == [None, None]
    assert [decision.right for decision in judged] == [None, True]
    assert [decision.judged for decision in judged] == [False, True]


def test_a_judge_is_not_asked_about_neighbors_known_to_differ_or_too_far() -> None:
    questions, near = stream(
        ("how far is 5 miles", "5", 1.0), ("tell me a story", "story", 0.72), ("how far is 50 miles", "50", 0.99)
    )
    judge = RecordingJudge()

    decisions = evaluate_stream(questions, near, RULES, JudgeUse(judge, 0.75)).decisions

    assert judge.asked == []
    assert [decision.right for decision in decisions] == [None, None, None]


def test_a_near_enough_neighbor_answers_unjudged() -> None:
    questions, near = stream(("reset my password", "reset", 1.0), ("reset my password please", "reset", 0.99))
    judge = RecordingJudge()

    decisions = evaluate_stream(questions, near, RULES, JudgeUse(judge, 0.75)).decisions

    assert decisions[1].right is True
    assert judge.asked == []


def test_a_simulated_judge_errs_as_often_as_it_should_and_always_in_the_same_way() -> None:
    judge = SimulatedJudge(0.2, 0.1, seed=3)
    wrong = [LabeledNeighbor(f"other question {i}", 0.8, right=False) for i in range(2000)]
    right = [replace(neighbor, right=True) for neighbor in wrong]

    accepted = judge.judge("a question", wrong)
    refused = [not yes for yes in judge.judge("a question", right)]

    assert sum(accepted) / 2000 == pytest.approx(0.2, abs=0.03)
    assert sum(refused) / 2000 == pytest.approx(0.1, abs=0.03)
    assert judge.judge("a question", wrong[::-1]) == accepted[::-1]
    assert SimulatedJudge(0.2, 0.1, seed=4).judge("a question", wrong) != accepted


def test_what_the_judge_was_asked_is_counted_per_request_and_per_hit() -> None:
    questions, near = stream(
        ("reset my password", "reset", 1.0), ("i forgot my password", "reset", 0.8), ("lock my password", "lock", 0.85)
    )

    decisions = evaluate_stream(questions, near, RULES, JudgeUse(ALWAYS_RIGHT, 0.75)).decisions

    assert judge_use(decisions) == {
        "asked": round(sum(decision.asked for decision in decisions) / 3, 6),
        "requests_asked": round(2 / 3, 6),
        "judged_hits": round(1 / 3, 6),
        "judged_wrong": 0.0,
        "asked_per_judged_hit": 2.0,
    }
    assert compute_metrics(decisions).hit_rate == 1 / 3


@pytest.mark.parametrize("text", ["simulated:", "simulated:.1", "simulated:.1,x", "simulated:.1,2", "simulated:-1,0"])
def test_a_simulated_judge_that_is_none_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="--judge"):
        parse_simulated(text, 0)
