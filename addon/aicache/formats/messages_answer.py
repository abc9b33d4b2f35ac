"""What a whole message of Anthropic's says, and whether it is worth keeping. Pure; knows nothing of streams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aicache.formats.body import JSONObject, objects

GOOD_ENDS = frozenset({"end_turn", "stop_sequence", "tool_use", "refusal"})
"""An allow-list: max_tokens and model_context_window_exceeded cut an answer, pause_turn and compaction halt one."""

TOOL_USES = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})
"""Kinds of blocks that call a tool, whoever runs it: these have an ``input``, which streams as text."""

NO_USAGE = {"input_tokens": 0, "output_tokens": 0}
"""Stands for what was not counted; clients of the API take it for granted that there are counts."""

_TEXTS = {"text": "text", "thinking": "thinking", "redacted_thinking": "data"}
_SILENT = frozenset(_TEXTS)


def read(document: Mapping[str, Any]) -> JSONObject:
    """Check a ``message`` object, and give it the fields that both modes have: ``stop_sequence`` and ``usage``.

    Raises ValueError, with the reason, unless it is an answer that ended well and says something.
    """
    refuse_error(document)
    if document.get("type") != "message" or document.get("role") != "assistant":
        raise ValueError("not a message of the assistant")
    for name in ("id", "model", "stop_sequence"):
        _refuse_unless(document.get(name), str | None, name)
    reason = document.get("stop_reason")
    if not isinstance(reason, str) or reason not in GOOD_ENDS:
        raise ValueError(f"stop_reason: {reason if _is_word(reason) else 'none, or not a word'}")
    if document.get("container") is not None:
        raise ValueError("container: the answer names one that will have gone")
    blocks = objects(document.get("content"), "content")
    for block in blocks:
        _check(block)
    if not any(_says(block) for block in blocks):
        raise ValueError("content: says nothing")
    stop_sequence = document.get("stop_sequence")
    return {**document, "content": blocks, "stop_sequence": stop_sequence, "usage": _usage(document.get("usage"))}


def refuse_error(document: Mapping[str, Any]) -> None:
    """Raise ValueError for an error that came with status 200: a document's or an event's."""
    if document.get("type") == "error" or document.get("error"):
        raise ValueError("an error in place of an answer")


def _check(block: Mapping[str, Any]) -> None:
    """Raise ValueError for a block that is not what its type says, or tells of a tool that failed at the upstream.

    Such failures pass (``too_many_requests``, ``unavailable``), and what the model makes of them should pass, too.
    """
    kind, content = block.get("type"), block.get("content")
    _refuse_unless(kind, str, "content: a block's type")
    if kind in _TEXTS:
        _refuse_unless(block.get(_TEXTS[kind]), str, f"content: {kind}")
    if kind == "text":
        objects(block.get("citations"), "citations")
    if kind == "thinking":
        _refuse_unless(block.get("signature"), str | None, "signature")
    if kind in TOOL_USES:
        _refuse_unless(block.get("id"), str, "content: a tool call's id")
        _refuse_unless(block.get("name"), str, "content: a tool call's name")
        _refuse_unless(block.get("input"), dict, "content: a tool call's input")
    failure = isinstance(content, dict) and isinstance(content.get("type"), str) and content["type"].endswith("_error")
    if failure or (kind == "mcp_tool_result" and block.get("is_error")):
        raise ValueError("content: a tool failed at the upstream")


def _says(block: Mapping[str, Any]) -> bool:
    kind = block["type"]
    return kind not in _SILENT or (kind != "redacted_thinking" and block[_TEXTS[kind]] != "")


def _usage(usage: Any) -> JSONObject:
    _refuse_unless(usage, dict | None, "usage")
    counts = {**NO_USAGE, **(usage or {})}
    for name in NO_USAGE:
        if counts[name] is None:
            counts[name] = 0
        if type(counts[name]) is not int:
            raise ValueError(f"usage.{name}: not a count")
    return counts


def _refuse_unless(value: Any, kind: Any, name: str) -> None:
    if not isinstance(value, kind):
        raise ValueError(f"{name}: of the wrong type")


def _is_word(reason: Any) -> bool:
    return isinstance(reason, str) and reason.isidentifier() and len(reason) <= 40
