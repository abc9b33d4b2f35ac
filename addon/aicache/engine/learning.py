"""What the fresh answers show of the stored ones: compared off the request's path, and remembered with the entries."""

from __future__ import annotations

import logging
import random
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from aicache.domain.digests import digest
from aicache.domain.events import Checked
from aicache.domain.model import Entry
from aicache.domain.policy import Policy, Rules
from aicache.domain.ports import ExactStore
from aicache.engine.answer_comparison import Comparison, text_of
from aicache.engine.backends import InUse
from aicache.engine.background_tasks import Tasks
from aicache.engine.exchange import Exchange, Semantic
from aicache.engine.traffic_segments import Kinds, Terms, report_serving_level
from aicache.evidence import entry_record as entries
from aicache.evidence.answer_equality import Correctness
from aicache.evidence.embedding_space import EmbeddingSpace, space_of_model
from aicache.evidence.entry_record import EntryRecord
from aicache.evidence.neighbor_features import AssessedNeighbor, lone_candidate
from aicache.evidence.verified_policy import (
    DEFAULT_CHECK_RATES,
    Action,
    CheckRates,
    Decision,
    VerifiedPolicy,
    neighbors_to_compare,
)

logger = logging.getLogger(__name__)

Source = Literal["explore", "audit", "shadow", "feedback", "miss"]

HINT_AFTER = 40  # comparisons, of which most were undecided
TRIALS = 4096  # remembered at once; the oldest is forgotten, and nothing learned from it


@dataclass(frozen=True, slots=True)
class Trial:
    """One request's neighbours and what was decided: to be learned from when its fresh answer is there."""

    kind: str
    seen: tuple[AssessedNeighbor, ...]
    decision: Decision
    source: Source
    similarity: float
    """Of the candidate, or of the nearest neighbour where there is none."""
    guard: str | None = None


