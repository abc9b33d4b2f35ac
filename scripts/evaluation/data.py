"""Labelled questions from files of JSON lines, gzipped or not. Messages name file and line, never a text."""

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
