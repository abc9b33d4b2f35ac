"""Look-up by meaning: embed the question, find its neighbours, and let the first of them answer that may."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from aicache import policy
from aicache.engine.inuse import InUse, entries
from aicache.engine.values import Exchange, Semantic
from aicache.model import Entry, Hit, Miss, Neighbor, Vector
from aicache.ports import ExactStore, StoreError
from aicache.trace import Looked, Trace

logger = logging.getLogger(__name__)

JUDGED_AT_ONCE = 8  # neighbours, a fifth of a millisecond each, before other requests have their turn
JUDGE_ON_LOOP = 512  # characters; longer questions are compared in a thread

Unfit = Callable[[Entry], str | None]
"""Says why an entry must not answer the call, whatever it means; None when it may."""


async def by_meaning(
    in_use: InUse,
    exact: ExactStore,
    semantic: Semantic,
    exchange: Exchange,
    rules: policy.Rules,
    unfit: Unfit,
    deadline: float,
    trace: Trace,
) -> tuple[Hit | Miss, list[str]]:
    """Find an answer, and the keys of neighbours whose entries have gone. Every failure is a Miss."""
    vector: Vector | None = None
    question, label = exchange.call.question or "", exchange.label
    threshold = trace.threshold = max(rules.threshold, exchange.controls.threshold)
    try:
        with trace.step("embedding"):
            embedding = semantic.embedder.embed([question], "query")
            vector = (await in_use.embedder_part.ask(embedding, f"{label}: 2 embedding", deadline))[0]
        with trace.step("search"):
            search = semantic.index.search(semantic.namespace(exchange.identity), vector, rules.top_k)
            neighbors = await in_use.index_part.ask(search, f"{label}: 3 search", deadline)
        near = policy.candidates(neighbors, threshold)
        logger.debug(
            "%s: 4 threshold: %d of %d neighbours pass %g, the nearest has %.4f",
            *(label, len(near), len(neighbors), threshold, max((n.similarity for n in neighbors), default=0.0)),
        )
        if not near:
            trace.neighbors += _too_far(neighbors, near)
            return Miss("no-neighbor", vector), []
        with trace.step("neighbours' entries"):
            fetching = entries(exact, [n.key for n in near])
            found = await in_use.exact_part.ask(fetching, f"{label}: 5 neighbours' entries", deadline)
    except StoreError as exc:
        return Miss(f"store-error: {exc}", vector), []
    gone = [n.key for n, entry in zip(near, found, strict=True) if entry is None]
    hit: Hit | None = None
    why_not: str | None = None  # the nearest one's reason
    with trace.step("judgement"):
        for place, (neighbor, entry) in enumerate(zip(near, found, strict=True)):
            if not isinstance(entry, Entry):
                trace.neighbors.append(Looked(neighbor.key, neighbor.similarity, refused="gone"))
                continue
            if hit is not None:
                trace.neighbors.append(Looked(neighbor.key, neighbor.similarity, entry.question))
                continue
            if place % JUDGED_AT_ONCE == JUDGED_AT_ONCE - 1:
                await asyncio.sleep(0)
            refused = unfit(entry)
            if refused is None:
                refused = await _objection(question, entry, neighbor, threshold, rules)
            trace.neighbors.append(Looked(neighbor.key, neighbor.similarity, entry.question, refused))
            if refused is None:
                hit = Hit(entry, min(neighbor.similarity, 1.0))
                continue
            logger.debug("%s: 5 passed over, at %.4f: %s", label, neighbor.similarity, refused)
            why_not = why_not or refused
    trace.neighbors += _too_far(neighbors, near)
    return hit or Miss(why_not or "neighbor-gone", vector), gone


async def _objection(
    question: str, entry: Entry, neighbor: Neighbor, threshold: float, rules: policy.Rules
) -> str | None:
    judging = (question, entry.question, neighbor.similarity, threshold, rules)
    if len(question) > JUDGE_ON_LOOP:
        return await asyncio.to_thread(policy.objection, *judging)
    return policy.objection(*judging)


def _too_far(neighbors: list[Neighbor], near: list[Neighbor]) -> list[Looked]:
    passed = {n.key for n in near}
    return [Looked(n.key, n.similarity, refused="too far") for n in neighbors if n.key not in passed]
