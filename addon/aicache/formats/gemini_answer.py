"""Whether a Gemini response is an answer worth keeping. Pure; knows nothing of streams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aicache.formats import gemini_fields as fields
from aicache.formats.body import JSONObject, objects

GOOD_ENDS = frozenset({"STOP", 1})
"""An allow-list of one, by its name and by its number: every other reason means an answer that is cut or spoilt
(MAX_TOKENS, SAFETY, RECITATION, LANGUAGE, OTHER, BLOCKLIST, PROHIBITED_CONTENT, SPII, MALFORMED_FUNCTION_CALL, ...)."""

_AROUND = frozenset({"thought", "thoughtSignature", "partMetadata", "functionCall"})  # what alone says nothing


def check(document: Mapping[str, Any], *, n: int) -> None:
    """Raise ValueError, with the reason, unless a response has at least *n* candidates, of which all ended well and
    one at least says something beside the model's thoughts."""
    fields.read(document, fields.RESPONSE)
    refuse_error(document)
    candidates = objects(document.get("candidates"), "candidates")
    if len(candidates) < max(n, 1):
        raise ValueError(f"candidates: {len(candidates)} where {n} were asked for")
    for candidate in candidates:
        reason = candidate.get("finishReason")
        if reason not in GOOD_ENDS:
            raise ValueError(f"finishReason: {reason if _is_word(reason) else 'none, or not a word'}")
    if not any(_says(part) for candidate in candidates for part in parts_of(candidate)):
        raise ValueError("candidates: none says anything")


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


def _says(part: Mapping[str, Any]) -> bool:
    if part.get("thought"):
        return False
    return bool(part.get("functionCall")) or any(value for name, value in part.items() if name not in _AROUND)


def _is_word(reason: Any) -> bool:
    return isinstance(reason, str) and reason.isidentifier() and len(reason) <= 40
