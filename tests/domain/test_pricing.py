"""Prices: estimates for the models that are known, an operator's own first, and none where nobody knows."""

from __future__ import annotations

import pytest

from aicache.domain.pricing import MAX_MODEL_CHARS, Price, cost

MILLION = 1_000_000


@pytest.mark.parametrize(
    ("model", "dollars"),
    [
        ("gpt-4o", 2.5),
        ("gpt-4o-2024-08-06", 2.5),
        ("gpt-4o-mini", 0.15),
        ("openai/gpt-4o-mini-2024-07-18", 0.15),
        ("claude-sonnet-4-20250514", 3),
        ("claude-opus-4-5-20251101", 5),
        ("qwen-plus@latest", 0.4),
        ("gpt-4.1-nano:free", 0.1),
    ],
)
def test_a_version_of_a_model_costs_what_the_model_does(model: str, dollars: float) -> None:
    assert cost(model, MILLION, 0) == pytest.approx(dollars)


@pytest.mark.parametrize("model", ["", "gpt", "gpt-4omni", "llama-3-70b", "my-gpt-4o"])
def test_an_unknown_model_has_no_price(model: str) -> None:
    assert cost(model, MILLION, MILLION) is None


def test_prompt_and_completion_cost_differently() -> None:
    assert cost("gpt-4o", 2000, 300) == pytest.approx((2000 * 2.5 + 300 * 10) / MILLION)


def test_own_prices_come_first_also_for_what_has_none() -> None:
    own = [Price("gpt-4o", 1, 1), Price("llama-3", 0.1, 0.2)]

    assert cost("gpt-4o-2024-08-06", MILLION, 0, own) == pytest.approx(1)
    assert cost("llama-3-70b", 0, MILLION, own) == pytest.approx(0.2)
    assert cost("gpt-4o", MILLION, 0) == pytest.approx(2.5)


def test_of_two_own_prices_the_closer_name_counts() -> None:
    own = [Price("llama", 1, 1), Price("llama-3", 2, 2)]

    assert cost("llama-3-8b", MILLION, 0, own) == pytest.approx(2)


def test_a_model_that_is_a_megabyte_long_is_not_remembered_whole() -> None:
    assert cost("gpt-4o-" + "x" * MILLION, MILLION, 0) == pytest.approx(2.5)
    assert MAX_MODEL_CHARS < 1000
