"""Nothing is shortened, when a clock has jumped, to less than it is kept for."""

from __future__ import annotations

import pytest

from aicache.engine.refilling import DONE_PREFIX, MODEL_BLOB, NOTED_S
from aicache.engine.traffic_segments import SEGMENT_TTL_S
from aicache.runtime.ttl_limits import max_ttl
from aicache.telemetry.savings_store import MONTHS

WEEK_S, DAY_S = 7 * 86400.0, 86400.0


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("e:a1", WEEK_S + DAY_S, WEEK_S + DAY_S),
        ("a:a1", WEEK_S, WEEK_S),
        ("n:a1", WEEK_S, SEGMENT_TTL_S),
        ("c:a1", SEGMENT_TTL_S, SEGMENT_TTL_S),
        ("c:savings/2026-11/a1", MONTHS * 31 * DAY_S, (MONTHS + 1) * 31 * DAY_S),
        (f"n:{MODEL_BLOB}", NOTED_S, NOTED_S),
        (f"n:{DONE_PREFIX}a1", NOTED_S, NOTED_S),
    ],
)
def test_the_longest_life_of_what_is_stored(name: str, least: float, most: float) -> None:
    assert least <= max_ttl(name, WEEK_S, kept=DAY_S) <= most
