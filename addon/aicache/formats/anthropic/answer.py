"""Checks whole messages of Anthropic's: errors, stop reasons, blocks, usefulness. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aicache.formats import answer_content, failure_marks
from aicache.formats.json_body import JSONObject, object_list

GOOD_STOP_REASONS = frozenset({"end_turn", "stop_sequence", "tool_use", "refusal"})
"""An allow-list: max_tokens and model_context_window_exceeded cut an answer, pause_turn and compaction pause one."""

TOOL_USE_TYPES = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})
"""Types of blocks that call a tool, of the caller or the upstream: these have an ``input``, which streams as text."""

NO_USAGE = {"input_tokens": 0, "output_tokens": 0}
"""Usage of another API's answer that has none; clients rely on the counts."""

_PERMANENT_ERROR_CODES = frozenset(
    {"max_uses_exceeded", "query_too_long", "invalid_tool_input", "invalid_input", "url_not_allowed", "url_too_long"}
    | {"unsupported_content_type", "request_too_large"}
)
"""Error codes for a fault in the request or the model's call: the same call always fails."""

_TOOL_INPUT_FIELDS = frozenset({"input"})  # of a tool call: the model's own content

_TEXT_FIELDS = {"text": "text", "thinking": "thinking", "redacted_thinking": "data"}
_TEXT_TYPES = frozenset(_TEXT_FIELDS)
_STEP_TYPES = frozenset({"server_tool_use", "mcp_tool_use", "mcp_tool_listing", "fallback"})


def check_answer(document: Mapping[str, Any]) -> JSONObject:
    """Check a ``message`` object and add the fields that both modes have: ``stop_sequence`` and ``usage``.

    Raises ValueError, with the reason, unless it ended well and has content.
    """
    reject_error(document)
    if document.get("type") != "message" or document.get("role") != "assistant":
        raise ValueError("not a message of the assistant")
    for name in ("id", "model", "stop_sequence"):
        _check_type(document.get(name), str | None, name)
    reason = document.get("stop_reason")
    if not isinstance(reason, str) or reason not in GOOD_STOP_REASONS:
        raise ValueError(f"stop_reason: {answer_content.quote_reason(reason)}")
    failure_marks.reject_failed(_own_fields(document))
    blocks = object_list(document.get("content"), "content")
    for block in blocks:
        _check_block(block)
    _reject_failed_tools(blocks)
    if not any(_has_content(block) for block in blocks):
        raise ValueError("content: blank")
    stop_sequence = document.get("stop_sequence")
    return {**document, "content": blocks, "stop_sequence": stop_sequence, "usage": _usage(document.get("usage"))}


def reject_error(document: Mapping[str, Any]) -> None:
    """Raise ValueError for an error with status 200, in a document or an event."""
    if document.get("type") == "error" or document.get("error"):
        raise ValueError("an error in place of an answer")


def _check_block(block: Mapping[str, Any]) -> None:
    """Raise ValueError for a block whose fields do not fit its type."""
    kind = block.get("type")
    _check_type(kind, str, "content: a block's type")
    if kind in _TEXT_FIELDS:
        _check_type(block.get(_TEXT_FIELDS[kind]), str, f"content: {kind}")
    if kind == "text":
        object_list(block.get("citations"), "citations")
    if kind == "thinking":
        _check_type(block.get("signature"), str | None, "signature")
    if kind in TOOL_USE_TYPES:
        _check_type(block.get("id"), str, "content: a tool call's id")
        _check_type(block.get("name"), str, "content: a tool call's name")
        _check_type(block.get("input"), dict, "content: a tool call's input")
    if not _is_result(block):
        failure_marks.reject_failed(block, ignoring=_TOOL_INPUT_FIELDS)


def _reject_failed_tools(blocks: Sequence[Mapping[str, Any]]) -> None:
    """Raise ValueError if a tool failed at the upstream, unless it would always fail, or a later call of it succeeded.

    Other failures are transient (``too_many_requests``, ``unavailable``), and so should be the answer built on them.
    """
    succeeded: set[str] = set()
    for block in reversed(blocks):
        if not _failed(block):
            succeeded.add(block["type"])
            continue
        content = block.get("content")
        code = content.get("error_code") if isinstance(content, dict) else None
        if not isinstance(code, str | None):
            raise ValueError("content: a tool failed at the upstream")
        if code in _PERMANENT_ERROR_CODES:
            continue
        if code in answer_content.TRANSIENT_ERROR_CODES or block["type"] not in succeeded:
            raise ValueError("content: a tool failed at the upstream")


