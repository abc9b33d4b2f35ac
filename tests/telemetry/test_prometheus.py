"""Metrics, as Prometheus's own parser reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from aicache.domain.events import Judged
from aicache.domain.judging import JudgeOpinion, JudgeOutcome
from aicache.telemetry.counters import Counters
from aicache.telemetry.health import DependencyHealth, Health
from aicache.telemetry.prometheus import CONTENT_TYPE, Metrics
from telemetry.reports import KIND, a_hit, a_near_hit, a_refused_miss, a_report, an_entry, checked, finished

HEALTH = Health(
    parts=(
        DependencyHealth("exact store", "redis://there", False, 0, None),
        DependencyHealth("embedder", None, True, 7, "broken"),
    ),
    queues={"stores": 3, "comparisons": 0},
    policy="guarded",
    threshold=0.92,
    max_error=0.01,
    audit=0.0,
    shadow=False,
)


def samples(metrics: Metrics) -> Mapping[tuple[str, frozenset[tuple[str, str]]], float]:
    families = text_string_to_metric_families(metrics.text().decode())
    return {(each.name, frozenset(each.labels.items())): each.value for family in families for each in family.samples}


class Scraped:
    def __init__(self, health: Health | None = HEALTH, dropped: int = 0) -> None:
        prices = {"gpt-4o": 250_000_000}
        self.counts = Counters(lambda model, prompt, completion, *, cached=0: prices.get(model))
        self.metrics = Metrics(self.counts, lambda: health, lambda: dropped)

    def value(self, name: str, **labels: str) -> float:
        return samples(self.metrics)[f"aicache_{name}", frozenset(labels.items())]


@pytest.fixture
def scraped() -> Scraped:
    return Scraped()


def test_before_any_request_it_can_be_scraped_already(scraped: Scraped) -> None:
    assert scraped.value("part_in_use", part="exact store") == 1
    assert CONTENT_TYPE.startswith("text/plain")


def test_before_the_cache_has_started_there_are_no_parts() -> None:
    assert not any("part" in name for name, _ in samples(Scraped(health=None).metrics))


def test_hits_are_there_by_tier_api_and_model(scraped: Scraped) -> None:
    scraped.counts.decided(a_hit())
    scraped.counts.decided(a_near_hit())
    scraped.counts.decided(a_near_hit())

    assert scraped.value("hits_total", tier="exact", api="chat", model="gpt-4o") == 1
    assert scraped.value("hits_total", tier="semantic", api="chat", model="gpt-4o") == 2
    assert scraped.value("requests_total", outcome="hit", api="chat") == 3


def test_savings_bytes_and_time(scraped: Scraped) -> None:
    entry = an_entry(prompt_tokens=100, completion_tokens=40, took=2.5)
    scraped.counts.decided(a_hit(entry, seconds=0.5))
    scraped.counts.finished(finished(size=700))

    assert scraped.value("tokens_saved_total", kind="prompt", model="gpt-4o") == 100
    assert scraped.value("tokens_saved_total", kind="completion", model="gpt-4o") == 40
    assert scraped.value("money_saved_usd_total", model="gpt-4o") == 0.25
    assert scraped.value("time_saved_seconds_total") == pytest.approx(2.0)
    assert scraped.value("answered_bytes_total", source="cache") == len(entry.body)
    assert scraped.value("answered_bytes_total", source="upstream") == 700


def test_times_are_histograms_with_seconds_as_their_bounds(scraped: Scraped) -> None:
    scraped.counts.decided(a_report(seconds=0.004))
    scraped.counts.finished(finished(seconds=1.4))

    assert scraped.value("lookup_seconds_bucket", outcome="miss", le="0.003") == 0
    assert scraped.value("lookup_seconds_bucket", outcome="miss", le="0.005") == 1
    assert scraped.value("lookup_seconds_count", outcome="miss") == 1
    assert scraped.value("step_seconds_count", step="exact store") == 1
    assert scraped.value("upstream_seconds_sum", api="chat") == pytest.approx(1.4)
    assert scraped.value("upstream_seconds_bucket", api="chat", le="+Inf") == 1


def test_misses_guards_and_failures(scraped: Scraped) -> None:
    scraped.counts.decided(a_refused_miss("guard:numbers"))
    scraped.counts.decided(a_report("miss", reason="store-error: vector index: broken"))

    assert scraped.value("misses_total", reason="guard:numbers", api="chat") == 1
    assert scraped.value("guard_refusals_total", guard="numbers") == 1
    assert scraped.value("store_errors_total", part="vector index") == 1
    assert scraped.value("breaker_open", part="embedder") == 1
    assert scraped.value("breaker_open", part="exact store") == 0
    assert scraped.value("part_failures_total", part="embedder") == 7
    assert scraped.value("background_tasks", queue="stores") == 3


def test_checks_and_the_bound_that_follows_from_them(scraped: Scraped) -> None:
    scraped.counts.decided(a_near_hit(trace=replace(a_near_hit().trace, error_bound=0.02)))
    scraped.counts.checked(checked("wrong", error_bound=0.04, serving_level="frozen"))

    assert scraped.value("judged_total", verdict="wrong", source="audit", served="yes") == 1
    assert scraped.value("error_bound", kind=KIND[:8], model="gpt-4o") == 0.04
    assert scraped.value("restricted", kind=KIND[:8], model="gpt-4o") == 1


def test_what_a_caller_calls_a_model_cannot_break_the_page(scraped: Scraped) -> None:
    name = 'x"} 1\naicache_hits_total{tier="\\'
    scraped.counts.decided(a_hit(model=name))

    assert scraped.value("hits_total", tier="exact", api="chat", model=name) == 1


def test_lines_that_the_log_lost_are_told() -> None:
    assert Scraped(dropped=4).value("log_dropped_total") == 4


def test_a_judge_models_questions_and_hits(scraped: Scraped) -> None:
    scraped.counts.judged(Judged("judge-1", JudgeOpinion(JudgeOutcome.LATE), 0.8))
    scraped.counts.judged(Judged("judge-1", JudgeOpinion(JudgeOutcome.YES, remembered=True)))
    scraped.counts.decided(replace(a_near_hit(), judged=True))

    assert scraped.value("judge_questions_total", outcome="late", remembered="no") == 1
    assert scraped.value("judge_questions_total", outcome="yes", remembered="yes") == 1
    assert scraped.value("judge_seconds_count") == 1
    assert scraped.value("judge_hits_total", model="gpt-4o") == 1
