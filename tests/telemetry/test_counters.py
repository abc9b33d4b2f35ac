"""Counters: what was decided, ended and judged since the start, in a place that grows only so far."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicache.domain.digests import digest
from aicache.domain.events import Judged, Spent
from aicache.domain.judging import JudgeOpinion, JudgeOutcome
from aicache.domain.trace import Step, Trace
from aicache.evidence.neighbor import Neighbor
from aicache.telemetry.counters import (
    MAX_HEADERS,
    MAX_MODELS,
    MAX_REASONS,
    MAX_SEGMENTS,
    Counters,
    Segment,
    nearest_similarity,
)
from aicache.telemetry.labels import OTHER
from telemetry.reports import KIND, a_hit, a_near_hit, a_refused_miss, a_report, an_entry, checked, finished


def dollars(model: str, prompt: int, completion: int, *, cached: int = 0) -> int | None:
    """A tenth of a cent a token, and nothing for what the provider had cached."""
    return (prompt - cached + completion) * 1_000_000 if model == "gpt-4o" else None


@pytest.fixture
def counts() -> Counters:
    return Counters(dollars)


def test_hits_are_counted_by_tier_api_and_model(counts: Counters) -> None:
    counts.decided(a_hit())
    counts.decided(a_hit())
    counts.decided(a_near_hit())
    counts.decided(a_hit(api="messages", model="claude"))

    assert counts.hits == {
        ("exact", "chat", "gpt-4o"): 2,
        ("semantic", "chat", "gpt-4o"): 1,
        ("exact", "messages", "claude"): 1,
    }
    assert counts.outcomes == {("hit", "chat"): 3, ("hit", "messages"): 1}


def test_a_hit_saves_its_entrys_tokens_money_and_time(counts: Counters) -> None:
    entry = an_entry(prompt_tokens=100, completion_tokens=50, took=2.0)

    counts.decided(a_hit(entry, seconds=0.5))
    counts.decided(a_hit(entry, seconds=3.0))  # slower than the upstream was: nothing is saved, and nothing lost

    assert counts.prompt_tokens["gpt-4o"] == 200
    assert counts.completion_tokens["gpt-4o"] == 100
    assert counts.money["gpt-4o"] == pytest.approx(0.3)
    assert counts.seconds_saved == pytest.approx(1.5)
    assert counts.bytes_from_cache == 2 * len(entry.body)


def test_what_the_cache_asks_for_itself_is_counted_by_purpose(counts: Counters) -> None:
    for purpose in ("audit", "audit", "comparison"):
        counts.spent(Spent(purpose, "chat", "gpt-4o", 100, 50, 80))  # type: ignore[arg-type]
    counts.spent(Spent("refresh", "chat", "llama", 100, 50))

    assert counts.own_nanos == {"audit": 140_000_000, "comparison": 70_000_000, "refresh": 0}


def test_what_the_provider_had_cached_would_have_cost_less(counts: Counters) -> None:
    counts.decided(a_hit(an_entry(prompt_tokens=100, completion_tokens=50), cached_tokens=80))

    assert counts.nanos["gpt-4o"] == 70_000_000
    assert counts.prompt_tokens["gpt-4o"] == 100


def test_a_model_without_a_price_saves_tokens_and_no_money(counts: Counters) -> None:
    counts.decided(a_hit(model="llama"))

    assert counts.prompt_tokens["llama"] == 1000
    assert "llama" not in counts.money
    assert counts.unpriced == {"llama": 1}


def test_a_batch_of_embeddings_saves_tokens_though_it_has_no_entry(counts: Counters) -> None:
    counts.decided(a_hit(None, tier="embeddings", tokens=(70, 0)))

    assert counts.hits == {("embeddings", "chat", "gpt-4o"): 1}
    assert counts.prompt_tokens["gpt-4o"] == 70
    assert counts.bytes_from_cache == 0


def test_misses_and_bypasses_are_counted_by_reason(counts: Counters) -> None:
    counts.decided(a_report("miss", reason="not-stored"))
    counts.decided(a_report("miss", reason="store-error: embedder: no answer in time"))
    counts.decided(a_report("bypass", reason="skip", api="gemini"))

    assert counts.misses == {("not-stored", "chat"): 1, ("store-error", "chat"): 1}
    assert counts.bypasses == {("skip", "gemini"): 1}
    assert counts.store_errors == {"embedder": 1}


def test_a_guards_refusal_is_counted_also_where_the_next_neighbor_answered(counts: Counters) -> None:
    counts.decided(a_refused_miss("guard:numbers"))
    looked = [
        Neighbor("a", 0.97, "q", "guard:numbers"),
        Neighbor("b", 0.95, "q"),
        Neighbor("c", 0.5, refused="too far"),
    ]
    counts.decided(a_near_hit(trace=Trace([], looked, 0.92)))

    assert counts.refusals == {"numbers": 2}


def test_the_nearest_question_is_counted_by_whether_it_answered(counts: Counters) -> None:
    counts.decided(a_near_hit(0.95))
    counts.decided(a_refused_miss(similarity=0.93))
    counts.decided(a_report("miss"))  # had no neighbor

    assert counts.similarities["hit"].count == 1
    assert counts.similarities["miss"].count == 1
    assert nearest_similarity(a_report("miss")) is None


def test_steps_and_decisions_are_timed(counts: Counters) -> None:
    counts.decided(a_hit(trace=Trace([Step("exact store", 0.002), Step("embedding", 0.01)]), seconds=0.02))

    assert counts.steps["embedding"].total == pytest.approx(0.01)
    assert counts.lookups["hit"].total == pytest.approx(0.02)
    assert counts.lookups["miss"].count == 0


def test_what_went_upstream_is_counted_by_how_it_ended(counts: Counters) -> None:
    counts.decided(a_report())
    counts.finished(finished(entry=an_entry()))
    counts.finished(finished(status=503, why_not="status 503"))
    counts.finished(finished(status=0, why_not="broken off"))

    statuses = {status: count for (_, _, status), count in counts.responses.items()}
    assert statuses == {"2xx": 1, "5xx": 1, "none": 1}
    assert counts.stored == {"gpt-4o": 1}
    assert counts.not_stored == {"status": 1, "broken off": 1}
    assert counts.upstream["chat"].count == 2  # what broke off took no time that says anything


def test_the_bound_that_a_judgment_leaves_is_the_one_that_hits_are_told(counts: Counters) -> None:
    counts.decided(a_near_hit(trace=Trace(error_bound=0.4)))
    before = counts.segments[KIND[:8]].error_bound
    counts.checked(checked("right", error_bound=0.3, serving_level="off"))

    assert before == 0.4
    assert counts.segments == {KIND[:8]: Segment("gpt-4o", 0.3, "off")}


def test_where_nothing_is_checked_there_is_no_bound(counts: Counters) -> None:
    counts.decided(a_near_hit())
    counts.checked(checked("wrong", source="feedback"))

    assert not counts.segments


def test_judgments_are_counted_by_verdict_source_and_whether_they_were_served(counts: Counters) -> None:
    counts.checked(checked("wrong"))
    counts.checked(checked("right", source="miss", would_serve=False))

    assert counts.judgments == {("wrong", "audit", "yes"): 1, ("right", "miss", "no"): 1}


def test_callers_cannot_make_it_grow(counts: Counters) -> None:
    """Models, reasons, guards, steps and kinds that differ with every request."""
    for i in range(500):
        steps = [Step(f"step {i}", 0.001)]
        looked = [Neighbor(str(i), 0.5, refused=f"guard:g{i}")]
        model, segment = f"model-{i}", digest("kind", str(i))
        counts.decided(a_hit(model=model, segment=segment, trace=Trace(steps, looked, error_bound=0.1)))
        counts.decided(a_report("miss", model=model, reason=f"reason-{chr(97 + i % 26) * (i + 1)}"))
        counts.decided(a_report("bypass", model=model, reason=f"because-{chr(97 + i % 26) * (i + 1)}"))
        counts.finished(finished(a_report(model=model), entry=an_entry(), why_not=None))
        counts.checked(checked(segment=segment, error_bound=0.1, serving_level="off"))

    assert len(counts.hits) <= MAX_MODELS + 1
    assert ("exact", "chat", OTHER) in counts.hits
    assert len(counts.prompt_tokens) <= MAX_MODELS + 1
    assert len(counts.responses) <= MAX_MODELS + 1
    assert len(counts.misses) + len(counts.bypasses) + len(counts.refusals) <= MAX_REASONS + 3
    assert len(counts.steps) <= MAX_REASONS + 1
    assert len(counts.unpriced) <= MAX_MODELS + 1
    assert len(counts.segments) == MAX_SEGMENTS


def test_a_model_is_named_once_it_has_answered_and_not_before(counts: Counters) -> None:
    counts.finished(finished(a_report(model="made-up"), status=404))
    counts.finished(finished(a_report(model="there")))

    assert set(counts.responses) == {("chat", OTHER, "4xx"), ("chat", "there", "2xx")}


def test_headers_that_alone_made_a_miss_are_counted_by_name_and_only_so_many(counts: Counters) -> None:
    for i in range(MAX_HEADERS + 5):
        counts.decided(a_report(headers=(f"x-{i}",)))

    assert counts.header_misses["x-0"] == 1
    assert counts.header_misses["other"] == 5
    assert len(counts.header_misses) == MAX_HEADERS + 1


def test_what_a_judge_model_is_asked_is_counted_with_its_price_and_what_it_saved(counts: Counters) -> None:
    yes, again = JudgeOpinion(JudgeOutcome.YES), JudgeOpinion(JudgeOutcome.YES, remembered=True)
    entry = an_entry(prompt_tokens=100, completion_tokens=50)
    counts.judged(Judged("gpt-4o", yes, 0.2, 200, 1))
    counts.judged(Judged("gpt-4o", again))
    counts.judged(Judged("gpt-4o", JudgeOpinion(JudgeOutcome.OVER_BUDGET)))
    counts.decided(replace(a_near_hit(entry=entry), judged=True))
    counts.decided(a_near_hit(entry=entry))

    assert counts.judge_questions == {("yes", "no"): 1, ("yes", "yes"): 1, ("over-budget", "no"): 1}
    assert counts.judge_nanos == 201_000_000
    assert counts.judge_seconds.count == 1
    assert counts.judged_hits == {"gpt-4o": 1}
    assert counts.judged_nanos == 150_000_000
    assert counts.money["gpt-4o"] == pytest.approx(0.3)
