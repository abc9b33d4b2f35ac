"""Marks in an answer that it failed, bypassed a filter, or expires soon. Pure; the model's own content is not read.

Vendors put such marks in many places under many names, so the whole document is searched, except fields known to hold
content of the model, its tools or the caller. Texts are never searched: a mark is a field name with a certain value.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import Enum, auto
from functools import lru_cache
from typing import Any

from aicache.formats.stateful_parameters import split_words

CONTENT_FIELDS = frozenset(
    {"arguments", "args", "parameters", "properties", "schema", "json_schema", "input_schema", "metadata"}
    | {"logprobs", "top_logprobs", "logprobsResult", "citations", "annotations", "documents", "tools", "instructions"}
    | {"result", "results", "search_results", "outputs", "code_results", "browser_results", "web_search", "search_info"}
    | {"groundingMetadata", "citationMetadata", "executableCode", "action", "actions", "prompt", "context"}
)
"""Fields that hold content of the model, its tools, the pages they read or the caller, in any API."""

_FILTER_WORDS = frozenset(
    {"moderation", "moderations", "filter", "filters", "guardrail", "guardrails", "safety", "inspection"}
)
"""Words in the names of fields of filters: no name within those is the model's."""

_MARK_SUBSTRINGS = (
    *(
        "err",
        "fail",
        "exception",
        "filter",
        "sensitive",
        "block",
        "succe",
        '"ok"',
        'code"',
        '"ret',
        "status",
        "timeout",
    ),
    *("abort", "interrupt", "cancel", "partial", "degraded", "truncated", "incomplete", 'token"', "stop_reason"),
    *("stopreason", "\\u"),
)
"""Substrings of which the text of a chunk with a mark has at least one. Most chunks of streams have none."""

_ERROR_WORDS = frozenset({"error", "errors", "err", "errcode", "errno", "failure", "failures", "failed", "exception"})
_FAILURE_FLAGS = frozenset(
    {"sensitive", "filtered", "unfiltered", "blocked", "truncated", "incomplete", "aborted", "interrupted", "cancelled"}
    | {"canceled", "partial", "timeout", "degraded"}
)
_CODE_NAMES = frozenset({"code", "status_code", "statuscode", "ret", "retcode", "ret_code", "return_code"})
_SUCCESS_FLAGS = frozenset({"success", "ok", "succeeded", "is_success"})
_FAILURE_STATUSES = frozenset(
    {"error", "failed", "failure", "cancelled", "canceled", "incomplete", "timeout", "timed_out", "expired", "aborted"}
    | {"interrupted"}
)
_FAILURE_STOP_REASONS = frozenset(
    {"userStopped", "modelUnloaded", "failed", "maxPredictedTokensReached", "contextLengthReached"}
)
"""LM Studio's, whose finish reason is ``stop`` all the same."""
_SUCCESS_VALUES = frozenset({"", "0", "200", "ok", "success", "succeeded", "none", "null", "no_error"})
_SINGLE_USE_WORDS = frozenset({"credit", "continuation", "continue", "resume", "resumption", "retry"})
_EXPIRY_NAMES = (
    "expires_at",
    "expire_at",
    "expires_on",
    "expires",
    "expire_time",
    "expiration",
    "expiration_time",
    "expiry",
)
_RELATIVE_EXPIRY_NAMES = ("expires_in", "expires_after", "expires_in_seconds", "expire_in", "valid_for")


class _Mark(Enum):
    """The meaning of a field name; whether it marks a failure depends on the value."""

    ERROR = auto()
    CODE = auto()
    GOOD = auto()
    BAD = auto()
    KIND = auto()
    STATUS = auto()
    STOP = auto()
    ONE_USE = auto()
    EXPIRY = auto()
    EXPIRY_IN = auto()


def reject_failed(document: Mapping[str, Any], *, ignoring: frozenset[str] = frozenset()) -> None:
    """Raise ValueError for a document with a mark of an error, or of a filter that failed.

    *ignoring* are further fields to leave out, beside `CONTENT_FIELDS`.
    """
    for sign, value in _marks(document, CONTENT_FIELDS | ignoring):
        if _is_failure(sign, value):
            raise ValueError("an error, or a mark of one, in the answer")


def reject_failed_chunk(document: Mapping[str, Any], text: str, *, ignoring: frozenset[str] = frozenset()) -> None:
    """Do as `reject_failed` for a chunk of a stream; a scan of its *text* mostly rules out a mark."""
    text = text.lower()
    if any(sign in text for sign in _MARK_SUBSTRINGS):
        reject_failed(document, ignoring=ignoring)


