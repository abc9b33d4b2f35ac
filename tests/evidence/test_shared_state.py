"""What proxies share of a kind: merged in any order it is the same, and the stricter standing goes first."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.evidence.error_bound import ServingLevel
from aicache.evidence.observations import MAX_PER_MODEL, Observation
from aicache.evidence.shared_state import MAX_PER_CALLER, VERSION, SharedState, pack, unpack

OBSERVATIONS = st.builds(
    Observation,
    at=st.integers(0, 50),
    nonce=st.integers(0, 9),
    closeness=st.integers(-127, 127),
    margin=st.integers(-127, 127),
    right=st.booleans(),
    would_serve=st.booleans(),
    caller=st.integers(0, 3),
)
SHARED = st.builds(
    SharedState, st.integers(0, 3), st.sampled_from(ServingLevel), st.sets(OBSERVATIONS, max_size=6).map(sorted)
)
SHARED = SHARED.map(lambda s: s.merged(SharedState()))  # newest first, as any is that was merged


@given(SHARED, SHARED, SHARED)
def test_merging_does_not_depend_on_the_order(a: SharedState, b: SharedState, c: SharedState) -> None:
    assert a.merged(b) == b.merged(a)
    assert a.merged(b).merged(c) == a.merged(b.merged(c))
    assert a.merged(b).merged(b) == a.merged(b)


def test_a_later_generation_goes_first_and_of_one_the_stricter_standing() -> None:
    off, learned = SharedState(2, ServingLevel.OFF), SharedState(3, ServingLevel.LEARNED)

    assert off.merged(learned).serving_level is ServingLevel.LEARNED
    assert off.merged(SharedState(2, ServingLevel.FROZEN)).serving_level is ServingLevel.OFF


def test_one_caller_has_a_part_of_the_room_at_most() -> None:
    flood = tuple(Observation(i, i, 0, 0, True, False, 7) for i in range(MAX_PER_MODEL))

    assert len(SharedState().merged(SharedState(observations=flood), capped=True).observations) == MAX_PER_CALLER
    assert len(SharedState().merged(SharedState(observations=flood)).observations) == MAX_PER_MODEL


@given(SHARED)
def test_what_was_packed_is_unpacked(shared: SharedState) -> None:
    assert unpack(pack(shared), now=100.0) == shared


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"secret",
        pack(SharedState())[:-1],
        msgspec.msgpack.encode((VERSION + 1, 0, "learned", b"\x90")),
        msgspec.msgpack.encode((VERSION, -1, "learned", b"\x90")),
        msgspec.msgpack.encode((VERSION, 0, "reckless", b"\x90")),
        msgspec.msgpack.encode((VERSION, 0, "learned", b"")),
    ],
)
def test_other_bytes_are_an_error_that_quotes_nothing(packed: bytes) -> None:
    with pytest.raises(ValueError, match=r"^(not the|not a|evidence in another)") as caught:
        unpack(packed, now=100.0)

    assert "secret" not in str(caught.value)
    assert "reckless" not in str(caught.value)
