"""Caches entries in this process until Redis announces that they have changed. Decides no freshness.

Redis' client-side caching in broadcasting mode (https://redis.io/docs/latest/develop/reference/client-side-caching/):
one connection (`server_messages.py`) receives every key under our prefix that is written, deleted, evicted or expires,
by any client. While that connection is down, nothing is cached.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from aicache.domain.bounded import BoundedDict
from aicache.domain.model import Entry

MAX_AGE_S = 10.0
"""Age after which an entry is read from Redis again: else Redis would take what is used most for what is used least."""
ENTRY_OVERHEAD_BYTES = 1024
"""Approximate size of an entry without its body."""
MAX_CHANGED_KEYS = 1024
"""Keys announced last that are remembered."""


@dataclass(slots=True)
class _Cached:
    entry: Entry
    until: float
    size: int
    names: set[bytes]
    """The names of the objects derived from the entry."""


@dataclass(slots=True)
class _Derived:
    key: str
    """The key of the entry that it is derived from."""
    until: str
    """Writing an entry under this key invalidates it."""
    value: object


class NearCache:
    """The entries used last, within *limit* bytes, and objects derived from them. It is empty while `deaf`.

    A reply that was on its way while a change was announced may be older than the change. So whoever asks Redis notes
    the `epoch` first, and what it brings back is only held if nothing was announced since.
    """

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.epoch = 0
        self.deaf = True
        self._limit = limit
        self._clock = clock
        self._size = 0
        self._cached: OrderedDict[str, _Cached] = OrderedDict()
        self._derived: dict[bytes, _Derived] = {}
        self._ending: dict[str, set[bytes]] = {}  # names of what ends when an entry of this key comes
        self._changed = BoundedDict[str, float](MAX_CHANGED_KEYS)  # when

    def get(self, key: str) -> Entry | None:
        found = self._cached.get(key)
        if found is None:
            return None
        if self._clock() >= found.until:
            self._drop(key)
            return None
        self._cached.move_to_end(key)
        return found.entry

    def put(self, entry: Entry, epoch: int) -> None:
        size = len(entry.body) + len(entry.pace) + ENTRY_OVERHEAD_BYTES
        if self.deaf or epoch != self.epoch or size > self._limit:
            return
        self._drop(entry.key)
        self._cached[entry.key] = _Cached(entry, self._clock() + MAX_AGE_S, size, set())
        self._grow(size)

    def get_derived(self, name: bytes) -> object | None:
        """Return a derived object whose entry is still cached."""
        if (derived := self._derived.get(name)) is None or self.get(derived.key) is None:
            return None
        return derived.value

    def put_derived(self, name: bytes, entry: Entry, derived: object, size: int, until: str) -> None:
        """Cache an object derived from *entry*, of *size* bytes, for as long as that very entry is cached.

        It is dropped, too, when an entry is written under the key *until*. Not cached at all where that was a moment
        ago: the object may have been derived before.
        """
        cached = self._cached.get(entry.key)
        if cached is None or cached.entry is not entry or name in self._derived:
            return
        if until != entry.key and self._clock() < self._changed.get(until, -MAX_AGE_S) + MAX_AGE_S:
            return
        size += ENTRY_OVERHEAD_BYTES
        cached.names.add(name)
        cached.size += size
        self._derived[name] = _Derived(entry.key, until, derived)
        self._ending.setdefault(until, set()).add(name)
        self._grow(size)

    def forget(self, keys: Iterable[str] | None = None) -> None:
        """Let go of these keys, or of all."""
        self.epoch += 1
        if keys is None:
            self._cached.clear()
            self._derived.clear()
            self._ending.clear()
            self._size = 0
            return
        for key in keys:
            self._drop(key)
            for name in [*self._ending.get(key, ())]:
                self._cached[self._derived[name].key].names.discard(name)
                self._end(name)
            self._changed[key] = self._clock()

    def _grow(self, size: int) -> None:
        self._size += size
        while self._size > self._limit:
            self._drop(next(iter(self._cached)))

    def _drop(self, key: str) -> None:
        if found := self._cached.pop(key, None):
            self._size -= found.size
            for name in found.names:
                self._end(name)

    def _end(self, name: bytes) -> None:
        derived = self._derived.pop(name)
        ending = self._ending[derived.until]
        ending.remove(name)
        if not ending:
            del self._ending[derived.until]
