"""What decisions are worth: rates, intervals, latencies, and the table of capabilities."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.decisions import Decision, Run
from evaluation.intervals import clopper_pearson


@dataclass(frozen=True, slots=True)
class Worth:
    """Shares of decisions, between 0 and 1."""

    n: int
    hit_rate: float
    wrong_of_all: float
    right_of_hits: float | None
    """None where nothing was a hit."""
    low: float
    high: float
    """The interval of `right_of_hits`, in which it lies with 95 % confidence."""


def of_decisions(decisions: Sequence[Decision]) -> Worth:
    hits = [decision for decision in decisions if decision.right is not None]
    right = sum(decision.right is True for decision in hits)
    n = max(len(decisions), 1)
    low, high = clopper_pearson(right, len(hits))
    return Worth(
        n=len(decisions),
        hit_rate=len(hits) / n,
        wrong_of_all=(len(hits) - right) / n,
        right_of_hits=right / len(hits) if hits else None,
        low=low,
        high=high,
    )


def as_json(file: str, policy: str, runs: Sequence[Run], note: str = "") -> dict[str, Any]:
    """Return the object of one file, with its orders where it was played in several, its capabilities where it has any.

    *n* is one order's questions; the rates are those of all orders together.
    """
    decisions = [decision for run in runs for decision in run.decisions]
    seconds = [each for run in runs for each in run.seconds]
    document: dict[str, Any] = {"file": file, "n": len(runs[0].decisions), "policy": policy}
    document |= _rates(of_decisions(decisions))
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        document[f"decision_{name}_ms"] = round(quantile(seconds, share) * 1000, 4)
    if len(runs) > 1:
        document["orders"] = [_rates(of_decisions(run.decisions)) for run in runs]
        document["wrong_of_all_worst_order"] = max(order["wrong_of_all"] for order in document["orders"])
    if table := capabilities(decisions):
        document["capabilities"] = table
    return document | ({"note": note} if note else {})


def capabilities(decisions: Sequence[Decision]) -> list[dict[str, Any]]:
    """Return for each capability what `as_json` says of a file, and: *false_hits*, the share of the pairs labeled
    different that were answered, and *kept*, the share of those labeled the same; None where there are none."""
    groups: dict[str, list[Decision]] = {}
    for decision in decisions:
        if decision.capability:
            groups.setdefault(decision.capability, []).append(decision)
    table = []
    for name, members in groups.items():
        worth = of_decisions(members)
        row = {"capability": name, "n": worth.n, **_rates(worth)}
        for key, same in (("false_hits", False), ("kept", True)):
            labeled = [decision for decision in members if decision.same is same]
            answered = sum(decision.right is not None for decision in labeled)
            row[key] = round(answered / len(labeled), 6) if labeled else None
        table.append(row)
    return table


def quantile(values: Sequence[float], share: float) -> float:
    if len(values) < 2:
        return values[0] if values else 0.0
    return statistics.quantiles(values, n=1000, method="inclusive")[round(share * 1000) - 1]


def _rates(worth: Worth) -> dict[str, Any]:
    right = worth.right_of_hits
    return {
        "hit_rate": round(worth.hit_rate, 6),
        "wrong_of_all": round(worth.wrong_of_all, 6),
        "right_of_hits": None if right is None else round(right, 6),
        "right_of_hits_low": round(worth.low, 6),
        "right_of_hits_high": round(worth.high, 6),
    }
