"""Reports, as the engine makes them, of requests that never were."""

from __future__ import annotations

from typing import Any

from aicache.domain.digests import digest
from aicache.domain.events import Checked, Decided, Finished
from aicache.domain.model import Entry, Mode
from aicache.domain.trace import Step, Trace
from aicache.evidence.neighbor import Neighbor

NOW = 1_900_000_000.0
BODY = b'{"choices":[{"message":{"role":"assistant","content":"Thirty days."},"finish_reason":"stop"}]}'
KIND = digest("kind", "alice")


def an_entry(question: str | None = "what is your refund policy", **other: Any) -> Entry:
    values: dict[str, Any] = {
        "key": digest("key", str(question)),
        "namespace": digest("namespace", "alice"),
        "api": "chat",
        "model": "gpt-4o",
        "asked": Mode.WHOLE,
        "asked_usage": False,
        "mode": Mode.WHOLE,
        "content_type": "application/json",
        "body": BODY,
        "question": question,
        "prompt_tokens": 1000,
        "completion_tokens": 500,
        "stored_at": NOW - 60,
        "expires_at": NOW + 600,
        "took": 2.0,
    }
    return Entry(**values | other)


ENTRY = an_entry()


def a_report(outcome: Any = "miss", **other: Any) -> Decided:
    values: dict[str, Any] = {
        "at": NOW,
        "outcome": outcome,
        "tier": None,
        "reason": "no-neighbor" if outcome == "miss" else None,
        "api": "chat",
        "model": "gpt-4o",
        "mode": "whole",
        "key": digest("key", "asked"),
        "namespace": digest("namespace", "alice"),
        "segment": KIND,
        "seconds": 0.004,
        "trace": Trace([Step("exact store", 0.001)]),
        "question": "a question of the caller",
    }
    return Decided(**values | other)


def a_hit(entry: Entry | None = ENTRY, **other: Any) -> Decided:
    tokens = (0, 0) if entry is None else (entry.prompt_tokens, entry.completion_tokens)
    return a_report("hit", **{"tier": "exact", "entry": entry, "tokens": tokens} | other)


def a_near_hit(similarity: float = 0.95, **other: Any) -> Decided:
    trace = Trace([Step("embedding", 0.002)], [Neighbor(an_entry().key, similarity, "a neighbor's question")], 0.92)
    return a_hit(**{"tier": "semantic", "similarity": similarity, "trace": trace} | other)


def a_refused_miss(guard: str = "guard:numbers", similarity: float = 0.93, **other: Any) -> Decided:
    trace = Trace([], [Neighbor(an_entry().key, similarity, "a neighbor's question", guard)], 0.92)
    return a_report("miss", reason=guard, trace=trace, **other)


def finished(report: Decided | None = None, status: int = 200, **other: Any) -> Finished:
    values: dict[str, Any] = {"seconds": 1.5, "size": 300, "entry": None, "why_not": None}
    return Finished(report or a_report(), status, **values | other)


def checked(verdict: Any = "right", **other: Any) -> Checked:
    values: dict[str, Any] = {"at": NOW, "segment": KIND, "key": an_entry().key, "similarity": 0.95, "source": "audit"}
    return Checked(verdict=verdict, **values | {"would_serve": True} | other)
