"""`scripts/bench soak`: what a long load asks, what is seen of it, and when its verdict is bad."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

import pytest

from benchmarks import questions, soak_report
from benchmarks.client import Connection, run_workload
from benchmarks.client import Workload as ClientWorkload
from benchmarks.mixed_load import MIX, Kind, RequestResult, Workload
from benchmarks.mixed_load import run_workload as run_mixed_workload
from benchmarks.soak_report import MB, Sample
from benchmarks.upstream import reply
from demo.answers import Reply
from demo.upstream import StandIn

SECONDS = 1200.0


def held(at: Sequence[float]) -> list[Sample]:
    """Samples of these megabytes, evenly over the time."""
    return [Sample(n * SECONDS / len(at), round(mb * MB / 2), round(mb * MB)) for n, mb in enumerate(at)]


def answers(kind: Kind, cache: str, count: int = 20, status: int = 200) -> list[RequestResult]:
    return [RequestResult(kind, n * SECONDS / count, 0.001 * (n + 1), status, cache) for n in range(count)]


GOOD = [
    *answers(Kind.EXACT, "hit"),
    *answers(Kind.SEMANTIC, "hit"),
    *answers(Kind.MISS, "miss"),
    *answers(Kind.STREAM, "miss"),
]


def test_memory_that_a_cache_fills_at_first_is_flat() -> None:
    filling = [100.0 + n for n in range(100)] + [200.0] * 100

    assert soak_report.memory_trend(held(filling), SECONDS) == (0.0, 0.0)
    assert soak_report.find_problems(GOOD, held(filling), SECONDS, "") == []


def test_memory_that_grows_to_the_end_is_no_flat_memory() -> None:
    noise = random.Random(1)
    growing = [200 + n / 10 + noise.uniform(-3, 3) for n in range(200)]

    per_hour, share = soak_report.memory_trend(held(growing), SECONDS)

    assert per_hour == pytest.approx(60, rel=0.1)  # 20 MB in 20 minutes
    assert share == pytest.approx(10 / 215, rel=0.1)
    [found] = soak_report.find_problems(GOOD, held(growing), SECONDS, "")
    assert found.startswith("the memory grew by")


def test_peaks_are_no_growth() -> None:
    peaks = [200.0 + (500.0 if n % 10 == 9 else 0.0) for n in range(100)] + [900.0] * 3

    assert soak_report.memory_trend(held(peaks), SECONDS)[1] < soak_report.MAX_GROWTH_SHARE


def test_what_is_tidied_up_now_and_then_is_no_growth_unless_more_is_left_each_time() -> None:
    teeth = [200 + (n % 40) for n in range(195)]  # it ends on a tooth's height

    assert abs(soak_report.memory_trend(held(teeth), SECONDS)[1]) < soak_report.MAX_GROWTH_SHARE
    assert (
        soak_report.memory_trend(held([mb + n / 10 for n, mb in enumerate(teeth)]), SECONDS)[1]
        > soak_report.MAX_GROWTH_SHARE
    )


def test_the_slope_of_no_points_is_none() -> None:
    assert soak_report.theil_sen_slope([]) == soak_report.theil_sen_slope([(1.0, 5.0)]) == 0.0
    assert soak_report.theil_sen_slope([(2.0, 6.0), (0.0, 2.0), (1.0, 4.0)]) == 2.0


@pytest.mark.parametrize(
    ("more", "log", "says"),
    [
        (answers(Kind.MISS, "miss", 3, status=502), "", "3 of 83 requests failed"),
        (answers(Kind.EXACT, "miss", 10), "", "only 66.7% of exact requests were a hit"),
        (answers(Kind.MISS, "hit", 20), "", "only 50.0% of miss requests were a miss"),
        ([], "error: one\nerror: two\n", "lines in the log, of which it should have none: 2"),
    ],
)
def test_what_is_wrong_is_said(more: list[RequestResult], log: str, says: str) -> None:
    [found] = soak_report.find_problems(GOOD + more, held([200.0] * 20), SECONDS, log)

    assert says in found


def test_tables_have_a_line_for_each_part_of_the_time_and_each_kind() -> None:
    by_time = soak_report.table_by_time(GOOD, held([200.0] * 20), SECONDS).splitlines()
    by_kind = soak_report.table_by_kind(GOOD + answers(Kind.EXACT, "", 20)).splitlines()

    assert len(by_time) == 1 + soak_report.TIME_PARTS
    assert by_time[-1].split() == ["1200", "8", "0", "19.00", "20.00", "100.0", "200.0"]
    assert by_kind[1].split() == ["exact", "40", "0", "10.00", "20.00", "50.0%", "0.0%", "50.0%"]


def test_a_part_in_which_nothing_was_asked_is_no_mistake() -> None:
    assert soak_report.table_by_time(GOOD[:1], [], SECONDS).splitlines()[5].split() == ["600", "0", "0"]


async def test_the_client_sees_when_a_stream_begins_and_when_it_ends() -> None:
    def paced(_: object) -> Reply:
        return Reply(("a b c d",), first_token=0.1, per_token=0.05, headers={"x-cache-status": "miss"})

    async with StandIn(paced) as upstream:
        port = int(upstream.url.rpartition(":")[2])
        order = ClientWorkload(port, [['{"stream": true}'] * 2, ['{"stream": true}']])
        seen = await run_workload(order)

    assert [(each.status, each.cache) for each in seen] == [(200, "miss")] * 3
    assert all(each.first >= 0.1 for each in seen)
    assert all(each.end - each.first >= 0.3 for each in seen)  # seven events, and a pause after each


async def test_the_client_sees_failures_and_goes_on() -> None:
    replies = [Reply(("a",), ends="reset", ends_after=1), Reply(status=503, body=b"{}"), Reply(("a",))]

    async with StandIn(lambda _: replies.pop(0)) as upstream:
        connection = Connection(int(upstream.url.rpartition(":")[2]))
        seen = [await connection.ask('{"stream": true}') for _ in range(3)]
        connection.close()

    assert [each.status for each in seen] == [0, 503, 200]


async def test_a_mixed_load_keeps_its_rate_and_its_mix() -> None:
    async with StandIn(reply) as upstream:
        port = int(upstream.url.rpartition(":")[2])
        answered = await run_mixed_workload(Workload(port, 2.0, 50, 8, entries=10, first=0, misses=5))
        asked = list(upstream.requests)

    assert len(answered) == 100
    assert all(each.status == 200 for each in answered)
    assert Counter(each.kind for each in answered) == {kind: 5 * share for kind, share in MIX.items()}
    short = [request for request in asked if "x-ai-cache-ttl" in request.headers]
    assert len(short) == 5 * (MIX[Kind.MISS] + MIX[Kind.STREAM])
    assert len({request.question for request in short}) == 5


def test_questions_are_different_and_their_other_wordings_too() -> None:
    stored, reworded, new = questions.stored(10_000), questions.reworded(1000), questions.new(50, 20_000)

    assert len(set(stored)) == 10_000
    assert len(set(reworded)) == len(reworded) == 10 * 1000
    assert not set(stored) & set(reworded)
    assert len(set(new)) == 20_000
    assert questions.new(60, 5) == new[10:15]
