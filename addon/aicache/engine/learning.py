"""Compares fresh answers with stored ones, off the request's path, and remembers the results with the entries."""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence

from aicache.domain.events import Checked, Spent
from aicache.domain.model import Entry, Neighbor
from aicache.domain.policy import Policy, Rules
from aicache.domain.trial import Source, Trial
from aicache.engine.answer_comparison import Comparison, extract_text
from aicache.engine.backends import Backends
from aicache.engine.background_tasks import BackgroundTasks
from aicache.engine.entry_records import parse_record, put_record
from aicache.engine.exchange import Exchange
from aicache.engine.guarded_semantic import Semantic
from aicache.engine.guarded_store import GuardedStore
from aicache.engine.recent_erasures import RecentErasures
from aicache.engine.traffic_segments import TrafficSegments, segment_name, segment_terms, warn_of_serving_level
from aicache.evidence.answer_equality import Correctness
from aicache.evidence.decision import Action, Decision, neighbors_to_compare
from aicache.evidence.entry_record import EntryRecord
from aicache.evidence.neighbor_features import candidate_for, lone_candidate
from aicache.evidence.observations import Observation
from aicache.evidence.verified_policy import VerifiedPolicy

logger = logging.getLogger(__name__)

COMPARISONS_BEFORE_HINT = 40
"""If most of the first ones were undecided, the log suggests a judge model."""


