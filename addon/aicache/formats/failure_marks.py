"""Marks in an answer that it went wrong, came past a filter, or soon expires. Pure; what the model said is not read.

A document says so in many places and under many names, so all of it is looked at, less what is known to hold words of
the model, of its tools or of the caller. Texts are never searched: a mark is a name with a value that says something.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import Enum, auto
from functools import lru_cache
from typing import Any

from aicache.formats.upstream_state import words

SAID = frozenset(
    {"arguments", "args", "parameters", "properties", "schema", "json_schema", "input_schema", "metadata"}
    | {"logprobs", "top_logprobs", "logprobsResult", "citations", "annotations", "documents", "tools", "instructions"}
    | {"result", "results", "search_results", "outputs", "code_results", "browser_results", "web_search", "search_info"}
    | {"groundingMetadata", "citationMetadata", "executableCode", "action", "actions", "prompt", "context"}
)
"""Names under which the model, its tools, the pages they read and the caller have their words, in any API."""

_FILTERS = frozenset(
    {"moderation", "moderations", "filter", "filters", "guardrail", "guardrails", "safety", "inspection"}
)
"""Words of what filters say: within it, names are never the model's."""

_SIGNS = (
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
"""What the text of a document has in it where there may be a mark: most pieces of streams have none of it."""

_BAD_WORDS = frozenset({"error", "errors", "err", "errcode", "errno", "failure", "failures", "failed", "exception"})
_BAD_FLAGS = frozenset(
    {"sensitive", "filtered", "unfiltered", "blocked", "truncated", "incomplete", "aborted", "interrupted", "cancelled"}
    | {"canceled", "partial", "timeout", "degraded"}
)
_CODES = frozenset({"code", "status_code", "statuscode", "ret", "retcode", "ret_code", "return_code"})
_GOOD_FLAGS = frozenset({"success", "ok", "succeeded", "is_success"})
_BAD_STATUS = frozenset(
    {"error", "failed", "failure", "cancelled", "canceled", "incomplete", "timeout", "timed_out", "expired", "aborted"}
    | {"interrupted"}
)
_BAD_STOPS = frozenset({"userStopped", "modelUnloaded", "failed", "maxPredictedTokensReached", "contextLengthReached"})
"""LM Studio's, which says ``stop`` all the same."""
_FINE = frozenset({"", "0", "200", "ok", "success", "succeeded", "none", "null", "no_error"})
_ONE_USE = frozenset({"credit", "continuation", "continue", "resume", "resumption", "retry"})
_EXPIRIES = (
    "expires_at",
    "expire_at",
    "expires_on",
    "expires",
    "expire_time",
    "expiration",
    "expiration_time",
    "expiry",
)
_COUNTED_FROM_NOW = ("expires_in", "expires_after", "expires_in_seconds", "expire_in", "valid_for")


class _Sign(Enum):
    """What a name is about, which may be a mark by its value."""

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


def refuse(document: Mapping[str, Any], *, but: frozenset[str] = frozenset()) -> None:
    """Raise ValueError for a document with a mark of an error or of a filter that did not do its work.

    *but* are names that are left out beside those of `SAID`.
    """
    for sign, value in _signs(document, SAID | but):
        if _is_bad(sign, value):
            raise ValueError("an error, or a mark of one, in the answer")


def refuse_in(document: Mapping[str, Any], text: str, *, but: frozenset[str] = frozenset()) -> None:
    """Do as `refuse` for a piece of a stream; its *text* mostly tells at a glance that there is no mark in it."""
    text = text.lower()
    if any(sign in text for sign in _SIGNS):
        refuse(document, but=but)


def expiry(document: Mapping[str, Any], *, but: frozenset[str] = frozenset()) -> float | None:
    """Return the Unix time at which the first of what the document names expires; None where nothing does.

    Raises ValueError for a time that cannot be read.
    """
    times = []
    for sign, value in _signs(document, SAID | but):
        if sign is _Sign.EXPIRY_IN and value:
            raise ValueError(_UNREADABLE)  # from when on, only the upstream knows
        if sign is _Sign.EXPIRY and value:
            times.append(_time(value))
    return min(times, default=None)


def _is_bad(sign: _Sign, value: Any) -> bool:
    match sign:
        case _Sign.ERROR:
            return not _says_nothing(value)
        case _Sign.CODE:
            return not isinstance(value, dict | list) and not _says_nothing(value) and value != 200
        case _Sign.GOOD:
            return value is False
        case _Sign.BAD:
            return value is True
        case _Sign.KIND:
            return isinstance(value, str) and (value == "error" or value.endswith(("_error", "Error")))
        case _Sign.STATUS:
            return isinstance(value, str) and value.lower() in _BAD_STATUS
        case _Sign.STOP:
            return isinstance(value, str) and value in _BAD_STOPS
        case _Sign.ONE_USE:
            return bool(value)
        case _Sign.EXPIRY | _Sign.EXPIRY_IN:
            return False


def _says_nothing(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().lower() in _FINE
    if isinstance(value, dict):
        return all(_says_nothing(each) for each in value.values())
    return not value


def _signs(document: Mapping[str, Any], but: frozenset[str]) -> Iterator[tuple[_Sign, Any]]:
    """Yield what may be a mark by its name, and its value, all over a document, less what is under the names left out.

    Within what filters say nothing is left out.
    """
    pending: list[tuple[Any, bool]] = [(document, False)]
    for item, all_of_it in pending:  # grows on the way
        if isinstance(item, list):
            pending += [(value, all_of_it) for value in item if isinstance(value, dict | list)]
            continue
        for name, value in item.items():
            if name in but and not all_of_it:
                continue
            sign, filters = _read(name) if len(name) <= _LONG else _read.__wrapped__(name)
            if sign is not None:
                yield sign, value
            if isinstance(value, dict | list):
                pending.append((value, all_of_it or filters))


_LONG = 64  # characters of a name; longer ones are none of an API's


@lru_cache(4096)
def _read(name: str) -> tuple[_Sign | None, bool]:
    """Return what a name is about, and whether a filter's words are under it."""
    spoken = words(name)
    plain = "_".join(spoken)
    return _sign_of(spoken, plain), not _FILTERS.isdisjoint(spoken)


def _sign_of(spoken: tuple[str, ...], plain: str) -> _Sign | None:
    if not _BAD_WORDS.isdisjoint(spoken):
        return _Sign.ERROR
    for names, sign in ((_CODES, _Sign.CODE), (_GOOD_FLAGS, _Sign.GOOD)):
        if plain in names:
            return sign
    if plain.endswith(_COUNTED_FROM_NOW):
        return _Sign.EXPIRY_IN
    if plain.endswith(_EXPIRIES) or plain == "valid_until":
        return _Sign.EXPIRY
    if not _BAD_FLAGS.isdisjoint(spoken):
        return _Sign.BAD
    if spoken and spoken[-1] == "token" and not _ONE_USE.isdisjoint(spoken):
        return _Sign.ONE_USE
    named = {"type": _Sign.KIND, "object": _Sign.KIND, "status": _Sign.STATUS, "state": _Sign.STATUS}
    return named.get(plain, _Sign.STOP if plain == "stop_reason" else None)


_UNREADABLE = "the answer names what expires, at a time that cannot be read"


def _time(value: Any) -> float:
    """Read a time: RFC 3339, or seconds or milliseconds since 1970."""
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value)
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
        seconds = float(value)
    except (ValueError, TypeError, OverflowError):
        raise ValueError(_UNREADABLE) from None
    if not math.isfinite(seconds):
        raise ValueError(_UNREADABLE)
    return seconds / 1000 if seconds > 1e11 else seconds
