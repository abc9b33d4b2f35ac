"""Labeled questions from files of JSON lines, gzipped or not. Messages name file and line, never a text."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Pair:
    """Two questions; *same* when the answer to one answers the other. *capability* names what the pair tries."""

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
class Seen:
    """What a proxy saw of a neighbor: how near it was, and whether its answer was the fresh one."""

    similarity: float
    verdict: str
    """``right``, ``wrong`` or ``unknown``."""
    source: str
    guard: str
    """That refused it; empty where none did."""
    would: bool
    """It was served, or would have been."""


def read_pairs(path: Path, limit: int | None, seed: int) -> list[Pair]:
    """Read ``{"a": …, "b": …, "y": 0 or 1}``, and ``cap`` and ``test`` where the file has them; *limit* takes a sample.

    Raises ValueError with the first line that is none.
    """
    pairs = []
    for number, row in _rows(path):
        one, other, label = row.get("a"), row.get("b"), row.get("y")
        if not (isinstance(one, str) and isinstance(other, str) and label in (0, 1)):
            raise ValueError(f'{path}: line {number} is no pair: {{"a": text, "b": text, "y": 0 or 1}}')
        capability = ": ".join(str(row[key]) for key in ("cap", "test") if row.get(key))
        pairs.append(Pair(one, other, label == 1, capability))
    return _sample(pairs, limit, seed)


def read_questions(path: Path, limit: int | None, seed: int) -> list[Question]:
    """Read ``{"q": …, "cls": …}`` in an order that *seed* decides; *limit* takes a sample. Raises ValueError."""
    questions = []
    for number, row in _rows(path):
        if not isinstance(row.get("q"), str) or "cls" not in row:
            raise ValueError(f'{path}: line {number} is no question: {{"q": text, "cls": class of its answer}}')
        questions.append(Question(row["q"], str(row["cls"])))
    random.Random(seed).shuffle(questions)
    return questions[:limit]


def read_seen(path: Path) -> list[Seen]:
    """Read the comparisons out of a proxy's decision log: ``{"event": "judged", "similarity": …, "verdict": …}``."""
    seen = []
    for number, row in _rows(path):
        if row.get("event", "judged") != "judged":
            continue
        similarity, verdict = row.get("similarity"), row.get("verdict")
        if not isinstance(similarity, int | float) or verdict not in ("right", "wrong", "unknown"):
            raise ValueError(f"{path}: line {number} is no comparison: similarity, and verdict right, wrong or unknown")
        seen.append(
            Seen(
                similarity=float(similarity),
                verdict=str(verdict),
                source=str(row.get("source", "shadow")),
                guard=str(row.get("guard") or ""),
                would=row.get("would") is True,
            )
        )
    return seen


def shape_of(path: Path) -> str:
    """Tell by its first line what a file holds: ``pairs``, a ``stream``, or a proxy's ``log``."""
    for _, row in _rows(path):
        if "a" in row and "b" in row:
            return "pairs"
        return "stream" if "q" in row else "log"
    raise ValueError(f"{path}: it is empty")


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
                raise ValueError(f"{path}: line {number} is no JSON object")
            yield number, row
