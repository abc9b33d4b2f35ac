"""Leases by which proxies that share a store agree on who goes upstream with a call. Every failure is no lease.

A lease is renewed while its flight goes on, and ends by itself soon after its proxy has crashed. A proxy that is alone
takes none.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Collection

from aicache.domain.asyncio_tasks import TaskSet
from aicache.domain.loop_time import loop_time
from aicache.domain.model import Entry
from aicache.domain.ports import StoreError
from aicache.domain.store_ports import LeaseState
from aicache.engine.backends import Backends
from aicache.engine.guarded_store import GuardedStore
from aicache.engine.relayed_streams import Offer, RelayedStream, StreamRequest, relay
from aicache.engine.step_names import Step

logger = logging.getLogger(__name__)

LEASE_S = 5.0
"""Time after which a lease ends that is not renewed: for so long, calls wait for a proxy that has crashed."""
RENEW_INTERVAL_S = 1.5
ACQUIRE_TIMEOUT_S = 0.1
"""Time that a miss waits for its lease at most."""
FIRST_POLL_S = 0.05
POLL_INTERVAL_S = 0.1
"""Interval at which a proxy looks whether another one's lease has ended; one for each call, however many wait."""


class Leases:
    """The leases of this process, by key. *flights* are the keys of the calls that are in flight, in this process."""

    def __init__(self, backends: Backends, flights: Collection[str]) -> None:
        self._backends = backends
        self._flights = flights
        self._held: dict[str, tuple[str, asyncio.TimerHandle | asyncio.Task[None]]] = {}
        """The token of each lease, and the timer of the task that renews it, or that task: most are not renewed."""
        self._offers: dict[str, Offer] = {}
        self._wanted: set[str] = set()
        """Keys of leases whose stream another proxy has asked for."""
        self._renewals, self._releases, self._covering, self._relays = TaskSet(), TaskSet(), TaskSet(), TaskSet()

    async def lead_or_wait(
        self, key: str, label: str, within: float, form: bytes | None = None
    ) -> Entry | RelayedStream | None:
        """Acquire the lease of a key, or wait at most *within* seconds for the answer of the proxy that has it.

        With a *form*, a stream of the same one will do, once it has begun. None: go upstream, with the lease if that
        could be had.
        """
        try:
            if await self._acquire(key, label):
                return None
            async with asyncio.timeout(within):
                return await self._wait(key, label, form)
        except (StoreError, TimeoutError) as exc:
            logger.debug("%s: without a lease: %s", label, exc)
            return None

    def cover_flights(self) -> None:
        """Acquire leases for what is in flight, in the background: another proxy has come, and there was none."""
        self._covering.spawn(self._cover_flights())

    async def put(self, store: GuardedStore, entry: Entry) -> None:
        """Write an entry, and give up the lease of its key in the same round trip. Raises StoreError."""
        token = None if entry.key in self._flights else self._take(entry.key)  # the next leader's, if there is one
        if token is None:
            await store.put(entry, Step.STORING)
            return
        released = False
        try:
            released = await store.put_and_release(entry, token, Step.STORING)
        finally:
            if not released:
                self._releases.spawn(self._release(entry.key, token))

    def offer_stream(self, key: str, offer: Offer) -> None:
        """Pass a stream on to other proxies that wait for it, from when one asks for it."""
        self._offers[key] = offer
        self._relay_if_wanted(key)

    def _relay_if_wanted(self, key: str) -> None:
        if not (key in self._wanted and key in self._offers and key in self._held):
            return
        if (store := self._backends.exact) is not None:
            token, _ = self._held[key]
            self._relays.spawn(_relay(store, key, token, self._offers.pop(key)))

    def release_soon(self, key: str) -> None:
        """Give up the lease of a key in the background, if this process has it."""
        if (token := self._take(key)) is not None:
            self._releases.spawn(self._release(key, token))

    def _take(self, key: str) -> str | None:
        """Return the token of a lease, which is to be given up."""
        self._offers.pop(key, None)
        self._wanted.discard(key)
        if (held := self._held.pop(key, None)) is None:
            return None
        token, renewal = held
        renewal.cancel()
        return token

    async def close(self, within: float) -> None:
        """Give up all leases; those that cannot be within so many seconds end by themselves."""
        self._covering.cancel()
        self._relays.cancel()
        for key in [*self._held]:
            self.release_soon(key)
        try:
            async with asyncio.timeout(within):
                await self._releases.wait()
        except TimeoutError:
            await self._releases.cancel_and_wait()

    async def _acquire(self, key: str, label: str) -> bool:
        if key in self._held:
            return True  # of the leader before
        if (store := self._backends.exact) is None or not store.may_have_peers:
            return True
        token = secrets.token_hex(16)
        store = store.within(loop_time().time() + ACQUIRE_TIMEOUT_S, label)
        try:
            if not await store.acquire_lease(key, token, LEASE_S, Step.LEASE):
                return False
        except BaseException as exc:
            if isinstance(exc, asyncio.CancelledError) or isinstance(exc.__cause__, TimeoutError):
                self._releases.spawn(self._release(key, token))  # it may be had all the same
            raise
        timer = asyncio.get_running_loop().call_later(RENEW_INTERVAL_S, self._begin_to_renew, key, token)
        self._held[key] = token, timer
        return True

    async def _cover_flights(self) -> None:
        for key in [*self._flights]:
            if key not in self._flights:
                continue
            try:
                await self._acquire(key, "in flight")
            except StoreError as exc:
                logger.debug("a flight has no lease: %s", exc)
            if key not in self._flights:
                self.release_soon(key)

    async def _wait(self, key: str, label: str, form: bytes | None) -> Entry | RelayedStream | None:
        pause = FIRST_POLL_S
        request = None if form is None else StreamRequest(key, form)
        while True:
            await asyncio.sleep(pause)
            pause = POLL_INTERVAL_S
            if (store := self._backends.exact) is None or key in self._held:  # by `cover_flights`, meanwhile
                return None
            store = store.within(None, label)
            if (holder := await store.lease_holder(key)) is not None:
                if request is not None and (stream := await request.find(store, holder)) is not None:
                    return stream
                continue
            if (entry := await store.get(key, Step.LEASE)) is not None or await self._acquire(key, label):
                return entry

    def _begin_to_renew(self, key: str, token: str) -> None:
        self._held[key] = token, self._renewals.spawn(self._renew(key, token))

    async def _renew(self, key: str, token: str) -> None:
        """Renew a lease while its call is in flight; it ends by itself afterwards, if it is not released before."""
        until = time.monotonic() + LEASE_S - RENEW_INTERVAL_S
        while time.monotonic() < until:
            try:
                if (store := self._backends.exact) is not None and key in self._flights:
                    match await store.renew_lease(key, token, LEASE_S):
                        case LeaseState.ENDED:
                            break
                        case LeaseState.FOLLOWED:
                            self._wanted.add(key)
                            self._relay_if_wanted(key)
                    until = time.monotonic() + LEASE_S
            except StoreError as exc:
                logger.debug("a lease was not renewed: %s", exc)
            await asyncio.sleep(RENEW_INTERVAL_S)
        self._wanted.discard(key)
        del self._held[key]  # it is another's by now, or nobody's

    async def _release(self, key: str, token: str) -> None:
        try:
            if (store := self._backends.exact) is not None:
                await store.release_lease(key, token)
        except StoreError as exc:
            logger.debug("a lease was not released: %s", exc)


async def _relay(store: GuardedStore, key: str, token: str, offer: Offer) -> None:
    try:
        await relay(store.within(None, ""), key, token, offer)
    except StoreError as exc:
        logger.debug("a stream is not passed on: %s", exc)
