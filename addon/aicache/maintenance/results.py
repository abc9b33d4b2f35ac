"""What maintenance tells of entries. Values, and nothing that asks."""

from __future__ import annotations

from dataclasses import dataclass

from aicache.domain.model import PINNED, Entry

__all__ = ["PINNED", "CallerTotals", "EntrySummary", "ImportResult", "SimilarEntry", "summarize"]


CALLER = 12
"""Digits of a caller's name, as it is shown."""


@dataclass(frozen=True, slots=True)
class EntrySummary:
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
    """BoundedNames whose request it answered, for the operator; empty where that is not known."""

    @property
    def pinned(self) -> bool:
        return self.expires_at >= PINNED


@dataclass(frozen=True, slots=True)
class SimilarEntry:
    """An entry, and how similar its question is to a text."""

    summary: EntrySummary
    similarity: float


@dataclass(frozen=True, slots=True)
class CallerTotals:
    """How much there is of one caller, or was."""

    entries: int = 0
    size: int = 0
    """Bytes of their bodies."""
    marks: int = 0
    kinds: int = 0
    """Kinds of traffic with evidence of their own."""
    unknown: int = 0
    """Entries of which nobody knows whose they are, since an earlier version kept them: they go when they expire."""

    def __add__(self, other: CallerTotals) -> CallerTotals:
        return CallerTotals(
            self.entries + other.entries,
            self.size + other.size,
            self.marks + other.marks,
            self.kinds + other.kinds,
            self.unknown + other.unknown,
        )


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of entries that were brought."""

    stored: int = 0
    not_newer: int = 0
    """Not taken, since what is there is newer, or the same."""
    expired: int = 0
    unreadable: int = 0
    """Lines that are no entries."""
    findable: int = 0
    """Of those taken, how many can be found by meaning, too."""

    def __add__(self, other: ImportResult) -> ImportResult:
        return ImportResult(
            self.stored + other.stored,
            self.not_newer + other.not_newer,
            self.expired + other.expired,
            self.unreadable + other.unreadable,
            self.findable + other.findable,
        )


def summarize(entry: Entry) -> EntrySummary:
    return EntrySummary(
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
