"""Messages whose content is plain text, as one string or in parts. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aicache.domain.model import Turn

TEXT_PART = frozenset({"type", "text"})
"""The fields of a part that is text and nothing else."""
QUESTION_PART = TEXT_PART | {"cache_control"}
"""The same of a question: where a provider's own prompt cache may cut changes no answer."""


def is_text_part(part: Any, fields: frozenset[str] = TEXT_PART, *, kind: str = "text") -> bool:
    """Tell whether a part is a text of this type, and has no other fields than these."""
    return (
        isinstance(part, dict)
        and part.keys() <= fields
        and part.get("type") == kind
        and isinstance(part.get("text"), str)
    )


def is_question_part(part: Any) -> bool:
    return is_text_part(part, QUESTION_PART)


def question_of(turn: Turn, is_text: Callable[[Any], bool] = is_question_part) -> str | None:
    """Return the text of a user's turn if text is all it holds, else None. *is_text* tells which parts are text."""
    if turn.role != "user":
        return None
    content = turn.content
    if isinstance(content, list) and all(map(is_text, content)):
        content = "\n".join(part["text"] for part in content)
    return content if isinstance(content, str) and content.strip() else None
