"""Look-up by meaning: embed the question, find its neighbours, and let the first of them answer that may."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from aicache.domain import policy
from aicache.domain.digests import digest
from aicache.domain.model import Entry, Hit, Miss, Neighbor, Vector
from aicache.domain.ports import Busy, ExactStore, KnowsEmptiness, StoreError
from aicache.domain.trace import Trace, TracedNeighbor
from aicache.engine.backends import InUse, entries
from aicache.engine.exchange import Exchange, Semantic
from aicache.engine.learning import Learning, Source, Trial
from aicache.evidence.neighbor_features import MAX_NEIGHBORS, AssessedNeighbor
from aicache.evidence.verified_policy import Action, Decision, VerifiedPolicy

logger = logging.getLogger(__name__)

JUDGED_AT_ONCE = 8  # neighbours, a fifth of a millisecond each, before other requests have their turn
CROWD = 16  # questions of one caller that are being embedded, beyond which they wait for one another
JUDGE_ON_LOOP = 512  # characters; longer questions are compared in a thread

Unfit = Callable[[Entry], str | None]
"""Says why an entry must not answer the call, whatever it means; None when it may."""


@dataclass(frozen=True, slots=True)
class Search:
    """One look-up by meaning: the parts it asks, the rules it goes by, and what is told of it."""

    in_use: InUse
    exact: ExactStore
    semantic: Semantic
    learning: Learning
    rules: policy.Rules
    exchange: Exchange
    unfit: Unfit
    deadline: float
    trace: Trace
    disowned: set[str] = field(default_factory=set)
    """Keys of entries that were wrong answers by this caller's own word: others may have them."""

    async def run(self) -> tuple[Hit | Miss, list[str]]:
        """Find an answer, and the keys of neighbours whose entries have gone. Every failure is a Miss."""
        vector: Vector | None = None
        try:
            neighbors: list[Neighbor] = []
            if not await self._is_alone():
                with self.trace.step("embedding"):
                    vector = await self._embed()
                with self.trace.step("search"):
                    neighbors = await self._search(vector)
            by = self._by_evidence if self.rules.policy is policy.Policy.VERIFIED else self._by_threshold
            return await by(neighbors, vector)
        except Busy:
            return Miss("busy", vector), []
        except StoreError as exc:
            return Miss(f"store-error: {exc}", vector), []

    async def neighbors(self) -> list[AssessedNeighbor]:
        """Return the neighbours as the evidence sees them. Raises StoreError."""
        neighbors = await self._search(await self._embed())
        records = await self.learning.records(self.exact, [n.key for n in neighbors], self.deadline)
        return [AssessedNeighbor(n.key, n.similarity, records[n.key].group) for n in neighbors]

    async def _is_alone(self) -> bool:
        """Tell whether nothing was ever asked with what stands before this question: then it has time to be embedded.

        So it is with each turn of a conversation that is new, whose question would hold its answer up the longest.
        """
        if self.exchange.vector is not None or not isinstance(index := self.semantic.index, KnowsEmptiness):
            return False
        with self.trace.step("neighbours at all"):
            asking = index.is_empty(self.semantic.namespace(self.exchange.identity))
            step = f"{self.exchange.label}: 2 neighbours at all"
            return await self.in_use.index_part.ask(asking, step, self.deadline, shows=False)

    async def _embed(self) -> Vector:
        if self.exchange.vector is not None:
            return self.exchange.vector
        question, kind = self.exchange.call.question or "", self.exchange.kind
        embedding = partial(self.semantic.embedder.embed, [question], "query", kind)
        step = f"{self.exchange.label}: 2 embedding"
        part = self.in_use.embedder_part
        with self.in_use.embedding.place(self.exchange.caller) as own:
            vector: Vector = (await part.ask(embedding(), step, self.deadline, crowded=own > CROWD))[0]
        return vector

    async def _search(self, vector: Vector) -> list[Neighbor]:
        looked_at = self.rules.top_k
        if self.rules.checks_hits:
            looked_at = max(looked_at, MAX_NEIGHBORS)
        search = self.semantic.index.search(self.semantic.namespace(self.exchange.identity), vector, looked_at)
        return await self.in_use.index_part.ask(search, f"{self.exchange.label}: 3 search", self.deadline)

    async def _entries(self, near: list[Neighbor]) -> list[Entry | StoreError | None]:
        with self.trace.step("neighbours' entries"):
            fetching = self._fetch([n.key for n in near])
            step = f"{self.exchange.label}: 5 neighbours' entries"
            return await self.in_use.exact_part.ask(fetching, step, self.deadline)

    async def _fetch(self, keys: list[str]) -> list[Entry | StoreError | None]:
        """Fetch entries, and in the same go what the caller has said of them, where others share them."""
        caller = self.exchange.credential if self.exchange.shared else None
        if caller is None:
            return await entries(self.exact, keys)
        asking = (self.exact.remembers(disowned(caller, key)) for key in keys)
        found, *said = await asyncio.gather(entries(self.exact, keys), *asking, return_exceptions=True)
        if isinstance(found, BaseException):
            raise found
        self.disowned.update(key for key, word in zip(keys, said, strict=True) if word is True)
        return found  # type: ignore[return-value]  # the marks' type is not told from the entries'

    def _unfit(self, entry: Entry) -> str | None:
        return "told-wrong" if entry.key in self.disowned else self.unfit(entry)

    # ------------------------------------------------------------------ by a threshold

    async def _by_threshold(self, neighbors: list[Neighbor], vector: Vector | None) -> tuple[Hit | Miss, list[str]]:
        """Let the nearest answer that is near enough and passes the guards."""
        label, trace = self.exchange.label, self.trace
        threshold = trace.threshold = max(self.rules.threshold, self.exchange.directives.threshold)
        near = policy.passing_neighbors(neighbors, threshold)[: self.rules.top_k]
        logger.debug(
            "%s: 4 threshold: %d of %d neighbours pass %g, the nearest has %.4f",
            *(label, len(near), len(neighbors), threshold, max((n.similarity for n in neighbors), default=0.0)),
        )
        hit: Hit | None = None
        why_not: str | None = None  # the nearest one's reason
        found = await self._entries(near) if near else []
        with trace.step("judgement"):
            for place, (neighbor, entry) in enumerate(zip(near, found, strict=True)):
                if not isinstance(entry, Entry):
                    trace.neighbors.append(TracedNeighbor(neighbor.key, neighbor.similarity, refused="gone"))
                    continue
                if hit is not None:
                    trace.neighbors.append(TracedNeighbor(neighbor.key, neighbor.similarity, entry.question))
                    continue
                if place % JUDGED_AT_ONCE == JUDGED_AT_ONCE - 1:
                    await asyncio.sleep(0)
                refused = self._unfit(entry) or await self._objection(entry, neighbor, threshold)
                trace.neighbors.append(TracedNeighbor(neighbor.key, neighbor.similarity, entry.question, refused))
                if refused is None:
                    hit = Hit(entry, min(neighbor.similarity, 1.0))
                    continue
                logger.debug("%s: 5 passed over, at %.4f: %s", label, neighbor.similarity, refused)
                why_not = why_not or refused
        passed = {n.key for n in near}
        trace.neighbors += [
            TracedNeighbor(n.key, n.similarity, refused="too far") for n in neighbors if n.key not in passed
        ]
        gone = [n.key for n, entry in zip(near, found, strict=True) if entry is None]
        miss = Miss(why_not or ("neighbor-gone" if near else "no-neighbor"), vector)
        if self.rules.checks_hits:
            return await self._watched(hit, miss, neighbors, why_not), gone
        return hit or miss, gone

    async def _watched(self, hit: Hit | None, miss: Miss, neighbors: list[Neighbor], why_not: str | None) -> Hit | Miss:
        """Serve a hit as far as the error bound allows, and have it checked now and then; in shadow, always."""
        name, kind = await self.learning.kind_of(self.exchange, self.semantic, self.rules, self.exact, self.deadline)
        found = None if hit is None else (hit.entry.key, min(hit.similarity or 0.0, 1.0))
        decision = self.learning.watch(name, kind, found, self.rules)
        self.trace.kind, self.trace.error_bound = name, kind.error_bound
        seen = tuple(AssessedNeighbor(n.key, n.similarity, n.key) for n in neighbors)
        return self._outcome(name, kind, decision, seen, hit.entry if hit else None, miss, why_not)

    # ------------------------------------------------------------------ by evidence

    async def _by_evidence(self, neighbors: list[Neighbor], vector: Vector | None) -> tuple[Hit | Miss, list[str]]:
        """Let that neighbour answer of which the evidence says so. All of them vote; those far off are not fetched."""
        learning, trace, rules = self.learning, self.trace, self.rules
        name, kind = await learning.kind_of(self.exchange, self.semantic, rules, self.exact, self.deadline)
        neighbors = policy.passing_neighbors(neighbors, -1.001)
        near = [n for n in neighbors if n.similarity >= kind.space.backed_limit]
        keys = [n.key for n in neighbors]
        with trace.step("evidence"):
            records, found = await asyncio.gather(
                learning.records(self.exact, keys, self.deadline), self._entries(near) if near else _nothing()
            )
        by_key = dict(zip((n.key for n in near), found, strict=True))
        seen: list[AssessedNeighbor] = []
        guard: str | None = None
        with trace.step("judgement"):
            for place, n in enumerate(neighbors):
                if place % JUDGED_AT_ONCE == JUDGED_AT_ONCE - 1:
                    await asyncio.sleep(0)
                found_one = any(not s.refused for s in seen)  # then nobody behind it answers: they only vote
                looked, each = await self._see(n, by_key, records[n.key].group, judge=not found_one)
                trace.neighbors.append(looked)
                if each is not None:
                    seen.append(each)
                if looked.refused is not None and looked.refused.startswith("guard:"):
                    guard = guard or looked.refused
            decision = learning.decide(name, kind, seen, records, rules)
        trace.kind, trace.risk, trace.error_bound = name, decision.risk, kind.error_bound
        gone = [key for key, entry in by_key.items() if entry is None]
        candidate = decision.candidate
        entry = by_key.get(candidate.key) if candidate is not None else None
        least = max(self.exchange.directives.threshold, rules.threshold)
        if candidate is not None and candidate.similarity < least:
            entry = None
        reason = guard if candidate is None and guard else "too-risky" if candidate is not None else "no-neighbor"
        miss = Miss(reason, vector)
        served = entry if isinstance(entry, Entry) else None
        return self._outcome(name, kind, decision, tuple(seen), served, miss, guard), gone

    async def _see(
        self, neighbor: Neighbor, fetched: Mapping[str, Entry | StoreError | None], group: str, *, judge: bool
    ) -> tuple[TracedNeighbor, AssessedNeighbor | None]:
        """Look at one neighbour. One that may not answer votes all the same; one that has gone does not."""
        key, similarity = neighbor.key, neighbor.similarity
        if key not in fetched:
            return TracedNeighbor(key, similarity, refused="too far"), AssessedNeighbor(
                key, similarity, group, refused=True
            )
        entry = fetched[key]
        if not isinstance(entry, Entry):
            return TracedNeighbor(key, similarity, refused="gone"), None
        if (why_not := self._unfit(entry)) is not None:
            foreign = None if why_not == "foreign" else AssessedNeighbor(key, similarity, group, refused=True)
            return TracedNeighbor(key, similarity, entry.question, why_not), foreign
        refused, raised = await self._guard(entry) if judge else (None, 0.0)
        looked = TracedNeighbor(key, similarity, entry.question, refused)
        return looked, AssessedNeighbor(key, similarity, group, refused is not None, raised)

    async def _guard(self, entry: Entry) -> tuple[str | None, float]:
        question = self.exchange.call.question or ""
        if len(question) > JUDGE_ON_LOOP:
            return await asyncio.to_thread(policy.apply_guards, question, entry.question, self.exchange.kind)
        return policy.apply_guards(question, entry.question, self.exchange.kind)

    async def _objection(self, entry: Entry, neighbor: Neighbor, threshold: float) -> str | None:
        question = self.exchange.call.question or ""
        judging = (question, entry.question, neighbor.similarity, threshold, self.rules, self.exchange.kind)
        if len(question) > JUDGE_ON_LOOP:
            return await asyncio.to_thread(policy.check_guards, *judging)
        return policy.check_guards(*judging)

    # ------------------------------------------------------------------ what comes of it

    def _outcome(
        self,
        name: str,
        kind: VerifiedPolicy,
        decision: Decision,
        seen: tuple[AssessedNeighbor, ...],
        entry: Entry | None,
        miss: Miss,
        guard: str | None,
    ) -> Hit | Miss:
        """Turn a decision into a hit or a miss, with a ticket where something is to be learned."""
        candidate = decision.candidate
        nearest = max((s.similarity for s in seen), default=0.0)
        similarity = min(candidate.similarity if candidate is not None else nearest, 1.0)
        shadow = self.rules.shadow
        serves = decision.serves and entry is not None and not shadow
        source: Source = "audit" if serves else "shadow" if shadow else "miss"
        if decision.action is Action.EXPLORE and not shadow:
            source = "explore"
        ticket = None
        learns = self.rules.policy is policy.Policy.VERIFIED or shadow or candidate is not None
        if seen and learns and decision.needs_upstream:
            ticket = self.learning.open(Trial(name, seen, decision, source, similarity, guard))
        if serves and entry is not None:
            nearness = next((s.similarity for s in seen if s.key == entry.key), similarity)
            return Hit(entry, min(nearness, 1.0), error_bound=kind.error_bound, ticket=ticket)
        reason = miss.reason
        if candidate is not None and decision.sampled:
            why = "shadow" if shadow else "explored" if decision.action is Action.EXPLORE else kind.serving_level.value
            reason = why if decision.action is not Action.AUDIT or shadow else reason
        return replace(miss, reason=reason, ticket=ticket)


def disowned(caller: str, key: str) -> str:
    """Name the mark by which a caller has said that an entry was a wrong answer."""
    return f"wrong-{digest(caller, key)}"


async def _nothing() -> list[Entry | StoreError | None]:
    return []
