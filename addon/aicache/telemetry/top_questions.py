"""A Watcher that counts the most frequent questions by the entry that answers. It keeps texts only if configured to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import Any

from aicache.domain.events import Checked, Decided, Erased, Finished

MAX_QUESTIONS = 400
MAX_QUESTION_CHARS = 200


@dataclass(slots=True)
class QuestionCount:
    """One entry's counts since it was first seen, and its question."""

    count: int
    hits: int
    tokens: int
    model: str
    question: str | None


class TopQuestions:
    """Counts up to twice `MAX_QUESTIONS`, then forgets the rarer half: frequent questions stay."""

    def __init__(self) -> None:
        self._texts = False
        self._counts: dict[str, QuestionCount] = {}

    def keep_texts(self, wanted: bool) -> None:
        self._texts = wanted
        if not wanted:
            for counted in self._counts.values():
                counted.question = None

    def decided(self, decided: Decided) -> None:
        key = decided.entry.key if decided.entry is not None else decided.key
        if not key or decided.outcome == "bypass":
            return
        if (counted := self._counts.get(key)) is None:
            if len(self._counts) >= 2 * MAX_QUESTIONS:
                self._forget()
            counted = self._counts[key] = QuestionCount(0, 0, 0, decided.model[:64], None)
        counted.count += 1
        if decided.entry is not None:
            counted.hits += 1
            counted.tokens += sum(decided.tokens)
        if self._texts and counted.question is None:
            question = decided.entry.question if decided.entry is not None else decided.question
            counted.question = None if question is None else question[:MAX_QUESTION_CHARS]

    def finished(self, finished: Finished) -> None: ...

    def checked(self, checked: Checked) -> None: ...

    def erased(self, erased: Erased) -> None:
        """Forget deleted entries; for a purged caller forget all, as callers are not known here."""
        if erased.everything or erased.caller is not None:
            self._counts.clear()
        for key in erased.keys:
            self._counts.pop(key, None)

    def most_asked(self, limit: int) -> list[tuple[str, QuestionCount]]:
        """Return keys and counts, the most frequent first."""
        return sorted(self._counts.items(), key=lambda each: (-each[1].count, each[0]))[:limit]

    def to_plain(self) -> list[list[Any]]:
        """Return the most frequent questions as plain values, for `add_plain` of another process's."""
        return [[key, *astuple(counted)] for key, counted in self.most_asked(MAX_QUESTIONS)]

    def add_plain(self, questions: Iterable[list[Any]]) -> None:
        """Add questions that `to_plain` has returned."""
        for key, count, hits, tokens, model, question in questions:
            counted = self._counts.setdefault(key, QuestionCount(0, 0, 0, model, None))
            counted.count, counted.hits, counted.tokens = (
                counted.count + count,
                counted.hits + hits,
                counted.tokens + tokens,
            )
            counted.question = counted.question or question

    def _forget(self) -> None:
        self._counts = dict(self.most_asked(MAX_QUESTIONS))
