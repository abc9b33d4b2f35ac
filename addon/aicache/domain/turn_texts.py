"""The texts in a turn of a conversation: a prompt's, a user's, or a tool result's, in the contents of any API. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aicache.domain.conversation import SYSTEM_ROLES
from aicache.domain.masks import Place
from aicache.domain.model import Turn

TextChange = Callable[[str, Place], str]

_RESULT_ROLES = frozenset({"tool", "function"})
_RESULT_FIELDS = ("functionResponse", "function_response")
_PRINTED = ("text", "stdout", "stderr")
"""Fields with the text of a part of a tool's result; Responses' shell calls have two of them."""


def change_texts(turn: Turn, change: TextChange) -> Turn:
    """Return a turn with its texts changed. A model's own texts and calls stay as they are."""
    place = _place_of(turn)
    if place is None:
        return turn
    content = _change_content(turn.content, place, change)
    return turn if content is turn.content else Turn(turn.role, content, turn.rest)


def _place_of(turn: Turn) -> Place | None:
    content = turn.content
    if isinstance(content, Mapping):  # an item of Responses that is no message
        return Place.TOOL if str(content.get("type")).endswith("_output") else None
    if turn.role in SYSTEM_ROLES:
        return Place.SYSTEM
    if turn.role == "user":
        return Place.USER
    if turn.role not in _RESULT_ROLES:
        return None
    # Anthropic and Gemini have the results of calls in a user's message, beside texts of the user's.
    return Place.USER if isinstance(content, list) and any(map(_is_result, content)) else Place.TOOL


def _is_result(part: Any) -> bool:
    return isinstance(part, Mapping) and (
        part.get("type") == "tool_result" or any(name in part for name in _RESULT_FIELDS)
    )


def _change_content(content: Any, place: Place, change: TextChange) -> Any:
    if isinstance(content, str):
        return change(content, place)
    if isinstance(content, list):
        parts = [_change_part(part, place, change) for part in content]
        return parts if any(new is not old for new, old in zip(parts, content, strict=True)) else content
    return _change_part(content, place, change)


def _change_part(part: Any, place: Place, change: TextChange) -> Any:
    if isinstance(part, str):
        return change(part, place)
    if not isinstance(part, Mapping):
        return part
    if part.get("type") == "tool_result":
        return _replaced(part, "content", _change_content(part.get("content"), Place.TOOL, change))
    if str(part.get("type")).endswith("_output") and "output" in part:
        return _replaced(part, "output", _change_content(part["output"], Place.TOOL, change))
    for name in _RESULT_FIELDS:
        if isinstance(result := part.get(name), Mapping):
            changed = _change_all(result.get("response"), change)
            return _replaced(part, name, _replaced(result, "response", changed))
    for name in _PRINTED if place is Place.TOOL else ("text",):
        if isinstance(text := part.get(name), str):
            part = _replaced(part, name, change(text, place))
    return part


def _change_all(value: Any, change: TextChange) -> Any:
    """Change every text in the result of a Gemini function, which has no form but the caller's own."""
    if isinstance(value, str):
        return change(value, Place.TOOL)
    if isinstance(value, list):
        return [_change_all(item, change) for item in value]
    if isinstance(value, Mapping):
        return {name: _change_all(item, change) for name, item in value.items()}
    return value


def _replaced(holder: Mapping[str, Any], name: str, value: Any) -> Mapping[str, Any]:
    return holder if name not in holder or holder[name] is value else {**holder, name: value}
