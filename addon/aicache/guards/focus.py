"""English words that say something of the word behind them: only I saw it, I only saw it. Pure."""

from __future__ import annotations

from aicache.guards.tokens import Clauses

_FOCUSING = frozenset("only even nearly almost merely hardly barely".split())


def is_focus_moved(one: Clauses, other: Clauses) -> bool:
    """Return whether an English word that both have says something of another word: only I saw, I only saw."""
    return any(
        one.words.count(word) == other.words.count(word) == 1 and _following(one, word) != _following(other, word)
        for word in _FOCUSING.intersection(one.words)
    )


def _following(text: Clauses, word: str) -> str:
    return (*text.words[text.words.index(word) + 1 :], "")[0]
