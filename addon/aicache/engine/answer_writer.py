"""Turns responses into entries and writes them in the background, with their vectors once there is time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any

from aicache.domain import policy
from aicache.domain.model import Entry
from aicache.domain.ports import StoreError
from aicache.engine import storing
from aicache.engine.admission import Admission
from aicache.engine.backends import Backends
from aicache.engine.background_tasks import BackgroundTasks
from aicache.engine.credential_status import CredentialStatus
from aicache.engine.exchange import Exchange, is_large
from aicache.engine.learning import Learning
from aicache.engine.leases import Leases
from aicache.engine.recent_erasures import RecentErasures
from aicache.engine.storing import NotKept
from aicache.entries.embedding_batch import BatchExchange
from aicache.entries.recording import Recording

logger = logging.getLogger(__name__)

MAX_STORES = 256
"""Answers being stored at once; beyond that they are not kept."""

OnStored = Callable[[Entry | None, str | None], None]
"""Called with the entry that is kept of an answer, or with the reason why there is none."""
OnRecorded = Callable[[Sequence[Entry]], None]
"""Called with the entries of an answer before they are stored."""


def ignore(*_: object) -> None: ...


class AnswerWriter:
    """Owns the *tasks* that store. *rules* returns the rules in force.

    *on_lacking* is called where an answer is stored without the vector that it should have.
    """

    def __init__(
        self,
        backends: Backends,
        credentials: CredentialStatus,
        leases: Leases,
        learning: Learning,
        admission: Admission,
        erasures: RecentErasures,
        tasks: BackgroundTasks,
        rules: Callable[[], policy.Rules],
        clock: Callable[[], float],
        on_lacking: Callable[[], None],
    ) -> None:
        self._on_lacking = on_lacking
        self._backends, self._credentials, self._leases, self._learning = backends, credentials, leases, learning
        self._admission, self._erasures, self._tasks = admission, erasures, tasks
        self._rules, self._clock = rules, clock

    def record(self, exchange: Exchange | BatchExchange, recording: Recording) -> list[Entry]:
        """Return the entries of a response: one of a call, one for each input of a batch that was asked for.

        Raises ValueError, with the reason, when it is no good answer, or must not be kept. A good answer, kept or not,
        proves the caller's credential; nothing else does.
        """
        with self._proving(exchange):
            return storing.record_entries(exchange, recording, self._rules(), self._clock())

    async def record_in_thread(self, exchange: Exchange | BatchExchange, recording: Recording) -> list[Entry]:
        """Do as `record`, the work in a thread."""
        with self._proving(exchange):
            return await asyncio.to_thread(storing.record_entries, exchange, recording, self._rules(), self._clock())

    @contextlib.contextmanager
    def _proving(self, exchange: Exchange | BatchExchange) -> Iterator[None]:
        """Take a good answer for a proof of the caller's credential."""
        try:
            yield
        except NotKept:
            self._credentials.accepted(exchange)
            raise
        self._credentials.accepted(exchange)

    def store_soon(
        self, exchange: Exchange | BatchExchange, entries: Sequence[Entry], on_stored: OnStored = ignore
    ) -> bool:
        """Store entries in the background, but none of a batch that have expired; then call *on_stored*.

        True where they are as good as stored: there is admission for them, and writing works.
        """
        if not (entries := storing.lasting(exchange, entries)):
            return False
        if not self._tasks.spawn(self._store(exchange, entries, on_stored), exchange.caller):
            on_stored(None, "too busy")
            return False
        return self._backends.exact is not None and self._backends.exact_guards.writes.works

    def record_and_store_soon(
        self,
        exchange: Exchange | BatchExchange,
        recording: Recording,
        on_stored: OnStored = ignore,
        on_recorded: OnRecorded = ignore,
    ) -> None:
        """Do both in the background: for streams and large responses, whose end must not wait for it."""
        if not self._tasks.spawn(self._record_and_store(exchange, recording, on_stored, on_recorded), exchange.caller):
            on_stored(None, "too busy")

    async def _record_and_store(
        self,
        exchange: Exchange | BatchExchange,
        recording: Recording,
        on_stored: OnStored,
        on_recorded: OnRecorded,
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
        on_recorded(entries)
        await self._store(exchange, storing.lasting(exchange, entries), on_stored)

    async def _store(self, exchange: Exchange | BatchExchange, entries: Sequence[Entry], on_stored: OnStored) -> None:
        """Write the entries and report it; a vector and what is to be learned wait for requests that need an answer."""
        why_not: str | None = "the proxy ends"
        try:
            putting = storing.put(self._backends, exchange, entries, self._rules(), self._leases.put)
            await self.unless_erased(exchange, entries, putting)
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
        if len(self._tasks) > MAX_STORES // 4:  # the rest is for answers that are not stored yet
            logger.debug("%s: found by its exact request only, for lack of time", exchange.label)
            if storing.has_vector(exchange, entry, self._rules()):
                self._on_lacking()
            return
        await self._admission.wait_until_calm()
        putting = storing.put_vector_once_known(self._backends, exchange, entry, self._rules())
        try:
            await self.unless_erased(exchange, [entry], putting)
        except NotKept:
            return
        except StoreError:
            self._on_lacking()
            raise
        self._learning.learn_soon(exchange, entry, self._rules())

    async def unless_erased(
        self, exchange: Exchange | BatchExchange, entries: Sequence[Entry], work: Coroutine[Any, Any, None]
    ) -> None:
        """Write something of an answer, unless its caller is erased meanwhile. NotKept where that was before."""
        if self._erasures.cover(exchange):
            work.close()
            raise NotKept("its caller has been erased")
        try:
            await work
        finally:
            if self._erasures.cover(exchange):
                await self.take_back(entries)

    async def take_back(self, entries: Sequence[Entry]) -> None:
        keys = [entry.key for entry in entries]
        if (store := self._backends.exact) is not None:
            await store.delete(keys, [entry.alias for entry in entries if entry.alias])
        if (semantic := self._backends.semantic) is not None:
            await semantic.index.delete(keys)
