"""What the dashboard shows, as plain values for JSON. It reads what is counted, and asks nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from aicache.maintenance import Brief
from aicache.telemetry.counters import SIMILARITIES, Counts
from aicache.telemetry.labels import OTHER
from aicache.telemetry.observability import Desk
from aicache.telemetry.summary import TOP, by_first, judged, since_start
from aicache.telemetry.top_questions import Asked


def overview(desk: Desk, window: int) -> dict[str, Any]:
    """Return all of it but the entries; *window* is one of `live.WINDOWS`."""
    counts, health = desk.counts, desk.health()
    return {
        "live": desk.live.points(window),
        "since": since_start(counts),
        "misses": _ranked(by_first(counts.misses)),
        "header_misses": _ranked(counts.header_misses),
        "bypasses": _ranked(by_first(counts.bypasses)),
        "not_stored": _ranked(counts.not_stored),
        "guards": _ranked(counts.refusals),
        "similarity": {
            "bounds": SIMILARITIES,
            **{outcome: histogram.counts[:-1] for outcome, histogram in counts.similarities.items()},
        },
        "steps": [
            {"name": name, "count": steps.count, "p50": steps.quantile(0.5), "p95": steps.quantile(0.95)}
            for name, steps in counts.steps.items()
        ],
        "models": _models(counts),
        "judged": judged(counts),
        "error_bound": max((kind.error_bound for kind in counts.kinds.values()), default=None),
        "kinds": [{"name": name, **asdict(kind)} for name, kind in counts.kinds.items()],
        "top": [_top(key, asked) for key, asked in desk.top.first(TOP)],
        "texts": desk.config.log.text,
        "enabled": desk.config.enabled,
        "health": None if health is None else asdict(health),
        "log_dropped": desk.log_dropped,
    }


def entry_row(entry: Brief, similarity: float | None = None) -> dict[str, Any]:
    found = asdict(entry) | {"pinned": entry.pinned, "similarity": similarity}
    if entry.question is not None:
        found["question"] = entry.question[:500]
    return found


def _models(counts: Counts) -> list[dict[str, Any]]:
    """Tell of each model, the one with the most hits first."""
    hits: Counter[str] = Counter()
    upstream: Counter[str] = Counter()
    for (_, _, model), count in counts.hits.items():
        hits[model] += count
    for (_, model, _), count in counts.responses.items():
        upstream[model] += count
    rows = [
        {
            "model": model,
            "hits": hits[model],
            "upstream": upstream[model],
            "stored": counts.stored[model],
            "tokens": counts.prompt_tokens[model] + counts.completion_tokens[model],
            "money": counts.money.get(model),
        }
        for model in {*hits, *upstream}
    ]
    return sorted(rows, key=lambda row: (row["model"] == OTHER, -int(str(row["hits"])), str(row["model"])))


def _top(key: str, asked: Asked) -> dict[str, Any]:
    return {"key": key, **asdict(asked)}


def _ranked(counted: Counter[str]) -> list[list[Any]]:
    ranked: Iterable[tuple[str, int]] = counted.most_common()
    return [[name, count] for name, count in ranked]
