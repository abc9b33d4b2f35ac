"""One event in an interval, or a number of them."""

from __future__ import annotations

from aicache.domain.throttle import CallBudget, Throttle


def test_the_first_event_is_allowed_whatever_the_clock_says() -> None:
    assert Throttle().allow(-1e9)


def test_one_event_is_allowed_in_an_interval() -> None:
    throttle = Throttle(60.0)

    assert [now for now in range(0, 200, 20) if throttle.allow(now)] == [0, 60, 120, 180]


def test_a_budget_allows_so_many_calls_in_an_interval() -> None:
    budget = CallBudget(2, 60.0)

    assert [now for now in (0.0, 1.0, 2.0, 59.0, 60.0, 61.0, 62.0, 120.0) if budget.take(now)] == [0, 1, 60, 61, 120]
