"""Observations: the same however they are merged, never most of them one caller's, the same after encoding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.evidence.observations import (
    FULL_WEIGHT_PER_CALLER,
    MAX_CLOCK_SKEW_S,
    Observation,
    decode,
    encode,
    merged,
    weights,
)

OBSERVATIONS = st.builds(
    Observation,
    at=st.integers(0, 50),
    nonce=st.integers(0, 2**32 - 1),
    closeness=st.integers(-127, 127),
    margin=st.integers(-127, 127),
    right=st.booleans(),
    would_serve=st.booleans(),
    caller=st.integers(0, 3),
)
LISTS = st.lists(OBSERVATIONS, max_size=12)


def seen(at: int, caller: int = 0, right: bool = True) -> Observation:
    return Observation(at, at, 0, 0, right, False, caller)


@given(LISTS, LISTS, LISTS)
def test_merging_is_commutative_associative_and_idempotent(
    a: list[Observation], b: list[Observation], c: list[Observation]
) -> None:
    together = merged(a, b, c, keep=8)

    assert together == merged(c, b, a, keep=8)
    assert together == merged(merged(a, b, keep=8), c, keep=8) == merged(a, merged(b, c, keep=8), keep=8)
    assert together == merged(together, a, keep=8)


@given(LISTS, LISTS)
def test_merging_with_a_limit_for_each_caller_does_not_depend_on_who_comes_first(
    a: list[Observation], b: list[Observation]
) -> None:
    assert merged(a, b, keep=8, each=2) == merged(b, a, keep=8, each=2)


def test_the_newest_are_kept() -> None:
    assert [o.at for o in merged([seen(1), seen(4)], [seen(3), seen(2)], keep=2)] == [4, 3]


def test_a_caller_who_floods_does_not_push_out_the_others() -> None:
    flood = [seen(100 + i, caller=9) for i in range(50)]

    kept = merged(flood, [seen(1), seen(2)], keep=8, each=4)

    assert [o.caller for o in kept] == [9, 9, 9, 9, 0, 0]


def test_one_callers_observations_weigh_a_quarter_at_most() -> None:
    flood = [seen(i, caller=9) for i in range(900)]
    others = [seen(i, caller=i % 5) for i in range(300)]

    counted = weights([*flood, *others], capped=True)

    assert sum(counted[:900]) == pytest.approx(sum(counted) / 4)
    assert counted[900:] == [1.0] * 300


def test_a_caller_alone_is_believed_as_far_as_a_newcomer_may_bear() -> None:
    assert sum(weights([seen(i) for i in range(500)], capped=True)) == pytest.approx(FULL_WEIGHT_PER_CALLER)


def test_callers_who_share_nothing_weigh_fully() -> None:
    assert weights([seen(1), seen(2)], capped=False) == [1.0, 1.0]


@given(LISTS)
def test_what_was_encoded_is_decoded(observations: list[Observation]) -> None:
    assert decode(encode(observations), now=100.0) == tuple(observations)


def test_what_is_from_the_future_is_not_read() -> None:
    assert decode(encode([seen(1), seen(200 + MAX_CLOCK_SKEW_S)]), now=199.0) == (seen(1),)


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"\xc1",
        b"secret",
        encode([seen(1)])[:-1],
        encode([Observation(1, 1, 500, 0, True, True, 0)]),
        encode([Observation(-1, 1, 0, 0, True, True, 0)]),
    ],
)
def test_other_bytes_are_an_error_that_quotes_nothing(packed: bytes) -> None:
    with pytest.raises(ValueError, match=r"^not a list of observations$"):
        decode(packed, now=100.0)
