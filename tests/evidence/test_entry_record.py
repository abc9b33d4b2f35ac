"""An entry's own record: wrong answers make it a suspect at once, right ones clear it slowly, one caller cannot."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.evidence.entry_record import MAX_PER_CALLER, EntryRecord, pack, risk, unpack
from aicache.evidence.neighbor_features import NeighborFeatures
from aicache.evidence.observations import MAX_PER_ENTRY, Observation
from aicache.evidence.risk_budget import MAX_RISK
from aicache.evidence.risk_model import RiskModel

CURVE = RiskModel((3.0, 0.5, 1.3), ((0.01, 0.0, 0.0), (0.0, 0.01, 0.0), (0.0, 0.0, 0.01)))
SURE = NeighborFeatures(0, 60)
SIGHTS = st.builds(NeighborFeatures, st.integers(-100, 100), st.integers(-100, 127))


def record(*seen: tuple[NeighborFeatures, bool]) -> EntryRecord:
    return EntryRecord(
        "g", tuple(Observation(100 - i, i, *features, right, False, 0) for i, (features, right) in enumerate(seen))
    )


@given(st.lists(st.tuples(SIGHTS, st.booleans()), max_size=15), SIGHTS, SIGHTS)
def test_a_wrong_answer_never_lowers_the_risk_and_a_right_one_never_raises_it(
    seen: list[tuple[NeighborFeatures, bool]], more: NeighborFeatures, features: NeighborFeatures
) -> None:
    before = risk(CURVE, features, record(*seen))

    assert risk(CURVE, features, record(*seen, (more, False))) >= before - 1e-12
    assert risk(CURVE, features, record(*seen, (more, True))) <= before + 1e-12


@given(st.lists(st.tuples(SIGHTS, st.booleans()), max_size=16), SIGHTS)
def test_no_record_makes_an_entry_safer_than_the_curve_has_it(
    seen: list[tuple[NeighborFeatures, bool]], features: NeighborFeatures
) -> None:
    assert risk(CURVE, features, record(*seen)) >= CURVE.risk(features)


def test_one_wrong_answer_where_the_curve_was_sure_is_enough_not_to_serve() -> None:
    assert risk(CURVE, SURE, record()) < 0.01
    assert risk(CURVE, SURE, record((SURE, False))) > MAX_RISK


def test_right_answers_clear_a_suspect() -> None:
    assert risk(CURVE, SURE, record((SURE, False), *[(SURE, True)] * 8)) < 0.02


def test_one_caller_cannot_clear_what_it_planted() -> None:
    wrong = Observation(1, 1, *SURE, False, False, 5)
    cleared = [Observation(100 + i, i, *SURE, True, False, 66) for i in range(50)]

    planted = EntryRecord("g").with_observations([wrong], capped=True).with_observations(cleared, capped=True)

    assert len(planted.observations) == 1 + MAX_PER_CALLER
    assert risk(CURVE, SURE, planted) > 0.04


def test_only_so_many_observations_are_kept() -> None:
    many = EntryRecord("g").with_observations(Observation(i, i, 0, 0, True, False, 0) for i in range(100))

    assert [o.at for o in many.observations] == list(range(99, 99 - MAX_PER_ENTRY, -1))


def test_what_was_packed_is_unpacked() -> None:
    kept = record((SURE, True), (NeighborFeatures(-3, 4), False))

    assert unpack(pack(kept), now=1000.0) == kept


@pytest.mark.parametrize("packed", [b"", b"secret", pack(record())[:-1]])
def test_other_bytes_are_an_error(packed: bytes) -> None:
    with pytest.raises(ValueError, match=r"^not the record of an entry"):
        unpack(packed, now=1000.0)
