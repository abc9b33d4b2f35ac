"""With what an English command begins: set an alarm, refund my order. Pure."""

from __future__ import annotations

from aicache.guards.counted_words import is_content
from aicache.guards.english_words import is_past
from aicache.guards.tokens import Clauses, Token


def command_verb(text: Clauses) -> Token | None:
    """Return the first token of an English text if it may be the verb of a command; None for others."""
    if not text.words or "?" in text.plain or is_past(text.words[0]):
        return None
    first = next((token for clause in text.clauses for token in clause), None)
    return first if first is not None and is_content(first) else None
