"""The turns of a conversation: which of them count for the key, and what they contain. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from aicache.domain.model import Turn
from aicache.domain.task_prompts import is_task_prompt

SYSTEM_ROLES = frozenset({"system", "developer"})

_TOOL_PARTS = frozenset(
    {"tool_use", "tool_result", "thinking", "redacted_thinking", "refusal", "reasoning", "function_call"}
    | {"function_call_output", "custom_tool_call", "custom_tool_call_output"}
)
_TOOL_FIELDS = frozenset({"functionCall", "functionResponse", "function_call", "function_response"})
_MEDIA_FIELDS = frozenset({"image", "audio", "video", "file", "images", "image_url", "inlineData", "fileData"})


class Context(StrEnum):
    """The part of the conversation before the question that counts (Higress: ``cacheKeyStrategy``)."""

    FULL = "full"
    LAST_QUESTION = "last_question"
    ALL_QUESTIONS = "all_questions"


def select_turns(turns: Sequence[Turn], context: Context) -> Sequence[Turn]:
    """Return the turns that count.

    Turns after the last question (tool calls and their results) always count, whatever the context: without them the
    request that brings a tool's result would be answered with the same tool call, endlessly. System prompts count too,
    and so does everything but text: which picture was sent is what the next question is about. And all turns count
    where the question is about the chat itself: the title that a chat UI asks for belongs to this chat.
    """
    if context is Context.FULL:
        return turns
    last = max((i for i, turn in enumerate(turns) if turn.role == "user"), default=0)
    if is_task_prompt(text_in(turns[last].content)):
        return turns
    kept = SYSTEM_ROLES if context is Context.LAST_QUESTION else SYSTEM_ROLES | {"user"}
    return [turn for i, turn in enumerate(turns) if i >= last or turn.role in kept or not is_textual(turn)]


def is_textual(turn: Turn) -> bool:
    """Return whether a turn consists of text and tool calls only: no picture, sound or document."""
    return turn.rest.get("images") in (None, []) and _is_textual_content(turn.content)


def text_in(content: Any) -> str:
    """Return the text in the content of a turn, its parts joined by line breaks."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else [content]
    texts = (part.get("text") for part in parts if isinstance(part, Mapping))
    return "\n".join(text for text in texts if isinstance(text, str))


def _is_textual_content(content: Any) -> bool:
    if content is None or isinstance(content, str):
        return True
    parts = content if isinstance(content, list) else [content]
    return all(isinstance(part, dict) and _is_textual_part(part) for part in parts)


def _is_textual_part(part: Mapping[str, Any]) -> bool:
    if not _MEDIA_FIELDS.isdisjoint(part):
        return False
    if part.get("type") in _TOOL_PARTS or not _TOOL_FIELDS.isdisjoint(part):
        return _is_textual_content(part.get("content")) and _is_textual_content(part.get("output"))
    return "text" in part or "thinking" in part
