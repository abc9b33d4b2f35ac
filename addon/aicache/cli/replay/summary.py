"""The results of a replay as a JSON document and as text. They contain no content of requests."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from aicache.cli.replay.replay import Replay
from aicache.telemetry.counters import SIMILARITY_BOUNDS

BAR_CHARS = 30  # of the histogram
MAX_ROWS = 12  # of each list
WIDE_BUCKET_EDGES = (0.0, 0.5, 0.6, 0.7, 0.8)
"""Lower edges of the histogram's wide buckets; above the last, a bucket is 0.02 wide."""


def summarize(replay: Replay) -> dict[str, Any]:
    """Return the results. Rates are of the requests to LLM APIs; money is in US dollars."""
    counts, totals = replay.counts, replay.totals
    outcomes: Counter[str] = Counter()
    for (outcome, _), number in counts.outcomes.items():
        outcomes[outcome] += number
    tiers: Counter[str] = Counter()
    models: Counter[str] = Counter()
    for (tier, _, model), number in counts.hits.items():
        tiers[tier] += number
        models[model] += number
    prompt, completion = counts.prompt_tokens.total(), counts.completion_tokens.total()
    unpriced = sum(
        counts.prompt_tokens[model] + counts.completion_tokens[model] for model in models if model not in counts.money
    )
    return {
        "flows": totals.flows,
        "from": _date(totals.first),
        "to": _date(totals.last),
        "others": dict(totals.others.most_common()),
        "requests": outcomes.total(),
        "hits": outcomes["hit"],
        "hit_rate": outcomes["hit"] / outcomes.total() if outcomes else None,
        "hits_by_tier": dict(tiers.most_common()),
        "hits_by_model": dict(models.most_common()),
        "misses": outcomes["miss"],
        "misses_by_reason": _sum_by_first(counts.misses),
        "bypasses": outcomes["bypass"],
        "bypasses_by_reason": _sum_by_first(counts.bypasses),
        "embeddings": {"texts": totals.texts, "known": totals.texts_known},
        "policy": replay.rules.policy.value,
        "threshold": replay.rules.threshold,
        "similarities": _similarities(replay),
        "guards": dict(counts.refusals.most_common()),
        "not_kept_by_reason": dict(counts.not_stored.most_common()),
        "saved": {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "share_of_tokens": (prompt + completion) / total
            if (total := prompt + completion + totals.spent_tokens)
            else None,
            "dollars": sum(counts.money.values()),
            "tokens_without_price": unpriced,
            "seconds": counts.seconds_saved,
        },
        "checked": {"/".join(labels): number for labels, number in counts.judgments.most_common()},
    }


def format_summary(found: dict[str, Any]) -> str:
    """Return the document as text for people."""
    others = sum(found["others"].values())
    text = [f"{found['flows']:,} flows, {found['from'] or '-'} to {found['to'] or '-'}"]
    if others:
        text.append(f"  {others:,} are not for the cache: {_format_counts(found['others'])}")
    text.append(f"{found['requests']:,} requests to LLM APIs")
    rows = [(name, found[name], found.get(f"{name}_by_{by}", {})) for name, by in _OUTCOMES]
    for name, number, parts in rows:
        share = f"{number / found['requests']:6.1%}" if found["requests"] else ""
        text.append(f"  {name:9} {number:8,} {share}")
        text += [f"    {count:7,}  {part}" for part, count in list(parts.items())[:MAX_ROWS]]
    if (batches := found["embeddings"])["texts"]:
        text.append(f"  of {batches['texts']:,} texts to embed {batches['known']:,} were known")
    text += _histogram(found)
    if found["guards"]:
        text.append("neighbors that guards refused")
        text += [f"    {number:7,}  {guard}" for guard, number in list(found["guards"].items())[:MAX_ROWS]]
    if found["not_kept_by_reason"]:
        text.append(f"answers not kept: {_format_counts(found['not_kept_by_reason'])}")
    if found["checked"]:
        text.append(f"compared with fresh answers (verdict/why/served): {_format_counts(found['checked'])}")
    return "\n".join([*text, _saved(found["saved"])])


_OUTCOMES = (("hits", "tier"), ("misses", "reason"), ("bypasses", "reason"))


def _similarities(replay: Replay) -> list[dict[str, Any]]:
    """Return a histogram of the nearest neighbor's similarity, for semantic hits and for misses that had one.

    Buckets far below any threshold are wide.
    """
    found: list[dict[str, Any]] = []
    hit, miss = (replay.counts.similarities[outcome].counts for outcome in ("hit", "miss"))
    for high, hits, misses in zip((*SIMILARITY_BOUNDS, 1.0), hit, miss, strict=True):
        low = max((edge for edge in WIDE_BUCKET_EDGES if edge < high - 0.001), default=0.0)
        low = max(low, round(high - 0.02, 2)) if high > WIDE_BUCKET_EDGES[-1] else low
        if not found or found[-1]["from"] != low:
            found.append({"from": low, "to": high, "hits": 0, "misses": 0})
        row = found[-1]
        row["to"], row["hits"], row["misses"] = high, row["hits"] + hits, row["misses"] + misses
    return [row for row in found if row["hits"] or row["misses"]]


def _histogram(found: dict[str, Any]) -> list[str]:
    if not (rows := found["similarities"]):
        return []
    most = max(row["hits"] + row["misses"] for row in rows)
    threshold = f", threshold {found['threshold']:g}" if found["threshold"] else ""
    text = [f"similarity of the nearest neighbor (policy {found['policy']}{threshold}): # hits, . misses"]
    for row in rows:
        bar = "".join(sign * math.ceil(BAR_CHARS * row[what] / most) for what, sign in (("hits", "#"), ("misses", ".")))
        text.append(f"    {row['from']:.2f} to {row['to']:.2f} {row['hits']:7,} {row['misses']:7,}  {bar}")
    return text


def _saved(saved: dict[str, Any]) -> str:
    share = (
        f" ({saved['share_of_tokens']:.1%} of all that were counted)" if saved["share_of_tokens"] is not None else ""
    )
    text = f"saved: {saved['prompt_tokens']:,} prompt and {saved['completion_tokens']:,} completion tokens{share}, "
    text += f"${saved['dollars']:,.4f}"
    if saved["tokens_without_price"]:
        text += f" and {saved['tokens_without_price']:,} tokens of models without a price (prices)"
    return text + f", {saved['seconds']:,.0f} s of waiting"


def _format_counts(found: dict[str, int]) -> str:
    named = [f"{number:,} {name}" for name, number in list(found.items())[:MAX_ROWS]]
    return ", ".join(named + (["…"] if len(found) > MAX_ROWS else []))


def _sum_by_first(counter: Counter[tuple[str, ...]]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for (name, *_), number in counter.items():
        found[name] += number
    return dict(found.most_common())


def _date(at: float) -> str | None:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds") if at else None
