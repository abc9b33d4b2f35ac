"""The ports: what the engine needs of stores, indexes and models, and the one error that they may raise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from aicache.domain.judging import JudgeQuestion, JudgeReply
from aicache.domain.model import Entry, Neighbor, Vector
from aicache.domain.resource_usage import StoreUsage

Purpose: TypeAlias = Literal["query", "document"]
"""The purpose of an embedding: as a query, or as a document to be found."""


class StoreError(Exception):
    """A dependency failed or sent a bad answer. The message names it and never contains content or secrets."""


class Busy(StoreError):
    """Too much to do at once, in all or for one caller. No dependency has failed."""


class NoRoom(StoreError):
    """A write was refused for want of memory. A smaller or later one may succeed, and the next one fail again."""


class ShareError(StoreError):
    """This call failed and others are answered, as when one node of a cluster is down: no reason to stop calling."""


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


WITHDRAWN_PREFIX = "withdrawn-"
"""Begins the name of the flag that keeps an entry from answering by meaning; the entry's key follows."""
ACCOUNT_PREFIX = "savings/"
"""Begins the names of the counters of what a month's hits saved."""
ACCOUNT_KEPT_S = 14 * 31 * 86400.0
"""The longest time from a month's beginning to the end of its counters."""
EVICTED_PREFIX = "evicted-"
"""Begins the name of a flag that says nothing but that other proxies drop what they have cached of the entry."""


class FlagStore(Protocol):
    """Names that are remembered for a while, for all proxies that share the store. Raises only StoreError."""

    async def remember(self, flag: str, ttl: float, owners: Sequence[str] = ()) -> None:
        """Set *flag* for *ttl* seconds; clear it where that is 0. *owners* are digests as in `Entry.owners`."""

    async def remembers(self, flag: str) -> bool:
        """Tell whether *flag* is set. Calls in one turn of the loop share a round trip, also with `get`."""

    async def find_flags(self, is_owner: Callable[[str], bool]) -> list[str]:
        """Return all flags that have an owner for whom *is_owner* is true."""


class BlobStore(Protocol):
    """Small values by name: evidence. Raises only StoreError."""

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

        Anyone may have asked the bare question, at any time.
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


class Judge(Protocol):
    """A model that compares answers. Raises only StoreError."""

    async def same(self, question: str, fresh: str, stored: str) -> JudgeReply:
        """Tell whether *stored* would have been as good an answer to *question* as *fresh*; neither when it cannot say.

        Its string is the model's name.
        """

    async def close(self) -> None: ...


class NeighborJudge(Protocol):
    """A model that is asked, while a request waits, whether a neighbor may answer it. Raises only StoreError."""

    @property
    def model(self) -> str: ...

    @property
    def version(self) -> str:
        """Version of its instruction: what was said under another one says nothing about this one."""

    async def may_answer(self, question: JudgeQuestion) -> JudgeReply:
        """Ask the model once. The caller bounds the time."""


class VectorIndex(Protocol):
    """Vectors by namespace. Raises only StoreError."""

    async def search(self, namespace: str, vector: Vector, top_k: int) -> list[Neighbor]:
        """Return at most *top_k* neighbors of that namespace only, nearest first."""

    async def search_all(self, vector: Vector, top_k: int) -> list[Neighbor]:
        """Return neighbors of all namespaces: for maintenance only, never for an answer."""

    async def upsert(self, key: str, namespace: str, vector: Vector, expires_at: float) -> None:
        """Write or replace the vector of *key*; after *expires_at* (Unix seconds) the index may drop it."""

    async def delete(self, keys: Sequence[str]) -> None: ...

    async def close(self) -> None: ...


@runtime_checkable
class Clearable(Protocol):
    """A VectorIndex that belongs to one proxy, and can be emptied."""

    async def clear(self) -> None:
        """Delete every vector. Raises StoreError."""


@runtime_checkable
class KnowsEmptiness(Protocol):
    """A VectorIndex that can tell, faster than by a search, whether a search would find anything."""

    def was_filled(self, namespace: str) -> bool:
        """Tell whether it is known that a namespace has vectors, or had some; False: `is_empty` finds out."""

    async def is_empty(self, namespace: str) -> bool:
        """Tell whether a search in this namespace would find nothing. Raises StoreError."""


@runtime_checkable
class KnowsNamespaces(Protocol):
    """A VectorIndex that can tell which vectors it has."""

    async def find_namespaces(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Return the namespace of each of these keys that has a vector. Raises StoreError."""


@runtime_checkable
class CachesVectors(Protocol):
    """An Embedder that caches the vectors of recent texts."""

    def clear_cache(self) -> None: ...


class Embedder(Protocol):
    """Texts to vectors. Raises only StoreError."""

    @property
    def model(self) -> str:
        """Names the vector space: vectors of different names are never compared."""

    @property
    def dimensions(self) -> int: ...

    @property
    def threshold(self) -> float:
        """The similarity a hit needs by default; it belongs to the model."""

    @property
    def asymmetric(self) -> bool:
        """Whether stored texts are embedded as documents, to be compared with queries; else all are queries."""

    async def embed(self, texts: Sequence[str], purpose: Purpose, partition: str = "") -> Vector:
        """Return ``(n, dimensions)`` float32, each row L2-normalized and finite.

        A text cached for one *partition* is no faster for another: the timing would reveal other callers' questions.
        """

    async def close(self) -> None: ...
