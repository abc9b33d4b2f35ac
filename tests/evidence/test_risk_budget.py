"""The budget: the mean risk of all requests stays within it, whatever the traffic; no single hit risks too much."""

from __future__ import annotations

import random

import pytest

from aicache.evidence.risk_budget import MAX_RISK, RiskBudget

ERROR = 0.01


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("candidates", [0.02, 0.3, 1.0])
def test_the_mean_risk_of_all_requests_stays_within_what_is_allowed(seed: int, candidates: float) -> None:
    chance, budget = random.Random(seed), RiskBudget(ERROR)
    taken = 0.0

    for _ in range(4000):
        risk = chance.betavariate(0.5, 2) if chance.random() < candidates else None
        if risk is not None and risk <= budget.risk_limit:
            taken += risk
        budget.add(risk)

    assert taken / 4000 <= ERROR


def test_where_hits_are_rare_each_may_risk_more() -> None:
    rare, often = RiskBudget(ERROR), RiskBudget(ERROR)

    for i in range(3000):
        rare.add(0.05 if i % 20 == 0 else None)
        often.add(0.05)

    assert rare.risk_limit == pytest.approx(MAX_RISK)
    assert often.risk_limit < 0.05


def test_no_hit_may_risk_more_than_the_most() -> None:
    budget = RiskBudget(0.9)

    for _ in range(100):
        budget.add(None)

    assert budget.risk_limit <= MAX_RISK


def test_at_the_start_only_what_needs_no_budget_passes_many_times() -> None:
    budget = RiskBudget(ERROR)

    for _ in range(300):
        budget.add(0.15)

    assert budget.risk_limit < 0.15


def test_hits_that_the_limit_does_not_decide_on_leave_less_for_the_others() -> None:
    budget = RiskBudget(0.01)
    for _ in range(2000):
        budget.add(0.02)
    before = budget.risk_limit

    for _ in range(400):
        budget.spend(0.03)

    assert budget.risk_limit < before
    assert not budget.affords(0.03)


def test_a_budget_affords_what_is_within_the_allowed_error() -> None:
    budget = RiskBudget(0.01)
    spent = 0
    while budget.affords(0.05):
        budget.spend(0.05)
        spent += 1

    assert 0 < spent * 0.05 <= 0.01 * 200


def test_the_first_requests_spend_no_more_than_the_others() -> None:
    budget, taken = RiskBudget(ERROR), 0.0

    for _ in range(200):
        for risk in (0.02, 0.08, 0.2):
            taken += risk * (risk <= budget.risk_limit)
            budget.add(risk)

    assert taken / 600 <= 1.5 * ERROR


def test_what_is_checked_upstream_first_spends_nothing() -> None:
    served, explored = RiskBudget(ERROR), RiskBudget(ERROR)

    for _ in range(500):
        served.add(0.05)
        explored.add(0.05, served=0.0)

    assert explored.risk_limit > served.risk_limit
