"""What upkeep tells of entries. Values, and nothing that asks."""

from __future__ import annotations

from dataclasses import dataclass

from aicache.domain.model import PINNED, Entry

__all__ = ["PINNED", "Brief", "Found", "OfCaller", "Taken", "brief"]


CALLER = 12
"""Digits of a caller's name, as it is shown."""


@dataclass(frozen=True, slots=True)
class Brief:
    """An entry without its body."""

    key: str
    api: str
    model: str
    question: str | None
    prompt_tokens: int
    completion_tokens: int
    stored_at: float
    expires_at: float
    size: int
    """Bytes of the body."""
    caller: str
    """Names whose request it answered, for the operator; empty where that is not known."""

    @property
    def pinned(self) -> bool:
        return self.expires_at >= PINNED


@dataclass(frozen=True, slots=True)
class Found:
    """An entry, and how similar its question is to a text."""

    brief: Brief
    similarity: float


@dataclass(frozen=True, slots=True)
class OfCaller:
    """How much there is of one caller, or was."""

    entries: int = 0
    size: int = 0
    """Bytes of their bodies."""
    marks: int = 0
    kinds: int = 0
    """Kinds of traffic with evidence of their own."""
    unknown: int = 0
    """Entries of which nobody knows whose they are, since an earlier version kept them: they go when they expire."""

    def __add__(self, other: OfCaller) -> OfCaller:
        return OfCaller(
            self.entries + other.entries,
            self.size + other.size,
            self.marks + other.marks,
            self.kinds + other.kinds,
            self.unknown + other.unknown,
        )


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of entries that were brought."""

    taken: int = 0
    kept: int = 0
    """Not taken, since what is there is newer, or the same."""
    expired: int = 0
    unread: int = 0
    """Lines that are no entries."""
    found: int = 0
    """Of those taken, how many can be found by meaning, too."""

    def __add__(self, other: Taken) -> Taken:
        return Taken(
            self.taken + other.taken,
            self.kept + other.kept,
            self.expired + other.expired,
            self.unread + other.unread,
            self.found + other.found,
        )


def brief(entry: Entry) -> Brief:
    return Brief(
        entry.key,
        entry.api,
        entry.model,
        entry.question,
        entry.prompt_tokens,
        entry.completion_tokens,
        entry.stored_at,
        entry.expires_at,
        len(entry.body),
        entry.owners[0][:CALLER] if entry.owners else "",
    )
