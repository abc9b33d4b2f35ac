"""The engine: what the proxy asks for answers and gives answers to."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any

from aicache.domain import policy
from aicache.domain.asyncio_tasks import TaskSet
from aicache.domain.events import Checked, Erased, Judged, Spent
from aicache.domain.loop_time import loop_time
from aicache.domain.model import Entry, Hit, Miss
from aicache.domain.ports import Embedder, NeighborJudge, StoreError, VectorIndex
from aicache.domain.store_ports import ExactStore
from aicache.domain.throttle import Throttle
from aicache.domain.trace import Trace
from aicache.engine import exact_lookup
from aicache.engine.admission import Admission
from aicache.engine.answer_checks import AnswerChecks
from aicache.engine.answer_writer import MAX_STORES, AnswerWriter, OnRecorded, OnStored, ignore
from aicache.engine.backends import Backends
from aicache.engine.background_tasks import BackgroundTasks
from aicache.engine.collapsing import Collapsing, may_collapse
from aicache.engine.credential_status import REFUSING, CredentialStatus
from aicache.engine.exchange import Exchange
from aicache.engine.guarded_semantic import Semantic
from aicache.engine.guarded_store import GuardedStore
from aicache.engine.judge_on_path import DEFAULT_JUDGE_LIMITS, JudgeLimits
from aicache.engine.learning import Learning
from aicache.engine.lookup import Lookup, do_nothing
from aicache.engine.neighbor_search import NeighborSearch
from aicache.engine.neighbors_in_flight import NeighborsInFlight
from aicache.engine.recent_erasures import RecentErasures
from aicache.engine.refilling import Refilling
from aicache.engine.reindexing import Reindexing
from aicache.engine.same_words_lookup import FoundAlias, find_same_words
from aicache.engine.semantic_lookup import SemanticLookup
from aicache.entries.embedding_batch import BatchExchange
from aicache.entries.recording import Recording

logger = logging.getLogger(__name__)

MAX_COMPARISONS = 256
"""Comparisons of answers under way or waiting for a judge model."""


class Engine:
    """Answers from the cache and fills it. It works with whatever backends it has at the moment: none, exact, or all.

    Everything here is called on one event loop; the attributes *rules* and *lookup_timeout* may be replaced there at
    any time, as may the backends, and a look-up under way goes on with those it began with.
    """

    def __init__(
        self,
        rules: policy.Rules,
        lookup_timeout: float,
        clock: Callable[[], float] = time.time,
        *,
        on_checked: Callable[[Checked], None] = ignore,
        on_erased: Callable[[Erased], None] = ignore,
        on_judged: Callable[[Judged], None] = ignore,
        on_spent: Callable[[Spent], None] = ignore,
    ) -> None:
        """*on_checked* is called when a stored answer was compared with a fresh one, *on_erased* after each purge,
        *on_judged* when a judge model was to say whether a neighbor may answer, *on_spent* when one compared answers.
        """
        self.rules = rules
        self._admission = Admission(lookup_timeout)
        self.backends = Backends()
        self._clock = clock
        self._on_erased, self._on_judged = on_erased, on_judged
        self.erasures = RecentErasures()
        self.emptied = 0
        """Times that everything was deleted."""
        self.purges = 0
        """Times that something was deleted for good, on a person's word."""
        self.collapsing = Collapsing(self.backends)
        self._repeats = TaskSet()
        self._throttle = Throttle()
        self._stores = BackgroundTasks(MAX_STORES, self._warn_of_dropped)
        self._comparisons = BackgroundTasks(
            MAX_COMPARISONS, lambda: logger.debug("a comparison is dropped: too many under way")
        )
        self.credentials = CredentialStatus(self.backends, self._stores, clock)
        self.learning = Learning(
            self.backends, self._comparisons, self.erasures, clock, on_checked, on_spent, self.collapsing.until_stored
        )
        self.neighbors_in_flight = NeighborsInFlight(
            self.backends, self.collapsing, self.learning, self._admission, self._rules_in_force, clock
        )
        self._reindexing = Reindexing(self.backends)
        self.refilling = Refilling(self.backends, self._rules_in_force, self._admission.wait_until_calm, clock)
        self._writer = AnswerWriter(
            self.backends,
            self.credentials,
            self.collapsing.leases,
            self.learning,
            self._admission,
            self.erasures,
            self._stores,
            self._rules_in_force,
            clock,
            self.refilling.lacking.note,
        )
        self._checks = AnswerChecks(
            self.backends,
            self.credentials,
            self.learning,
            self._writer,
            self._admission,
            self._comparisons,
            self._rules_in_force,
            clock,
            self._count_purge,
        )

    def _rules_in_force(self) -> policy.Rules:
        return self.rules

    def _count_purge(self) -> None:
        self.purges += 1
        self.collapsing.state.forget_answers()

    def _warn_of_dropped(self) -> None:
        if self._throttle.allow(asyncio.get_running_loop().time()):
            logger.warning("%d answers are being stored, more are dropped: those are not kept", MAX_STORES)

    @property
    def lookup_timeout(self) -> float:
        return self._admission.lookup_timeout

    @lookup_timeout.setter
    def lookup_timeout(self, seconds: float) -> None:
        self._admission.lookup_timeout = seconds

    @property
    def exact(self) -> GuardedStore | None:
        return self.backends.exact

    @property
    def semantic(self) -> Semantic | None:
        return self.backends.semantic

    @property
    def busy(self) -> int:
        """How many stores and comparisons are under way in the background."""
        return len(self._stores) + len(self._comparisons)

    @property
    def queues(self) -> dict[str, int]:
        """How much of each is under way in the background."""
        return {
            "stores": len(self._stores),
            "comparisons": len(self._comparisons),
            "collapsed": len(self.collapsing),
        }

    def use_exact(self, store: ExactStore | None, timeout: float) -> None:
        """Take an exact store into use; its predecessor's failures are forgotten."""
        self.backends.use_exact(store, timeout)

    def use_semantic(
        self,
        embedder: Embedder,
        index: VectorIndex,
        *,
        embedder_timeout: float,
        index_timeout: float,
        begun_at: float = 0.0,
    ) -> None:
        """Take embedder and index into use. *begun_at* is `Semantic.begun_at`."""
        self.backends.use_semantic(
            embedder, index, embedder_timeout=embedder_timeout, index_timeout=index_timeout, begun_at=begun_at
        )

    def use_judge(
        self, judge: NeighborJudge | None, timeout: float = 0.0, limits: JudgeLimits = DEFAULT_JUDGE_LIMITS
    ) -> None:
        """Take a model into use that is asked about neighbors for *timeout* seconds, or do without."""
        self.backends.use_neighbor_judge(judge, timeout, limits, self._on_judged)

    def use_no_semantic(self) -> None:
        """Do without hits by meaning."""
        self.backends.use_no_semantic()

    # ------------------------------------------------------------------ lookup

    async def lookup(
        self,
        exchange: Exchange,
        trace: Trace | None = None,
        deadline: float | None = None,
        on_search: Callable[[], None] = do_nothing,
    ) -> Hit | Miss:
        """Find an answer by the *deadline* (`LoopTime`; by default the look-up's own).

        Every failure is a Miss. What was done is written to *trace*. *on_search* is called before the question is
        embedded.
        """
        if exchange.directives.no_cache:
            return Miss("no-cache")
        if (store := self.backends.exact) is None:
            return Miss("starting")
        rules = self.rules
        deadline = self.deadline() if deadline is None else deadline
        lookup = Lookup(
            exchange,
            rules,
            self.backends,
            store.within(deadline, exchange.label),
            deadline,
            self._clock,
            trace or Trace(),
            on_search,
        )
        found, alias = await exact_lookup.find_exact(lookup, self.credentials)
        if isinstance(found, Miss) and found.reason == "expired":
            outcome = await self._look_up_others(lookup, None)
            return outcome if isinstance(outcome, Hit) else replace(outcome, stale=found.stale)
        if found is not None:
            if isinstance(found, Hit) and not found.is_stale:
                self._reindexing.on_hit(store, exchange, found.entry, rules)
            return found
        return await self._look_up_others(lookup, alias)

    async def _look_up_others(self, lookup: Lookup, alias: FoundAlias | None) -> Hit | Miss:
        """Find an answer that is stored for another request."""
        exchange, rules, deadline = lookup.exchange, lookup.rules, lookup.deadline
        if (hit := await exact_lookup.find_higress_answer(lookup)) is not None:
            return hit
        if exchange.identity.key in self.collapsing.state and self.may_collapse(exchange):
            return Miss("in-flight")
        semantic = self.backends.semantic
        if not _may_embed(exchange, rules):
            return Miss("not-stored")
        if alias is not None:
            same = await find_same_words(lookup, self.learning, semantic, alias)
            if same is not None:
                return same
        elif self.neighbors_in_flight.has_same_words(lookup) and self.may_collapse(exchange):
            return Miss("in-flight")
        if semantic is None:
            return Miss("not-stored")
        if self._admission.is_full_for(exchange.caller):
            self._admission.reject()
            return Miss("busy")
        bound = semantic.within(deadline, exchange.label)
        with self._admission.admit(exchange.caller) as release:
            outcome, gone_keys = await SemanticLookup(NeighborSearch(lookup, bound, self.learning, release)).run()
        if gone_keys:
            self._stores.spawn(semantic.index.delete(gone_keys))
        return outcome

    def deadline(self) -> float:
        """Return the time (`LoopTime`) by which a request that has just come must be answered."""
        return loop_time().time() + self.lookup_timeout

    async def lookup_batch(self, exchange: BatchExchange, deadline: float | None = None) -> tuple[Entry | None, ...]:
        """Find the entries of a batch's inputs by the *deadline* as in `lookup`: an entry or None for each."""
        if exchange.directives.no_cache or (store := self.backends.exact) is None:
            return (None,) * len(exchange.keys)
        deadline = self.deadline() if deadline is None else deadline
        store = store.within(deadline, exchange.label)
        now, ttl = self._clock(), self.rules.ttl
        return await exact_lookup.find_inputs(self.backends, store, self.credentials, exchange, deadline, now, ttl)

    def why_unknown(self, exchange: BatchExchange) -> str:
        """Return why a batch that was looked up has unknown inputs, as the reason of a Miss."""
        if exchange.directives.no_cache:
            return "no-cache"
        if self.backends.exact is None:
            return "starting"
        may_answer = self.credentials.may_answer(exchange)
        if may_answer is False or (may_answer is None and exchange.shared):
            return self.credentials.why_refused(exchange)
        return "not-stored"

    def may_collapse(self, exchange: Exchange) -> bool:
        """Tell whether a call for which nothing is stored may have the answer to an equal one, and give its own."""
        may_answer = self.credentials.may_answer(exchange)
        if may_answer is False or (may_answer is None and exchange.shared):
            return False
        return may_collapse(exchange, self.rules)

    def refusal(self, exchange: Exchange, entry: Entry) -> str | None:
        """Return why an entry must not answer a call of its key; None when it may."""
        now, ttl = self._clock(), self.rules.ttl
        return policy.check_entry(entry, exchange.call, exchange.identity, exchange.directives, now, exchange.page, ttl)

    def may_answer_by_meaning(self, exchange: Exchange, entry: Entry) -> bool:
        """Tell whether an entry that has just come may answer a call whose question it was chosen for."""
        return policy.may_be_neighbor(entry, self.rules) and self.refusal(exchange, entry) is None

    # ------------------------------------------------------------------ store

    def record(self, exchange: Exchange | BatchExchange, recording: Recording) -> list[Entry]:
        """Return the entries of a response, as `AnswerWriter.record` does. Raises ValueError."""
        return self._writer.record(exchange, recording)

    async def record_in_thread(self, exchange: Exchange | BatchExchange, recording: Recording) -> list[Entry]:
        """Do as `record`, the work in a thread."""
        return await self._writer.record_in_thread(exchange, recording)

    def store_soon(
        self, exchange: Exchange | BatchExchange, entries: Sequence[Entry], on_stored: OnStored = ignore
    ) -> bool:
        """Store entries in the background, then call *on_stored*; True where they are as good as stored."""
        return self._writer.store_soon(exchange, entries, on_stored)

    def record_and_store_soon(
        self,
        exchange: Exchange | BatchExchange,
        recording: Recording,
        on_stored: OnStored = ignore,
        on_recorded: OnRecorded = ignore,
    ) -> None:
        """Do both in the background: for streams and large responses, whose end must not wait for it."""
        self._writer.record_and_store_soon(exchange, recording, on_stored, on_recorded)

    def answered(self, exchange: Exchange | BatchExchange, status: int) -> None:
        """Record a response's status: that the upstream refuses the caller is known before its body is there."""
        if status in REFUSING:
            self.credentials.refused(exchange)

    # ------------------------------------------------------------------ learn

    def check_hit(self, exchange: Exchange, recording: Recording, on_recorded: OnRecorded = ignore) -> None:
        """Compare the upstream's answer to a request that was answered by a hit, in the background; *on_recorded* is
        called with its entry, if it is a good one.
        """
        self.answered(exchange, recording.status)
        self._checks.check_hit(exchange, recording, on_recorded)

    def feedback(self, exchange: Exchange, key: str, right: bool) -> None:
        """Take a caller's word that the entry *key* was a right or a wrong answer to its request, in the background.

        Only from a caller whose credential is known, and proven where answers are shared; and not too often.
        """
        self._checks.feedback(exchange, key, right)

    async def apply_feedback(self, exchange: Exchange, key: str, right: bool) -> None:
        """Do as `feedback` says at once, without checking who gives it. Raises StoreError."""
        await self._checks.apply_feedback(exchange, key, right)

    # ------------------------------------------------------------------ erase and end

    def erased(self, erased: Erased) -> None:
        """Drop what this process itself remembers of deleted entries, and report the deletion."""
        self._count_purge()
        self.emptied += erased.everything
        self.credentials.forget_accepted()
        if erased.everything:
            self.learning.close_trials()
        if (semantic := self.backends.semantic) is not None:
            semantic.embedder.clear_cache()
        if (judge := self.backends.neighbor_judge) is not None:
            judge.forget()
        self._on_erased(erased)

    def repeat(self, work: Callable[[], Coroutine[Any, Any, None]], after: Sequence[float]) -> None:
        """Do some *work* after each of these delays, in seconds; its StoreErrors are logged at DEBUG only."""
        self._repeats.spawn(_repeat(work, after))

    async def drain(self, within: float) -> None:
        """Wait at most *within* seconds for the stores under way, and drop the rest. No backend starts any more."""
        self._repeats.cancel()
        self.backends.start_no_more()
        self._admission.close()
        await self.collapsing.leases.close(within / 4)
        try:
            async with asyncio.timeout(within):
                await self.refilling.stop()
                await self._stores.drain(within)
                await self._comparisons.drain(within / 2)
                await self._reindexing.drain(0)
                await self.learning.segments.sync_all()
        except TimeoutError:
            logger.debug("evidence not written: the proxy ends")


def _may_embed(exchange: Exchange, rules: policy.Rules) -> bool:
    return policy.may_answer_by_meaning(exchange.call, exchange.directives, rules)


async def _repeat(work: Callable[[], Coroutine[Any, Any, None]], after: Sequence[float]) -> None:
    for seconds in after:
        await asyncio.sleep(seconds)
        try:
            await work()
        except StoreError as exc:
            logger.debug("%s", exc)
        except Exception:
            logger.exception("a background task failed")
