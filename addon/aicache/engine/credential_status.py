"""What is known of callers' credentials: accepted by the upstream within the hour, or refused. It judges no answer.

A caller is named by all that an upstream's word is good for: credential, API, path, upstream and model. What is known
is marked in the store, for all proxies that share it, and remembered here for some seconds, so that a hit costs no
reading of its own: a mark is read with the entry, if at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aicache.domain.bounded import BoundedDict
from aicache.domain.ports import StoreError
from aicache.engine.backends import Backends
from aicache.engine.background_tasks import Tasks
from aicache.engine.exchange import Exchange
from aicache.engine.guarded_store import GuardedStore
from aicache.entries.embedding_batch import BatchExchange

ACCEPTED_FOR = 3600.0
"""Seconds for which the upstream's acceptance of a credential is believed."""
REFUSED_FOR = 86400.0
"""Seconds for which its refusal is, unless a good answer comes before: meanwhile all that it asks goes upstream."""
KNOWN_FOR = 10.0
"""Seconds for which what the store says is not asked again; near entries are held no longer."""
MOST = 4096
"""Callers remembered here."""
REFUSALS = 10
"""Marked in the store in a second: whoever makes up credentials fills no store with them."""
REFUSING = frozenset({401, 403})
"""Statuses by which an upstream refuses a credential, or this model to it."""

_Asking = Exchange | BatchExchange


class Proofs:
    """One for an engine, by its clock."""

    def __init__(self, backends: Backends, tasks: Tasks, now: Callable[[], float]) -> None:
        self._backends, self._tasks, self._now = backends, tasks, now
        self._known = BoundedDict[str, tuple[bool, float, float]](MOST)  # good or not, since when, how long
        self._second, self._refusals = 0.0, 0

    def stopped(self, caller: str | None) -> bool:
        """Tell whether this process knows that a caller may be given nothing. Asks nobody."""
        known = self._known.get(caller or "")
        return known is not None and not known[0]

    def known(self, exchange: _Asking) -> bool | None:
        """Tell whether a caller may be given what is stored, as far as it is known here; None: ask the store."""
        if exchange.credential is None:
            return not exchange.shared
        if (known := self._known.get(exchange.credential)) is None:
            return None
        good, since, seconds = known
        return good if 0 <= self._now() - since < seconds else None  # before: the clock has been set back since

    def flag(self, exchange: _Asking) -> str:
        """Name the flag in the store that tells whether a caller may be given what is stored."""
        assert exchange.credential is not None
        return exchange.credential if exchange.shared else _refused(exchange.credential)

    def learn(self, exchange: _Asking, flag: bool | StoreError) -> bool:
        """Tell by that flag whether a caller may be given what is stored, and remember it.

        Where the flag could not be read, the caller's own answers need not be kept from it; shared answers raise
        StoreError.
        """
        assert exchange.credential is not None
        if isinstance(flag, StoreError):
            if exchange.shared:
                raise flag
            return True
        if not exchange.shared:
            self._know(exchange.credential, not flag)
        elif flag:  # that it is not set, the next answer may change, here or elsewhere
            self._know(exchange.credential, True)
        return flag == exchange.shared

    async def look_up(self, store: GuardedStore, exchange: _Asking) -> bool:
        """Tell by the store whether a caller may be given what is stored. Raises StoreError."""
        return self.learn(exchange, await store.remembers(self.flag(exchange)))

    def accepted(self, exchange: _Asking) -> None:
        """Take note of a good answer to a caller, as it was judged."""
        caller = exchange.credential
        if caller is None or self._backends.exact is None:
            return
        was_stopped = self.stopped(caller)
        if exchange.proves or was_stopped:
            self._know(caller, True)
        if exchange.proves:
            self._mark(caller, ACCEPTED_FOR, exchange.owners)
        if was_stopped and not exchange.shared:
            self._mark(_refused(caller), 0)

    def refused(self, exchange: _Asking) -> None:
        """Take note that the upstream refuses a caller: here at once, with other proxies when they ask next."""
        caller = exchange.credential
        if caller is None:
            return
        marks = self._may_mark()
        self._know(caller, False, KNOWN_FOR if marks else REFUSED_FOR)
        if exchange.proves:
            self._mark(caller, 0)
        if marks and not exchange.shared:
            self._mark(_refused(caller), REFUSED_FOR, exchange.owners)

    def _know(self, caller: str, good: bool, seconds: float = KNOWN_FOR) -> None:
        self._known[caller] = good, self._now(), seconds

    def _may_mark(self) -> bool:
        now = self._now()
        if not 0 <= now - self._second < 1:
            self._second, self._refusals = now, 0
        self._refusals += 1
        return self._refusals <= REFUSALS

    def forget(self) -> None:
        """Know nothing any more of any caller: the store is asked again, but that a caller was refused stays."""
        for caller in [caller for caller, known in self._known.items() if known[0]]:
            del self._known[caller]

    def _mark(self, name: str, seconds: float, owners: Sequence[str] = ()) -> None:
        if (store := self._backends.exact) is not None:
            self._tasks.spawn(store.remember(name, seconds, owners))


class Turns:
    """So many turns for each caller within so many seconds."""

    def __init__(self, most: int, within: float, now: Callable[[], float]) -> None:
        self._most, self._within, self._now = most, within, now
        self._taken = BoundedDict[str, list[float]](MOST)

    def take(self, caller: str) -> bool:
        """Tell whether a caller has a turn, and take it."""
        now = self._now()
        recent = [at for at in self._taken.get(caller, ()) if 0 <= now - at < self._within]
        has_one = len(recent) < self._most
        self._taken[caller] = [*recent, now] if has_one else recent
        return has_one


def _refused(caller: str) -> str:
    return f"refused-{caller}"
