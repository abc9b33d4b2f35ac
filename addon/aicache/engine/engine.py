"""The engine: what the proxy asks for answers and gives answers to."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any

from aicache.domain import policy
from aicache.domain.events import Checked, Erased
from aicache.domain.loop_time import loop_time
from aicache.domain.model import Entry, Hit, Miss
from aicache.domain.ports import Embedder, ExactStore, StoreError, VectorIndex
from aicache.domain.task_set import TaskSet
from aicache.domain.throttle import Throttle
from aicache.domain.trace import Trace
from aicache.domain.trial import Trial
from aicache.engine import exact_lookup, storing
from aicache.engine.admission import Room
from aicache.engine.backends import Backends
from aicache.engine.background_tasks import Tasks
from aicache.engine.credential_status import REFUSING, Proofs, Turns
from aicache.engine.dependency import BACKGROUND_TIMEOUT_S
from aicache.engine.exchange import Exchange, is_large
from aicache.engine.guarded_semantic import Semantic
from aicache.engine.guarded_store import GuardedStore
from aicache.engine.learning import Learning
from aicache.engine.lookup import Lookup
from aicache.engine.recent_erasures import Erasures
from aicache.engine.reindexing import Reindexing
from aicache.engine.semantic_lookup import SemanticLookup, disowned
from aicache.engine.storing import NotKept
from aicache.entries.embedding_batch import BatchExchange
from aicache.entries.recording import Recording
from aicache.evidence.answer_equality import Correctness

logger = logging.getLogger(__name__)

MAX_STORES = 256
"""Answers being stored at once; beyond that they are not kept."""
MAX_COMPARISONS = 256
"""Comparisons of answers under way or waiting for a judge model."""
MAX_FEEDBACK = 30
"""Of one caller within `FEEDBACK_WINDOW_S`."""
FEEDBACK_WINDOW_S = 60.0

OnStored = Callable[[Entry | None, str | None], None]
"""Called with the entry that is kept of an answer, or with the reason why there is none."""


def _ignore(*_: object) -> None: ...


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
        on_checked: Callable[[Checked], None] = _ignore,
        on_erased: Callable[[Erased], None] = _ignore,
    ) -> None:
        """*on_checked* is called when a stored answer was compared with a fresh one, *on_erased* after each purge."""
        self.rules = rules
        self._room = Room(lookup_timeout)
        self.backends = Backends()
        self._clock = clock
        self._on_erased = on_erased
        self.erasures = Erasures()
        self.emptied = 0
        """Times that everything was deleted."""
        self.purges = 0
        """Times that something was deleted for good, on a person's word."""
        self._repeats = TaskSet()
        self._throttle = Throttle()
        self._stores = Tasks(MAX_STORES, self._warn_of_dropped)
        self._comparisons = Tasks(MAX_COMPARISONS, lambda: logger.debug("a comparison is dropped: too many under way"))
        self.proofs = Proofs(self.backends, self._stores, clock)
        self._reindexing = Reindexing(self.backends)
        self._feedback_turns = Turns(MAX_FEEDBACK, FEEDBACK_WINDOW_S, clock)
        self.learning = Learning(self.backends, self._comparisons, clock, on_checked)

    @property
    def lookup_timeout(self) -> float:
        return self._room.patience

    @lookup_timeout.setter
    def lookup_timeout(self, seconds: float) -> None:
        self._room.patience = seconds

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
        return {"stores": len(self._stores), "comparisons": len(self._comparisons)}

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

    def use_no_semantic(self) -> None:
        """Do without hits by meaning."""
        self.backends.use_no_semantic()

    # ------------------------------------------------------------------ lookup

    async def lookup(self, exchange: Exchange, trace: Trace | None = None, deadline: float | None = None) -> Hit | Miss:
        """Find an answer by the *deadline* (`LoopTime`; by default the look-up's own).

        Every failure is a Miss. What was done is written to *trace*.
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
        )
        if (found := await exact_lookup.find_exact(lookup, self.proofs)) is not None:
            if isinstance(found, Hit):
                self._reindexing.on_hit(store, exchange, found.entry, rules)
            return found
        if (hit := await exact_lookup.find_higress_answer(lookup)) is not None:
            return hit
        if (semantic := self.backends.semantic) is None or not _may_embed(exchange, rules):
            return Miss("not-stored")
        if self._room.has_none_for(exchange.caller):
            self._room.turn_away()
            return Miss("busy")
        search = SemanticLookup(lookup, semantic.within(deadline, exchange.label), self.learning)
        with self._room.of(exchange.caller):
            outcome, gone = await search.run()
        if gone:
            self._stores.spawn(semantic.index.delete(gone))
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
        return await exact_lookup.find_inputs(self.backends, store, self.proofs, exchange, deadline, now, ttl)

    # ------------------------------------------------------------------ store

    def record(self, exchange: Exchange | BatchExchange, recording: Recording) -> list[Entry]:
        """Return the entries of a response: one of a call, one for each input of a batch that was asked for.

        Raises ValueError, with the reason, when it is no good answer, or must not be kept. A good answer, kept or not,
        proves the caller's credential; nothing else does.
        """
        with self._proving(exchange):
            return storing.record_entries(exchange, recording, self.rules, self._clock())

    async def record_in_thread(self, exchange: Exchange | BatchExchange, recording: Recording) -> list[Entry]:
        """Do as `record`, the work in a thread."""
        with self._proving(exchange):
            return await asyncio.to_thread(storing.record_entries, exchange, recording, self.rules, self._clock())

    @contextlib.contextmanager
    def _proving(self, exchange: Exchange | BatchExchange) -> Iterator[None]:
        """Take a good answer for a proof of the caller's credential."""
        try:
            yield
        except NotKept:
            self.proofs.accepted(exchange)
            raise
        self.proofs.accepted(exchange)

    def store_soon(
        self, exchange: Exchange | BatchExchange, entries: Sequence[Entry], on_stored: OnStored = _ignore
    ) -> bool:
        """Store entries in the background, but none of a batch that have expired; then call *on_stored*.

        True where they are as good as stored: there is room for them, and writing works.
        """
        if not (entries := storing.lasting(exchange, entries)):
            return False
        if not self._stores.spawn(self._store(exchange, entries, on_stored), exchange.caller):
            on_stored(None, "too busy")
            return False
        return self.backends.exact is not None and self.backends.exact_guards.writes.works

    def record_and_store_soon(
        self, exchange: Exchange | BatchExchange, recording: Recording, on_stored: OnStored = _ignore
    ) -> None:
        """Do both in the background: for streams and large responses, whose end must not wait for it."""
        if not self._stores.spawn(self._record_and_store(exchange, recording, on_stored), exchange.caller):
            on_stored(None, "too busy")

    def answered(self, exchange: Exchange | BatchExchange, status: int) -> None:
        """Record a response's status: that the upstream refuses the caller is known before its body is there."""
        if status in REFUSING:
            self.proofs.refused(exchange)

    def _warn_of_dropped(self) -> None:
        if self._throttle.allow(asyncio.get_running_loop().time()):
            logger.warning("%d answers are being stored, more are dropped: those are not kept", MAX_STORES)

    async def _record_and_store(
        self, exchange: Exchange | BatchExchange, recording: Recording, on_stored: OnStored
    ) -> None:
        await asyncio.sleep(0)  # an eager task (Python 3.12) would begin before the hook has returned
        try:
            if isinstance(exchange, BatchExchange) or is_large(recording):
                entries = await self.record_in_thread(exchange, recording)
            else:
                entries = self.record(exchange, recording)
        except ValueError as exc:
            logger.debug("not stored: %s", exc)
            on_stored(None, str(exc))
            return
        await self._store(exchange, storing.lasting(exchange, entries), on_stored)

    async def _store(self, exchange: Exchange | BatchExchange, entries: Sequence[Entry], on_stored: OnStored) -> None:
        """Write the entries and report it; a vector and what is to be learned wait for requests that need an answer."""
        why_not: str | None = "the proxy ends"
        try:
            await self._unless_erased(exchange, entries, storing.put(self.backends, exchange, entries, self.rules))
            why_not = None
        except StoreError as exc:
            why_not = f"store-error: {exc}"
            raise
        except NotKept as exc:
            why_not = str(exc)
            return
        finally:
            on_stored(entries[0] if why_not is None and entries else None, why_not)
        if isinstance(exchange, Exchange):
            for entry in entries:
                await self._store_vector_and_learn(exchange, entry)

    async def _store_vector_and_learn(self, exchange: Exchange, entry: Entry) -> None:
        if len(self._stores) > MAX_STORES // 4:  # the rest is for answers that are not stored yet
            logger.debug("%s: found by its exact request only, for lack of time", exchange.label)
            return
        await self._room.calm()
        putting = storing.put_vector_once_known(self.backends, exchange, entry, self.rules)
        try:
            await self._unless_erased(exchange, [entry], putting)
        except NotKept:
            return
        if (trial := self._open_trial(exchange)) is not None:
            self._comparisons.spawn(self._learn(trial, exchange, entry), exchange.caller)

    async def _unless_erased(
        self, exchange: Exchange | BatchExchange, entries: Sequence[Entry], work: Coroutine[Any, Any, None]
    ) -> None:
        """Write something of an answer, unless its caller is erased meanwhile. NotKept where that was before."""
        if self.erasures.cover(exchange):
            work.close()
            raise NotKept("its caller has been erased")
        try:
            await work
        finally:
            if self.erasures.cover(exchange):
                await self._take_back([entry.key for entry in entries])

    async def _take_back(self, keys: list[str]) -> None:
        if (store := self.backends.exact) is not None:
            await store.delete(keys)
        if (semantic := self.backends.semantic) is not None:
            await semantic.index.delete(keys)

    # ------------------------------------------------------------------ learn

    def check_hit(self, exchange: Exchange, recording: Recording) -> None:
        """Compare the upstream's answer to a request that was answered by a hit, in the background."""
        self._comparisons.spawn(self._check_hit(exchange, recording), exchange.caller)

    async def _check_hit(self, exchange: Exchange, recording: Recording) -> None:
        self.answered(exchange, recording.status)
        await self._room.calm()
        if (trial := self._open_trial(exchange)) is None:
            return
        try:
            [fresh] = await self.record_in_thread(exchange, recording)
        except ValueError as exc:
            logger.debug("nothing learned: %s", exc)
            return
        found = await self.learning.conclude(trial, exchange, fresh, self.rules, stored=False)
        if found is Correctness.WRONG:  # next time this question has the right one
            with contextlib.suppress(NotKept):
                await self._unless_erased(exchange, [fresh], storing.store(self.backends, exchange, fresh, self.rules))

    def _open_trial(self, exchange: Exchange) -> Trial | None:
        trial = exchange.trial
        if trial is None or not self.learning.is_open(trial) or self.erasures.cover(exchange):
            return None
        return trial

    async def _learn(self, trial: Trial, exchange: Exchange, entry: Entry) -> None:
        await self.learning.conclude(trial, exchange, entry, self.rules, stored=True)

    def feedback(self, exchange: Exchange, key: str, right: bool) -> None:
        """Take a caller's word that the entry *key* was a right or a wrong answer to its request, in the background.

        Only from a caller whose credential is known, and proven where answers are shared; and not too often.
        """
        self._comparisons.spawn(self._check_feedback(exchange, key, right), exchange.caller)

    async def _check_feedback(self, exchange: Exchange, key: str, right: bool) -> None:
        caller, store = exchange.credential, self.backends.exact
        if caller is None or store is None:
            return
        if (proven := self.proofs.known(exchange)) is None:
            proven = await self.proofs.look_up(store, exchange)
        if not proven:
            logger.debug("feedback ignored: the caller's credential is not proven")
        elif not self._feedback_turns.take(caller):
            logger.debug("feedback ignored: too much from this caller")
        else:
            await self.apply_feedback(exchange, key, right, shared=exchange.shared)

    async def apply_feedback(self, exchange: Exchange, key: str, right: bool, *, shared: bool = False) -> None:
        """Do as `feedback` says at once, without checking who gives it. Raises StoreError.

        Where entries are *shared*, a caller takes a wrong one from itself alone. The fresh answer that it is given
        takes the place of the one to its very request, as after any ``no-cache``.
        """
        backends, rules = self.backends, self.rules
        if (store := backends.exact) is None:
            return
        entry = await store.get(key)
        if entry is None or entry.namespace != exchange.identity.namespace:
            logger.debug("feedback ignored: no such entry, or not of this caller and conversation")
            return
        semantic = backends.semantic
        if key == exchange.identity.key:
            if not right and not shared:
                self.purges += 1
                await self._take_back([key])
            return
        if semantic is None or not _may_embed(exchange, rules):
            return
        deadline = loop_time().time() + BACKGROUND_TIMEOUT_S
        store, bound = store.within(deadline, exchange.label), semantic.within(deadline, exchange.label)
        lookup = Lookup(exchange, rules, backends, store, deadline, self._clock, Trace())
        neighbors = await SemanticLookup(lookup, bound, self.learning).find_neighbors()
        await self.learning.learn_from_feedback(exchange, key, right, rules, neighbors)
        if not right and shared and exchange.credential is not None:
            ttl = min(entry.expires_at - self._clock(), rules.ttl)
            await store.remember(disowned(exchange.credential, key), ttl, exchange.owners)
            backends.evict(key)
        elif not right and rules.policy is not policy.Policy.VERIFIED:
            # Nothing else would keep it from the next question like this one; the very same it still answers.
            await backends.withdraw(semantic, key, entry.expires_at - self._clock())

    # ------------------------------------------------------------------ erase and end

    def erased(self, erased: Erased) -> None:
        """Drop what this process itself remembers of deleted entries, and report the deletion."""
        self.purges += 1
        self.emptied += erased.everything
        self.proofs.forget()
        if erased.everything:
            self.learning.close_trials()
        if (semantic := self.backends.semantic) is not None:
            semantic.embedder.clear_cache()
        self._on_erased(erased)

    def repeat(self, work: Callable[[], Coroutine[Any, Any, None]], after: Sequence[float]) -> None:
        """Do some *work* after each of these delays, in seconds; its StoreErrors are logged at DEBUG only."""
        self._repeats.spawn(_repeat(work, after))

    async def drain(self, within: float) -> None:
        """Wait at most *within* seconds for the stores under way, and drop the rest. No backend starts any more."""
        self._repeats.cancel()
        self.backends.start_no_more()
        self._room.close()
        try:
            async with asyncio.timeout(within):
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
