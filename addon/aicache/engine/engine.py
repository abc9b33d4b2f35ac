"""The engine: what the proxy asks for answers and gives answers to."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from aicache.domain import policy
from aicache.domain.events import Checked, Erased
from aicache.domain.loop_time import loop_time
from aicache.domain.model import Entry, Hit, Miss
from aicache.domain.ports import CachesVectors, ExactStore, StoreError, VectorIndex
from aicache.domain.task_set import TaskSet
from aicache.domain.throttle import Throttle
from aicache.domain.trace import Trace
from aicache.engine import exact_lookup, storing
from aicache.engine.admission import Room
from aicache.engine.backends import InUse
from aicache.engine.background_tasks import Tasks
from aicache.engine.credential_status import REFUSING, Proofs, Turns
from aicache.engine.dependency import WRITE_TIMEOUT
from aicache.engine.exchange import Exchange, Semantic, is_large
from aicache.engine.learning import Learning, Trial
from aicache.engine.recent_erasures import Erasures
from aicache.engine.reindexing import Relearning
from aicache.engine.semantic_lookup import Search, disowned
from aicache.engine.storing import NotKept
from aicache.entries.embedding_batch import BatchExchange
from aicache.entries.recording import Recording
from aicache.evidence.answer_equality import Correctness

logger = logging.getLogger(__name__)

MAX_WRITES = 256  # stores under way at once; beyond that answers are not kept
MAX_LESSONS = 256  # comparisons of answers under way or waiting for a judge
FEEDBACK = 30  # words on hits that a caller has in FEEDBACK_WITHIN seconds
FEEDBACK_WITHIN = 60.0

Tell = Callable[[Entry | None, str | None], None]
"""Is told what of an answer is kept, or why nothing is."""


class Engine:
    """Answers from the cache and fills it. It works with whatever parts it has at the moment: none, exact, or all.

    Everything here is called on one event loop; the attributes *rules* and *lookup_timeout* may be replaced there at
    any time, as may the parts, and a lookup under way goes on with those it began with.
    """

    def __init__(self, rules: policy.Rules, lookup_timeout: float, clock: Callable[[], float] = time.time) -> None:
        self.rules = rules
        self._room = Room(lookup_timeout)
        self.in_use = InUse()
        self._clock = clock
        self.on_checked: Callable[[Checked], None] = lambda judged: None
        self.on_erased: Callable[[Erased], None] = lambda erased: None
        self.erasures = Erasures()
        self.emptied = 0  # times that everything was
        self.purges = 0  # times that something was deleted for good, on somebody's word
        self._repeats = TaskSet()
        self._warnings = Throttle()
        self._stores = Tasks(MAX_WRITES, self._warn)
        self._lessons = Tasks(MAX_LESSONS, lambda: logger.debug("too much to learn from at once: some is left out"))
        self.proofs = Proofs(self.in_use, self._stores, clock)
        self._relearning = Relearning(self.in_use)
        self._feedback = Turns(FEEDBACK, FEEDBACK_WITHIN, clock)
        self.learning = Learning(self.in_use, self._lessons, clock, lambda judged: self.on_checked(judged))

    @property
    def lookup_timeout(self) -> float:
        return self._room.patience

    @lookup_timeout.setter
    def lookup_timeout(self, seconds: float) -> None:
        self._room.patience = seconds

    @property
    def exact(self) -> ExactStore | None:
        return self.in_use.exact

    @property
    def semantic(self) -> Semantic | None:
        return self.in_use.semantic

    @property
    def busy(self) -> int:
        """How much goes on in the background: stores and comparisons under way."""
        return len(self._stores) + len(self._lessons)

    @property
    def queues(self) -> dict[str, int]:
        """How much of each goes on in the background."""
        return {"stores": len(self._stores), "comparisons": len(self._lessons)}

    def use_exact(self, store: ExactStore | None, timeout: float) -> None:
        """Take an exact store into use; its predecessor's failures are forgotten."""
        self.in_use.use_exact(store, timeout)

    def use_semantic(self, semantic: Semantic | None) -> None:
        """Take embedder and index into use, or do without."""
        self.in_use.use_semantic(semantic)

    # ------------------------------------------------------------------ lookup

    async def lookup(self, exchange: Exchange, trace: Trace | None = None, deadline: float | None = None) -> Hit | Miss:
        """Find an answer by the *deadline* (`looptime`; the look-up's own where none is given).

        Every failure is a Miss. *trace* is told what was done.
        """
        if exchange.directives.no_cache:
            return Miss("no-cache")
        if (exact := self.in_use.exact) is None:
            return Miss("starting")
        trace = trace or Trace()
        rules, in_use = self.rules, self.in_use
        deadline = self.deadline() if deadline is None else deadline

        def unfit(entry: Entry) -> str | None:
            identity, directives = exchange.identity, exchange.directives
            return policy.check_entry(
                entry, exchange.call, identity, directives, self._clock(), exchange.page, rules.ttl
            )

        if (
            found := await exact_lookup.by_request(in_use, exact, self.proofs, exchange, unfit, deadline, trace)
        ) is not None:
            if isinstance(found, Hit):
                self._relearning.hit(exact, exchange, found.entry, rules)
            return found
        now = self._clock()
        if (
            hit := await exact_lookup.left_by_higress(in_use, exact, exchange, rules, unfit, deadline, now)
        ) is not None:
            return hit
        if (semantic := in_use.semantic) is None or not policy.may_answer_by_meaning(
            exchange.call, exchange.directives, rules
        ):
            return Miss("not-stored")
        if self._room.has_none_for(exchange.caller):
            self._room.turn_away()
            return Miss("busy")
        search = Search(in_use, exact, semantic, self.learning, rules, exchange, unfit, deadline, trace)
        with self._room.of(exchange.caller):
            outcome, gone = await search.run()
        if gone:
            self._stores.spawn(self._forget(semantic.index, gone))
        return outcome

    def deadline(self) -> float:
        """Return the time (`looptime`) by which a request that has just come is to be answered."""
        return loop_time().time() + self.lookup_timeout

    async def lookup_pieces(self, exchange: BatchExchange, deadline: float | None = None) -> tuple[Entry | None, ...]:
        """Find what is known of a batch, by the *deadline* as in `lookup`: an entry or None for each input."""
        if exchange.directives.no_cache or (exact := self.in_use.exact) is None:
            return (None,) * len(exchange.keys)
        deadline = self.deadline() if deadline is None else deadline
        now, ttl = self._clock(), self.rules.ttl
        return await exact_lookup.of_pieces(self.in_use, exact, self.proofs, exchange, deadline, now, ttl)

    # ------------------------------------------------------------------ store

    def judge(self, exchange: Exchange, recording: Recording) -> Entry:
        """Make the entry that this response is worth. Raises ValueError, with the reason, when it is worth none.

        What is a good answer, kept or not, proves the caller's credential; nothing else does.
        """
        try:
            entry = storing.judged(exchange, recording, self.rules, self._clock())
        except NotKept:
            self.proofs.accepted(exchange)
            raise
        self.proofs.accepted(exchange)
        return entry

    async def judge_apart(self, exchange: Exchange, recording: Recording) -> Entry:
        """Do as `judge`, the work in a thread."""
        return await self._judged(exchange, recording, thread=True)

    def keep(self, exchange: Exchange, entry: Entry, tell: Tell = lambda entry, why: None) -> bool:
        """Store an entry in the background; *tell* is told what came of it. True where it is as good as stored: there
        is room for it, and writing works."""
        if not self._stores.spawn(self._store(exchange, entry, tell), exchange.caller):
            tell(None, "too busy")
            return False
        return self._writes

    @property
    def _writes(self) -> bool:
        """Tell whether what is written now will be there, as far as that is known."""
        return self.in_use.exact is not None and self.in_use.exact_writes.works

    def judge_and_keep(self, exchange: Exchange, recording: Recording, tell: Tell) -> None:
        """Do both in the background: for streams, whose end must not wait for it. *tell* is told what came of it."""
        if not self._stores.spawn(self._judge_and_store(exchange, recording, tell), exchange.caller):
            tell(None, "too busy")

    def judge_pieces(self, exchange: BatchExchange, recording: Recording) -> list[Entry]:
        """Make the entries of a batch's response; ValueError, with the reason, when it is no good one. As `judge`."""
        entries = storing.judged_pieces(exchange, recording, self.rules, self._clock())
        self.proofs.accepted(exchange)
        return entries

    async def judge_pieces_apart(self, exchange: BatchExchange, recording: Recording) -> list[Entry]:
        """Do as `judge_pieces`, the work in a thread."""
        entries = await asyncio.to_thread(storing.judged_pieces, exchange, recording, self.rules, self._clock())
        self.proofs.accepted(exchange)
        return entries

    def keep_pieces(self, entries: list[Entry], exchange: BatchExchange | None = None) -> bool:
        """Store what is to be kept of them in the background; True where it is as good as stored, as with `keep`."""
        lasting = [entry for entry in entries if entry.expires_at > entry.stored_at]
        caller = exchange.caller if exchange is not None else None
        return bool(lasting) and self._stores.spawn(self._store_pieces(exchange, lasting), caller) and self._writes

    def judge_and_keep_pieces(self, exchange: BatchExchange, recording: Recording) -> None:
        """Do both in the background: for what is large."""
        self._stores.spawn(self._judge_and_store_pieces(exchange, recording), exchange.caller)

    def answered(self, exchange: Exchange | BatchExchange, status: int) -> None:
        """Take note of a response's status: that the upstream refuses the caller is known before its body is there."""
        if status in REFUSING:
            self.proofs.refused(exchange)

    def _warn(self) -> None:
        if self._warnings.allow(asyncio.get_running_loop().time()):
            logger.warning("%d answers are being stored, more are dropped: those are not kept", MAX_WRITES)

    # ------------------------------------------------------------------ learn

    def audited(self, exchange: Exchange, recording: Recording) -> None:
        """Compare the upstream's answer to a request that was answered by a hit, in the background."""
        self._lessons.spawn(self._audited(exchange, recording), exchange.caller)

    def feedback(self, exchange: Exchange, key: str, right: bool) -> None:
        """Take a caller's word that the entry *key* was a right or a wrong answer to its request, in the background.

        Only that of a caller whose credential is known, and proven where answers are shared; and not too often.
        """
        self._lessons.spawn(self._listen(exchange, key, right), exchange.caller)

    async def _listen(self, exchange: Exchange, key: str, right: bool) -> None:
        caller, exact = exchange.credential, self.in_use.exact
        if caller is None or exact is None:
            return
        if (good := self.proofs.known(exchange)) is None:
            good = await self.in_use.exact_part.ask(self.proofs.ask(exact, exchange), "credential of a feedback")
        if not good:
            logger.debug("feedback of a caller who is not proven")
        elif not self._feedback.take(caller):
            logger.debug("feedback of a caller who has said enough for now")
        else:
            await self.hear(exchange, key, right, shared=exchange.shared)

    async def _audited(self, exchange: Exchange, recording: Recording) -> None:
        self.answered(exchange, recording.status)
        await self._room.calm()
        trial = self.learning.take(exchange.ticket)
        if trial is None or self.erasures.cover(exchange):
            return
        try:
            fresh = await self._judged(exchange, recording, thread=True)
        except ValueError as exc:
            logger.debug("nothing learned: %s", exc)
            return
        verdict = await self.learning.conclude(trial, exchange, fresh, self.rules, stored=False)
        if verdict is Correctness.WRONG:  # next time this question has the right one
            with contextlib.suppress(NotKept):
                await self._unless_erased(exchange, [fresh], storing.store(self.in_use, exchange, fresh, self.rules))

    async def hear(self, exchange: Exchange, key: str, right: bool, *, shared: bool = False) -> None:
        """Do as `feedback` says, here and now, and without a question who says it. Raises StoreError.

        Where entries are *shared*, a caller takes a wrong one from itself alone. The fresh answer that it is given
        takes the place of the one to its very request, as after any ``no-cache``.
        """
        in_use, rules = self.in_use, self.rules
        if (exact := in_use.exact) is None:
            return
        entry = await in_use.exact_part.ask(exact.get(key), "entry of a feedback")
        if entry is None or entry.namespace != exchange.identity.namespace:
            logger.debug("feedback on an entry that is not there, or not for this caller and conversation")
            return
        semantic = in_use.semantic
        if key == exchange.identity.key:
            if not right and not shared:
                self.purges += 1
                await in_use.exact_deletes.ask(exact.delete([key]), "wrong answer deleted")
                if semantic is not None:
                    await self._forget(semantic.index, [key])
            return
        if semantic is None or not policy.may_answer_by_meaning(exchange.call, exchange.directives, rules):
            return
        deadline = loop_time().time() + WRITE_TIMEOUT
        search = Search(in_use, exact, semantic, self.learning, rules, exchange, lambda _: None, deadline, Trace())
        await self.learning.feedback(exchange, key, right, rules, await search.neighbors())
        if not right and shared and exchange.credential is not None:
            lasts = min(entry.expires_at - self._clock(), rules.ttl)
            marking = exact.remember(disowned(exchange.credential, key), lasts, exchange.owners)
            await in_use.exact_writes.ask(marking, "a caller's word on a neighbour")
            in_use.release(key)
        elif not right and rules.policy is not policy.Policy.VERIFIED:
            # Nothing else would keep it from the next question like this one; the very same it still answers.
            await in_use.withdraw(semantic, key, entry.expires_at - self._clock())

    def erased(self, erased: Erased) -> None:
        """Tell of what was deleted for good, and let go of what this process itself remembers of it."""
        self.purges += 1
        self.emptied += erased.everything
        self._forget_all(everybody=erased.everything)
        self.on_erased(erased)

    def _forget_all(self, *, everybody: bool) -> None:
        self.proofs.forget()
        if everybody:
            self.learning.forget()
        if (semantic := self.in_use.semantic) is not None and isinstance(semantic.embedder, CachesVectors):
            semantic.embedder.clear_cache()

    def repeat(self, work: Callable[[], Coroutine[Any, Any, None]], after: Sequence[float]) -> None:
        """Do some *work* so many seconds later, and then again; its StoreErrors are no news."""
        self._repeats.spawn(_repeat(work, after))

    async def drain(self, within: float) -> None:
        """Wait for the stores under way, at most *within* seconds; the rest is dropped. No part will start any more."""
        self._repeats.cancel()
        self.in_use.start_no_more()
        self._room.close()
        try:
            async with asyncio.timeout(within):
                await self._stores.drain(within)
                await self._lessons.drain(within / 2)
                await self._relearning.drain(0)
                await self.learning.kinds.tell_all()
        except TimeoutError:
            logger.debug("what was learned last is not written")

    async def _judge_and_store(self, exchange: Exchange, recording: Recording, tell: Tell) -> None:
        await asyncio.sleep(0)  # an eager task (Python 3.12) would judge before the hook has returned
        try:
            entry = await self._judged(exchange, recording, thread=is_large(recording))
        except ValueError as exc:
            logger.debug("not stored: %s", exc)
            tell(None, str(exc))
            return
        await self._store(exchange, entry, tell)

    async def _judged(self, exchange: Exchange, recording: Recording, *, thread: bool) -> Entry:
        """Do as `judge` does, the work in a thread where it takes long."""
        if not thread:
            return self.judge(exchange, recording)
        try:
            entry = await asyncio.to_thread(storing.judged, exchange, recording, self.rules, self._clock())
        except NotKept:
            self.proofs.accepted(exchange)
            raise
        self.proofs.accepted(exchange)
        return entry

    async def _judge_and_store_pieces(self, exchange: BatchExchange, recording: Recording) -> None:
        try:
            entries = await self.judge_pieces_apart(exchange, recording)
        except ValueError as exc:
            logger.debug("not stored: %s", exc)
            return
        lasting = [entry for entry in entries if entry.expires_at > entry.stored_at]
        await self._store_pieces(exchange, lasting)

    async def _store(self, exchange: Exchange, entry: Entry, tell: Tell) -> None:
        """Put the entry, tell of it, and let its vector and what is to be learned wait for those who want answers."""
        why_not: str | None = "the proxy ends"
        try:
            await self._unless_erased(exchange, [entry], storing.put(self.in_use, exchange, entry, self.rules))
            why_not = None
        except StoreError as exc:
            why_not = f"store-error: {exc}"
            raise
        except NotKept as exc:
            why_not = str(exc)
            return
        finally:
            tell(entry if why_not is None else None, why_not)
        if len(self._stores) > MAX_WRITES // 4:  # the rest is for answers that are not stored yet
            logger.debug("%s: found by its exact request only, for lack of time", exchange.label)
            return
        await self._room.calm()
        try:
            await self._unless_erased(exchange, [entry], storing.put_vector(self.in_use, exchange, entry, self.rules))
        except NotKept:
            return
        trial = self.learning.take(exchange.ticket)
        if trial is not None and not self.erasures.cover(exchange):
            self._lessons.spawn(self._learn(trial, exchange, entry), exchange.caller)

    async def _store_pieces(self, exchange: BatchExchange | None, entries: list[Entry]) -> None:
        with contextlib.suppress(NotKept):
            await self._unless_erased(exchange, entries, storing.store_pieces(self.in_use, entries))

    async def _unless_erased(
        self, exchange: Exchange | BatchExchange | None, entries: Sequence[Entry], work: Coroutine[Any, Any, None]
    ) -> None:
        """Store what an answer gives, unless its caller is erased meanwhile. NotKept where that was before."""
        if self.erasures.cover(exchange):
            work.close()
            raise NotKept("its caller has been erased")
        try:
            await work
        finally:
            if self.erasures.cover(exchange):
                await self._take_back([entry.key for entry in entries])

    async def _take_back(self, keys: list[str]) -> None:
        if (exact := self.in_use.exact) is not None:
            await self.in_use.exact_deletes.ask(exact.delete(keys), "an erased caller's answer deleted")
        if (semantic := self.in_use.semantic) is not None:
            await self._forget(semantic.index, keys)

    async def _learn(self, trial: Trial, exchange: Exchange, entry: Entry) -> None:
        await self.learning.conclude(trial, exchange, entry, self.rules, stored=True)

    async def _forget(self, index: VectorIndex, keys: list[str]) -> None:
        await self.in_use.index_deletes.ask(index.delete(keys), "stale neighbours deleted")


async def _repeat(work: Callable[[], Coroutine[Any, Any, None]], after: Sequence[float]) -> None:
    for seconds in after:
        await asyncio.sleep(seconds)
        try:
            await work()
        except StoreError as exc:
            logger.debug("%s", exc)
        except Exception:
            logger.exception("a background task failed")
