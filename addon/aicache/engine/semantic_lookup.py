"""Look-up by meaning: embed the question, find its neighbors, and answer with the first one that may."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from aicache.domain import policy
from aicache.domain.model import Entry, Hit, Miss, Neighbor, Vector
from aicache.domain.ports import Busy, StoreError
from aicache.domain.trial import Source
from aicache.engine.judged_lookup import MAX_CHARS_ON_LOOP, Allowed, JudgedLookup
from aicache.engine.learning import Learning
from aicache.engine.lookup import Lookup
from aicache.engine.neighbor_search import NeighborSearch
from aicache.engine.step_names import Step
from aicache.evidence.decision import Action, Decision
from aicache.evidence.neighbor import MAX_COSINE
from aicache.evidence.verified_policy import VerifiedPolicy

logger = logging.getLogger(__name__)

ASSESSED_PER_TURN = 8
"""Neighbors, a fifth of a millisecond each, before other requests have their turn."""


@dataclass(frozen=True, slots=True)
class SemanticLookup:
    """The part of a look-up that finds an answer to a similar question. *semantic* ends by the look-up's deadline."""

    search: NeighborSearch

    @property
    def lookup(self) -> Lookup:
        return self.search.lookup

    @property
    def learning(self) -> Learning:
        return self.search.learning

    async def run(self) -> tuple[Hit | Miss, list[str]]:
        """Find an answer, and the keys of neighbors whose entries have gone. Every failure is a Miss."""
        vector: Vector | None = None
        trace, rules = self.lookup.trace, self.lookup.rules
        try:
            neighbors: list[Neighbor] = []
            if not await self.search.is_empty():
                self.lookup.on_search()
                with trace.step("embedding"):
                    vector = await self.search.embed()
                with trace.step("search"):
                    neighbors = await self.search.search(vector)
            decide = self._by_evidence if rules.policy is policy.Policy.VERIFIED else self._by_threshold
            return await decide(neighbors, vector)
        except Busy:
            return Miss("busy", vector), []
        except StoreError as exc:
            return Miss(f"store-error: {exc}", vector), []

    # ------------------------------------------------------------------ by a threshold

    async def _by_threshold(self, neighbors: list[Neighbor], vector: Vector | None) -> tuple[Hit | Miss, list[str]]:
        """Answer with the nearest neighbor that is near enough and passes the guards."""
        exchange, rules, trace = self.lookup.exchange, self.lookup.rules, self.lookup.trace
        threshold = trace.threshold = max(rules.threshold, exchange.directives.threshold)
        lowest = max(policy.lowest_similarity(rules.threshold, rules), exchange.directives.threshold)
        near = policy.passing_neighbors(neighbors, lowest)[: rules.top_k]
        logger.debug(
            "%s: %s: %d of %d neighbors pass %g, the nearest has %.4f",
            exchange.label,
            Step.THRESHOLD,
            len(near),
            len(neighbors),
            lowest,
            max((n.similarity for n in neighbors), default=0.0),
        )
        hit: Hit | None = None
        nearest_refusal: str | None = None
        entries = await self.search.get_entries(near) if near else []
        watched = await self._load_segment() if rules.checks_hits else None
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
                refused = self.search.refusal(entry) or await self._objection(entry, neighbor, threshold)
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
        judged: JudgedLookup | None = None
        if hit is None and (watched is None or watched[1].may_serve_judged):
            known = dict(zip((n.key for n in near), entries, strict=True))
            judged, allowed = await self.search.ask_judge(neighbors, known, exchange.directives.threshold)
            if allowed is not None:
                hit = Hit(allowed.entry, min(allowed.neighbor.similarity, 1.0), judge_seconds=allowed.seconds)
        if watched is not None:
            return self._watched(*watched, hit, miss, neighbors, nearest_refusal, judged), gone_keys
        return hit or miss, gone_keys

    async def _load_segment(self) -> tuple[str, VerifiedPolicy]:
        lookup = self.lookup
        return await self.learning.segment_of(lookup.exchange, self.search.semantic, lookup.rules, lookup.store)

    def _watched(
        self,
        name: str,
        segment: VerifiedPolicy,
        hit: Hit | None,
        miss: Miss,
        neighbors: list[Neighbor],
        refusal: str | None,
        judged: JudgedLookup | None,
    ) -> Hit | Miss:
        """Serve a hit as far as the error bound allows, and have it checked now and then; in shadow, always."""
        lookup = self.lookup
        candidate = None if hit is None else (hit.entry.key, min(hit.similarity or 0.0, 1.0))
        decision = self.learning.watch(name, segment, candidate, lookup.rules, again=self.search.is_counted)
        if hit is not None and hit.judge_seconds is not None:
            decision = replace(decision, judged=True)
        lookup.trace.segment, lookup.trace.error_bound = name, segment.error_bound
        assessed = tuple(replace(n, group=n.key) for n in neighbors)
        if judged is not None:
            self.search.learn_from_judge(name, segment, decision, assessed, judged)
        return self.settle(name, segment, decision, assessed, hit, miss, refusal)

    # ------------------------------------------------------------------ by evidence

    async def _by_evidence(self, neighbors: list[Neighbor], vector: Vector | None) -> tuple[Hit | Miss, list[str]]:
        """Answer with the neighbor that the evidence picks. All of them vote; those far off are not fetched."""
        learning, rules, trace, store = self.learning, self.lookup.rules, self.lookup.trace, self.lookup.store
        name, segment = await learning.segment_of(self.lookup.exchange, self.search.semantic, rules, store)
        neighbors = policy.passing_neighbors(neighbors, -MAX_COSINE)
        near = [n for n in neighbors if n.similarity >= segment.space.min_backed_similarity]
        with trace.step("evidence"):
            records, fetched = await asyncio.gather(
                learning.get_records(store, [n.key for n in neighbors]),
                self.search.get_entries(near) if near else _nothing(),
            )
        entries = dict(zip((n.key for n in near), fetched, strict=True))
        with trace.step("judgement"):
            grouped = [replace(n, group=records[n.key].group) for n in neighbors]
            voters, guard = await self._assess(grouped, entries)
            voters += self.search.found_before
            decision = learning.decide(name, segment, voters, records, rules, again=self.search.is_counted)
        threshold = max(self.lookup.exchange.directives.threshold, rules.threshold)
        allowed: Allowed | None = None
        if decision.action is Action.MISS and not decision.sampled and segment.may_serve_judged:
            judged, allowed = await self.search.ask_judge(voters, entries, threshold)
            if allowed is not None:
                decision = learning.decide_on_judged(segment, allowed.neighbor.key, voters, rules)
            elif judged is not None and decision.candidate is not None and judged.said_no(decision.candidate.key):
                decision = replace(decision, judged=False)
            if judged is not None:
                self.search.learn_from_judge(name, segment, decision, voters, judged)
        trace.segment, trace.risk, trace.error_bound = name, decision.risk, segment.error_bound
        gone_keys = [key for key, entry in entries.items() if entry is None]
        candidate = decision.candidate
        hit = None if allowed is None else Hit(allowed.entry, judge_seconds=allowed.seconds)
        if hit is None and candidate is not None and candidate.similarity >= threshold:
            entry = entries.get(candidate.key)
            hit = Hit(entry) if isinstance(entry, Entry) else None
        reason = guard if candidate is None and guard else "too-risky" if candidate is not None else "no-neighbor"
        return self.settle(name, segment, decision, tuple(voters), hit, Miss(reason, vector), guard), gone_keys

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
        if (refused := self.search.refusal(entry)) is not None:
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

    def settle(
        self,
        name: str,
        segment: VerifiedPolicy,
        decision: Decision,
        neighbors: tuple[Neighbor, ...],
        hit: Hit | None,
        miss: Miss,
        guard: str | None,
    ) -> Hit | Miss:
        """Turn a decision into the *hit* or a miss, with a trial where a fresh answer would teach something."""
        candidate, rules = decision.candidate, self.lookup.rules
        nearest = max((n.similarity for n in neighbors), default=0.0)
        similarity = min(candidate.similarity if candidate is not None else nearest, 1.0)
        shadow = rules.shadow
        serves = decision.serves and hit is not None and not shadow
        source: Source = "audit" if serves else "shadow" if shadow else "miss"
        if decision.action is Action.EXPLORE and not shadow:
            source = "explore"
        trial = None
        learns = rules.policy is policy.Policy.VERIFIED or shadow or candidate is not None
        if neighbors and learns and decision.needs_upstream:
            trial = self.learning.begin_trial(name, neighbors, decision, source, similarity, guard)
        if serves and hit is not None:
            own = next((n.similarity for n in neighbors if n.key == hit.entry.key), similarity)
            return replace(hit, similarity=min(own, 1.0), error_bound=segment.error_bound, trial=trial)
        reason = miss.reason
        if candidate is not None and decision.sampled:
            why = (
                "shadow" if shadow else "explored" if decision.action is Action.EXPLORE else segment.serving_level.value
            )
            reason = why if decision.action is not Action.AUDIT or shadow else reason
        return replace(miss, reason=reason, trial=trial)


async def _nothing() -> list[Entry | StoreError | None]:
    return []
