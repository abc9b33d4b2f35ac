"""Checks an answer's content: visible text beside the reasoning, and tool calls that clients can execute. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from aicache.formats.json_body import JSONObject, parse_object

TOOL_CALL_FINISH_REASONS = frozenset({"tool_calls", "function_call", "tool_use"})
"""Finish reasons that announce a tool call, in OpenAI's APIs and those that pass other vendors' reasons through."""

TRANSIENT_ERROR_CODES = frozenset(
    {"unavailable", "too_many_requests", "overloaded", "overloaded_error", "execution_time_exceeded", "timeout"}
)
"""Error codes of the upstream's tools after which the same call may succeed later."""

MAX_REASON_CHARS = 40

_INVISIBLE = frozenset("\u2800\u3164\u115f\u1160\uffa0")  # letters and symbols that display as nothing
_REASONING_TAG = re.compile(r"\s*<(think|thinking|thought|reasoning)>", re.IGNORECASE)


def has_visible_text(text: Any) -> bool:
    """Tell whether a text has visible characters outside its reasoning."""
    if not isinstance(text, str):
        return False
    return any(_is_visible(character) for character in strip_reasoning(text))


def strip_reasoning(text: str) -> str:
    """Return a text without its leading reasoning, for servers that do not separate the two."""
    if (opening := _REASONING_TAG.match(text)) is None:
        return text
    _, closed, answer = text.partition(f"</{opening[1]}>")
    return answer if closed else ""


def check_tool_call(call: Mapping[str, Any]) -> None:
    """Raise ValueError for an OpenAI tool call without a name, or whose arguments are not a JSON object.

    Custom tools take any text, and unknown types of calls pass.
    """
    kind = call.get("type") or "function"
    if kind == "custom":
        custom = call.get("custom")
        if not isinstance(custom, dict) or not _has_name(custom) or not isinstance(custom.get("input"), str | None):
            raise ValueError("tool_calls: a malformed call of a custom tool")
    elif kind == "function":
        check_function_call(call.get("function"))


def check_function_call(function: Any) -> None:
    """Raise ValueError for a function call without a name, or whose arguments are not a JSON object."""
    if not isinstance(function, dict) or not _has_name(function):
        raise ValueError("tool_calls: a call without a name")
    check_arguments(function.get("arguments"))


def check_arguments(arguments: Any) -> None:
    """Raise ValueError unless arguments are a JSON object, encoded or not. Absent and blank ones pass."""
    if arguments is None or isinstance(arguments, dict) or (isinstance(arguments, str) and not arguments.strip()):
        return
    try:
        if isinstance(arguments, str):
            parse_object(arguments)
            return
    except ValueError:
        pass
    raise ValueError("tool_calls: arguments that are not a JSON object")


def reject_missing_call(reason: Any, calls: Any) -> None:
    """Raise ValueError for an answer whose finish reason announces a tool call that is not there."""
    if reason in TOOL_CALL_FINISH_REASONS and not calls:
        raise ValueError("an end for a tool that is not called")


def has_id_and_name(call: JSONObject) -> bool:
    """Tell whether clients in both modes can identify a tool call: it has an id and a name."""
    named = next((call[kind] for kind in ("function", "custom") if isinstance(call.get(kind), dict)), call)
    return bool(call.get("id")) and isinstance(named.get("name"), str) and named["name"] != ""


def quote_reason(reason: Any) -> str:
    """Return a finish reason or status as an error may quote it: one short word, so never content."""
    is_word = isinstance(reason, str) and reason.isidentifier() and len(reason) <= MAX_REASON_CHARS
    return reason if is_word else "missing, or not a word"


def _has_name(function: Mapping[str, Any]) -> bool:
    return isinstance(name := function.get("name"), str) and bool(name.strip())


def _is_visible(character: str) -> bool:
    return character.isprintable() and not character.isspace() and character not in _INVISIBLE