def earliest_expiry(document: Mapping[str, Any], *, ignoring: frozenset[str] = frozenset()) -> float | None:
    """Return the earliest Unix time at which something in the document expires; None if nothing does.

    Raises ValueError for a time that cannot be parsed.
    """
    times = []
    for sign, value in _marks(document, CONTENT_FIELDS | ignoring):
        if sign is _Mark.EXPIRY_IN and value:
            raise ValueError(_UNREADABLE_EXPIRY)  # relative to a time that only the upstream knows
        if sign is _Mark.EXPIRY and value:
            times.append(_parse_time(value))
    return min(times, default=None)


def _is_failure(sign: _Mark, value: Any) -> bool:
    match sign:
        case _Mark.ERROR:
            return not _is_success(value)
        case _Mark.CODE:
            return not isinstance(value, dict | list) and not _is_success(value) and value != 200
        case _Mark.GOOD:
            return value is False
        case _Mark.BAD:
            return value is True
        case _Mark.KIND:
            return isinstance(value, str) and (value == "error" or value.endswith(("_error", "Error")))
        case _Mark.STATUS:
            return isinstance(value, str) and value.lower() in _FAILURE_STATUSES
        case _Mark.STOP:
            return isinstance(value, str) and value in _FAILURE_STOP_REASONS
        case _Mark.ONE_USE:
            return bool(value)
        case _Mark.EXPIRY | _Mark.EXPIRY_IN:
            return False


def _is_success(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().lower() in _SUCCESS_VALUES
    if isinstance(value, dict):
        return all(_is_success(each) for each in value.values())
    return not value


def _marks(document: Mapping[str, Any], ignoring: frozenset[str]) -> Iterator[tuple[_Mark, Any]]:
    """Yield the fields of a document that may be marks, as kind and value, except within the ignored fields.

    Within the fields of filters nothing is ignored.
    """
    pending: list[tuple[Any, bool]] = [(document, False)]
    for item, in_filter in pending:  # grows while iterating
        if isinstance(item, list):
            pending += [(value, in_filter) for value in item if isinstance(value, dict | list)]
            continue
        for name, value in item.items():
            if name in ignoring and not in_filter:
                continue
            sign, filters = (
                _classify_name(name) if len(name) <= _MAX_CACHED_NAME_CHARS else _classify_name.__wrapped__(name)
            )
            if sign is not None:
                yield sign, value
            if isinstance(value, dict | list):
                pending.append((value, in_filter or filters))


_MAX_CACHED_NAME_CHARS = 64  # no API has longer names; they would only fill the cache


@lru_cache(4096)
def _classify_name(name: str) -> tuple[_Mark | None, bool]:
    """Return the meaning of a name, and whether it is a content filter's."""
    spoken = split_words(name)
    plain = "_".join(spoken)
    return _mark_of(spoken, plain), not _FILTER_WORDS.isdisjoint(spoken)


def _mark_of(spoken: tuple[str, ...], plain: str) -> _Mark | None:
    if not _ERROR_WORDS.isdisjoint(spoken):
        return _Mark.ERROR
    for names, sign in ((_CODE_NAMES, _Mark.CODE), (_SUCCESS_FLAGS, _Mark.GOOD)):
        if plain in names:
            return sign
    if plain.endswith(_RELATIVE_EXPIRY_NAMES):
        return _Mark.EXPIRY_IN
    if plain.endswith(_EXPIRY_NAMES) or plain == "valid_until":
        return _Mark.EXPIRY
    if not _FAILURE_FLAGS.isdisjoint(spoken):
        return _Mark.BAD
    if spoken and spoken[-1] == "token" and not _SINGLE_USE_WORDS.isdisjoint(spoken):
        return _Mark.ONE_USE
    named = {"type": _Mark.KIND, "object": _Mark.KIND, "status": _Mark.STATUS, "state": _Mark.STATUS}
    return named.get(plain, _Mark.STOP if plain == "stop_reason" else None)


_UNREADABLE_EXPIRY = "the answer names what expires, at a time that cannot be read"


def _parse_time(value: Any) -> float:
    """Parse a time: RFC 3339, or Unix seconds or milliseconds."""
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value)
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
        seconds = float(value)
    except (ValueError, TypeError, OverflowError):
        raise ValueError(_UNREADABLE_EXPIRY) from None
    if not math.isfinite(seconds):
        raise ValueError(_UNREADABLE_EXPIRY)
    return seconds / 1000 if seconds > 1e11 else seconds
