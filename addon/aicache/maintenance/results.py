"""The results of maintenance. Values only."""

from __future__ import annotations

from dataclasses import dataclass

from aicache.domain.model import PINNED, Entry

__all__ = ["PINNED", "CallerTotals", "EntrySummary", "ImportResult", "SimilarEntry", "summarize"]


CALLER = 12
"""Digits of a caller's name as shown."""


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
    """Identifies for the operator whose request it answered; empty where that is not known."""

    @property
    def pinned(self) -> bool:
        return self.expires_at >= PINNED


@dataclass(frozen=True, slots=True)
class SimilarEntry:
    """An entry, and the similarity of its question to a text."""

    summary: EntrySummary
    similarity: float


@dataclass(frozen=True, slots=True)
class CallerTotals:
    """Totals of the entries that are or were stored for one caller. The dashboard's JSON has these names."""

    entries: int = 0
    size: int = 0
    """Bytes of their bodies."""
    marks: int = 0
    kinds: int = 0
    """Traffic segments with evidence of their own."""
    unknown: int = 0
    """Entries of an earlier version, whose caller is not known; they stay until they expire."""

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
    """The result of an import."""

    stored: int = 0
    not_newer: int = 0
    """Not stored, as the existing entry is the same or newer."""
    expired: int = 0
    unreadable: int = 0
    """Lines that are not entries."""
    findable: int = 0
    """Number of the stored ones that can also be found by meaning."""

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
