"""Computes metrics of decisions: rates, confidence intervals, latencies, and the table of capabilities."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from evaluation.decisions import Decision, Run
from evaluation.intervals import clopper_pearson


@dataclass(frozen=True, slots=True)
class Metrics:
    """Shares of decisions, between 0 and 1."""

    n: int
    hit_rate: float
    wrong_of_all: float
    right_of_hits: float | None
    """None without any hit."""
    low: float
    high: float
    """Bounds of the 95 % confidence interval of `right_of_hits`."""


def compute_metrics(decisions: Sequence[Decision]) -> Metrics:
    hits = [decision for decision in decisions if decision.right is not None]
    right = sum(decision.right is True for decision in hits)
    n = max(len(decisions), 1)
    low, high = clopper_pearson(right, len(hits))
    return Metrics(
        n=len(decisions),
        hit_rate=len(hits) / n,
        wrong_of_all=(len(hits) - right) / n,
        right_of_hits=right / len(hits) if hits else None,
        low=low,
        high=high,
    )


def summarize(file: str, policy: str, runs: Sequence[Run], note: str = "") -> dict[str, Any]:
    """Return the JSON document of one file, with its orders if there are several, and its capabilities if it has any.

    *n* is the number of questions in one order; the rates are over all orders.
    """
    decisions = [decision for run in runs for decision in run.decisions]
    seconds = [each for run in runs for each in run.seconds]
    document: dict[str, Any] = {"file": file, "n": len(runs[0].decisions), "policy": policy}
    document |= _rates(compute_metrics(decisions))
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        document[f"decision_{name}_ms"] = round(quantile(seconds, share) * 1000, 4)
    if len(runs) > 1:
        document["orders"] = [_rates(compute_metrics(run.decisions)) for run in runs]
        document["wrong_of_all_worst_order"] = max(order["wrong_of_all"] for order in document["orders"])
    if asked := judge_use(decisions):
        document["judge"] = asked
    if table := capabilities(decisions):
        document["pairs"] = capabilities([replace(decision, capability="all") for decision in decisions])[0]
        document["capabilities"] = table
    return document | ({"note": note} if note else {})


def capabilities(decisions: Sequence[Decision]) -> list[dict[str, Any]]:
    """Return the metrics of each capability.

    *false_hits* is the share of pairs labeled different that were answered, *kept* that of pairs labeled the same; None
    if there are no such pairs.
    """
    groups: dict[str, list[Decision]] = {}
    for decision in decisions:
        if decision.capability:
            groups.setdefault(decision.capability, []).append(decision)
    table = []
    for name, members in groups.items():
        metrics = compute_metrics(members)
        row = {"capability": name, "n": metrics.n, **_rates(metrics)}
        for key, count, same in (("false_hits", "different", False), ("kept", "same", True)):
            labeled = [decision for decision in members if decision.same is same]
            answered = sum(decision.right is not None for decision in labeled)
            row[count], row[key] = len(labeled), round(answered / len(labeled), 6) if labeled else None
        table.append(row)
    return sorted(table, key=lambda row: (-(row["false_hits"] or 0), -(row["different"]), row["capability"]))


def judge_use(decisions: Sequence[Decision]) -> dict[str, Any]:
    """Return what a judge was asked, per request and per hit that it added; nothing where it was not asked."""
    asked, judged = sum(decision.asked for decision in decisions), sum(decision.judged for decision in decisions)
    if not asked:
        return {}
    wrong = sum(decision.judged and decision.right is False for decision in decisions)
    return {
        "asked": round(asked / len(decisions), 6),
        "requests_asked": round(sum(decision.asked > 0 for decision in decisions) / len(decisions), 6),
        "judged_hits": round(judged / len(decisions), 6),
        "judged_wrong": round(wrong / len(decisions), 6),
        "asked_per_judged_hit": round(asked / judged, 3) if judged else None,
    }


def quantile(values: Sequence[float], share: float) -> float:
    if len(values) < 2:
        return values[0] if values else 0.0
    return statistics.quantiles(values, n=1000, method="inclusive")[round(share * 1000) - 1]


def _rates(metrics: Metrics) -> dict[str, Any]:
    right = metrics.right_of_hits
    return {
        "hit_rate": round(metrics.hit_rate, 6),
        "wrong_of_all": round(metrics.wrong_of_all, 6),
        "right_of_hits": None if right is None else round(right, 6),
        "right_of_hits_low": round(metrics.low, 6),
        "right_of_hits_high": round(metrics.high, 6),
    }
