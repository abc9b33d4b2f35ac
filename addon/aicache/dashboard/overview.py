"""The dashboard's overview as plain values for JSON, from counters alone: it contacts no backend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from aicache.config import Config
from aicache.maintenance import EntrySummary
from aicache.telemetry.counters import SIMILARITY_BOUNDS, Counters
from aicache.telemetry.figures import Figures
from aicache.telemetry.labels import OTHER
from aicache.telemetry.summary import MAX_ROWS, collect_totals, judge_totals, sum_by_first_label, verdict_counts
from aicache.telemetry.top_questions import QuestionCount


def overview(figures: Figures, config: Config, window: int) -> dict[str, Any]:
    """Return everything but the entries; *window* is one of `timeline.STEPS_BY_WINDOW_S`."""
    counters, health = figures.counters, figures.health
    return {
        "live": figures.timeline.points(window),
        "since": collect_totals(counters),
        "misses": _ranked(sum_by_first_label(counters.misses)),
        "header_misses": _ranked(counters.header_misses),
        "bypasses": _ranked(sum_by_first_label(counters.bypasses)),
        "not_stored": _ranked(counters.not_stored),
        "guards": _ranked(counters.refusals),
        "similarity": {
            "bounds": SIMILARITY_BOUNDS,
            **{outcome: histogram.counts[:-1] for outcome, histogram in counters.similarities.items()},
        },
        "steps": [
            {"name": name, "count": steps.count, "p50": steps.quantile(0.5), "p95": steps.quantile(0.95)}
            for name, steps in counters.steps.items()
        ],
        "models": _models(counters),
        "judged": verdict_counts(counters),
        "judge": judge_totals(counters),
        "error_bound": max((segment.error_bound for segment in counters.segments.values()), default=None),
        "kinds": [{"name": name, **asdict(segment)} for name, segment in counters.segments.items()],
        "top": [_top(key, count) for key, count in figures.top_questions.most_asked(MAX_ROWS)],
        "texts": config.log.text,
        "enabled": config.enabled,
        "health": None if health is None else asdict(health),
        "log_dropped": figures.log_dropped,
    }


def entry_row(entry: EntrySummary, similarity: float | None = None) -> dict[str, Any]:
    found = asdict(entry) | {"pinned": entry.pinned, "similarity": similarity}
    if entry.question is not None:
        found["question"] = entry.question[:500]
    return found


def _models(counters: Counters) -> list[dict[str, Any]]:
    """Return a row per model, the one with the most hits first."""
    hits: Counter[str] = Counter()
    upstream: Counter[str] = Counter()
    for (_, _, model), count in counters.hits.items():
        hits[model] += count
    for (_, model, _), count in counters.responses.items():
        upstream[model] += count
    rows = [
        {
            "model": model,
            "hits": hits[model],
            "upstream": upstream[model],
            "stored": counters.stored[model],
            "tokens": counters.prompt_tokens[model] + counters.completion_tokens[model],
            "money": counters.money.get(model),
        }
        for model in {*hits, *upstream}
    ]
    return sorted(rows, key=lambda row: (row["model"] == OTHER, -int(str(row["hits"])), str(row["model"])))


def _top(key: str, count: QuestionCount) -> dict[str, Any]:
    return {"key": key, **asdict(count)}


def _ranked(counted: Counter[str]) -> list[list[Any]]:
    ranked: Iterable[tuple[str, int]] = counted.most_common()
    return [[name, count] for name, count in ranked]
