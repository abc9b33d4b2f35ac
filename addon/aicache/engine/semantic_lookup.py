"""Look-up by meaning: embed the question, find its neighbors, and answer with the first one that may."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from aicache.domain import policy
from aicache.domain.digests import digest
from aicache.domain.model import Entry, Hit, Miss, Neighbor, Vector
from aicache.domain.ports import Busy, StoreError
from aicache.domain.trial import Source
from aicache.engine.guarded_semantic import Semantic
from aicache.engine.learning import Learning
from aicache.engine.lookup import Lookup
from aicache.engine.step_names import Step
from aicache.evidence.neighbor import MAX_COSINE
from aicache.evidence.neighbor_features import MAX_NEIGHBORS
from aicache.evidence.verified_policy import Action, Decision, VerifiedPolicy

logger = logging.getLogger(__name__)

ASSESSED_PER_TURN = 8
"""Neighbors, a fifth of a millisecond each, before other requests have their turn."""
MAX_OWN_EMBEDDINGS = 16
"""Questions of one caller that are being embedded at once; with more than that they wait for one another."""
MAX_CHARS_ON_LOOP = 512
"""Longer questions are compared in a thread."""


@dataclass(frozen=True, slots=True)
class SemanticLookup:
    """The part of a look-up that finds an answer to a similar question. *semantic* ends by the look-up's deadline."""

    lookup: Lookup
    semantic: Semantic
    learning: Learning
    disowned: set[str] = field(default_factory=set)
    """Keys of entries that this caller has called wrong answers: others may have them."""

    async def run(self) -> tuple[Hit | Miss, list[str]]:
        """Find an answer, and the keys of neighbors whose entries have gone. Every failure is a Miss."""
        vector: Vector | None = None
        trace, rules = self.lookup.trace, self.lookup.rules
        try:
            neighbors: list[Neighbor] = []
            if not await self._namespace_is_empty():
                with trace.step("embedding"):
                    vector = await self._embed()
                with trace.step("search"):
                    neighbors = await self._search(vector)
            decide = self._by_evidence if rules.policy is policy.Policy.VERIFIED else self._by_threshold
            return await decide(neighbors, vector)
        except Busy:
            return Miss("busy", vector), []
        except StoreError as exc:
            return Miss(f"store-error: {exc}", vector), []

    async def find_neighbors(self) -> list[Neighbor]:
        """Return the neighbors with the groups that the evidence has put them in. Raises StoreError."""
        neighbors = await self._search(await self._embed())
        records = await self.learning.get_records(self.lookup.store, [n.key for n in neighbors])
        return [replace(n, group=records[n.key].group) for n in neighbors]

    async def _namespace_is_empty(self) -> bool:
        """Tell whether no question was stored with this context before: then nothing need be embedded now.

        So it is with each turn of a new conversation, whose embedding would hold up its answer the longest.
        """
        if self.lookup.exchange.vector is not None or not self.semantic.index.knows_emptiness:
            return False
        with self.lookup.trace.step("neighbours at all"):
            return await self.semantic.index.is_empty(self.semantic.namespace(self.lookup.exchange.identity))

    async def _embed(self) -> Vector:
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

    async def _search(self, vector: Vector) -> list[Neighbor]:
        rules = self.lookup.rules
        top_k = max(rules.top_k, MAX_NEIGHBORS) if rules.checks_hits else rules.top_k
        return await self.semantic.index.search(self.semantic.namespace(self.lookup.exchange.identity), vector, top_k)

    async def _get_entries(self, near: list[Neighbor]) -> list[Entry | StoreError | None]:
        """Fetch the neighbors' entries and, where callers share them, what this caller has said about them."""
        exchange, keys = self.lookup.exchange, [n.key for n in near]
        caller = exchange.credential if exchange.shared else None
        flags = [] if caller is None else [disowned(caller, key) for key in keys]
        with self.lookup.trace.step("neighbours' entries"):
            entries, flag_values = await self.lookup.store.get_with_flags(keys, flags, Step.ENTRIES)
        self.disowned.update(key for key, flag in zip(keys, flag_values, strict=False) if flag is True)
        return entries

    def _refusal(self, entry: Entry) -> str | None:
        return "told-wrong" if entry.key in self.disowned else self.lookup.refusal(entry)

    # ------------------------------------------------------------------ by a threshold

    async def _by_threshold(self, neighbors: list[Neighbor], vector: Vector | None) -> tuple[Hit | Miss, list[str]]:
        """Answer with the nearest neighbor that is near enough and passes the guards."""
        exchange, rules, trace = self.lookup.exchange, self.lookup.rules, self.lookup.trace
        threshold = trace.threshold = max(rules.threshold, exchange.directives.threshold)
        near = policy.passing_neighbors(neighbors, threshold)[: rules.top_k]
        logger.debug(
            "%s: %s: %d of %d neighbors pass %g, the nearest has %.4f",
            exchange.label,
            Step.THRESHOLD,
            len(near),
            len(neighbors),
            threshold,
            max((n.similarity for n in neighbors), default=0.0),
        )
        hit: Hit | None = None
        nearest_refusal: str | None = None
        entries = await self._get_entries(near) if near else []
        with trace.step("judgement"):
            for place, (neighbor, entry) in enumerate(zip(near, entries, strict=True)):
                if not isinstance(entry, Entry):
                    trace.neighbors.append(replace(neighbor, refused="gone"))
                    continue
                if hit is not None:
                    trace.neighbors.append(replace(neighbor, question=entry.question))
                    continue
                if place % ASSESSED_PER_TURN == ASSESSED_PER_TURN - 1:
                    await asyncio.sleep(0)
                refused = self._refusal(entry) or await self._objection(entry, neighbor, threshold)
                trace.neighbors.append(replace(neighbor, question=entry.question, refused=refused))
                if refused is None:
                    hit = Hit(entry, min(neighbor.similarity, 1.0))
                    continue
                logger.debug("%s: %s, at %.4f: %s", exchange.label, Step.PASSED_OVER, neighbor.similarity, refused)
                nearest_refusal = nearest_refusal or (None if refused == policy.TOO_FAR else refused)
        passed = {n.key for n in near}
        trace.neighbors += [replace(n, refused=policy.TOO_FAR) for n in neighbors if n.key not in passed]
        gone_keys = [n.key for n, entry in zip(near, entries, strict=True) if entry is None]
        miss = Miss(nearest_refusal or ("neighbor-gone" if near else "no-neighbor"), vector)
        if rules.checks_hits:
            return await self._watched(hit, miss, neighbors, nearest_refusal), gone_keys
        return hit or miss, gone_keys

    async def _watched(self, hit: Hit | None, miss: Miss, neighbors: list[Neighbor], refusal: str | None) -> Hit | Miss:
        """Serve a hit as far as the error bound allows, and have it checked now and then; in shadow, always."""
        lookup = self.lookup
        name, segment = await self.learning.segment_of(lookup.exchange, self.semantic, lookup.rules, lookup.store)
        candidate = None if hit is None else (hit.entry.key, min(hit.similarity or 0.0, 1.0))
        decision = self.learning.watch(name, segment, candidate, lookup.rules)
        lookup.trace.segment, lookup.trace.error_bound = name, segment.error_bound
        assessed = tuple(replace(n, group=n.key) for n in neighbors)
        return self._outcome(name, segment, decision, assessed, hit.entry if hit else None, miss, refusal)

    # ------------------------------------------------------------------ by evidence

    async def _by_evidence(self, neighbors: list[Neighbor], vector: Vector | None) -> tuple[Hit | Miss, list[str]]:
        """Answer with the neighbor that the evidence picks. All of them vote; those far off are not fetched."""
        learning, rules, trace, store = self.learning, self.lookup.rules, self.lookup.trace, self.lookup.store
        name, segment = await learning.segment_of(self.lookup.exchange, self.semantic, rules, store)
        neighbors = policy.passing_neighbors(neighbors, -MAX_COSINE)
        near = [n for n in neighbors if n.similarity >= segment.space.min_backed_similarity]
        with trace.step("evidence"):
            records, fetched = await asyncio.gather(
                learning.get_records(store, [n.key for n in neighbors]),
                self._get_entries(near) if near else _nothing(),
            )
        entries = dict(zip((n.key for n in near), fetched, strict=True))
        with trace.step("judgement"):
            grouped = [replace(n, group=records[n.key].group) for n in neighbors]
            voters, guard = await self._assess(grouped, entries)
            decision = learning.decide(name, segment, voters, records, rules)
        trace.segment, trace.risk, trace.error_bound = name, decision.risk, segment.error_bound
        gone_keys = [key for key, entry in entries.items() if entry is None]
        candidate = decision.candidate
        entry = entries.get(candidate.key) if candidate is not None else None
        threshold = max(self.lookup.exchange.directives.threshold, rules.threshold)
        if candidate is not None and candidate.similarity < threshold:
            entry = None
        reason = guard if candidate is None and guard else "too-risky" if candidate is not None else "no-neighbor"
        served = entry if isinstance(entry, Entry) else None
        return self._outcome(name, segment, decision, tuple(voters), served, Miss(reason, vector), guard), gone_keys

    async def _assess(
        self, neighbors: Sequence[Neighbor], entries: Mapping[str, Entry | StoreError | None]
    ) -> tuple[list[Neighbor], str | None]:
        """Assess the neighbors, nearest first; return those that vote, and the first guard's objection."""
        voters: list[Neighbor] = []
        objection: str | None = None
        for place, neighbor in enumerate(neighbors):
            if place % ASSESSED_PER_TURN == ASSESSED_PER_TURN - 1:
                await asyncio.sleep(0)
            found_one = any(voter.refused is None for voter in voters)  # then the ones behind it only vote
            assessed, votes = await self._assess_one(neighbor, entries, guard=not found_one)
            self.lookup.trace.neighbors.append(assessed)
            if votes:
                voters.append(assessed)
            if policy.is_objection(assessed.refused):
                objection = objection or assessed.refused
        return voters, objection

    async def _assess_one(
        self, neighbor: Neighbor, entries: Mapping[str, Entry | StoreError | None], *, guard: bool
    ) -> tuple[Neighbor, bool]:
        """Assess one neighbor; True where it votes: also one that may not answer does, but none that has gone."""
        if neighbor.key not in entries:
            return replace(neighbor, refused=policy.TOO_FAR), True
        entry = entries[neighbor.key]
        if not isinstance(entry, Entry):
            return replace(neighbor, refused="gone"), False
        if (refused := self._refusal(entry)) is not None:
            return replace(neighbor, question=entry.question, refused=refused), refused != "foreign"
        objection, raised = await self._guard(entry) if guard else (None, 0.0)
        return replace(neighbor, question=entry.question, refused=objection, raised=raised), True

    async def _guard(self, entry: Entry) -> tuple[str | None, float]:
        exchange = self.lookup.exchange
        question = exchange.call.question or ""
        if len(question) > MAX_CHARS_ON_LOOP:
            return await asyncio.to_thread(policy.apply_guards, question, entry.question, exchange.segment)
        return policy.apply_guards(question, entry.question, exchange.segment)

    async def _objection(self, entry: Entry, neighbor: Neighbor, threshold: float) -> str | None:
        exchange = self.lookup.exchange
        question = exchange.call.question or ""
        compared = (question, entry.question, neighbor.similarity, threshold, self.lookup.rules, exchange.segment)
        if len(question) > MAX_CHARS_ON_LOOP:
            return await asyncio.to_thread(policy.check_guards, *compared)
        return policy.check_guards(*compared)

    # ------------------------------------------------------------------ the outcome

    def _outcome(
        self,
        name: str,
        segment: VerifiedPolicy,
        decision: Decision,
        neighbors: tuple[Neighbor, ...],
        entry: Entry | None,
        miss: Miss,
        guard: str | None,
    ) -> Hit | Miss:
        """Turn a decision into a hit or a miss, with a trial where there is something to learn from a fresh answer."""
        candidate, rules = decision.candidate, self.lookup.rules
        nearest = max((n.similarity for n in neighbors), default=0.0)
        similarity = min(candidate.similarity if candidate is not None else nearest, 1.0)
        shadow = rules.shadow
        serves = decision.serves and entry is not None and not shadow
        source: Source = "audit" if serves else "shadow" if shadow else "miss"
        if decision.action is Action.EXPLORE and not shadow:
            source = "explore"
        trial = None
        learns = rules.policy is policy.Policy.VERIFIED or shadow or candidate is not None
        if neighbors and learns and decision.needs_upstream:
            trial = self.learning.begin_trial(name, neighbors, decision, source, similarity, guard)
        if serves and entry is not None:
            own = next((n.similarity for n in neighbors if n.key == entry.key), similarity)
            return Hit(entry, min(own, 1.0), error_bound=segment.error_bound, trial=trial)
        reason = miss.reason
        if candidate is not None and decision.sampled:
            why = (
                "shadow" if shadow else "explored" if decision.action is Action.EXPLORE else segment.serving_level.value
            )
            reason = why if decision.action is not Action.AUDIT or shadow else reason
        return replace(miss, reason=reason, trial=trial)


def disowned(caller: str, key: str) -> str:
    """Name the flag by which a caller has called an entry a wrong answer."""
    return f"wrong-{digest(caller, key)}"


async def _nothing() -> list[Entry | StoreError | None]:
    return []