class Learning:
    """Decides with what is known, remembers what is open, and learns from what comes back. *tell* hears of it."""

    def __init__(
        self, in_use: InUse, tasks: Tasks, clock: Callable[[], float], tell: Callable[[Checked], None]
    ) -> None:
        self.kinds = Kinds(in_use, tasks, clock)
        self._in_use, self._clock, self._tell = in_use, clock, tell
        self._trials: OrderedDict[int, Trial] = OrderedDict()
        self._last_ticket = 0
        self._chance = random.Random()
        self._undecided: Counter[bool] = Counter()

    # ------------------------------------------------------------------ decide

    async def kind_of(
        self, exchange: Exchange, semantic: Semantic, rules: Rules, exact: ExactStore, deadline: float | None
    ) -> tuple[str, VerifiedPolicy]:
        """Return the kind of traffic a request belongs to. Raises StoreError while what is known of it is not."""
        name = kind_name(exchange, semantic)
        own = () if exchange.shared else exchange.owners
        return name, await self.kinds.of(name, terms(semantic, rules), exact, deadline, own)

    def decide(
        self,
        name: str,
        kind: VerifiedPolicy,
        seen: Sequence[AssessedNeighbor],
        records: Mapping[str, EntryRecord],
        rules: Rules,
    ) -> Decision:
        """Decide by the evidence: which of the neighbours answers, and whether that is checked."""
        decision = kind.decide(seen, records, 0.0 if rules.shadow else self._chance.random())
        self.kinds.used(name)
        return decision

    def watch(self, name: str, kind: VerifiedPolicy, found: tuple[str, float] | None, rules: Rules) -> Decision:
        """Decide on the neighbour (key and similarity) that another policy has chosen."""
        candidate = None if found is None else lone_candidate(*found, kind.space)
        explore = 1.0 if rules.shadow else 0.0
        decision = kind.decide_on_candidate(candidate, self._chance.random(), explore=explore)
        self.kinds.used(name)
        return decision

    def open(self, trial: Trial) -> int:
        """Remember a trial, and return its ticket."""
        self._last_ticket += 1
        self._trials[self._last_ticket] = trial
        if len(self._trials) > TRIALS:
            self._trials.popitem(last=False)
        return self._last_ticket

    async def records(self, exact: ExactStore, keys: Sequence[str], deadline: float | None) -> dict[str, EntryRecord]:
        """Return what is known of entries; those of which nothing is have an answer of their own."""
        packed = await self._in_use.exact_part.ask(exact.get_blobs(keys), "entries' evidence", deadline)
        return {key: _record(key, each, self._clock()) for key, each in zip(keys, packed, strict=True)}

    # ------------------------------------------------------------------ learn

    def take(self, ticket: int | None) -> Trial | None:
        return None if ticket is None else self._trials.pop(ticket, None)

    def forget(self) -> None:
        """Learn nothing from what is open."""
        self._trials.clear()

    async def conclude(
        self, trial: Trial, exchange: Exchange, fresh: Entry, rules: Rules, *, stored: bool
    ) -> Correctness:
        """Compare a fresh answer with the neighbours' and learn from it; *stored* says that it has an entry now.

        Returns what came out for the candidate. Raises StoreError.
        """
        exact, semantic = self._in_use.exact, self._in_use.semantic
        if exact is None or semantic is None:
            return Correctness.UNKNOWN
        candidate = trial.decision.candidate
        verdict, group = Correctness.UNKNOWN, fresh.key
        text = await text_of(fresh)
        question = exchange.call.question or ""
        comparison = Comparison(self._in_use, semantic, question, text or "", f"answers {exchange.kind}")
        for seen in neighbors_to_compare(trial.seen, trial.decision) if text is not None else ():
            other = await self._in_use.exact_part.ask(exact.get(seen.key), "neighbour's answer")
            if other is None or other.key == fresh.key or (said := await text_of(other)) is None:
                continue
            is_candidate = candidate is not None and seen.key == candidate.key
            found = await comparison.with_(said, ask=is_candidate)
            if is_candidate:
                verdict = found
                self._note_undecided(found is Correctness.UNKNOWN)
                await self._observe(trial, exchange, other, found, rules)
            elif candidate is None and seen is trial.seen[0]:
                self._say(trial, exchange, seen.key, found, None)
            if found is Correctness.RIGHT:
                group = seen.group
                break
        if stored and rules.policy is Policy.VERIFIED:
            await self._note(exact, fresh, EntryRecord(group))
        return verdict

    async def feedback(
        self, exchange: Exchange, key: str, right: bool, rules: Rules, seen: Sequence[AssessedNeighbor]
    ) -> None:
        """Learn from a caller's word on a hit; *seen* are the neighbours of its question. Raises StoreError."""
        exact, semantic = self._in_use.exact, self._in_use.semantic
        similarity = next((s.similarity for s in seen if s.key == key), None)
        if exact is None or semantic is None or similarity is None:
            return
        if (entry := await self._in_use.exact_part.ask(exact.get(key), "entry of a feedback")) is None:
            return
        name, kind = await self.kind_of(exchange, semantic, rules, exact, None)
        decision = Decision(Action.MISS, lone_candidate(key, similarity, kind.space))
        trial = Trial(name, tuple(seen), decision, "feedback", similarity)
        await self._observe(trial, exchange, entry, Correctness.RIGHT if right else Correctness.WRONG, rules)

    async def _observe(
        self, trial: Trial, exchange: Exchange, entry: Entry, verdict: Correctness, rules: Rules
    ) -> None:
        """Tell the kind, and the entry's record, how a candidate came out.

        What nothing shows to be the same answer counts as another one. To leave it out would be to learn from the right
        ones alone, for those are easily told: by being equal.
        """
        kind = self.kinds.get(trial.kind)
        if kind is not None:
            before, nonce = kind.serving_level, self._chance.getrandbits(32)
            observation = kind.learn(
                trial.decision,
                verdict is Correctness.RIGHT,
                at=self._clock(),
                nonce=nonce,
                caller=exchange.caller,
            )
            if kind.serving_level is not before:
                report_serving_level(trial.kind, kind)
            self.kinds.used(trial.kind, now=kind.serving_level is not before)
            exact = self._in_use.exact
            if observation is not None and exact is not None and rules.policy is Policy.VERIFIED:
                record = (await self.records(exact, [entry.key], None))[entry.key]
                await self._note(exact, entry, record.with_observations([observation], capped=rules.shared))
        self._say(trial, exchange, entry.key, verdict, kind)

    def _note_undecided(self, undecided: bool) -> None:
        """Say once that most answers cannot be compared: nothing is learned from them, and little will be served."""
        self._undecided[undecided] += 1
        if self._undecided.total() == HINT_AFTER and self._undecided[True] > HINT_AFTER // 2 and not self._in_use.judge:
            logger.warning(
                "most fresh answers are neither equal to the stored ones nor clearly different, so little is learned "
                "of which hits by meaning are right: a model that compares them can be set as semantic.judge"
            )

    async def _note(self, exact: ExactStore, entry: Entry, record: EntryRecord) -> None:
        noting = exact.put_blob(entry.key, entries.pack(record), entry.expires_at)
        await self._in_use.exact_writes.ask(noting, "entry's evidence written")

    def _say(
        self, trial: Trial, exchange: Exchange, key: str, verdict: Correctness, kind: VerifiedPolicy | None
    ) -> None:
        would_serve = trial.decision.sampled or trial.decision.serves
        self._tell(
            Checked(
                at=self._clock(),
                kind=trial.kind,
                key=key,
                similarity=trial.similarity,
                verdict=verdict.value,
                source=trial.source,
                would_serve=would_serve,
                guard=trial.guard,
                risk=trial.decision.risk,
                error_bound=kind.error_bound if kind is not None else None,
                serving_level=kind.serving_level.value if kind is not None else None,
                namespace=exchange.identity.namespace,
            )
        )


def kind_name(exchange: Exchange, semantic: Semantic) -> str:
    """Name what one curve and one bound are kept for: whose answers, upstream, model, and the embedder's model."""
    return digest("kind", exchange.kind, semantic.embedder.model, str(semantic.embedder.dimensions))


def terms(semantic: Semantic, rules: Rules) -> Terms:
    explore = DEFAULT_CHECK_RATES.explore if rules.policy is Policy.VERIFIED else 0.0
    return Terms(_space(semantic), rules.max_error, CheckRates(explore, rules.audit), rules.shared)


def _space(semantic: Semantic) -> EmbeddingSpace:
    return space_of_model(semantic.embedder.model, semantic.embedder.threshold)


def _record(key: str, packed: bytes | None, now: float) -> EntryRecord:
    if packed is None:
        return EntryRecord(key)
    try:
        return entries.unpack(packed, now)
    except ValueError as exc:
        logger.debug("evidence of an entry not read: %s", exc)
        return EntryRecord(key)
