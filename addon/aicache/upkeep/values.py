"""What upkeep tells of entries. Values, and nothing that asks."""

from __future__ import annotations

from dataclasses import dataclass

from aicache.model import Entry

PINNED = 253_402_300_799.0
"""The end of the year 9999: the time at which pinned entries expire."""


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

    @property
    def pinned(self) -> bool:
        return self.expires_at >= PINNED


@dataclass(frozen=True, slots=True)
class Found:
    """An entry, and how similar its question is to a text."""

    brief: Brief
    similarity: float


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
    )
