"""Marks flows for mitmproxy's own list: a marker, a comment, and metadata that filters find.

All are plain values, which mitmproxy saves and loads with the flow. What a person or another addon has set stays.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from mitmproxy import ctx
from mitmproxy.flow import Flow
from mitmproxy.http import HTTPFlow

from aicache.domain.events import Decided, Finished
from aicache.domain.model import Entry
from aicache.evidence.neighbor import Neighbor
from aicache.telemetry.labels import replace_surrogates
from aicache.telemetry.phrases import SEPARATOR, describe_completion, describe_decision, flow_marker, outcome_name
from aicache.ui.flow_fields import API, COMMENT, COMPLETION, DECISION, ENTRY, KEY, MODEL, OUTCOME, SIMILARITY, WHY

logger = logging.getLogger(__name__)


def show_comments() -> None:
    """Add the comment to the columns of mitmweb's flow list, unless the user has chosen its columns."""
    options: Any = ctx.options
    if "web_columns" in options and not options.has_changed("web_columns"):
        options.update(web_columns=[*options.web_columns, "comment"])


class FlowMarks:
    """Marks flows with what becomes of them; *scope* returns the setting that says who shares answers."""

    def __init__(self, scope: Callable[[], str]) -> None:
        self._scope = scope

    def decided(self, flow: HTTPFlow, decided: Decided) -> None:
        mark_decided(flow, decided, self._scope())

    def finished(self, flow: HTTPFlow, event: Finished, *, again: bool) -> None:
        mark_finished(flow, event, again=again)


def mark_decided(flow: HTTPFlow, decided: Decided, scope: str) -> None:
    """Mark a flow with its decision; *scope* is the setting that says who shares answers. It never raises."""
    try:
        comment = replace_surrogates(describe_decision(decided))
        before = flow.metadata.get(DECISION)
        flow.metadata |= metadata_of(decided, scope, comment)
        flow.marked = flow.marked or flow_marker(decided)
        if not flow.comment or (isinstance(before, dict) and flow.comment == before.get(COMMENT)):
            flow.comment = comment
        if before is not None:
            refresh(flow)
    except Exception:
        logger.exception("flow not marked")


def mark_finished(flow: HTTPFlow, finished: Finished, *, again: bool = False) -> None:
    """Add to the comment how a miss ended; *again* replaces what was added before. It never raises."""
    try:
        if finished.decided.outcome == "miss":
            if again:
                _take_back(flow)
            add(flow, describe_completion(finished))
    except Exception:
        logger.exception("flow not marked")


def _take_back(flow: HTTPFlow) -> None:
    decision = flow.metadata.get(DECISION)
    if isinstance(decision, dict) and (before := decision.pop(COMPLETION, None)):
        flow.comment = flow.comment.removesuffix(SEPARATOR + before)


def add(flow: Flow, words: str) -> None:
    """Add words to a flow's metadata, and to its comment unless that was changed by somebody else."""
    decision = flow.metadata.get(DECISION)
    if not words or not isinstance(decision, dict):
        return
    before = [decision[name] for name in (COMMENT, COMPLETION) if decision.get(name)]
    words = replace_surrogates(words)
    if flow.comment == SEPARATOR.join(before):
        flow.comment = SEPARATOR.join([*before, words])
    decision[COMPLETION] = SEPARATOR.join([*before[1:], words])
    refresh(flow)


def refresh(flow: Flow) -> None:
    """Update a flow that mitmproxy may be showing."""
    if (view := getattr(ctx.master, "view", None)) is not None:
        view.update([flow])


def metadata_of(decided: Decided, scope: str, comment: str) -> dict[str, Any]:
    """Return a decision as metadata, with the *comment*; unknown values are left out."""
    metadata: dict[str, Any] = {
        OUTCOME: outcome_name(decided),
        WHY: replace_surrogates(decided.reason),
        API: decided.api,
        MODEL: replace_surrogates(decided.model),
        KEY: decided.key,
        ENTRY: decided.entry.key if decided.entry is not None else None,
        SIMILARITY: None if decided.similarity is None else float(decided.similarity),
        DECISION: _decision(decided, scope, comment),
    }
    return {name: value for name, value in metadata.items() if value not in (None, "")}


def _decision(decided: Decided, scope: str, comment: str) -> dict[str, Any]:
    trace = decided.trace
    decision: dict[str, Any] = {
        COMMENT: comment,
        "at": decided.at,
        "seconds": decided.seconds,
        "scope": scope,
        "namespace": decided.namespace,
        "mode": str(decided.mode),
        "steps": [[step.name, step.seconds] for step in trace.steps],
    }
    if decided.question is not None:
        decision["question"] = replace_surrogates(decided.question)
    if decided.headers:
        decision["headers"] = [replace_surrogates(name) for name in decided.headers]
    if trace.neighbors:
        decision["neighbors"] = [
            _neighbor(neighbor, with_question=_is_own(neighbor, decided)) for neighbor in trace.neighbors
        ]
    for name in ("threshold", "risk", "error_bound"):
        if (value := getattr(trace, name)) is not None:
            decision[name] = float(value)
    if decided.entry is not None:
        decision["entry"] = _entry(decided.entry)
    return decision


def _is_own(neighbor: Neighbor, decided: Decided) -> bool:
    """Tell whether a neighbor is known to have the same owner; those after the answering one were not checked."""
    if decided.entry is not None and neighbor.refused is None:
        return neighbor.key == decided.entry.key
    return neighbor.refused != "foreign"


def _neighbor(neighbor: Neighbor, *, with_question: bool) -> dict[str, Any]:
    fields: dict[str, Any] = {"key": neighbor.key, "similarity": float(neighbor.similarity)}
    if neighbor.refused is not None:
        fields["refused"] = neighbor.refused
    if neighbor.judged is not None:
        fields["judged"] = neighbor.judged
    if with_question and neighbor.question is not None:
        fields["question"] = replace_surrogates(neighbor.question)
    return fields


def _entry(entry: Entry) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "api": entry.api,
        "model": replace_surrogates(entry.model),
        "mode": str(entry.mode),
        "size": len(entry.body),
        "prompt_tokens": entry.prompt_tokens,
        "completion_tokens": entry.completion_tokens,
        "stored_at": entry.stored_at,
        "expires_at": entry.expires_at,
        "took": entry.took,
    }
    if entry.question is not None:
        fields["question"] = replace_surrogates(entry.question)
    return fields
