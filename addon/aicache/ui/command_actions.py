"""The actions of the commands on entries. Each returns a line for the log and lines for the operator.

The line for the log quotes no question and no answer; the other lines are shown to the operator who gave the command.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aicache.domain.caller_digests import CallerMatcher
from aicache.engine import Engine, Exchange
from aicache.maintenance import CallerTotals, EntrySummary, EntryTransfer, Maintenance
from aicache.telemetry.phrases import format_duration

MAX_LISTED_ENTRIES = 200
FILE_PREFIX = "file:"
"""Prefix of the path of a file with a caller's key."""
CONFIRMATION = "purge"
"""The word that a command needs to delete more than selected entries."""


@dataclass(frozen=True, slots=True)
class CommandResult:
    """The result of a command."""

    summary: str
    lines: tuple[str, ...] = ()


class CommandActions:
    """Works on *engine*'s backends in use. All actions raise StoreError; with files also OSError and ValueError."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine, self._clock = engine, clock
        self._maintenance, self._transfer = Maintenance(engine), EntryTransfer(engine)

    async def purge(self, keys: Sequence[str]) -> CommandResult:
        deleted = await self._maintenance.purge(keys)
        return CommandResult(f"{_entries(deleted)} deleted" + (f" of {len(keys)}" if deleted < len(keys) else ""))

    async def purge_key(self, beginning: str) -> CommandResult:
        """Delete the entry whose key begins with *beginning*; if there are several, list them."""
        keys = [beginning] if len(beginning) == 40 else await self._maintenance.keys_with_prefix(beginning)
        if len(keys) > 1:
            return CommandResult(f"not done: {len(keys)} keys begin with {beginning}", tuple(keys[:MAX_LISTED_ENTRIES]))
        return await self.purge(keys)

    async def purge_similar(self, text: str, similarity: float, *, sure: bool) -> CommandResult:
        """Delete entries of all owners similar to a text; unless *sure*, only list them."""
        if sure:
            return CommandResult(f"{_entries(await self._maintenance.purge_similar(text, similarity))} deleted")
        similar = await self._maintenance.find_similar(text, similarity)
        lines = [f"{each.similarity:.4f}  {self._line(each.summary)}" for each in similar[:MAX_LISTED_ENTRIES]]
        return CommandResult(
            f"{_entries(len(similar))} would be deleted, at a similarity of {similarity:g} or more; "
            f"aicache.result lists them, and the same command with the word {CONFIRMATION} at its end deletes them",
            tuple(lines),
        )

    async def purge_all(self, *, sure: bool) -> CommandResult:
        if sure:
            return CommandResult(f"all entries deleted: {await self._maintenance.purge_all():,}")
        count = await self._maintenance.count()
        return CommandResult(
            f"{_entries(count)} of all owners would be deleted: aicache.purge.all {CONFIRMATION} does it"
        )

    async def purge_caller(self, wanted: CallerMatcher, *, sure: bool) -> CommandResult:
        """Delete everything stored for a caller; unless *sure*, only count it."""
        if sure:
            return CommandResult(
                f"{describe_totals(await self._maintenance.purge_caller(wanted))} of this caller deleted"
            )
        totals = await self._maintenance.count_caller(wanted)
        return CommandResult(
            f"{describe_totals(totals)} of this caller would be deleted: "
            f"the same command with the word {CONFIRMATION} at its end does it"
        )

    async def pin(self, keys: Sequence[str], *, pinned: bool) -> CommandResult:
        change = self._maintenance.pin if pinned else self._maintenance.unpin
        count = sum([await change(key) is not None for key in keys])
        what = "kept for ever" if pinned else "kept as long as new ones"
        return CommandResult(
            f"{_entries(count)} {what}" + (f", {len(keys) - count} not there" if count < len(keys) else "")
        )

    async def mark_wrong(self, key: str, *, by_meaning: bool, exchange: Exchange | None) -> CommandResult:
        """Record a wrong answer; with the *exchange* that it answered, also as evidence."""
        if exchange is not None:
            await self._engine.apply_feedback(exchange, key, right=False)
        await self._maintenance.mark_wrong(key, by_meaning=by_meaning)
        if by_meaning:
            return CommandResult(f"{key[:8]} answers no other question by meaning any more, and still its own")
        return CommandResult(f"{key[:8]} is deleted: the same request is asked upstream again")

    async def export_file(self, path: Path) -> CommandResult:
        return CommandResult(f"{_entries(await self._transfer.export_file(path))} written to {path}")

    async def import_file(self, path: Path) -> CommandResult:
        taken = await self._transfer.import_file(path)
        counts = {
            "taken": taken.stored,
            "found by meaning, too": taken.findable,
            "no newer than what is there": taken.not_newer,
            "expired": taken.expired,
            "unreadable": taken.unreadable,
        }
        return CommandResult(
            f"from {path}: " + ", ".join(f"{n:,} {what}" for what, n in counts.items() if n or what == "taken")
        )

    async def read_questions(self, decision: Mapping[str, Any]) -> dict[str, str]:
        """Read the questions, by key, of a decision's neighbors of the same owner that were not read at its time."""
        questions: dict[str, str] = {}
        for each in unread_neighbors(decision):
            entry = await self._maintenance.fetch(str(each.get("key")))
            if entry is not None and entry.question and entry.namespace == decision.get("namespace"):
                questions[entry.key] = entry.question
        return questions

    def _line(self, entry: EntrySummary) -> str:
        age = "pinned" if entry.pinned else f"{format_duration(max(0.0, self._clock() - entry.stored_at))} old"
        return f"{entry.key}  {entry.model}  {age}  {' '.join((entry.question or '').split())}"


def unread_neighbors(decision: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a decision's neighbors whose questions were not read, without those of other owners."""
    neighbors = decision.get("neighbors")
    valid = [each for each in neighbors if isinstance(each, dict)] if isinstance(neighbors, list) else []
    return [each for each in valid if "question" not in each and each.get("refused") != "foreign"]


def describe_totals(totals: CallerTotals) -> str:
    """Describe how much is stored for a caller."""
    text = f"{_entries(totals.entries)}, {totals.marks - totals.kinds:,} marks, {totals.kinds:,} kinds of evidence"
    if not totals.unknown:
        return text
    return f"{text} ({_entries(totals.unknown)} of nobody known, which go when they expire)"


def _entries(count: int) -> str:
    return f"{count:,} {'entry' if count == 1 else 'entries'}"
