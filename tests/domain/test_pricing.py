"""Prices: estimates for the models that are known, an operator's own first, and none where nobody knows."""

from __future__ import annotations

from decimal import Decimal

import pytest

from aicache.domain.pricing import (
    MAX_MODEL_CHARS,
    NANOS_PER_USD,
    Price,
    built_in_prices,
    cost,
    parse_price_list,
    render_price_list,
    to_usd,
)

MILLION = 1_000_000


def usd(*given: object, **named: object) -> float | None:
    nanos = cost(*given, **named)  # type: ignore[arg-type]
    return None if nanos is None else to_usd(nanos)


def a_price(model: str, *amounts: str) -> Price:
    return Price(model, *map(Decimal, amounts))


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
    assert usd(model, MILLION, 0) == pytest.approx(dollars)


@pytest.mark.parametrize("model", ["", "gpt", "gpt-4omni", "llama-3-70b", "my-gpt-4o"])
def test_an_unknown_model_has_no_price(model: str) -> None:
    assert usd(model, MILLION, MILLION) is None


def test_prompt_and_completion_cost_differently() -> None:
    assert usd("gpt-4o", 2000, 300) == pytest.approx((2000 * 2.5 + 300 * 10) / MILLION)


def test_own_prices_come_first_also_for_what_has_none() -> None:
    own = [a_price("gpt-4o", "1", "1"), a_price("llama-3", "0.1", "0.2")]

    assert usd("gpt-4o-2024-08-06", MILLION, 0, own) == pytest.approx(1)
    assert usd("llama-3-70b", 0, MILLION, own) == pytest.approx(0.2)
    assert usd("gpt-4o", MILLION, 0) == pytest.approx(2.5)


def test_of_two_own_prices_the_closer_name_counts() -> None:
    own = [a_price("llama", "1", "1"), a_price("llama-3", "2", "2")]

    assert usd("llama-3-8b", MILLION, 0, own) == pytest.approx(2)


def test_a_model_that_is_a_megabyte_long_is_not_remembered_whole() -> None:
    assert usd("gpt-4o-" + "x" * MILLION, MILLION, 0) == pytest.approx(2.5)
    assert MAX_MODEL_CHARS < 1000


def test_tokens_that_the_provider_had_cached_cost_what_reading_them_costs() -> None:
    own = [a_price("m", "2", "10", "0.5"), a_price("n", "2", "10")]

    assert cost("m", 1000, 100, own, cached=600) == 400 * 2000 + 600 * 500 + 100 * 10_000
    assert cost("n", 1000, 0, own, cached=1000) == 1000 * 200  # a tenth, where nobody says
    assert cost("m", 1000, 0, own, cached=5000) == 1000 * 500  # more than there are


def test_money_is_exact_and_rounded_once_a_call() -> None:
    own = [a_price("m", "0.0375", "0.15")]

    assert cost("m", 1, 0, own) == 38  # 37.5 nano-dollars
    assert cost("m", 10_000_000, 0, own) == 375_000_000
    assert NANOS_PER_USD == 10**9


def test_the_built_in_list_says_where_and_when_it_was_taken() -> None:
    prices = built_in_prices()

    assert prices.source
    assert len(prices.date.split("-")) == 3
    assert parse_price_list(render_price_list(prices)) == prices
    assert all(0 <= each.cached_prompt <= each.prompt for each in prices.prices)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"source":"s","date":"d","prices":{"m":[1]}}', "[" * 100_000])
def test_what_is_no_list_of_prices_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_price_list(text)
