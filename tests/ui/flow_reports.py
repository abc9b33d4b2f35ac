"""Reports as a flow's reader sees them: an entry of some hours ago, a neighbor at .967."""

from __future__ import annotations

from typing import Any

import numpy as np

from aicache.domain.events import Decided
from aicache.domain.model import Entry, Mode
from aicache.domain.trace import Step, Trace
from aicache.evidence.neighbor import Neighbor
from telemetry import reports
from telemetry.reports import NOW

__all__ = ["NOW"]
KEY, OTHER = "a" * 40, "b" * 40
HOURS = 3600.0


def an_entry(**fields: Any) -> Entry:
    known: dict[str, Any] = {
        "key": OTHER,
        "namespace": "n" * 40,
        "model": "gpt-test",
        "body": b"{}",
        "question": "How do I reset a password?",
        "prompt_tokens": 12,
        "completion_tokens": 400,
        "stored_at": NOW - 3 * HOURS,
        "expires_at": NOW + 100 * HOURS,
        "took": 2.11,
    }
    return reports.an_entry(**known | fields)


def a_trace(*neighbors: Neighbor, threshold: float | None = 0.92) -> Trace:
    return Trace([Step("exact look-up", 0.0004), Step("embedding", 0.0021)], list(neighbors), threshold)


def a_report(outcome: Any = "miss", **fields: Any) -> Decided:
    known: dict[str, Any] = {
        "model": "gpt-test",
        "mode": Mode.WHOLE,
        "key": KEY,
        "namespace": "n" * 40,
        "segment": "k" * 40,
        "trace": Trace(),
        "question": "How do I reset my password?",
    }
    return reports.a_report(outcome, **known | fields)


def an_exact_hit(**fields: Any) -> Decided:
    return a_report("hit", **{"tier": "exact", "entry": an_entry(key=KEY), "trace": a_trace(threshold=None)} | fields)


def a_semantic_hit(**fields: Any) -> Decided:
    near = Neighbor(OTHER, np.float32(0.967), "How do I reset a password?")  # type: ignore[arg-type]  # as an index says it
    known = {"tier": "semantic", "entry": an_entry(), "similarity": near.similarity, "trace": a_trace(near)}
    return a_report("hit", **known | fields)
