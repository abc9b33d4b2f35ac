"""A look at the neighbors: the hard limits hold whatever else is so, agreement speaks for, disagreement against."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.evidence.embedding_space import USE_MULTILINGUAL, Prior, space_of_model
from aicache.evidence.neighbor import Neighbor
from aicache.evidence.neighbor_features import MIN_BACKERS, NeighborFeatures, pick_candidate

SPACE = USE_MULTILINGUAL
SEEN = st.lists(
    st.builds(
        Neighbor,
        key=st.text("abcdef", min_size=1, max_size=3),
        similarity=st.floats(-1.0, 1.0),
        group=st.sampled_from(["g", "h", "i"]),
        refused=st.sampled_from([None, "guard:numbers"]),
        raised=st.floats(0.0, 1.0),
    ),
    max_size=8,
    unique_by=lambda s: s.key,
)


def look(*seen: tuple[float, str]) -> NeighborFeatures:
    found = pick_candidate(
        [Neighbor(str(i), similarity, group=group) for i, (similarity, group) in enumerate(seen)], SPACE
    )
    assert found is not None
    return found.features


@given(SEEN)
def test_the_hard_limits_are_never_passed(seen: list[Neighbor]) -> None:
    found = pick_candidate(seen, SPACE)

    if found is not None:
        backers = sum(s.group == found.group for s in seen)
        assert found.similarity >= (SPACE.min_backed_similarity if backers >= MIN_BACKERS else SPACE.min_similarity)


@given(SEEN)
def test_a_refused_neighbor_never_answers(seen: list[Neighbor]) -> None:
    found = pick_candidate(seen, SPACE)

    assert found is None or found.key in {s.key for s in seen if not s.refused}


def test_the_nearest_is_the_candidate_and_ties_go_to_the_smaller_key() -> None:
    found = pick_candidate(
        [Neighbor("c", 0.9, group="c"), Neighbor("b", 0.95, group="b"), Neighbor("a", 0.95, group="a")], SPACE
    )

    assert found is not None
    assert found.key == "a"


@pytest.mark.parametrize("similarity", [math.nan, math.inf, -math.inf, 1.5, -2.0])
def test_a_similarity_that_no_cosine_can_have_is_no_neighbor(similarity: float) -> None:
    assert pick_candidate([Neighbor("a", similarity, group="a")], SPACE) is None


def test_a_lone_neighbor_needs_more_than_one_whose_answer_others_share() -> None:
    seen = [Neighbor(str(i), 0.7, group="g") for i in range(MIN_BACKERS)]

    assert pick_candidate(seen, SPACE) is not None
    assert pick_candidate(seen[1:], SPACE) is None


def test_what_is_nearer_is_closer() -> None:
    assert look((0.97, "a")).closeness == 0
    assert look((0.99, "a")).closeness > 0 > look((0.9, "a")).closeness


def test_neighbors_of_the_same_answer_speak_for_it_and_others_against() -> None:
    alone = look((0.9, "a"))

    assert look((0.9, "a"), (0.89, "a")).margin > alone.margin > look((0.9, "a"), (0.89, "b")).margin


def test_a_refused_neighbor_does_not_answer_but_speaks_for_its_answer_all_the_same() -> None:
    """Guards judge by the questions' words; that two answers are the same was seen."""
    found = pick_candidate(
        [Neighbor("a", 0.9, group="g"), Neighbor("b", 0.91, group="g", refused="guard:numbers")], SPACE
    )

    assert found is not None
    assert found.key == "a"
    assert found.features.margin > look((0.9, "g")).margin


def test_a_raised_bar_takes_from_the_similarity_what_it_is_of_the_models_scale() -> None:
    found = pick_candidate([Neighbor("a", 0.97, group="a", raised=0.5)], SPACE)

    assert found is not None
    assert found.similarity == pytest.approx(0.955)
    assert found.features.closeness < 0
    assert pick_candidate([Neighbor("a", 0.755, group="a", raised=0.5)], SPACE) is None


def test_an_unknown_model_has_narrow_limits_by_its_own_threshold() -> None:
    space = space_of_model("somebody's-embedding", 0.95)

    assert space.min_similarity == pytest.approx(0.85)
    assert space.min_backed_similarity == pytest.approx(0.75)
    assert space_of_model("use-multilingual-3", 0.9) is USE_MULTILINGUAL


@pytest.mark.parametrize("doubt", [(0.1, 0.5, 0.5), (2.0, 0.5, 0.0)])
def test_a_prior_that_claims_to_know_is_refused(doubt: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="deviation"):
        replace(Prior(), std_dev=doubt)
