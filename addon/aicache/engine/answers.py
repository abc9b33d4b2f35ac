"""Are a fresh answer and a stored one the same? By words, by an embedder's similarity, then by a judge model."""

from __future__ import annotations

import asyncio
import math

from aicache.engine.inuse import InUse
from aicache.engine.values import PARSE_ON_LOOP, Semantic
from aicache.evidence.compare import BARS, Bars, Judgement, compare
from aicache.formats import by_api
from aicache.model import Entry, Text
from aicache.ports import StoreError

COMPARED = 2000  # characters of an answer that are compared by similarity: embedders see no more
NO_BARS = Bars(right=2.0, wrong=-2.0)  # of models that none were measured for: no similarity decides
MEASURED = {"use-multilingual-3": BARS}


async def text_of(entry: Entry) -> str | None:
    """Return what an answer says in words, its thinking aside; None where that is not all that it says."""
    if len(entry.body) > PARSE_ON_LOOP:
        return await asyncio.to_thread(_text_of, entry)
    return _text_of(entry)


def _text_of(entry: Entry) -> str | None:
    try:
        format = by_api(entry.api)
        answer = format.understand(format.parse_answer(entry.body, variant=entry.asked_variant)[1])
    except (ValueError, RecursionError):
        return None
    if len(answer.choices) != 1:
        return None
    parts = answer.choices[0].parts
    said = [part.text for part in parts if isinstance(part, Text)]
    return "".join(said) if said and not any(type(part).__name__ in ("ToolCall", "Refusal") for part in parts) else None


async def same(in_use: InUse, semantic: Semantic, question: str, fresh: str, stored: str, *, ask: bool) -> Judgement:
    """Compare two answers to one question; where there is a judge model, *ask* has it decide, unless they are equal.

    Raises StoreError when the one that would have to decide is out of order: then this pair shows nothing.
    """
    found = compare(fresh, stored)
    judge = in_use.judge if ask else None
    if found is Judgement.RIGHT:
        if judge is not None and in_use.judge_part.failing:
            # Nobody needs a judge for these: to learn from them alone would be to believe that all are right.
            raise StoreError("judge model: not asked, it is failing")
        return found
    if not (fresh.strip() and stored.strip()):
        return found
    if judge is not None:
        opinion = await in_use.judge_part.ask(judge.same(question, fresh, stored), "judge asked", math.inf)
        return Judgement.UNKNOWN if opinion is None else Judgement.RIGHT if opinion else Judgement.WRONG
    bars = MEASURED.get(semantic.embedder.model, NO_BARS)
    if found is Judgement.UNKNOWN and bars is not NO_BARS:
        embedding = semantic.embedder.embed([fresh[:COMPARED], stored[:COMPARED]], "query")
        one, other = await in_use.embedder_part.ask(embedding, "answers compared")
        found = compare(fresh, stored, float(one @ other), bars)
    return found
