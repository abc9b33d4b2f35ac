"""Learns from fresh answers and from callers' feedback whether stored answers were right, in the background."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable

from aicache.domain import policy
from aicache.domain.keys import question_alias
from aicache.domain.loop_time import loop_time
from aicache.domain.trace import Trace
from aicache.engine import storing
from aicache.engine.admission import Admission
from aicache.engine.answer_writer import AnswerWriter, OnRecorded, ignore
from aicache.engine.backends import Backends
from aicache.engine.background_tasks import BackgroundTasks
from aicache.engine.credential_status import CallerRateLimit, CredentialStatus
from aicache.engine.dependency import BACKGROUND_TIMEOUT_S
from aicache.engine.exchange import Exchange
from aicache.engine.judged_lookup import build_question
from aicache.engine.learning import Learning
from aicache.engine.lookup import Lookup
from aicache.engine.neighbor_search import NeighborSearch, disowned
from aicache.engine.storing import NotKept
from aicache.entries.recording import Recording
from aicache.evidence.answer_equality import Correctness

logger = logging.getLogger(__name__)

MAX_FEEDBACK = 30
"""Feedback that is accepted from one caller within `FEEDBACK_WINDOW_S`."""
FEEDBACK_WINDOW_S = 60.0


class AnswerChecks:
    """Owns the *tasks* that compare. *rules* returns the rules in force; *on_delete* is called before a deletion."""

    def __init__(
        self,
        backends: Backends,
        credentials: CredentialStatus,
        learning: Learning,
        writer: AnswerWriter,
        admission: Admission,
        tasks: BackgroundTasks,
        rules: Callable[[], policy.Rules],
        clock: Callable[[], float],
        on_delete: Callable[[], None],
    ) -> None:
        self._backends, self._credentials, self._learning = backends, credentials, learning
        self._writer, self._admission, self._tasks = writer, admission, tasks
        self._rules, self._clock, self._on_delete = rules, clock, on_delete
        self._rate_limit = CallerRateLimit(MAX_FEEDBACK, FEEDBACK_WINDOW_S, clock)

    def check_hit(self, exchange: Exchange, recording: Recording, on_recorded: OnRecorded = ignore) -> None:
        """Compare the upstream's answer to a request that was answered by a hit, in the background; *on_recorded* is
        called with its entry, if it is a good one.
        """
        self._tasks.spawn(self._check_hit(exchange, recording, on_recorded), exchange.caller)

    async def _check_hit(self, exchange: Exchange, recording: Recording, on_recorded: OnRecorded) -> None:
        await self._admission.wait_until_calm()
        trial = self._learning.open_trial(exchange)
        try:
            [fresh] = await self._writer.record_in_thread(exchange, recording)
        except ValueError as exc:
            logger.debug("nothing learned: %s", exc)
            return
        on_recorded([fresh])
        if trial is None:
            return
        result = await self._learning.conclude(trial, exchange, fresh, self._rules(), stored=False)
        if result is Correctness.WRONG:  # next time this question has the right one
            with contextlib.suppress(NotKept):
                await self._writer.unless_erased(
                    exchange, [fresh], storing.store(self._backends, exchange, fresh, self._rules())
                )

    def feedback(self, exchange: Exchange, key: str, right: bool) -> None:
        """Take a caller's word that the entry *key* was a right or a wrong answer to its request, in the background.

        Only from a caller whose credential is known, and proven where answers are shared; and not too often.
        """
        self._tasks.spawn(self._check_feedback(exchange, key, right), exchange.caller)

    async def _check_feedback(self, exchange: Exchange, key: str, right: bool) -> None:
        caller, store = exchange.credential, self._backends.exact
        if caller is None or store is None:
            return
        if (proven := self._credentials.may_answer(exchange)) is None:
            proven = await self._credentials.fetch(store, exchange)
        if not proven:
            logger.debug("feedback ignored: the caller's credential is not proven")
        elif not self._rate_limit.allow(caller):
            logger.debug("feedback ignored: too much from this caller")
        else:
            await self.apply_feedback(exchange, key, right, shared=exchange.shared)

    async def apply_feedback(self, exchange: Exchange, key: str, right: bool, *, shared: bool = False) -> None:
        """Do as `feedback` says at once, without checking who gives it. Raises StoreError.

        Where entries are *shared*, a caller takes a wrong one from itself alone. The fresh answer that it is given
        takes the place of the one to its very request, as after any ``no-cache``.
        """
        backends, rules = self._backends, self._rules()
        if (store := backends.exact) is None:
            return
        entry = await store.get(key)
        if entry is None or entry.namespace != exchange.identity.namespace:
            logger.debug("feedback ignored: no such entry, or not of this caller and conversation")
            return
        semantic = backends.semantic
        if key == exchange.identity.key:
            if not right and not shared:
                self._on_delete()
                await self._writer.take_back([entry])
            return
        disowns = not right and shared and exchange.credential is not None
        if disowns:  # first, for it needs no embedder
            ttl = min(entry.expires_at - self._clock(), rules.ttl)
            await store.remember(disowned(exchange.credential or "", key), ttl, exchange.owners)
            await backends.evict_at_all_proxies(key)
        elif not right and entry.alias == question_alias(exchange.identity, exchange.call.question):
            await backends.withdraw_alias(key, entry.alias)
        if semantic is None or not policy.may_answer_by_meaning(exchange.call, exchange.directives, rules):
            return
        deadline = loop_time().time() + BACKGROUND_TIMEOUT_S
        store, bound = store.within(deadline, exchange.label), semantic.within(deadline, exchange.label)
        lookup = Lookup(exchange, rules, backends, store, deadline, self._clock, Trace())
        neighbors = await NeighborSearch(lookup, bound, self._learning).find_neighbors()
        if not right and backends.neighbor_judge is not None:
            backends.contradict_everywhere(await build_question(exchange, entry), exchange.segment)
        await self._learning.learn_from_feedback(exchange, key, right, rules, neighbors)
        if not right and not disowns and rules.policy is not policy.Policy.VERIFIED:
            # Nothing else would keep it from the next question like this one; the very same it still answers.
            await backends.withdraw(key, entry.expires_at - self._clock(), entry.alias)
