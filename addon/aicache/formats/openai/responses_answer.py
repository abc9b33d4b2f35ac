"""Checks whole responses: errors, status, items, usefulness. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aicache.formats import answer_content, failure_marks
from aicache.formats.answer_content import TRANSIENT_ERROR_CODES
from aicache.formats.json_body import JSONObject, object_list

_TEXT_OF = {"output_text": "text", "reasoning_text": "text", "summary_text": "text", "refusal": "refusal"}
_CALLS = {"function_call": "arguments", "custom_tool_call": "input"}
_STEP_TYPES = frozenset({"web_search_call", "file_search_call", "mcp_list_tools", "tool_search_call", "compaction"})
_ECHOED_FIELDS = frozenset({"tools", "text", "input", "output", "tool_choice", "reasoning", "conversation"})
"""Fields that repeat the request, beside those `failure_marks` ignores; and the items, which are checked one by one."""
_ITEM_CONTENT_FIELDS = frozenset({"code", "input", "output", "error", "tools", "queries", "pending_safety_checks"})
"""Fields of an item with content of the model and its tools, and with the tools' errors, which are checked apart."""
_CONTENT_ITEM_TYPES = frozenset(
    {"function_call_output", "custom_tool_call_output", "mcp_list_tools", "tool_search_output"}
)
_UPSTREAM_STEP_TYPES = frozenset({"reasoning", "mcp_call", "code_interpreter_call", "program", "program_output"})
"""Further steps on the way to an answer, which have readable content but are not the answer."""
_CALLER_CALL_TYPES = frozenset({"shell_call", "local_shell_call", "apply_patch_call", "computer_call"})


def check_answer(document: JSONObject) -> JSONObject:
    """Check a ``response`` object and return it unchanged.

    Raises ValueError, with the reason, unless it is completed, every item ended well and at least one has content.
    """
    reject_error(document)
    if document.get("object") != "response":
        raise ValueError("a document that is no response")
    if (status := document.get("status")) != "completed":
        raise ValueError(f"status: {answer_content.quote_reason(status)}")
    if document.get("incomplete_details"):
        raise ValueError("incomplete_details: the answer is cut off")
    if not isinstance(document.get("usage"), dict | None):
        raise ValueError("usage: not an object")
    failure_marks.reject_failed(_own_fields(document))
    items = object_list(document.get("output"), "output")
    for item in items:
        _check_item(item)
    _reject_failed_tools(items)
    if not any(_has_content(item) for item in items):
        raise ValueError("output: no content")
    return document


def reject_error(document: Mapping[str, Any]) -> None:
    """Raise ValueError for an error with status 200, in a document, an event or a single item."""
    if document.get("error") or document.get("object") == "error" or document.get("type") == "error":
        raise ValueError("an error in place of an answer")


def is_refused(document: Mapping[str, Any]) -> bool:
    """Tell whether the model declined to answer."""
    return any(
        part.get("type") == "refusal" and part.get("refusal")
        for item in document["output"]
        if item["type"] == "message"
        for part in parts_of(item, "content")
    )


def reject_useless(document: Mapping[str, Any]) -> None:
    """Raise ValueError for a response that is blank except for its reasoning, or has a malformed call."""
    items = document["output"]
    for item in items:
        if item["type"] == "function_call":
            answer_content.check_function_call(item)
    if not any(map(_has_visible_content, items)):
        raise ValueError("output: no content")


def texts(document: Mapping[str, Any]) -> list[str]:
    """Return the text that a response ends with; nothing if it ends with a call or a refusal."""
    items = [item for item in document["output"] if item["type"] not in ("reasoning", *_STEP_TYPES)]
    if not items or items[-1]["type"] != "message":
        return []
    parts = parts_of(items[-1], "content")
    if any(part["type"] == "refusal" for part in parts):
        return []
    return ["".join(part["text"] for part in parts if part["type"] == "output_text")]


def expiry(document: Mapping[str, Any]) -> float | None:
    """Return the earliest Unix time at which something in a response expires; None if nothing does."""
    times = [failure_marks.earliest_expiry(_own_fields(document))]
    times += [failure_marks.earliest_expiry(item, ignoring=_ITEM_CONTENT_FIELDS) for item in document["output"]]
    return min((time for time in times if time is not None), default=None)


