"""Defaults that Anthropic's Messages API documents, and its marks for prompt caching. Pure.

Sources: https://docs.claude.com/en/api/messages (a text as the content is short for one text block),
https://docs.claude.com/en/docs/agents-and-tools/tool-use/implement-tool-use (``auto`` is the default with tools,
``none`` without), https://docs.claude.com/en/docs/build-with-claude/prompt-caching.
"""

from __future__ import annotations

from typing import Any

from aicache.formats.equivalents import CACHE_CONTROL, Defaults, single_text, without_defaults, without_marks
from aicache.formats.json_body import JSONObject

_DEFAULTS: Defaults = {
    "tools": ([], None),
    "mcp_servers": ([], None),
}
_AUTO = ({"type": "auto"}, {"type": "auto", "disable_parallel_tool_use": False}, None)
_WITH_TOOLS: Defaults = {"tool_choice": _AUTO}
_WITHOUT_TOOLS: Defaults = {"tool_choice": (*_AUTO, {"type": "none"})}


def params(given: JSONObject) -> JSONObject:
    """Return the parameters that are not the API's defaults, without marks."""
    found = without_defaults(given, _DEFAULTS)
    found = without_defaults(found, _WITH_TOOLS if "tools" in found else _WITHOUT_TOOLS)
    if "cache_control" in found:
        found = {name: value for name, value in found.items() if name != "cache_control"}
    tools = without_marks(found.get("tools"), CACHE_CONTROL)
    return found if tools is found.get("tools") else {**found, "tools": tools}


def content(given: Any) -> Any:
    """Return a content without marks, its one text block as the text."""
    return single_text(_unmarked(given))


def _unmarked(given: Any) -> Any:
    if not isinstance(given, list):
        return given
    found = [_without_inner_marks(block) for block in without_marks(given, CACHE_CONTROL)]
    return found if any(new is not old for new, old in zip(found, given, strict=True)) else given


def _without_inner_marks(block: Any) -> Any:
    """Return a block whose own content has no marks: a tool's result, or a document in parts."""
    if not isinstance(block, dict) or not isinstance(inner := block.get("content"), list):
        return block
    unmarked = _unmarked(inner)
    return block if unmarked is inner else {**block, "content": unmarked}
