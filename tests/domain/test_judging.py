"""Which neighbors may be put to a judge model."""

from __future__ import annotations

from aicache.domain.judging import select_judged
from aicache.domain.model import Turn

ASKED = "What is the capital of France?"
REWORDED = "Which city is the French capital?"


def selected(question: str, *neighbors: str | None, limit: int = 3, before: tuple[str, ...] = ()) -> list[int]:
    turns = [Turn("user", text, {}) for text in (*before, question)]
    return select_judged(turns, question, neighbors, limit)


def test_what_is_not_known_to_differ_is_put_to_it() -> None:
    assert selected(REWORDED, ASKED) == [0]


def test_what_is_known_to_differ_is_not_and_the_next_one_is() -> None:
    assert selected("How far is 5 miles?", "How far is 50 miles?", "How far is it, 5 miles?") == [1]


def test_another_instruction_is_put_to_it() -> None:
    assert selected("Say in one word what the capital of France is", ASKED) == [0]


def test_no_more_than_the_limit_are() -> None:
    assert selected(REWORDED, ASKED, f"{ASKED} ", f"{ASKED}  ", limit=2) == [0, 1]


def test_a_neighbor_without_a_question_is_not() -> None:
    assert selected(REWORDED, None, ASKED) == [1]


def test_nothing_personal_is() -> None:
    assert selected("What is my account's balance?", "What is the balance of my account?") == []
    assert selected(REWORDED, "Which city is my capital?") == []
    assert selected(REWORDED, ASKED, before=("I live in Lyon, and I earn 2,000.",)) == []


def test_personal_questions_are_where_the_model_may_see_them() -> None:
    turns = [Turn("user", "Why was my card declined?", {})]
    neighbors = ["Why has my card been declined?", "Why was my card declined today?"]

    assert select_judged(turns, "Why was my card declined?", neighbors, 3, personal=True) == [0]


def test_nothing_about_the_moment_is() -> None:
    assert select_judged([], "Which city is the French capital today?", [ASKED], 3, personal=True) == []
    assert selected("Which city is the French capital today?", ASKED) == []


def test_a_text_that_cannot_be_sent_is_not() -> None:
    assert selected("\ud800 capital", ASKED) == []
    assert selected(REWORDED, "\udfff capital") == []
