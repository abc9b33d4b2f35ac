"""Checks whole Gemini responses: errors, finish reasons, content, usefulness. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aicache.formats import answer_content, failure_marks
from aicache.formats.gemini import fields
from aicache.formats.json_body import JSONObject, object_list
from aicache.formats.merge_rules import AMBIGUOUS

GOOD_FINISH_REASONS = frozenset({"STOP", 1})
"""An allow-list of one, by name and by number: every other reason means a cut or spoilt answer
(MAX_TOKENS, SAFETY, RECITATION, LANGUAGE, OTHER, BLOCKLIST, PROHIBITED_CONTENT, SPII, MALFORMED_FUNCTION_CALL, ...)."""

_TOOL_FIELDS = frozenset(
    {"functionResponse", "toolResponse", "toolCall", "functionCall", "codeExecutionResult", "response"}
)
"""Fields of parts with input and output of tools."""
_PAGE_FAILURES, _PAGE_SUCCESSES = ("URL_RETRIEVAL_STATUS_ERROR", 2), ("URL_RETRIEVAL_STATUS_SUCCESS", 1)
_CODE_FAILURES, _CODE_SUCCESSES = ("OUTCOME_FAILED", "OUTCOME_DEADLINE_EXCEEDED", 2, 3), ("OUTCOME_OK", 1)
_NON_CONTENT_FIELDS = frozenset(
    {"thought", "thoughtSignature", "partMetadata", "functionCall"}
)  # without the other fields no content


def check_answer(document: Mapping[str, Any], *, n: int) -> None:
    """Raise ValueError, with the reason, unless a response has at least *n* candidates, all of which ended well and at
    least one of which has content beside the model's thoughts."""
    fields.normalize(document, fields.RESPONSE)
    reject_error(document)
    failure_marks.reject_failed(document, ignoring=_TOOL_FIELDS)
    candidates = object_list(document.get("candidates"), "candidates")
    if len(candidates) < max(n, 1):
        raise ValueError(f"candidates: {len(candidates)} where {n} were requested")
    for candidate in candidates:
        reason = candidate.get("finishReason")
        if reason not in GOOD_FINISH_REASONS:
            raise ValueError(f"finishReason: {answer_content.quote_reason(reason)}")
    if not any(_has_content(part) for candidate in candidates for part in parts_of(candidate)):
        raise ValueError("candidates: all are empty")
    for candidate in candidates:
        _reject_failed_tools(candidate)


def reject_useless(document: Mapping[str, Any]) -> None:
    """Raise ValueError for a response with a candidate of nothing but thoughts and white space."""
    if not all(any(map(_has_visible_content, parts_of(candidate))) for candidate in document["candidates"]):
        raise ValueError("candidates: one is blank")


def reject_failed_chunk(chunk: Mapping[str, Any]) -> None:
    """Raise ValueError for a mark of an error in a chunk, which the next chunk may overwrite."""
    failure_marks.reject_failed(chunk, ignoring=_TOOL_FIELDS)


def texts(document: Mapping[str, Any]) -> list[str]:
    """Return the texts of the candidates that end in text, not in a call."""
    return [
        "".join(part["text"] for part in parts if isinstance(part.get("text"), str) and not part.get("thought"))
        for parts in map(parts_of, document["candidates"])
        if not any(part.get("functionCall") for part in parts)
    ]


def expiry(document: Mapping[str, Any]) -> float | None:
    """Return the earliest Unix time at which something in a response expires; None if nothing does."""
    return failure_marks.earliest_expiry(document, ignoring=_TOOL_FIELDS)


def reject_error(response: Mapping[str, Any]) -> None:
    """Raise ValueError for an error with status 200, and for a blocked prompt."""
    if response.get("error"):
        raise ValueError("an error in place of an answer")
    feedback = response.get("promptFeedback")
    if isinstance(feedback, dict) and feedback.get("blockReason"):
        raise ValueError("promptFeedback: the prompt was blocked")


def parts_of(candidate: Mapping[str, Any]) -> list[JSONObject]:
    """Return the parts of a candidate that was checked."""
    parts: list[JSONObject] = candidate.get("content", {}).get("parts", [])
    return parts


def pages_of(candidate: Mapping[str, Any]) -> list[JSONObject]:
    """Return the metadata of the pages that were read for a candidate or a piece of it; nothing if ambiguous."""
    metadata = (candidate.get("urlContextMetadata") or {}).get("urlMetadata")
    return [] if metadata is AMBIGUOUS else object_list(metadata, "urlMetadata")


def reject_unread_pages(pages: Sequence[Mapping[str, Any]]) -> None:
    """Raise ValueError if a page could not be read, and no later one was read."""
    _reject_unless_recovered([each.get("urlRetrievalStatus") for each in pages], _PAGE_FAILURES, _PAGE_SUCCESSES)


def _reject_failed_tools(candidate: Mapping[str, Any]) -> None:
    """Raise ValueError if a page could not be read or code did not run to its end, and no later one succeeded."""
    reject_unread_pages(pages_of(candidate))
    results = [part["codeExecutionResult"] for part in parts_of(candidate) if part.get("codeExecutionResult")]
    outcomes = [each.get("outcome") for each in results if isinstance(each, dict)]
    _reject_unless_recovered(outcomes, _CODE_FAILURES, _CODE_SUCCESSES)


def _reject_unless_recovered(statuses: Sequence[Any], bad: tuple[Any, ...], good: tuple[Any, ...]) -> None:
    failed = [at for at, each in enumerate(statuses) if each in bad]
    if failed and not any(each in good for each in statuses[failed[-1] + 1 :]):
        raise ValueError("a tool failed at the upstream")


def _has_content(part: Mapping[str, Any]) -> bool:
    if part.get("thought"):
        return False
    return bool(part.get("functionCall")) or any(
        value for name, value in part.items() if name not in _NON_CONTENT_FIELDS
    )


def _has_visible_content(part: Mapping[str, Any]) -> bool:
    """Tell whether a part has visible content: more than thoughts and white space."""
    if part.get("thought"):
        return False
    return answer_content.has_visible_text(part.get("text")) or _has_content(
        {name: value for name, value in part.items() if name != "text"}
    )
