"""The curve: it learns what it is shown, wrong answers never make a neighbor likelier, and nothing runs away."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.evidence.embedding_space import USE_MULTILINGUAL, Prior
from aicache.evidence.neighbor_features import NeighborFeatures
from aicache.evidence.observations import Observation, merged
from aicache.evidence.risk_model import MAX_FACTOR, MIN_RISK, RECENT_OBSERVATIONS, RiskModel, fit, logistic

PRIOR = USE_MULTILINGUAL.prior
SIGHTS = st.builds(NeighborFeatures, st.integers(-100, 100), st.integers(-100, 127))
OBSERVED = st.lists(st.tuples(SIGHTS, st.booleans()), max_size=30)


def observed(*seen: tuple[NeighborFeatures, bool], would_serve: bool = False, caller: int = 0) -> list[Observation]:
    """Return observations, newest first."""
    return [
        Observation(10**6 - i, i, *features, right, would_serve, caller) for i, (features, right) in enumerate(seen)
    ]


def traffic(count: int, bias: float, margin: float, seed: int = 1) -> list[tuple[NeighborFeatures, bool]]:
    """Return sights of which one is right as often as a curve of these weights has it."""
    chance = random.Random(seed)
    made = []
    for _ in range(count):
        features = NeighborFeatures(chance.randint(-70, 40), chance.randint(-20, 80))
        vector = features.vector()
        made.append((features, chance.random() < logistic(bias + 0.5 * vector[1] + margin * vector[2])))
    return made


def test_without_evidence_it_is_the_prior() -> None:
    assert fit((), PRIOR).weights == pytest.approx(PRIOR.mean)


def test_it_finds_the_curve_that_the_traffic_follows() -> None:
    curve = fit(observed(*traffic(1000, 2.0, 1.3)), PRIOR)

    assert curve.weights == pytest.approx((2.0, 0.5, 1.3), abs=0.35)


@given(OBSERVED, SIGHTS)
def test_a_wrong_answer_never_makes_its_like_more_trusted_nor_a_right_one_less(
    seen: list[tuple[NeighborFeatures, bool]], features: NeighborFeatures
) -> None:
    before = fit(observed(*seen), PRIOR).expected(features)
    inexact = 1e-5  # fitting ends at the first step that gains less than 1e-9

    assert fit(observed(*seen, (features, False)), PRIOR).expected(features) >= before - inexact
    assert fit(observed(*seen, (features, True)), PRIOR).expected(features) <= before + inexact


@given(OBSERVED, SIGHTS, st.integers(1, 20), st.integers(1, 20))
def test_what_is_nearer_or_has_more_votes_is_never_the_likelier_wrong(
    seen: list[tuple[NeighborFeatures, bool]], features: NeighborFeatures, nearer: int, more: int
) -> None:
    curve = fit(observed(*seen), PRIOR)

    assert (
        curve.expected(NeighborFeatures(features.closeness + nearer, features.margin + more))
        <= curve.expected(features) + 1e-9
    )


@given(OBSERVED, SIGHTS)
def test_a_risk_is_a_probability_and_never_below_what_is_expected_of_perfect_neighbors(
    seen: list[tuple[NeighborFeatures, bool]], features: NeighborFeatures
) -> None:
    assert MIN_RISK / 2 <= fit(observed(*seen), PRIOR).risk(features) <= 1.0


@pytest.mark.parametrize("prior", [Prior((6.0, 2.0, 3.0), (0.5, 0.5, 0.5), 0.0), Prior((-9.0, 3.0, 3.0))])
@pytest.mark.parametrize("right", [True, False])
def test_fitting_comes_to_rest_from_any_prior(prior: Prior, right: bool) -> None:
    """Whole steps of Newton's method ran away to weights of several hundred here."""
    seen = [(NeighborFeatures(-60 + i % 90, (7 * i) % 80 - 20), right) for i in range(300)]

    curve = fit(observed(*seen), prior)

    assert all(abs(w) < 40 for w in curve.weights)


def test_the_less_is_known_the_higher_is_the_risk() -> None:
    seen = traffic(600, 1.0, 1.0)

    little, much = fit(observed(*seen[:20]), PRIOR), fit(observed(*seen), PRIOR)

    assert _raise(little) > 2 * _raise(much)


def test_a_change_for_the_worse_shows_within_a_few_dozen_observations() -> None:
    features, before = NeighborFeatures(-40, 40), traffic(800, 3.0, 1.3)
    changed = [(features, i % 2 == 0) for i in range(RECENT_OBSERVATIONS // 2)]

    used_to_be, is_now = fit(observed(*before), PRIOR), fit(observed(*changed, *before), PRIOR)

    assert is_now.drift < -1.0
    assert is_now.risk(features) > 3 * used_to_be.risk(features)


def test_a_change_for_the_better_is_not_believed_at_once() -> None:
    before = traffic(800, 0.0, 0.6)

    curve = fit(observed(*[(NeighborFeatures(-40, 20), True)] * RECENT_OBSERVATIONS, *before), PRIOR)

    assert curve.drift == 0.0


def test_checked_hits_that_are_wrong_more_often_than_expected_raise_every_risk() -> None:
    seen = traffic(500, 2.0, 1.3)
    checked = observed(*[(NeighborFeatures(0, 60), i % 4 != 0) for i in range(100)], would_serve=True)

    curve = fit(merged(observed(*seen), checked, keep=1024), PRIOR)

    assert 1.5 < curve.factor <= MAX_FACTOR


def test_a_caller_who_floods_the_cache_hardly_moves_the_curve_of_the_others() -> None:
    honest = [o._replace(caller=i % 6) for i, o in enumerate(observed(*traffic(600, 1.0, 1.0)))]
    flood = observed(*[(NeighborFeatures(-60, 10), True)] * 400, caller=99)
    features = NeighborFeatures(-60, 10)

    without, with_flood, believed = (
        fit(honest, PRIOR, capped=True).expected(features),
        fit([*honest, *flood], PRIOR, capped=True).expected(features),
        fit([*honest, *flood], PRIOR).expected(features),
    )

    assert believed < with_flood < without
    assert with_flood > without / 3


def _raise(curve: RiskModel) -> float:
    features = NeighborFeatures(0, 40)
    return curve.risk(features) / curve.expected(features) - 1
