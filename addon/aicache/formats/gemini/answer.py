"""Whether a Gemini response is an answer worth keeping. Pure; knows nothing of streams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aicache.formats import answer_content, failure_marks
from aicache.formats.gemini import fields
from aicache.formats.json_body import JSONObject, objects
from aicache.formats.stream_deltas import UNCLEAR

GOOD_ENDS = frozenset({"STOP", 1})
"""An allow-list of one, by its name and by its number: every other reason means an answer that is cut or spoilt
(MAX_TOKENS, SAFETY, RECITATION, LANGUAGE, OTHER, BLOCKLIST, PROHIBITED_CONTENT, SPII, MALFORMED_FUNCTION_CALL, ...)."""

_RESULTS = frozenset(
    {"functionResponse", "toolResponse", "toolCall", "functionCall", "codeExecutionResult", "response"}
)
"""Where a part has what tools said: words of others."""
_UNREAD, _READ = ("URL_RETRIEVAL_STATUS_ERROR", 2), ("URL_RETRIEVAL_STATUS_SUCCESS", 1)
_CODE_FAILED, _CODE_RAN = ("OUTCOME_FAILED", "OUTCOME_DEADLINE_EXCEEDED", 2, 3), ("OUTCOME_OK", 1)
_AROUND = frozenset({"thought", "thoughtSignature", "partMetadata", "functionCall"})  # what alone says nothing


def check(document: Mapping[str, Any], *, n: int) -> None:
    """Raise ValueError, with the reason, unless a response has at least *n* candidates, of which all ended well and
    one at least says something beside the model's thoughts."""
    fields.read(document, fields.RESPONSE)
    refuse_error(document)
    failure_marks.refuse(document, but=_RESULTS)
    candidates = objects(document.get("candidates"), "candidates")
    if len(candidates) < max(n, 1):
        raise ValueError(f"candidates: {len(candidates)} where {n} were asked for")
    for candidate in candidates:
        reason = candidate.get("finishReason")
        if reason not in GOOD_ENDS:
            raise ValueError(f"finishReason: {reason if _is_word(reason) else 'none, or not a word'}")
    if not any(_says(part) for candidate in candidates for part in parts_of(candidate)):
        raise ValueError("candidates: none says anything")
    for candidate in candidates:
        _refuse_failures(candidate)


def refuse_useless(document: Mapping[str, Any]) -> None:
    """Raise ValueError for a response of which a candidate says nothing but thoughts and white space."""
    if not all(any(map(_tells, parts_of(candidate))) for candidate in document["candidates"]):
        raise ValueError("candidates: one that says nothing")


def refuse_marks(chunk: Mapping[str, Any]) -> None:
    """Raise ValueError for a mark of an error in a chunk: the next one may have another in its place."""
    failure_marks.refuse(chunk, but=_RESULTS)


def texts(document: Mapping[str, Any]) -> list[str]:
    """Return the texts of those candidates that end in one, and not in a call."""
    return [
        "".join(part["text"] for part in parts if isinstance(part.get("text"), str) and not part.get("thought"))
        for parts in map(parts_of, document["candidates"])
        if not any(part.get("functionCall") for part in parts)
    ]


def expiry(document: Mapping[str, Any]) -> float | None:
    """Return the Unix time at which the first of what a response names expires; None where nothing does."""
    return failure_marks.expiry(document, but=_RESULTS)


def refuse_error(response: Mapping[str, Any]) -> None:
    """Raise ValueError for an error that came with status 200, and for a prompt that was blocked."""
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
    """Return what is told of the pages that were read, by a candidate or a piece of it; nothing where unclear."""
    told = (candidate.get("urlContextMetadata") or {}).get("urlMetadata")
    return [] if told is UNCLEAR else objects(told, "urlMetadata")


def refuse_unread(pages: Sequence[Mapping[str, Any]]) -> None:
    """Raise ValueError where a page could not be read, and none could after."""
    _refuse_failed([each.get("urlRetrievalStatus") for each in pages], _UNREAD, _READ)


def _refuse_failures(candidate: Mapping[str, Any]) -> None:
    """Raise ValueError where a page could not be read or code did not run to its end, and none did so after."""
    refuse_unread(pages_of(candidate))
    results = [part["codeExecutionResult"] for part in parts_of(candidate) if part.get("codeExecutionResult")]
    outcomes = [each.get("outcome") for each in results if isinstance(each, dict)]
    _refuse_failed(outcomes, _CODE_FAILED, _CODE_RAN)


def _refuse_failed(said: Sequence[Any], bad: tuple[Any, ...], good: tuple[Any, ...]) -> None:
    failed = [at for at, each in enumerate(said) if each in bad]
    if failed and not any(each in good for each in said[failed[-1] + 1 :]):
        raise ValueError("a tool failed at the upstream")


def _says(part: Mapping[str, Any]) -> bool:
    if part.get("thought"):
        return False
    return bool(part.get("functionCall")) or any(value for name, value in part.items() if name not in _AROUND)


def _tells(part: Mapping[str, Any]) -> bool:
    """Tell whether a part says something to the reader beside the model's thoughts, and white space."""
    if part.get("thought"):
        return False
    return answer_content.says(part.get("text")) or _says(
        {name: value for name, value in part.items() if name != "text"}
    )


def _is_word(reason: Any) -> bool:
    return isinstance(reason, str) and reason.isidentifier() and len(reason) <= 40
