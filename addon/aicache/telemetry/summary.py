"""Figures since the start as lines of text, for the command ``aicache.stats``. It contacts no dependency."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from aicache.domain.pricing import to_usd
from aicache.telemetry.counters import Counters
from aicache.telemetry.observability import Observability
from aicache.telemetry.phrases import format_amount

MAX_REASONS = 5
MAX_ROWS = 20


def summary_lines(observability: Observability) -> list[str]:
    """Return one line per figure, without those that are zero."""
    counters, health = observability.counters, observability.health()
    since = collect_totals(counters)
    tiers: Counter[str] = Counter()
    for (tier, *_), count in counters.hits.items():
        tiers[tier] += count
    lines = [_ratio(since, tiers)]
    if tokens := since["prompt_tokens"] + since["completion_tokens"]:
        money = f", {since['money']:.4f} USD" if since["money"] else ""
        lines.append(f"saved: {format_amount(tokens, since['seconds'])}{money}")
    lines.append(f"answers kept: {since['stored']:,}")
    for title, counted in (
        ("misses", sum_by_first_label(counters.misses)),
        ("bypassed", sum_by_first_label(counters.bypasses)),
        ("not kept", counters.not_stored),
        ("refused by guards", counters.refusals),
        ("compared with fresh answers", Counter(verdict_counts(counters))),
        ("neighbors put to the judge model", sum_by_first_label(counters.judge_questions)),
    ):
        if named := [f"{name} {count:,}" for name, count in counted.most_common(MAX_REASONS) if count]:
            lines.append(f"{title}: {', '.join(named)}")
    for part in health.parts if health is not None else ():
        state = f"failing: {part.last_failure}" if part.failing else "works" if part.what is not None else "not in use"
        lines.append(f"{part.name}: {state}" + (f", {part.failures:,} failures" if part.failures else ""))
    if observability.bypassed:
        lines.append("aicache.bypass is on: every request passes by the cache")
    if not observability.config.enabled:
        lines.append("enabled: false: every request passes by the cache")
    return lines


def _ratio(since: dict[str, Any], tiers: Counter[str]) -> str:
    hits, looked_up = since["hit"], since["hit"] + since["miss"]
    if not looked_up:
        return f"no request was looked up yet, {since['bypass']:,} bypassed"
    each = ", ".join(f"{count:,} {tier}" for tier, count in tiers.most_common())
    share = f"{hits:,} hits of {looked_up:,} requests looked up ({100 * hits / looked_up:.0f} %)"
    return f"{share}{f': {each}' if each else ''}; {since['bypass']:,} bypassed"


def judge_totals(counters: Counters) -> dict[str, Any]:
    """Return what a judge model said about neighbors, what that cost, and what the hits that it allowed saved."""
    seconds = counters.judge_seconds
    return {
        "outcomes": sum_by_first_label(counters.judge_questions).most_common(),
        "remembered": sum(n for (_, remembered), n in counters.judge_questions.items() if remembered == "yes"),
        "tokens": counters.judge_tokens.total(),
        "cost": to_usd(counters.judge_nanos),
        "p50": seconds.quantile(0.5),
        "p95": seconds.quantile(0.95),
        "hits": counters.judged_hits.total(),
        "money": to_usd(counters.judged_nanos),
    }


def collect_totals(counters: Counters) -> dict[str, Any]:
    outcomes: Counter[str] = Counter()
    for (outcome, *_), count in counters.outcomes.items():
        outcomes[outcome] += count
    return {
        **{outcome: outcomes[outcome] for outcome in ("hit", "miss", "bypass")},
        "prompt_tokens": counters.prompt_tokens.total(),
        "completion_tokens": counters.completion_tokens.total(),
        "money": to_usd(counters.nanos.total()),
        "unpriced": sorted(counters.unpriced, key=lambda model: -counters.unpriced[model])[:MAX_ROWS],
        "seconds": counters.seconds_saved,
        "stored": counters.stored.total(),
    }


def verdict_counts(counters: Counters) -> dict[str, int]:
    """Count verdicts on answers that were served, or would have been."""
    counts: Counter[str] = Counter()
    for (verdict, _, would), count in counters.judgments.items():
        if would == "yes":
            counts[verdict] += count
    return {verdict: counts[verdict] for verdict in ("right", "wrong", "unknown")}


def sum_by_first_label(counted: Mapping[tuple[str, ...], int]) -> Counter[str]:
    """Add up counts by their first label."""
    sums: Counter[str] = Counter()
    for (first, *_), count in counted.items():
        sums[first] += count
    return sums
