"""Figures of several processes: their sum is what one process would have counted."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import msgspec
import pytest

from aicache.domain.events import Judged
from aicache.domain.judging import JudgeOpinion, JudgeOutcome
from aicache.telemetry.counters import MAX_MODELS, Counters
from aicache.telemetry.figures import Figures, add_counters, add_up, pack, pack_alone, pack_counters
from aicache.telemetry.health import DependencyHealth, Health
from aicache.telemetry.prometheus import Metrics
from aicache.telemetry.timeline import Timeline
from aicache.telemetry.top_questions import TopQuestions
from telemetry.reports import NOW, a_hit, a_near_hit, a_refused_miss, a_report, an_entry, checked, finished


def cost(model: str, prompt: int, completion: int, *, cached: int = 0) -> int | None:
    return 250_000_000 if model == "gpt-4o" else None


def health(failing: bool = False, failures: int = 0, stores: int = 1) -> Health:
    parts = (DependencyHealth("exact store", "redis://there", failing, failures, "broken" if failing else None),)
    return Health(parts, {"stores": stores}, "guarded", 0.92, 0.01, 0.0, False)


class Process:
    """One process's watchers."""

    def __init__(self, now: float = NOW) -> None:
        self.timeline, self.questions = Timeline(cost, lambda: now), TopQuestions()
        self.counters = Counters(cost)
        self.questions.keep_texts(True)

    def sees(self, *events: Any) -> Process:
        for event in events:
            for watcher in (self.counters, self.timeline, self.questions):
                if method := getattr(watcher, type(event).__name__.lower(), None):
                    method(event)
        return self

    def figures(self, health: Health | None = None, dropped: int = 0) -> Figures:
        return Figures(self.counters, self.timeline, self.questions, health, dropped)


HERE = [a_hit(), a_near_hit(), a_report(), finished(), checked(), a_hit(an_entry("rare"), model="own")]
THERE = [
    *(
        a_near_hit(0.99),
        a_refused_miss(),
        finished(status=503, why_not="status 503"),
        a_report("bypass", reason="path"),
    ),
    *(checked("wrong", error_bound=0.2, serving_level="frozen"), a_hit(reason="same-words", is_stale=True)),
    Judged("judge-1", JudgeOpinion(JudgeOutcome.YES), 0.8, 100, 10),
]


def added(*processes: Process, now: float = NOW) -> Figures:
    return add_up(cost, [pack(each.figures()) for each in processes], Timeline(cost, lambda: now))


def test_the_sum_is_what_one_process_would_have_counted() -> None:
    alone = Process().sees(*HERE, *THERE)

    total = added(Process().sees(*HERE), Process().sees(*THERE))

    assert Metrics.of(total).text() == Metrics.of(alone.figures()).text()
    assert total.timeline.points(300) == alone.timeline.points(300)
    assert sorted(map(str, total.top_questions.most_asked(9))) == sorted(map(str, alone.questions.most_asked(9)))
    assert pack_counters(total.counters) == pack_counters(alone.counters)


def test_a_successor_goes_on_counting() -> None:
    before, after = Process().sees(*HERE), Counters(cost)

    add_counters(after, pack_counters(before.counters))
    for _ in range(2):
        after.decided(a_hit())

    assert after.outcomes["hit", "chat"] == before.counters.outcomes["hit", "chat"] + 2


def test_a_successor_admits_no_more_names_than_one_process() -> None:
    before, after = Counters(cost), Counters(cost)
    for number in range(MAX_MODELS + 5):
        before.decided(a_hit(model=f"model-{number}"))

    add_counters(after, pack_counters(before))
    after.admit_names()
    after.decided(a_hit(model="one-more"))
    after.decided(a_hit(model="model-0"))

    assert {model for _, _, model in after.hits} == {model for _, _, model in before.hits}
    assert after.hits["exact", "chat", "model-0"] == 2


def test_counts_stand_in_for_a_process_that_does_not_answer() -> None:
    gone = Process().sees(*THERE)

    total = add_up(
        cost, [pack(Process().sees(*HERE).figures()), pack_alone(pack_counters(gone.counters))], Timeline(cost)
    )

    alone = Process().sees(*HERE, *THERE)
    assert Metrics.of(total).text() == Metrics.of(alone.figures()).text()


def test_of_a_state_the_worse_counts() -> None:
    states = [health(failures=2), health(failing=True, failures=3, stores=4), None]

    total = add_up(cost, [pack(Process().figures(each, dropped=2)) for each in states], Timeline(cost))

    assert total.health is not None
    assert asdict(total.health.parts[0]) == {
        "name": "exact store",
        "what": "redis://there",
        "failing": True,
        "failures": 5,
        "last_failure": "broken",
    }
    assert total.health.queues == {"stores": 5}
    assert total.log_dropped == 6


def test_an_hour_that_is_over_is_not_in_the_sum() -> None:
    later = NOW + 3600

    total = added(Process(later).sees(a_report()), Process(NOW).sees(a_report(), a_report()), now=later)

    assert total.timeline.points(3600)["total"]["miss"] == 1


@pytest.mark.parametrize("packed", [b"", b"\xc1", msgspec.msgpack.encode({"outcomes": []})])
def test_counts_of_another_version_are_refused(packed: bytes) -> None:
    counters = Counters(cost)

    with pytest.raises(ValueError, match="another version"):
        add_counters(counters, packed)

    assert pack_counters(counters) == pack_counters(Counters(cost))
