"""Reads labeled questions from JSON lines, gzipped or not. Errors name file and line, and quote no text."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Pair:
    """Two questions; *same* if the answer to one answers the other. *capability* names what the pair tests."""

    one: str
    other: str
    same: bool
    capability: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and the class of its answer."""

    text: str
    answer: str


@dataclass(frozen=True, slots=True)
class LoggedComparison:
    """A comparison in a proxy's log: a neighbor's similarity, and whether its answer equaled the fresh one."""

    similarity: float
    verdict: str
    """``right``, ``wrong`` or ``unknown``."""
    source: str
    guard: str
    """The guard that refused it, or empty."""
    would_serve: bool
    """Whether it was served, or would have been."""


def read_pairs(path: Path, limit: int | None, seed: int, by: Sequence[str] = ("cap", "test")) -> list[Pair]:
    """Read ``{"a": …, "b": …, "y": 0 or 1}``, and optionally ``cap`` and ``test``; *limit* takes a sample.

    The capability is named by the fields *by*. Raises ValueError for the first invalid line.
    """
    pairs = []
    for number, row in _rows(path):
        one, other, label = row.get("a"), row.get("b"), row.get("y")
        if not (isinstance(one, str) and isinstance(other, str) and label in (0, 1)):
            raise ValueError(f'{path}: line {number} is not a pair: {{"a": text, "b": text, "y": 0 or 1}}')
        capability = ": ".join(str(row[key]) for key in by if row.get(key))
        pairs.append(Pair(one, other, label == 1, capability))
    return _sample(pairs, limit, seed)


def read_questions(path: Path, limit: int | None, seed: int) -> list[Question]:
    """Read ``{"q": …, "cls": …}`` shuffled with *seed*; *limit* takes a sample. Raises ValueError."""
    questions = []
    for number, row in _rows(path):
        if not isinstance(row.get("q"), str) or "cls" not in row:
            raise ValueError(f'{path}: line {number} is not a question: {{"q": text, "cls": class of its answer}}')
        questions.append(Question(row["q"], str(row["cls"])))
    random.Random(seed).shuffle(questions)
    return questions[:limit]


def read_log(path: Path) -> list[LoggedComparison]:
    """Read the comparisons in a proxy's decision log: ``{"event": "judged", "similarity": …, "verdict": …}``."""
    comparisons = []
    for number, row in _rows(path):
        if row.get("event", "judged") != "judged":
            continue
        similarity, verdict = row.get("similarity"), row.get("verdict")
        if not isinstance(similarity, int | float) or verdict not in ("right", "wrong", "unknown"):
            raise ValueError(
                f"{path}: line {number} is not a comparison: similarity, and verdict right, wrong or unknown"
            )
        comparisons.append(
            LoggedComparison(
                similarity=float(similarity),
                verdict=str(verdict),
                source=str(row.get("source", "shadow")),
                guard=str(row.get("guard") or ""),
                would_serve=row.get("would") is True,
            )
        )
    return comparisons


def detect_format(path: Path) -> str:
    """Return the format of a file by its first line: ``pairs``, ``stream``, or a proxy's ``log``."""
    for _, row in _rows(path):
        if "a" in row and "b" in row:
            return "pairs"
        return "stream" if "q" in row else "log"
    raise ValueError(f"{path}: is empty")


def _sample(pairs: list[Pair], limit: int | None, seed: int) -> list[Pair]:
    return pairs if limit is None or limit >= len(pairs) else random.Random(seed).sample(pairs, limit)


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError:
                raise ValueError(f"{path}: line {number} is not JSON") from None
            if not isinstance(row, dict):
                raise ValueError(f"{path}: line {number} is not a JSON object")
            yield number, row
