"""Ids of tool calls: two conversations that differ only in these have the same key. Pure.

An id is made at random by whoever makes the call, and names it in the result that the client sends back. So what an id
says is which result belongs to which call, and its place in the order of ids says that as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from aicache.domain.model import Turn

_RANDOM = re.compile(r"[A-Za-z0-9_-]{8,}")
"""An id that says nothing by itself. Shorter ones, and those with other signs (``functions.bash:0``), may be a model's
own numbers, which it sees: they count as they are."""
_REFERENCES = ("tool_call_id", "call_id", "tool_use_id", "tool_id")
_WRAPPED = (
    *("functionCall", "functionResponse", "toolCall", "toolResponse"),
    *("function_call", "function_response", "tool_call", "tool_response"),
)
"""Fields of Gemini's parts with a call or its result."""


class CallIds:
    """Numbers the ids of one conversation in the order in which they appear."""

    def __init__(self) -> None:
        self._numbers: dict[str, str] = {}

    def renamed(self, turn: Turn) -> Turn:
        """Return a turn with numbers in place of its ids."""
        content, rest = turn.content, turn.rest
        if rest and ("tool_calls" in rest or "tool_call_id" in rest):
            calls = rest.get("tool_calls")
            rest = self._with_number(rest, "tool_call_id")
            if isinstance(calls, list):
                rest = {**rest, "tool_calls": [self._with_number(call, "id") for call in calls]}
        if isinstance(content, list):
            content = [self._in_part(part) for part in content]
        elif isinstance(content, Mapping):  # an item of Responses that is no message
            content = self._in_part(content)
        return turn if content is turn.content and rest is turn.rest else Turn(turn.role, content, rest)

    def _in_part(self, part: Any) -> Any:
        if not isinstance(part, Mapping):
            return part
        kind = str(part.get("type"))
        if kind.endswith("tool_use") or kind.startswith("local_shell_call"):
            part = self._with_number(part, "id")
        for name in _REFERENCES:
            if name in part:
                part = self._with_number(part, name)
        for name in _WRAPPED:
            if isinstance(part.get(name), Mapping):
                part = {**part, name: self._with_number(part[name], "id")}
        return part

    def _with_number(self, holder: Any, name: str) -> Any:
        id = holder.get(name) if isinstance(holder, Mapping) else None
        if not isinstance(id, str) or not _RANDOM.fullmatch(id):
            return holder
        return {**holder, name: self._numbers.setdefault(id, f"\0call {len(self._numbers)}\0")}


def rename_call_ids(turns: Sequence[Turn]) -> Sequence[Turn]:
    """Return turns with numbers in place of the ids of calls, the same in a call and in its result."""
    ids = CallIds()
    return [ids.renamed(turn) if turn.rest or type(turn.content) is not str else turn for turn in turns]
