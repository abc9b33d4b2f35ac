"""Compares a fresh answer with stored ones: by words, by an embedder's similarity, then by a judge model."""

from __future__ import annotations

import asyncio

from aicache.domain.events import Spent
from aicache.domain.judging import JudgeReply
from aicache.domain.model import Entry, Refusal, Text, ToolCall, Vector
from aicache.domain.ports import StoreError
from aicache.engine.backends import Backends
from aicache.engine.exchange import MAX_BYTES_ON_LOOP
from aicache.engine.guarded_semantic import Semantic
from aicache.evidence.answer_equality import ANSWER_THRESHOLDS, AnswerThresholds, Correctness, compare
from aicache.formats import by_api

MAX_COMPARED_CHARS = 2000
"""Characters of an answer that are compared by similarity: embedders read no more."""
MEASURED_THRESHOLDS = {"use-multilingual-3": ANSWER_THRESHOLDS}
"""The thresholds for each embedding model that was measured. With other models no similarity decides."""


async def extract_text(entry: Entry) -> str | None:
    """Return an answer's text without its reasoning; None where the answer is more than text."""
    if len(entry.body) > MAX_BYTES_ON_LOOP:
        return await asyncio.to_thread(_extract_text, entry)
    return _extract_text(entry)


def _extract_text(entry: Entry) -> str | None:
    try:
        format = by_api(entry.api)
        answer = format.to_answer(format.parse_answer(entry.body, variant=entry.asked_variant)[1])
    except (ValueError, RecursionError):
        return None
    if len(answer.choices) != 1:
        return None
    parts = answer.choices[0].parts
    texts = [part.text for part in parts if isinstance(part, Text)]
    return "".join(texts) if texts and not any(isinstance(part, ToolCall | Refusal) for part in parts) else None


class Comparison:
    """Compares one fresh answer to a question with stored ones."""

    def __init__(self, backends: Backends, semantic: Semantic, question: str, fresh: str, partition: str = "") -> None:
        self._partition = partition
        self._judge, self._semantic = backends.judge, semantic
        self._question, self._fresh = question, fresh
        self._vector: Vector | None = None
        self._reply: JudgeReply | None = None

    def spent(self, api: str, owners: tuple[str, ...]) -> Spent | None:
        """Return once what the last comparison has cost; None if no judge model was asked."""
        reply, self._reply = self._reply, None
        if reply is None:
            return None
        return Spent("comparison", api, str(self._judge), reply.prompt_tokens, reply.completion_tokens, owners=owners)

    async def compare_with(self, stored: str, *, use_judge: bool) -> Correctness:
        """Compare; with *use_judge* the judge model, where there is one, decides unless the two are equal.

        Raises StoreError when the one that would have to decide fails: then this pair shows nothing.
        """
        result = await self._compare_words(stored)
        judge = self._judge if use_judge else None
        if result is Correctness.RIGHT and judge is not None and judge.guard.failing:
            # Nobody needs a judge for these: to learn from them alone would be to believe that all are right.
            raise StoreError("judge model: not asked, it is failing")
        if result is Correctness.RIGHT or not (self._fresh.strip() and stored.strip()):
            return result
        if judge is not None:
            reply = self._reply = await judge.same(self._question, self._fresh, stored)
            opinion = reply.may_answer
            return Correctness.UNKNOWN if opinion is None else Correctness.RIGHT if opinion else Correctness.WRONG
        thresholds = MEASURED_THRESHOLDS.get(self._semantic.embedder.model)
        if result is Correctness.UNKNOWN and thresholds is not None:
            result = await self._compare_words(stored, await self._similarity(stored), thresholds)
        return result

    async def _compare_words(
        self, stored: str, similarity: float | None = None, thresholds: AnswerThresholds = ANSWER_THRESHOLDS
    ) -> Correctness:
        if len(self._fresh) + len(stored) > MAX_BYTES_ON_LOOP:
            return await asyncio.to_thread(compare, self._fresh, stored, similarity, thresholds)
        return compare(self._fresh, stored, similarity, thresholds)

    async def _similarity(self, stored: str) -> float:
        texts = [stored[:MAX_COMPARED_CHARS]] + ([] if self._vector is not None else [self._fresh[:MAX_COMPARED_CHARS]])
        vectors = await self._semantic.embedder.embed(texts, "query", self._partition)
        if self._vector is None:
            self._vector = vectors[1]
        return float(vectors[0] @ self._vector)
