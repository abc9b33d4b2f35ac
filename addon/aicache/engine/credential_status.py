"""Whether the upstream has accepted a caller's credential within the hour, or refused it.

A caller is named by all that an upstream's word is good for: credential, API, path, upstream and model. Its status is
a flag in the store, for all proxies that share it, and is cached here for some seconds: so a hit costs no read of its
own, for the flag is read together with the entry, if at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aicache.domain.bounded import BoundedDict
from aicache.domain.ports import StoreError
from aicache.engine.backends import Backends
from aicache.engine.background_tasks import BackgroundTasks
from aicache.engine.exchange import Exchange
from aicache.engine.guarded_store import GuardedStore
from aicache.entries.embedding_batch import BatchExchange

ACCEPTED_TTL_S = 3600.0
REFUSED_TTL_S = 86400.0
"""Time to live of a refusal, unless a good answer ends it: meanwhile all requests of that caller go upstream."""
CACHED_TTL_S = 10.0
"""Time after which the store is read again; entries are not cached in this process for longer."""
MAX_CALLERS = 4096
"""Callers whose status is cached here."""
MAX_REFUSALS_PER_S = 10
"""Written to the store: made-up credentials must not fill it."""
REFUSING = frozenset({401, 403})
"""Statuses by which an upstream refuses a credential, or this model to it."""


class CredentialStatus:
    """The status of all callers, by *now* (Unix seconds)."""

    def __init__(self, backends: Backends, tasks: BackgroundTasks, now: Callable[[], float]) -> None:
        self._backends, self._tasks, self._now = backends, tasks, now
        self._cached = BoundedDict[str, tuple[bool, float, float]](MAX_CALLERS)  # good or not, since when, how long
        self._second, self._refusals = 0.0, 0

    def is_refused(self, caller: str | None) -> bool:
        """Tell whether this process knows that a caller must be given nothing. Does not read the store."""
        cached = self._cached.get(caller or "")
        return cached is not None and not cached[0]

    def may_answer(self, exchange: Exchange | BatchExchange) -> bool | None:
        """Tell whether a caller may be given what is stored, as far as this process knows; None: read its flag."""
        if exchange.credential is None:
            return not exchange.shared
        if (cached := self._cached.get(exchange.credential)) is None:
            return None
        good, since, seconds = cached
        return good if 0 <= self._now() - since < seconds else None  # before: the clock has been set back since

    def why_refused(self, exchange: Exchange | BatchExchange) -> str:
        """Return why a caller may not be given what is stored, as the reason of a Miss."""
        return "credential-unproven" if exchange.shared else "credential-refused"

    def flag(self, exchange: Exchange | BatchExchange) -> str:
        """Name the flag in the store that tells whether a caller may be given what is stored."""
        assert exchange.credential is not None
        return exchange.credential if exchange.shared else _refused(exchange.credential)

    def apply_flag(self, exchange: Exchange | BatchExchange, flag: bool | StoreError) -> bool:
        """Tell by that flag whether a caller may be given what is stored, and cache it.

        Where the flag could not be read, the caller's own answers need not be kept from it; shared answers raise
        StoreError.
        """
        assert exchange.credential is not None
        if isinstance(flag, StoreError):
            if exchange.shared:
                raise flag
            return True
        if not exchange.shared:
            self._cache(exchange.credential, not flag)
        elif flag:  # one that is not set may be set by the next answer, here or elsewhere
            self._cache(exchange.credential, True)
        return flag == exchange.shared

    async def fetch(self, store: GuardedStore, exchange: Exchange | BatchExchange) -> bool:
        """Tell by the store whether a caller may be given what is stored. Raises StoreError."""
        return self.apply_flag(exchange, await store.remembers(self.flag(exchange)))

    def accepted(self, exchange: Exchange | BatchExchange) -> None:
        """Record that the upstream has given a caller a good answer."""
        caller = exchange.credential
        if caller is None or self._backends.exact is None:
            return
        was_refused = self.is_refused(caller)
        if exchange.proves or was_refused:
            self._cache(caller, True)
        if exchange.proves:
            self._set_flag(caller, ACCEPTED_TTL_S, exchange.owners)
        if was_refused and not exchange.shared:
            self._set_flag(_refused(caller), 0)

    def refused(self, exchange: Exchange | BatchExchange) -> None:
        """Record that the upstream refuses a caller: here at once, in other proxies when they read the flag next."""
        caller = exchange.credential
        if caller is None:
            return
        writes = self._may_write_refusal()
        self._cache(caller, False, CACHED_TTL_S if writes else REFUSED_TTL_S)
        if exchange.proves:
            self._set_flag(caller, 0)
        if writes and not exchange.shared:
            self._set_flag(_refused(caller), REFUSED_TTL_S, exchange.owners)

    def forget_accepted(self) -> None:
        """Drop what is cached of accepted callers, so that the store is read again; refusals stay."""
        for caller in [caller for caller, cached in self._cached.items() if cached[0]]:
            del self._cached[caller]

    def _cache(self, caller: str, good: bool, seconds: float = CACHED_TTL_S) -> None:
        self._cached[caller] = good, self._now(), seconds

    def _may_write_refusal(self) -> bool:
        now = self._now()
        if not 0 <= now - self._second < 1:
            self._second, self._refusals = now, 0
        self._refusals += 1
        return self._refusals <= MAX_REFUSALS_PER_S

    def _set_flag(self, flag: str, ttl: float, owners: Sequence[str] = ()) -> None:
        if (store := self._backends.exact) is not None:
            self._tasks.spawn(store.remember(flag, ttl, owners))


class CallerRateLimit:
    """Allows at most *limit* events of each caller within *window* seconds."""

    def __init__(self, limit: int, window: float, now: Callable[[], float]) -> None:
        self._limit, self._window, self._now = limit, window, now
        self._events = BoundedDict[str, list[float]](MAX_CALLERS)

    def allow(self, caller: str) -> bool:
        """Tell whether a caller may cause an event now; if so, count it."""
        now = self._now()
        recent = [at for at in self._events.get(caller, ()) if 0 <= now - at < self._window]
        allowed = len(recent) < self._limit
        self._events[caller] = [*recent, now] if allowed else recent
        return allowed


def _refused(caller: str) -> str:
    return f"refused-{caller}"
