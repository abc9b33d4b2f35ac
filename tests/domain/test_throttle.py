"""One event in an interval."""

from __future__ import annotations

from aicache.domain.throttle import Throttle


def test_the_first_event_is_allowed_whatever_the_clock_says() -> None:
    assert Throttle().allow(-1e9)


def test_one_event_is_allowed_in_an_interval() -> None:
    throttle = Throttle(60.0)

    assert [now for now in range(0, 200, 20) if throttle.allow(now)] == [0, 60, 120, 180]
