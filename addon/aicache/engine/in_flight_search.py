"""The open questions nearest to one request's, as the neighbors of a look-up by meaning. It decides nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from aicache.domain import policy
from aicache.domain.loop_time import loop_time
from aicache.domain.model import Entry, Neighbor, Vector
from aicache.domain.ports import StoreError
from aicache.engine.exchange import Exchange
from aicache.engine.judged_lookup import Allowed, JudgedLookup
from aicache.engine.neighbor_search import NeighborSearch, disowned_flags
from aicache.engine.step_names import Step


@dataclass(slots=True, eq=False)
class OpenQuestion:
    """A question whose answer is in flight, or has just come."""

    entry: Entry
    """The entry to come, as far as it is known before: without an answer."""
    alias: str
    vectors: dict[str, Vector]
    """Its vector, by `Semantic.namespace`: none until another question is compared with it."""
    embedding: asyncio.Task[None] | None = None


@dataclass(frozen=True, slots=True)
class InFlightSearch(NeighborSearch):
    """The open questions nearest to one request's. Their entries are those to come; no judge model is asked about them,
    since their answers are not there."""

    questions: Mapping[str, OpenQuestion] = field(default_factory=dict)
    """By key."""
    embeddings: set[asyncio.Task[None]] = field(default_factory=set)
    """Of those that have no vector yet."""

    async def is_empty(self) -> bool:
        return False

    async def search(self, vector: Vector) -> list[Neighbor]:
        if self.embeddings:
            await asyncio.wait(self.embeddings, timeout=max(0.0, self.lookup.deadline - loop_time().time()))
        namespace = self.semantic.namespace(self.lookup.exchange.identity)
        known = {key: each.vectors[namespace] for key, each in self.questions.items() if namespace in each.vectors}
        if not known:
            return []
        similarities = np.stack([*known.values()]) @ vector
        neighbors = [Neighbor(key, float(similarity)) for key, similarity in zip(known, similarities, strict=True)]
        return policy.passing_neighbors(neighbors, -np.inf)[: self.top_k]

    async def get_entries(self, near: list[Neighbor]) -> list[Entry | StoreError | None]:
        keys = [n.key for n in near]
        if flags := disowned_flags(self.lookup.exchange, keys):
            _, told_wrong = await self.lookup.store.get_with_flags((), flags, Step.ENTRIES)
            self.disowned.update(key for key, flag in zip(keys, told_wrong, strict=True) if flag is not False)
        return [self.questions[key].entry for key in keys]

    def refusal(self, entry: Entry) -> str | None:
        return "told-wrong" if entry.key in self.disowned else None

    async def ask_judge(
        self, neighbors: Sequence[Neighbor], entries: Mapping[str, Entry | StoreError | None], threshold: float
    ) -> tuple[JudgedLookup | None, Allowed | None]:
        return None, None


def build_entry_to_come(exchange: Exchange, now: float) -> Entry:
    """Return what is known of a call's entry before its answer has come; *now* is Unix time."""
    call, identity = exchange.call, exchange.identity
    return Entry(
        key=identity.key,
        namespace=identity.namespace,
        api=call.api,
        model=call.model,
        asked=call.mode,
        asked_usage=call.wants_usage,
        mode=call.mode,
        content_type="",
        body=b"",
        question=call.question,
        prompt_tokens=0,
        completion_tokens=0,
        stored_at=now,
        expires_at=now,
    )