def _own_fields(document: Mapping[str, Any]) -> JSONObject:
    """Return a response's own fields, without its items and what it echoes."""
    return {name: value for name, value in document.items() if name not in _ECHOED_FIELDS}


def parts_of(item: Mapping[str, Any], name: str) -> list[JSONObject]:
    return object_list(item.get(name), f"output.{name}")


def _check_item(item: JSONObject) -> None:
    """Check that an item ended well and that its content has the documented types."""
    kind = item.get("type")
    if not isinstance(kind, str):
        raise ValueError("output: an item has no type")
    if not _failed(item):
        reject_error(item)
        if not _ended_well(kind, item):
            raise ValueError("output: an item was not completed")
        if kind not in _CONTENT_ITEM_TYPES:
            failure_marks.reject_failed(item, ignoring=_ITEM_CONTENT_FIELDS)
    if kind in _CALLS and not all(isinstance(item.get(name), str) for name in ("name", "call_id", _CALLS[kind])):
        raise ValueError("output: a malformed call")
    if kind in ("message", "reasoning"):
        for part in (*parts_of(item, "content"), *parts_of(item, "summary")):
            text_field = _TEXT_OF.get(part["type"]) if isinstance(part.get("type"), str) else ""
            if text_field == "" or (text_field is not None and not isinstance(part.get(text_field), str)):
                raise ValueError("output: a part without text")
            for name in ("annotations", "logprobs"):
                object_list(part.get(name), f"output.{name}")


def _failed(item: Mapping[str, Any]) -> bool:
    """Tell whether an item is a failed call of an MCP server's tool."""
    return item.get("type") == "mcp_call" and bool(item.get("error") or item.get("status") == "failed")


def _reject_failed_tools(items: Sequence[Mapping[str, Any]]) -> None:
    """Raise ValueError if a tool failed at the upstream, unless the model corrected its call and a later one succeeded.

    A server that does not answer now may answer later: then the model would have answered differently.
    """
    succeeded: set[tuple[str, str]] = set()
    for item in reversed(items):
        if item["type"] != "mcp_call":
            continue
        called = str(item.get("server_label")), str(item.get("name"))
        if not _failed(item):
            succeeded.add(called)
        elif called not in succeeded or _is_transient(item.get("error")):
            raise ValueError("output: a tool failed at the upstream")


def _is_transient(error: Any) -> bool:
    """Tell by an error whether the same call might succeed at another time. A plain text does not show it."""
    if not isinstance(error, dict):
        return False
    code = error.get("code")
    passing = isinstance(code, int) and (code >= 500 or code in (401, 403, 408, 425, 429))
    return (
        passing
        or (isinstance(code, str) and code in TRANSIENT_ERROR_CODES)
        or error.get("type") == "mcp_protocol_error"
    )


def _ended_well(kind: str, item: Mapping[str, Any]) -> bool:
    """Tell by an item's status. Calls for the caller are in progress; pictures stay ``generating`` when done."""
    match item.get("status"):
        case None | "completed":
            return True
        case "in_progress":
            return kind in _CALLER_CALL_TYPES
        case "generating":
            return kind == "image_generation_call" and bool(item.get("result"))
        case _:
            return False


def _has_content(item: Mapping[str, Any]) -> bool:
    """Tell whether an item is more than a step on the way. Reasoning counts if it is readable.

    A search for tools that the caller must run ends an answer as a function call does.
    """
    if item["type"] in ("message", "reasoning"):
        parts = (*parts_of(item, "content"), *parts_of(item, "summary"))
        return any(part.get(_TEXT_OF.get(part["type"], "type")) for part in parts)
    return item["type"] not in _STEP_TYPES or item.get("execution") == "client"


def _has_visible_content(item: Mapping[str, Any]) -> bool:
    """Tell whether an item shows something to the reader of the answer, or makes a call."""
    if item["type"] == "message":
        return any(map(_is_visible_part, parts_of(item, "content")))
    return item["type"] not in _UPSTREAM_STEP_TYPES and _has_content(item)


def _is_visible_part(part: Mapping[str, Any]) -> bool:
    text_field = _TEXT_OF.get(part["type"])
    return True if text_field is None else answer_content.has_visible_text(part.get(text_field))
