"""Has stored answers found by meaning again after the embedding model, or the index, has changed.

All entries are gone through in rounds, the last one an hour after the change: until then proxies with the model before
may store answers. Another round follows when answers were stored without their vectors, as in an outage. Proxies that
share the store and the index share the work: one has a lease, and notes what is done.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from aicache.domain import policy
from aicache.domain.asyncio_tasks import TaskSet
from aicache.domain.digests import digest
from aicache.domain.loop_time import loop_time
from aicache.domain.ports import StoreError
from aicache.domain.store_ports import LeaseState
from aicache.engine import lacking_vectors
from aicache.engine.backends import Backends
from aicache.engine.guarded_semantic import Semantic
from aicache.engine.guarded_store import GuardedStore
from aicache.engine.lacking_vectors import LackingVectors
from aicache.engine.refill_round import RefillRound

logger = logging.getLogger(__name__)

T = TypeVar("T")

ROUNDS_AFTER_S = (0.0, 600.0, 3600.0)
"""Times after a change at which a round is due."""
MIN_INTERVAL_S = 600.0
"""Least time between two rounds: where some proxies keep to another model, each finds theirs to be new all the time."""
RETRY_AFTER_S = 30.0
"""Pause where another proxy has the lease, and after a failure; it doubles with each further one."""
MAX_PAUSE_S = 600.0
OUTAGE_S = 60.0
"""Wait from a note of lacking vectors to the round that gives them: much of an outage is over by then."""
MAX_LACKING_INTERVAL_S = 6 * 3600.0
"""Longest time between two rounds for lacking vectors; it doubles with each one that finds nothing to embed."""
LEASE_S = 60.0
NOTED_S = 366 * 86400.0
"""How long it is remembered since when a model is in use, and which rounds are done."""
MODEL_BLOB = "embedding-model"
DONE_PREFIX = "refill-"
"""Begins the name of the note of an index's last round."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What the proxies that share a store have noted, in Unix seconds."""

    since: float
    """When the model in use became this store's."""
    done: float
    """When the last complete round for this index began; 0 if there was none."""
    lacking: float = 0.0
    """When an answer was last stored without its vector."""

    def due_after_change(self) -> float | None:
        """Return when the next round after the change is due; None if all of them are done."""
        due = next((at for after in ROUNDS_AFTER_S if (at := self.since + after) > self.done), None)
        return due if due is None or self.done == 0.0 else max(due, self.done + MIN_INTERVAL_S)

    def next_due(self, lacking_interval: float = MIN_INTERVAL_S) -> float | None:
        """Return when the next round is due; None if there will be none before vectors lack again."""
        lacking = max(self.lacking + OUTAGE_S, self.done + lacking_interval) if self.lacking > self.done > 0.0 else None
        return min((at for at in (self.due_after_change(), lacking) if at is not None), default=None)


