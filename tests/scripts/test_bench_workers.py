"""The table of `scripts/bench workers`."""

from __future__ import annotations

from benchmarks.workers import Result, table


def result(capacity: float, busiest: str = "worker") -> Result:
    return Result(400.0, capacity, busiest, {"worker": 2.0, "encoder": 0.8}, 0.3, 1.0)


def test_workers_are_compared_with_one_process_of_the_same_round() -> None:
    one, two = [result(400), result(200), result(300)], [result(800), result(300, "encoder"), result(540)]

    lines = table({("misses", "one"): one, ("misses", "two"): two}, ["one", "two"]).splitlines()

    assert lines[0].split("  ")[-1].strip() == "busiest"
    assert lines[1].split()[-3:] == ["300", "1.00", "worker"]
    assert lines[2].split()[-3:] == ["540", "1.80", "worker"]
    assert "2.00" in lines[2]