def _failed(block: Mapping[str, Any]) -> bool:
    content = block.get("content")
    failure = isinstance(content, dict) and isinstance(content.get("type"), str) and content["type"].endswith("_error")
    return failure or (_is_result(block) and block.get("is_error") not in (None, False))


def _is_result(block: Mapping[str, Any]) -> bool:
    kind: str = block["type"]
    return kind.endswith("_result")


def _is_caller_call(block: Mapping[str, Any]) -> bool:
    """Tell whether a block calls a tool that the caller runs."""
    kind = block.get("type")
    return isinstance(kind, str) and kind.endswith("tool_use") and kind not in ("server_tool_use", "mcp_tool_use")


def reject_useless(document: Mapping[str, Any]) -> None:
    """Raise ValueError for a message that is blank except for its thinking, or lacks an announced tool call."""
    blocks = document["content"]
    if document["stop_reason"] == "tool_use" and not any(map(_is_caller_call, blocks)):
        raise ValueError("stop_reason: tool_use, but no tool is called")
    if not any(map(_has_visible_content, blocks)) and document["stop_reason"] != "refusal":
        raise ValueError("content: blank")


def texts(document: Mapping[str, Any]) -> list[str]:
    """Return the text that a message ends with; nothing if it ends with a call or a refusal."""
    blocks = document["content"]
    if document["stop_reason"] in ("refusal", "tool_use"):
        return []
    last = max((at + 1 for at, block in enumerate(blocks) if block["type"] not in _TEXT_TYPES), default=0)
    return ["".join(block["text"] for block in blocks[last:] if block["type"] == "text")]


def expiry(document: Mapping[str, Any]) -> float | None:
    """Return the earliest Unix time at which something in a message expires; None if nothing does."""
    times = [failure_marks.earliest_expiry(_own_fields(document))]
    times += [
        failure_marks.earliest_expiry(block, ignoring=_TOOL_INPUT_FIELDS)
        for block in document["content"]
        if not _is_result(block)
    ]
    return min((time for time in times if time is not None), default=None)


def _own_fields(document: Mapping[str, Any]) -> JSONObject:
    """Return a message's own fields, without its content."""
    return {name: value for name, value in document.items() if name != "content"}


def reject_container(document: Mapping[str, Any], tools: Sequence[Mapping[str, Any]]) -> None:
    """Raise ValueError for an answer that names a container which the caller may use again.

    Callers reuse containers in which their code ran. Searches also run code, to filter what they find, and name the
    container; such an answer is good until that expires.
    """
    container = document.get("container")
    if container is None:
        return
    runs_code = any(str(tool.get("type")).startswith("code_execution") for tool in tools)
    if runs_code or not isinstance(container, dict) or not container.get("expires_at"):
        raise ValueError("container: the answer names one that will be gone")


def _has_content(block: Mapping[str, Any]) -> bool:
    kind = block["type"]
    return kind not in _TEXT_TYPES or (kind != "redacted_thinking" and block[_TEXT_FIELDS[kind]] != "")


def _has_visible_content(block: Mapping[str, Any]) -> bool:
    """Tell whether a block is shown to the reader: anything not known to be thinking, or a step on the way."""
    kind = block["type"]
    if kind == "text":
        return answer_content.has_visible_text(block["text"])
    return kind not in _TEXT_TYPES and kind not in _STEP_TYPES and not _is_result(block)


def _usage(usage: Any) -> JSONObject:
    _check_type(usage, dict | None, "usage")
    counts = {name: value for name, value in (usage or {}).items() if value is not None or name not in NO_USAGE}
    for name in NO_USAGE:
        if type(counts.get(name, 0)) is not int:
            raise ValueError(f"usage.{name}: not a count")
    return counts


def _check_type(value: Any, kind: Any, name: str) -> None:
    if not isinstance(value, kind):
        raise ValueError(f"{name}: not of its type")
