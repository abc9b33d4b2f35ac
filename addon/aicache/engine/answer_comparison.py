"""Are a fresh answer and a stored one the same? By words, by an embedder's similarity, then by a judge model."""

from __future__ import annotations

import asyncio
import math

from aicache.domain.model import Entry, Text, Vector
from aicache.domain.ports import StoreError
from aicache.engine.backends import InUse
from aicache.engine.exchange import PARSE_ON_LOOP, Semantic
from aicache.evidence.answer_equality import ANSWER_THRESHOLDS, AnswerThresholds, Correctness, compare
from aicache.formats import by_api

COMPARED = 2000  # characters of an answer that are compared by similarity: embedders see no more
MEASURED = {"use-multilingual-3": ANSWER_THRESHOLDS}  # of other models no similarity decides


async def text_of(entry: Entry) -> str | None:
    """Return what an answer says in words, its thinking aside; None where that is not all that it says."""
    if len(entry.body) > PARSE_ON_LOOP:
        return await asyncio.to_thread(_text_of, entry)
    return _text_of(entry)


def _text_of(entry: Entry) -> str | None:
    try:
        format = by_api(entry.api)
        answer = format.to_answer(format.parse_answer(entry.body, variant=entry.asked_variant)[1])
    except (ValueError, RecursionError):
        return None
    if len(answer.choices) != 1:
        return None
    parts = answer.choices[0].parts
    said = [part.text for part in parts if isinstance(part, Text)]
    return "".join(said) if said and not any(type(part).__name__ in ("ToolCall", "Refusal") for part in parts) else None


class Comparison:
    """A fresh answer to a question, to be compared with stored ones."""

    def __init__(self, in_use: InUse, semantic: Semantic, question: str, fresh: str, partition: str = "") -> None:
        self._partition = partition
        self._in_use, self._semantic = in_use, semantic
        self._question, self._fresh = question, fresh
        self._vector: Vector | None = None

    async def with_(self, stored: str, *, ask: bool) -> Correctness:
        """Compare; where there is a judge model, *ask* has it decide, unless the two are equal.

        Raises StoreError when the one that would have to decide is out of order: then this pair shows nothing.
        """
        found = await self._compared(stored)
        judge, part = self._in_use.judge if ask else None, self._in_use.judge_part
        if found is Correctness.RIGHT and judge is not None and part.failing:
            # Nobody needs a judge for these: to learn from them alone would be to believe that all are right.
            raise StoreError("judge model: not asked, it is failing")
        if found is Correctness.RIGHT or not (self._fresh.strip() and stored.strip()):
            return found
        if judge is not None:
            opinion = await part.ask(judge.same(self._question, self._fresh, stored), "judge asked", math.inf)
            return Correctness.UNKNOWN if opinion is None else Correctness.RIGHT if opinion else Correctness.WRONG
        bars = MEASURED.get(self._semantic.embedder.model)
        if found is Correctness.UNKNOWN and bars is not None:
            found = await self._compared(stored, await self._similarity(stored), bars)
        return found

    async def _compared(
        self, stored: str, similarity: float | None = None, bars: AnswerThresholds = ANSWER_THRESHOLDS
    ) -> Correctness:
        if len(self._fresh) + len(stored) > PARSE_ON_LOOP:
            return await asyncio.to_thread(compare, self._fresh, stored, similarity, bars)
        return compare(self._fresh, stored, similarity, bars)

    async def _similarity(self, stored: str) -> float:
        texts = [stored[:COMPARED]] + ([] if self._vector is not None else [self._fresh[:COMPARED]])
        embedding = self._semantic.embedder.embed(texts, "query", self._partition)
        vectors = await self._in_use.embedder_writes.ask(embedding, "answers compared")
        if self._vector is None:
            self._vector = vectors[1]
        return float(vectors[0] @ self._vector)
