"""`doctor compare`: how two questions compare, in words for people; nothing but their differences."""

from __future__ import annotations

import pytest

from aicache.config import Config
from aicache.guards import compare_questions
from aicache.runtime.preflight import rules_for
from aicache.runtime.question_comparison import describe, main

RULES = rules_for(Config())


@pytest.mark.parametrize(
    ("question", "neighbor", "cosine", "said"),
    [
        (
            "How do I grill a zucchini?",
            "How do I grill a pumpkin?",
            0.97,
            [
                "outcome     unexplained",
                "difference  substitution: zucchini | pumpkin",
                "does not serve: unexplained:sub",
            ],
        ),
        (
            "What is 7 * 5?",
            "What is 7 / 5?",
            0.99,
            ["outcome     different", "difference  sign: 7 * | 7 /", "guard:sign"],
        ),
        ("How do I grill fish?", "How can I grill a fish", 0.87, ["outcome     explained", "guarded serves"]),
        ("How do I grill fish?", "How can I grill a fish", 0.79, ["guarded does not serve: too far"]),
        ("What's the weather today?", "What is the weather today?", 0.99, ["guarded never serves"]),
    ],
)
def test_it_says_what_differs_and_what_becomes_of_it(
    question: str, neighbor: str, cosine: float, said: list[str]
) -> None:
    text = "\n".join(describe(question, neighbor, compare_questions(question, neighbor), cosine, RULES))

    for each in said:
        assert each in text


def test_it_measures_the_cosine_with_the_configured_embedder(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["How do I reset my password?", "How can I reset my password?"], "doctor")

    said = capsys.readouterr().out
    assert code == 0
    assert "outcome     explained" in said
    assert "cosine      0.9" in said
    assert "guarded serves" in said
