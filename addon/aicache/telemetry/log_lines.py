"""The lines of the decision log: events as JSON objects, and questions taken out of lines again. Pure.

Lines hold digests, names and numbers. They hold questions only with ``log.text``, and never answers, credentials or
header values.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec

from aicache.domain.events import Checked, Decided, Erased, Finished
from aicache.evidence.neighbor import Neighbor
from aicache.telemetry.labels import MAX_NAME_CHARS, replace_surrogates


def decided_line(decided: Decided, *, text: bool) -> dict[str, Any]:
    """Describe a decision and its reasons."""
    trace, entry = decided.trace, decided.entry
    line: dict[str, Any] = {
        "time": decided.at,
        "event": "decided",
        "outcome": decided.outcome,
        "tier": decided.tier,
        "reason": decided.reason,
        "api": decided.api,
        "model": decided.model[:MAX_NAME_CHARS],
        "mode": str(decided.mode),
        "key": decided.key,
        "namespace": decided.namespace,
        "kind": decided.segment,
        "headers": [name[:MAX_NAME_CHARS] for name in decided.headers],
        "seconds": decided.seconds,
        "waited": decided.waited,
        "similarity": decided.similarity,
        "judged": decided.judged,
        "threshold": trace.threshold,
        "risk": trace.risk,
        "error_bound": trace.error_bound,
        "steps": [[step.name, step.seconds] for step in trace.steps],
        "neighbors": [_neighbor(neighbor, text=text) for neighbor in trace.neighbors],
    }
    if decided.is_stale:
        line["stale"] = True
    if decided.collapsed_with is not None:
        line["collapsed"] = True
    if entry is not None:
        line["entry"] = {
            "key": entry.key,
            "stored_at": entry.stored_at,
            "prompt_tokens": entry.prompt_tokens,
            "completion_tokens": entry.completion_tokens,
            "bytes": len(entry.body),
        }
        if entry.cached_tokens:
            line["entry"]["cached_tokens"] = entry.cached_tokens
    if text:
        line["question"] = decided.question
        line["owners"] = decided.owners  # to find a caller's lines when the caller is purged
    return line


def finished_line(finished: Finished) -> dict[str, Any]:
    """Describe how a request that went upstream ended."""
    decided, entry = finished.decided, finished.entry
    return {
        "time": decided.at + finished.seconds,
        "event": "finished",
        "api": decided.api,
        "model": decided.model[:MAX_NAME_CHARS],
        "key": decided.key,
        "status": finished.status,
        "seconds": finished.seconds,
        "bytes": finished.size,
        "stored": entry is not None,
        "why_not": finished.why_not,
        "stale": finished.is_stale,
        "prompt_tokens": entry.prompt_tokens if entry is not None else 0,
        "completion_tokens": entry.completion_tokens if entry is not None else 0,
    }


def checked_line(checked: Checked) -> dict[str, Any]:
    """Describe how a stored answer compared with a fresh one; `scripts/evaluate` learns from these lines."""
    return {
        "time": checked.at,
        "event": "judged",
        "namespace": checked.namespace,
        "kind": checked.segment,
        "key": checked.key,
        "similarity": checked.similarity,
        "verdict": checked.verdict,
        "source": checked.source,
        "would": checked.would_serve,
        "guard": checked.guard,
        "risk": checked.risk,
        "error_bound": checked.error_bound,
        "standing": checked.serving_level,
    }


def _neighbor(neighbor: Neighbor, *, text: bool) -> dict[str, Any]:
    fields = {"key": neighbor.key, "similarity": neighbor.similarity, "refused": neighbor.refused}
    if neighbor.judged is not None:
        fields["judged"] = neighbor.judged
    return fields | {"question": neighbor.question} if text else fields


def render_line(line: dict[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(line, enc_hook=float) + b"\n"
    except UnicodeEncodeError:  # a lone surrogate, which JSON lets callers write
        return msgspec.json.encode(replace_surrogates(line), enc_hook=float) + b"\n"


def erase_questions(line: bytes, erased: Erased) -> bytes:
    """Return a line without its questions if it is about a deleted entry or a purged caller, else unchanged."""
    try:
        document = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return b""  # what it is about cannot be known, so it goes
    if not isinstance(document, dict):
        return b""
    neighbors = [each for each in document.get("neighbors") or () if isinstance(each, dict)]
    if "question" not in document and not any("question" in each for each in neighbors):
        return line
    entry = document.get("entry")
    keys = {document.get("key"), entry.get("key") if isinstance(entry, dict) else None}
    theirs = erased.caller is not None and erased.caller.matches_any(map(str, document.get("owners") or ()))
    about = erased.everything or theirs or not keys.isdisjoint(erased.keys)
    erased_neighbors = [each for each in neighbors if about or each.get("key") in erased.keys]
    if not about and not any("question" in each for each in erased_neighbors):
        return line
    for each in (document, *erased_neighbors) if about else erased_neighbors:
        each.pop("question", None)
    return render_line(document)


class _Timed(msgspec.Struct):
    time: float = -math.inf


def parse_time(line: bytes) -> float:
    """Return when a line was written, in Unix seconds; -infinity where it does not say."""
    try:
        return msgspec.json.decode(line, type=_Timed).time
    except (msgspec.DecodeError, UnicodeDecodeError):
        return -math.inf
