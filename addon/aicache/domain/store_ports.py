"""The ports of the exact store: what the engine needs of it, whichever adapter it is. All raise only StoreError."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Protocol, runtime_checkable

from aicache.domain.model import Entry
from aicache.domain.ports import StoreError
from aicache.domain.resource_usage import StoreUsage

WITHDRAWN_PREFIX = "withdrawn-"
"""Begins the name of the flag that keeps an entry from answering by meaning; the entry's key follows."""
ACCOUNT_PREFIX = "savings/"
"""Begins the names of the counters of what a month's hits saved."""
ACCOUNT_KEPT_S = 14 * 31 * 86400.0
"""The longest time from a month's beginning to the end of its counters."""
EVICTED_PREFIX = "evicted-"
"""Begins the name of a flag that is only set to have other proxies drop what they have cached of an entry; the entry's
key follows."""


class EntryStore(Protocol):
    """Entries by key. Raises only StoreError."""

    async def get(self, key: str) -> Entry | None:
        """Return the entry, or None when there is none (or it cannot be read)."""

    async def put(self, entry: Entry) -> None:
        """Write or replace; the store forgets the entry at ``entry.expires_at``, or ``entry.kept_until`` if later.

        ``entry.alias`` leads to it from then on, as far as that can be written, until ``entry.expires_at``.
        """

    async def find(self, key: str, alias: str) -> tuple[Entry | None, str | None]:
        """Return the entry of *key*, or else the key that *alias* leads to, if any, in one round trip.

        An alias that cannot be read leads nowhere, and one may lead to an entry that is gone.
        """

    async def delete(self, keys: Sequence[str], aliases: Sequence[str] = ()) -> None:
        """Delete the entries, blobs and counters of these names, and these aliases."""

    async def delete_aliases(self) -> None:
        """Delete all aliases."""

    async def scan(self, cursor: str = "") -> tuple[list[str], str]:
        """Return the keys of some entries and the next cursor; the first and the last cursor are empty.

        An entry that exists throughout a scan is returned at least once; one added or deleted meanwhile may be omitted.
        """


class FlagStore(Protocol):
    """Names that are remembered for a while, for all proxies that share the store. Raises only StoreError."""

    async def remember(self, flag: str, ttl: float, owners: Sequence[str] = ()) -> None:
        """Set *flag* for *ttl* seconds; clear it where that is 0. *owners* are digests as in `Entry.owners`."""

    async def remembers(self, flag: str) -> bool:
        """Tell whether *flag* is set. Calls in one turn of the loop share a round trip, also with `get`."""

    async def find_flags(self, is_owner: Callable[[str], bool]) -> list[str]:
        """Return all flags that have an owner for whom *is_owner* is true."""


class BlobStore(Protocol):
    """Small values by name, such as the evidence about an entry. Raises only StoreError."""

    async def get_blobs(self, names: Sequence[str]) -> list[bytes | None]:
        """Return the value of each name, or None. An entry's blob has the entry's key for a name."""

    async def put_blob(self, name: str, value: bytes, expires_at: float) -> None:
        """Write or replace; the store forgets it at *expires_at* (Unix seconds), or with the entry of that key."""


class CounterStore(Protocol):
    """Counters that all proxies share. Raises only StoreError."""

    async def increment(self, name: str, by: Mapping[str, int], ttl: float) -> Mapping[str, int]:
        """Add to the counters of *name*, and return their new values; they are forgotten *ttl* seconds later."""


class LeaseState(Enum):
    """What has become of a lease when it was to be renewed."""

    ENDED = 0
    HELD = 1
    FOLLOWED = 2
    """It is held, and another proxy asks for the stream."""


class LeaseStore(Protocol):
    """Names that one of the proxies that share the store holds at a time. Raises only StoreError."""

    @property
    def may_have_peers(self) -> bool:
        """Whether other proxies may share the store; False where it is known that none does."""

    async def acquire_lease(self, name: str, token: str, ttl: float) -> bool:
        """Hold *name* for *ttl* seconds, unless it is held; tell whether that was done. *token* is its holder's own."""

    async def renew_lease(self, name: str, token: str, ttl: float) -> LeaseState:
        """Hold *name* for *ttl* seconds from now, if its holder has this *token*."""

    async def release_lease(self, name: str, token: str) -> None:
        """Give *name* up, if its holder has this *token*."""

    async def lease_holder(self, name: str) -> str | None:
        """Return the token of *name*'s holder; None if it is not held."""

    async def ask_for_stream(self, name: str, ttl: float) -> None:
        """Ask the holder of *name* to pass its stream on; it is asked for *ttl* seconds."""

    async def append_to_stream(self, name: str, token: str, first: int, parts: Sequence[bytes], ttl: float) -> None:
        """Append parts to the stream of *name*'s holder, of which the first one has the number *first*; with 0 a new
        stream begins. All are kept for *ttl* seconds more.
        """

    async def read_stream(self, name: str, token: str, first: int) -> list[bytes]:
        """Return the parts from the number *first* on."""

    async def put_and_release(self, entry: Entry, token: str) -> bool:
        """Write or replace an entry as `EntryStore.put` does, and then give its key up, in one round trip if possible.

        StoreError where it was not written; False where it was, and the key may still be held.
        """


class HigressAnswers(Protocol):
    """Answers that Higress's ``ai-cache`` left in the same store. Raises only StoreError."""

    async def get_higress_answer(self, question: str, max_bytes: int) -> str | None:
        """Return the text stored for *question*; None where there is none, or it is longer, or no text.

        Nothing is known of who asked it, or when.
        """


class ExactStore(EntryStore, FlagStore, BlobStore, CounterStore, LeaseStore, HigressAnswers, Protocol):
    """All that one Redis keeps."""

    async def close(self) -> None: ...


@runtime_checkable
class DerivedCache(Protocol):
    """An ExactStore that caches entries in this process, and objects derived from them, until they change."""

    def get_cached(self, key: str) -> Entry | None:
        """Return the entry if it is cached in this process; never asks the server."""

    def get_derived(self, name: bytes) -> object | None:
        """Return the derived object of this name; None once its entry is no longer cached, or has changed."""

    def put_derived(self, name: bytes, entry: Entry, derived: object, size: int, until: str) -> None:
        """Cache an object derived from *entry*, of *size* bytes, for as long as that very entry is cached.

        Drop it, too, when an entry is written or deleted under the key *until*.
        """

    def evict(self, key: str) -> None:
        """Drop an entry from this process's cache, with the objects derived from it."""


@runtime_checkable
class Peeks(Protocol):
    """An ExactStore that can be read without side effects, for its operator."""

    async def peek(self, keys: Sequence[str]) -> list[Entry | StoreError | None]:
        """Return entries as `get` does, but leave unreadable ones in place: they may be of another secret."""


@runtime_checkable
class Measurable(Protocol):
    """An ExactStore whose servers tell what they use."""

    async def usage(self) -> StoreUsage:
        """Raises StoreError, also where the servers do not tell."""


@runtime_checkable
class PutsMany(Protocol):
    """An ExactStore that writes several entries together."""

    async def put_many(self, entries: Sequence[Entry]) -> None:
        """Do as `put` for each. Raises StoreError when any of them was not written; others may be."""
