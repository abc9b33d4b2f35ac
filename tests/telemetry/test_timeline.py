"""The last hour: what is shown is what was, by the clock, and what is older is gone."""

from __future__ import annotations

from itertools import pairwise

import pytest

from aicache.telemetry.timeline import SLOT_COUNT, STEPS_BY_WINDOW_S, Timeline
from telemetry.reports import a_hit, a_near_hit, a_report, an_entry, checked, finished

START = 1_900_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def live(clock: Clock) -> Timeline:
    return Timeline(lambda model, prompt, completion, *, cached=0: 10_000_000 if prompt else None, clock)


def test_each_request_is_counted_where_it_belongs(live: Timeline) -> None:
    live.decided(a_hit(an_entry(prompt_tokens=10, completion_tokens=5)))
    live.decided(a_near_hit())
    live.decided(a_hit(tier="embeddings", entry=None))
    live.decided(a_report("miss"))
    live.decided(a_report("bypass"))

    total = live.points(300)["total"]

    assert [total[name] for name in ("exact", "semantic", "embeddings", "legacy", "miss", "bypass")] == [
        1,
        1,
        1,
        0,
        1,
        1,
    ]
    assert total["tokens"] == 15 + 1500
    assert total["money"] == pytest.approx(0.02)


@pytest.mark.parametrize("window", STEPS_BY_WINDOW_S)
def test_a_curve_has_its_points_at_even_steps_up_to_now(live: Timeline, window: int) -> None:
    found = live.points(window)

    times = found["times"]
    assert len(times) == window // STEPS_BY_WINDOW_S[window]
    assert {b - a for a, b in pairwise(times)} == {STEPS_BY_WINDOW_S[window]}
    assert times[-1] <= START < times[-1] + STEPS_BY_WINDOW_S[window]
    assert all(len(series) == len(times) for series in found["series"].values())


def test_what_is_older_than_the_window_is_not_in_it(live: Timeline, clock: Clock) -> None:
    live.decided(a_hit())
    clock.now += 400

    assert live.points(300)["total"]["exact"] == 0
    assert live.points(3600)["total"]["exact"] == 1


def test_a_slot_is_used_again_after_an_hour_and_holds_nothing_of_before(live: Timeline, clock: Clock) -> None:
    for _ in range(3):
        live.decided(a_hit())
    clock.now += 3600
    live.decided(a_hit())

    found = live.points(3600)

    assert found["total"]["exact"] == 1
    assert sum(found["series"]["exact"]) == 1


def test_a_long_time_without_requests_shows_nothing(live: Timeline, clock: Clock) -> None:
    live.decided(a_hit())
    clock.now += 10 * 3600

    found = live.points(3600)

    assert sum(found["series"]["exact"]) == 0
    assert found["total"]["hit_p50"] is None


def test_percentiles_are_of_hits_and_of_whole_upstream_answers(live: Timeline) -> None:
    for seconds in (0.001, 0.002, 0.1):
        live.decided(a_hit(seconds=seconds))
    live.finished(finished(seconds=2.0))
    live.finished(finished(status=0, seconds=50.0))  # broke off

    total = live.points(300)["total"]

    assert total["hit_p50"] == pytest.approx(0.002, rel=0.6)
    assert total["hit_p99"] == pytest.approx(0.1, rel=0.6)
    assert total["upstream_p99"] == pytest.approx(2.0, rel=0.6)


def test_it_has_one_size_however_long_it_runs(live: Timeline, clock: Clock) -> None:
    for _ in range(3 * SLOT_COUNT):
        live.decided(a_hit())
        live.checked(checked())
        clock.now += 10

    assert len(live._slots) == SLOT_COUNT
    assert (
        SLOT_COUNT - 6 <= live.points(3600)["total"]["exact"] <= SLOT_COUNT
    )  # the minute that is not over is one of sixty