class Learning:
    """Decides by what is known of a traffic segment, and learns from fresh answers. *on_checked* gets each check."""

    def __init__(
        self,
        backends: Backends,
        tasks: BackgroundTasks,
        erasures: RecentErasures,
        clock: Callable[[], float],
        on_checked: Callable[[Checked], None],
        on_spent: Callable[[Spent], None],
        until_stored: Callable[[str], Awaitable[None]],
    ) -> None:
        """*on_spent* is told what a judge model that compares answers costs. *until_stored* waits for the answer of a
        key that is in flight, if there is one.
        """
        self.segments = TrafficSegments(backends, tasks, clock)
        self._backends, self._tasks, self._erasures = backends, tasks, erasures
        self._clock, self._on_checked, self._until_stored = clock, on_checked, until_stored
        self._on_spent = on_spent
        self._era = 0
        self._random = random.Random()
        self._undecided: Counter[bool] = Counter()

    # ------------------------------------------------------------------ decide

    async def segment_of(
        self, exchange: Exchange, semantic: Semantic, rules: Rules, store: GuardedStore
    ) -> tuple[str, VerifiedPolicy]:
        """Return the traffic segment of a request. Raises StoreError when its shared state cannot be read."""
        name = segment_name(exchange, semantic)
        owners = () if exchange.shared else exchange.owners
        return name, await self.segments.load(name, segment_terms(semantic, rules), store, owners)

    def decide(
        self,
        name: str,
        segment: VerifiedPolicy,
        neighbors: Sequence[Neighbor],
        records: Mapping[str, EntryRecord],
        rules: Rules,
        *,
        again: bool = False,
    ) -> Decision:
        """Decide by the evidence which of the neighbors answers, and whether that is checked.

        *again* as in `VerifiedPolicy.decide`.
        """
        decision = segment.decide(neighbors, records, 0.0 if rules.shadow else self._random.random(), again=again)
        self.segments.used(name)
        return decision

    def watch(
        self,
        name: str,
        segment: VerifiedPolicy,
        hit: tuple[str, float] | None,
        rules: Rules,
        *,
        again: bool = False,
    ) -> Decision:
        """Decide on the neighbor (key and similarity) that another policy has chosen.

        *again* as in `VerifiedPolicy.decide`.
        """
        candidate = None if hit is None else lone_candidate(*hit, segment.space)
        explore = 1.0 if rules.shadow else 0.0
        decision = segment.decide_on_candidate(candidate, self._random.random(), explore=explore, again=again)
        self.segments.used(name)
        return decision

    def decide_on_judged(
        self, segment: VerifiedPolicy, key: str, neighbors: Sequence[Neighbor], rules: Rules
    ) -> Decision:
        """Decide on the neighbor that a judge model allows, after `decide` has found none."""
        chosen = next(n for n in neighbors if n.key == key)
        candidate = candidate_for(chosen, neighbors, segment.space)
        return segment.decide_on_judged(candidate, 0.0 if rules.shadow else self._random.random())

    def begin_trial(
        self,
        name: str,
        neighbors: tuple[Neighbor, ...],
        decision: Decision,
        source: Source,
        similarity: float,
        guard: str | None,
    ) -> Trial:
        return Trial(name, neighbors, decision, source, similarity, guard, self._era)

    async def get_records(self, store: GuardedStore, keys: Sequence[str]) -> dict[str, EntryRecord]:
        """Return the records of entries; an entry without one forms a group of its own."""
        packed = await store.get_blobs(keys)
        return {key: parse_record(key, each, self._clock()) for key, each in zip(keys, packed, strict=True)}

    # ------------------------------------------------------------------ learn

    def open_trial(self, exchange: Exchange) -> Trial | None:
        """Return an exchange's trial, if something may still be learned from it."""
        trial = exchange.trial
        if trial is None or trial.era != self._era or self._erasures.cover(exchange):
            return None
        return trial

    def close_trials(self) -> None:
        """Learn nothing from the trials that are open now."""
        self._era += 1

    def learn_soon(self, exchange: Exchange, fresh: Entry, rules: Rules) -> None:
        """Compare a fresh answer that has been stored, in the background, where that is of use."""
        if (trial := self.open_trial(exchange)) is not None:
            self._tasks.spawn(self._learn(trial, exchange, fresh, rules), exchange.caller)

    async def _learn(self, trial: Trial, exchange: Exchange, fresh: Entry, rules: Rules) -> None:
        await self.conclude(trial, exchange, fresh, rules, stored=True)

    async def conclude(
        self, trial: Trial, exchange: Exchange, fresh: Entry, rules: Rules, *, stored: bool
    ) -> Correctness:
        """Compare a fresh answer with the neighbors' answers and learn from it. Raises StoreError.

        *stored*: the fresh answer has an entry now. Returns the result for the candidate.
        """
        store, semantic = self._backends.exact, self._backends.semantic
        if store is None or semantic is None:
            return Correctness.UNKNOWN
        candidate = trial.decision.candidate
        of_candidate, group = Correctness.UNKNOWN, fresh.key
        text = await extract_text(fresh)
        question = exchange.call.question or ""
        comparison = Comparison(self._backends, semantic, question, text or "", f"answers {exchange.segment}")
        for neighbor in neighbors_to_compare(trial.neighbors, trial.decision) if text is not None else ():
            await self._until_stored(neighbor.key)
            other = await store.get(neighbor.key)
            if other is None or other.key == fresh.key or (other_text := await extract_text(other)) is None:
                continue
            is_candidate = candidate is not None and neighbor.key == candidate.key
            result = await comparison.compare_with(other_text, use_judge=is_candidate)
            if (spent := comparison.spent(exchange.call.api, exchange.owners)) is not None:
                self._on_spent(spent)
            if is_candidate:
                of_candidate = result
                self._count_undecided(result is Correctness.UNKNOWN)
                await self._observe(trial, exchange, other, result, rules)
            elif candidate is None and neighbor is trial.neighbors[0]:
                self._report(trial, exchange, neighbor.key, result, None)
            if result is Correctness.RIGHT:
                group = neighbor.group
                break
        if stored and rules.policy is Policy.VERIFIED:
            await put_record(store, fresh, EntryRecord(group))
        return of_candidate

    async def learn_from_feedback(
        self, exchange: Exchange, key: str, right: bool, rules: Rules, neighbors: Sequence[Neighbor]
    ) -> None:
        """Learn from a caller's feedback on a hit; *neighbors* are those of its question. Raises StoreError."""
        store, semantic = self._backends.exact, self._backends.semantic
        similarity = next((n.similarity for n in neighbors if n.key == key), None)
        if store is None or semantic is None or similarity is None:
            return
        if (entry := await store.get(key)) is None:
            return
        name, segment = await self.segment_of(exchange, semantic, rules, store)
        decision = Decision(Action.MISS, lone_candidate(key, similarity, segment.space))
        trial = Trial(name, tuple(neighbors), decision, "feedback", similarity)
        await self._observe(trial, exchange, entry, Correctness.RIGHT if right else Correctness.WRONG, rules)

    async def _observe(self, trial: Trial, exchange: Exchange, entry: Entry, result: Correctness, rules: Rules) -> None:
        """Add the result for a candidate to its segment and to its entry's record.

        What nothing shows to be the same answer counts as another one. To leave it out would be to learn from the right
        ones alone, for those are easily told: by being equal.
        """
        segment = self.segments.get(trial.segment)
        if segment is not None:
            before, nonce = segment.serving_level, self._random.getrandbits(32)
            observation = segment.learn(
                trial.decision,
                result is Correctness.RIGHT,
                at=self._clock(),
                nonce=nonce,
                caller=exchange.caller,
            )
            if segment.serving_level is not before:
                warn_of_serving_level(trial.segment, segment)
            self.segments.used(trial.segment, now=segment.serving_level is not before)
            if observation is not None and rules.policy is Policy.VERIFIED:
                await self._add_to_record(entry, observation, rules)
        self._report(trial, exchange, entry.key, result, segment)

    def learn_from_judge(
        self,
        name: str,
        segment: VerifiedPolicy,
        exchange: Exchange,
        entry: Entry,
        neighbors: Sequence[Neighbor],
        may_answer: bool,
        rules: Rules,
    ) -> None:
        """Learn what a judge model said of an entry; with `verified` its record is written in the background."""
        chosen = next(n for n in neighbors if n.key == entry.key)
        observation = segment.learn_from_judge(
            candidate_for(chosen, neighbors, segment.space),
            may_answer,
            self._random.random(),
            at=self._clock(),
            nonce=self._random.getrandbits(32),
            caller=exchange.caller,
        )
        self.segments.used(name)
        if rules.policy is Policy.VERIFIED:
            self._tasks.spawn(self._add_to_record(entry, observation, rules), exchange.caller)

    async def _add_to_record(self, entry: Entry, observation: Observation, rules: Rules) -> None:
        if (store := self._backends.exact) is not None:
            record = (await self.get_records(store, [entry.key]))[entry.key]
            await put_record(store, entry, record.with_observations([observation], capped=rules.shared))

    def _count_undecided(self, undecided: bool) -> None:
        """Warn once where most answers cannot be compared: nothing is learned from them, and little will be served."""
        self._undecided[undecided] += 1
        if (
            self._undecided.total() == COMPARISONS_BEFORE_HINT
            and self._undecided[True] > COMPARISONS_BEFORE_HINT // 2
            and not self._backends.judge
        ):
            logger.warning(
                "most fresh answers are neither equal to the stored ones nor clearly different, so little is learned "
                "of which hits by meaning are right: a model that compares them can be set as semantic.judge"
            )

    def _report(
        self, trial: Trial, exchange: Exchange, key: str, result: Correctness, segment: VerifiedPolicy | None
    ) -> None:
        self._on_checked(
            Checked(
                at=self._clock(),
                segment=trial.segment,
                key=key,
                similarity=trial.similarity,
                verdict=result.value,
                source=trial.source,
                would_serve=trial.decision.sampled or trial.decision.serves,
                guard=trial.guard,
                risk=trial.decision.risk,
                error_bound=segment.error_bound if segment is not None else None,
                serving_level=segment.serving_level.value if segment is not None else None,
                namespace=exchange.identity.namespace,
            )
        )
