"""What a look-up by meaning needs of others: the question's vector, its neighbors, their entries, a judge's opinion."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from aicache.domain import policy
from aicache.domain.digests import digest
from aicache.domain.model import Entry, Neighbor, Vector
from aicache.domain.ports import StoreError
from aicache.engine.exchange import Exchange
from aicache.engine.guarded_semantic import Semantic
from aicache.engine.judged_lookup import Allowed, JudgedLookup
from aicache.engine.learning import Learning
from aicache.engine.lookup import Lookup
from aicache.engine.step_names import Step
from aicache.evidence.decision import Decision
from aicache.evidence.embedding_space import space_of_model
from aicache.evidence.neighbor_features import MAX_NEIGHBORS
from aicache.evidence.verified_policy import VerifiedPolicy

MAX_OWN_EMBEDDINGS = 16
"""Questions of one caller that are being embedded at once; with more than that they wait for one another."""


@dataclass(frozen=True, slots=True)
class NeighborSearch:
    """The neighbors of one request's question. *semantic* ends by the look-up's deadline."""

    lookup: Lookup
    semantic: Semantic
    learning: Learning
    release: Callable[[], None] = lambda: None
    """Called when the look-up only waits from then on."""
    disowned: set[str] = field(default_factory=set)
    """Keys of entries that this caller has called wrong answers: others may have them."""
    found_before: tuple[Neighbor, ...] = ()
    """What an earlier search for the same request has found: none of them may answer, and all of them vote."""

    @property
    def is_counted(self) -> bool:
        """Whether an earlier decision has counted the request, as a miss."""
        return self.lookup.trace.segment is not None

    async def find_neighbors(self) -> list[Neighbor]:
        """Return the neighbors with the groups that the evidence has put them in. Raises StoreError."""
        neighbors = await self.search(await self.embed())
        records = await self.learning.get_records(self.lookup.store, [n.key for n in neighbors])
        return [replace(n, group=records[n.key].group) for n in neighbors]

    async def is_empty(self) -> bool:
        """Tell whether no question was stored with this context before: then nothing need be embedded now.

        So it is with each turn of a new conversation, whose embedding would hold up its answer the longest.
        """
        if self.lookup.exchange.vector is not None or not self.semantic.index.knows_emptiness:
            return False
        with self.lookup.trace.step("neighbours at all"):
            return await self.semantic.index.is_empty(self.semantic.namespace(self.lookup.exchange.identity))

    async def embed(self) -> Vector:
        exchange = self.lookup.exchange
        if exchange.vector is not None:
            return exchange.vector
        with self.lookup.backends.embedding.place(exchange.caller) as own:
            vectors = await self.semantic.embedder.embed(
                [exchange.call.question or ""],
                "query",
                exchange.segment,
                step=Step.EMBEDDING,
                crowded=own > MAX_OWN_EMBEDDINGS,
            )
        vector: Vector = vectors[0]
        return vector

    async def search(self, vector: Vector) -> list[Neighbor]:
        namespace = self.semantic.namespace(self.lookup.exchange.identity)
        return await self.semantic.index.search(namespace, vector, self.top_k)

    @property
    def top_k(self) -> int:
        """How many neighbors are searched for."""
        rules = self.lookup.rules
        return max(rules.top_k, MAX_NEIGHBORS) if rules.checks_hits else rules.top_k

    async def get_entries(self, near: list[Neighbor]) -> list[Entry | StoreError | None]:
        """Fetch the neighbors' entries and, where callers share them, what this caller has said about them."""
        keys = [n.key for n in near]
        flags = disowned_flags(self.lookup.exchange, keys)
        with self.lookup.trace.step("neighbours' entries"):
            entries, flag_values = await self.lookup.store.get_with_flags(keys, flags, Step.ENTRIES)
        self.disowned.update(key for key, flag in zip(keys, flag_values, strict=False) if flag is True)
        return entries

    def refusal(self, entry: Entry) -> str | None:
        return "told-wrong" if entry.key in self.disowned else self.lookup.refusal(entry)

    async def ask_judge(
        self, neighbors: Sequence[Neighbor], entries: Mapping[str, Entry | StoreError | None], threshold: float
    ) -> tuple[JudgedLookup | None, Allowed | None]:
        """Ask the judge model, where one is in use, which neighbor may answer of those that do not by the rules.

        *entries* holds those fetched so far; nothing below *threshold* is asked about.
        """
        if (judge := self.lookup.backends.neighbor_judge) is None:
            return None, None
        embedder = self.semantic.embedder
        space = space_of_model(embedder.model, embedder.threshold)
        verified = self.lookup.rules.policy is policy.Policy.VERIFIED
        threshold = max(threshold, space.judged_similarity if verified else space.judged_by_guards_similarity)
        near = policy.passing_neighbors(neighbors, threshold)
        if missing := [n for n in near if n.key not in entries]:
            fetched = await self.get_entries(missing)
            entries = {**entries, **dict(zip((n.key for n in missing), fetched, strict=True))}
        found = [(n, entry) for n in near if isinstance(entry := entries[n.key], Entry)]
        judged = JudgedLookup(self.lookup, judge)
        self.release()
        return judged, await judged.choose([(n, entry) for n, entry in found if self.refusal(entry) is None])

    def learn_from_judge(
        self,
        name: str,
        segment: VerifiedPolicy,
        decision: Decision,
        neighbors: Sequence[Neighbor],
        judged: JudgedLookup,
    ) -> None:
        """Learn from what the model has said, unless a fresh answer will show more."""
        if (said := judged.evidence(decision)) is not None:
            key, may_answer = said
            entry = judged.entries[key]
            self.learning.learn_from_judge(
                name, segment, self.lookup.exchange, entry, neighbors, may_answer, self.lookup.rules
            )


def disowned_flags(exchange: Exchange, keys: Sequence[str]) -> list[str]:
    """Return the flags by which this caller may have called entries wrong; none where callers do not share entries."""
    caller = exchange.credential if exchange.shared else None
    return [] if caller is None else [disowned(caller, key) for key in keys]


def disowned(caller: str, key: str) -> str:
    """Name the flag by which a caller has called an entry a wrong answer."""
    return f"wrong-{digest(caller, key)}"