class Refilling:
    """At most one task, from `start` to `stop`. *until_calm* waits until requests leave time for it."""

    def __init__(
        self,
        backends: Backends,
        rules: Callable[[], policy.Rules],
        until_calm: Callable[[], Awaitable[None]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._backends, self._rules, self._until_calm, self._clock = backends, rules, until_calm, clock
        self._tasks = TaskSet()
        self._in_use: tuple[object, object] | None = None
        self._lacking_interval = MIN_INTERVAL_S
        self.lacking = LackingVectors(backends, clock)
        self.embedded = 0
        """Questions of stored answers that have been embedded, since the start of the process."""

    def start(self) -> None:
        """Refill the index in use from the store in use, and whenever vectors lack, unless that is under way."""
        self.lacking.start()
        store, semantic = self._backends.exact, self._backends.semantic
        if store is None or semantic is None or not semantic.index.knows_namespaces:
            return
        if self._in_use != (in_use := (store, semantic)):
            self._tasks.cancel()
            self._in_use = in_use
            self._tasks.spawn(self._run(store, semantic))

    async def stop(self) -> None:
        self._in_use = None
        await self.lacking.stop()
        await self._tasks.cancel_and_wait()

    async def _run(self, store: GuardedStore, semantic: Semantic) -> None:
        retry_after, told = RETRY_AFTER_S, False
        while True:
            try:
                pause = await self.do_what_is_due(store, semantic)
                retry_after = RETRY_AFTER_S
            except Exception as exc:
                if isinstance(exc, StoreError):
                    logger.debug("vector index: not refilled: %s", exc)
                elif not told:
                    told = True
                    logger.exception("vector index: not refilled, it is tried again now and then")
                await asyncio.sleep(retry_after)
                retry_after = min(2 * retry_after, MAX_PAUSE_S)
                continue
            if pause != 0.0:
                await self.lacking.wait(MAX_PAUSE_S if pause is None else pause)

    async def do_what_is_due(self, store: GuardedStore, semantic: Semantic) -> float | None:
        """Do a round if one is due; return the seconds until the next look, None if no round is to be expected.

        Raises StoreError.
        """
        # Each index has notes of its own: what one has says nothing about another, or about itself before a loss.
        name = f"{DONE_PREFIX}{digest(str(semantic.index), _model(semantic), repr(semantic.begun_at))}"
        progress, now = await self._read_progress(store, semantic, name), self._clock()
        if (due := progress.next_due(self._lacking_interval)) is None:
            return None
        if due > now:
            return min(due - now, MAX_PAUSE_S)
        lease = _Lease(store, name)
        if not await lease.acquire():
            return RETRY_AFTER_S
        before = self.embedded
        refill = RefillRound(store, semantic, self._rules, now, check_all=progress.done == 0.0)
        try:
            async with contextlib.aclosing(refill.steps()) as steps:
                async for _ in steps:
                    self.embedded = before + refill.embedded
                    await lease.renew()
                    await self._until_calm()
            await store.put_blob(name, msgspec.json.encode(now), now + NOTED_S)
            self._adapt_interval(refill, progress, now)
        finally:
            await lease.release()
        return 0.0

    def _adapt_interval(self, refill: RefillRound, progress: Progress, now: float) -> None:
        """Have rounds for lacking vectors become rarer with each that was done for nothing else and found nothing."""
        if refill.embedded:
            self._lacking_interval = MIN_INTERVAL_S
        elif (due := progress.due_after_change()) is None or due > now:
            self._lacking_interval = min(2 * self._lacking_interval, MAX_LACKING_INTERVAL_S)

    async def _read_progress(self, store: GuardedStore, semantic: Semantic, name: str) -> Progress:
        """Return the progress; note that the model is in use from now on, if another one was."""
        now, model = self._clock(), _model(semantic)
        noted_model, noted_done, noted_lacking = await store.get_blobs([MODEL_BLOB, name, lacking_vectors.BLOB])
        known, since = _decode(noted_model, tuple[str, float]) or ("", now)
        if known != model:
            since = now
            await store.put_blob(MODEL_BLOB, msgspec.json.encode((model, now)), now + NOTED_S)
        done = _decode(noted_done, float) or 0.0
        lacking = _decode(noted_lacking, float) or 0.0
        return Progress(min(since, now), min(done, now), min(lacking, now))  # a clock may have been ahead


class _Lease:
    """The right to refill an index."""

    def __init__(self, store: GuardedStore, name: str) -> None:
        self._store, self._name, self._token = store, name, secrets.token_hex(8)
        self._renew_at = 0.0

    async def acquire(self) -> bool:
        self._renew_at = loop_time().time() + LEASE_S / 3
        return await self._store.acquire_lease(self._name, self._token, LEASE_S, "lease of the refill")

    async def renew(self) -> None:
        """Renew it if it is time to. StoreError where it has ended, and another proxy may have it."""
        if (now := loop_time().time()) < self._renew_at:
            return
        self._renew_at = now + LEASE_S / 3
        if await self._store.renew_lease(self._name, self._token, LEASE_S) is LeaseState.ENDED:
            raise StoreError("the lease has ended")

    async def release(self) -> None:
        with contextlib.suppress(StoreError):
            await self._store.release_lease(self._name, self._token)


def _model(semantic: Semantic) -> str:
    return f"{semantic.embedder.model}, {semantic.embedder.dimensions}"


def _decode(noted: bytes | None, type: type[T]) -> T | None:
    """Return a noted value; None where nothing is noted that can be read."""
    try:
        return msgspec.json.decode(noted or b"", type=type)
    except msgspec.DecodeError:
        return None
