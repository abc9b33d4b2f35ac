"""What the engine asks of the outside: the fewest verbs, and the one error they may raise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from aicache.domain.model import Entry, Neighbor, Vector

Purpose: TypeAlias = Literal["query", "document"]
"""What a text is embedded for: to look for others, or to be found."""


class StoreError(Exception):
    """An outside part failed or answered rubbish. The message names the part and never holds content or secrets."""


class Busy(StoreError):
    """There is more to do than there is time for, or than one caller may ask for at once. No part has failed."""


class ShareError(StoreError):
    """This call failed, others are answered (one node of a cluster is down, say): no reason to stop asking."""


class ExactStore(Protocol):
    """Entries by key, and short-lived marks. Raises only StoreError."""

    async def get(self, key: str) -> Entry | None:
        """Return the entry, or None when there is none (or what is there cannot be read)."""

    async def put(self, entry: Entry) -> None:
        """Write or replace; the store forgets the entry at ``entry.expires_at``."""

    async def delete(self, keys: Sequence[str]) -> None:
        """Delete the entries, notes and counters of these names."""

    async def scan(self, cursor: str = "") -> tuple[list[str], str]:
        """Return the keys of some entries and the cursor to go on with; it begins and ends with an empty one.

        An entry that is there all the time comes at least once, one that comes or goes meanwhile may be left out.
        """

    async def mark(self, name: str, ttl: float, owners: Sequence[str] = ()) -> None:
        """Remember *name* for *ttl* seconds; forget it where that is 0. *owners* are whose it is (`Entry.owners`)."""

    async def marked(self, name: str) -> bool:
        """Tell whether it is remembered. Asked in the same turn of the loop as entries, it travels with them."""

    async def marks_of(self, owners: Callable[[str], bool]) -> list[str]:
        """Return the names of all marks that have an owner whom *owners* says yes to."""

    async def notes(self, names: Sequence[str]) -> list[bytes | None]:
        """Return what was noted under each name; None where nothing is. An entry's notes have its key for a name."""

    async def note(self, name: str, value: bytes, expires_at: float) -> None:
        """Write or replace a note; the store forgets it at *expires_at* (Unix seconds), or with the entry it is of."""

    async def count(self, name: str, more: Mapping[str, int], ttl: float) -> Mapping[str, int]:
        """Add to counters that all proxies share, and return what they have come to; forgotten *ttl* seconds later."""

    async def legacy_text(self, question: str, most: int) -> str | None:
        """Return the answer that Higress left for *question*; None for none, one of more than *most* bytes, or no text.

        It is anyone's answer, of any age, to the bare question.
        """

    async def close(self) -> None: ...


@runtime_checkable
class HoldsEntries(Protocol):
    """An ExactStore that holds entries in this process for as long as it is told that they have not changed."""

    def held(self, key: str) -> Entry | None:
        """Return the entry where it is held, without asking anybody."""

    def made(self, name: bytes) -> object | None:
        """Return what was made of an entry; None where the entry is not held any more, or has changed."""

    def keep(self, name: bytes, entry: Entry, made: object, size: int, until: str) -> None:
        """Keep what was made of *entry*, of *size* bytes, if the entry (this very one) is held, and while it is.

        It ends, too, when the entry of the key *until* changes, or comes.
        """

    def release(self, key: str) -> None:
        """Hold this entry no longer, nor what was made of it."""


@runtime_checkable
class Looks(Protocol):
    """An ExactStore that can be looked at by who keeps it."""

    async def look(self, keys: Sequence[str]) -> list[Entry | StoreError | None]:
        """Return entries as `get` does, and change nothing: what cannot be read stays, it may be of another secret."""


class Judge(Protocol):
    """Another model's opinion. Raises only StoreError."""

    async def same(self, question: str, fresh: str, stored: str) -> bool | None:
        """Tell whether *stored* would have been as good an answer to *question* as *fresh*; None when it cannot say."""

    async def close(self) -> None: ...


class VectorIndex(Protocol):
    """Vectors by namespace. Raises only StoreError."""

    async def search(self, namespace: str, vector: Vector, top_k: int) -> list[Neighbor]:
        """Return at most *top_k* neighbours of that namespace only, nearest first."""

    async def anywhere(self, vector: Vector, top_k: int) -> list[Neighbor]:
        """Return neighbours of all namespaces: for the operator's upkeep, and never for an answer."""

    async def upsert(self, key: str, namespace: str, vector: Vector, expires_at: float) -> None:
        """Write or replace the vector of *key*; after *expires_at* (Unix seconds) the index may drop it."""

    async def delete(self, keys: Sequence[str]) -> None: ...

    async def close(self) -> None: ...


@runtime_checkable
class Empties(Protocol):
    """A VectorIndex that is one proxy's own, and can be emptied."""

    async def clear(self) -> None:
        """Delete every vector. Raises StoreError."""


@runtime_checkable
class Remembers(Protocol):
    """An Embedder that keeps the vectors of the last texts."""

    def forget(self) -> None: ...


@runtime_checkable
class KnowsPlaces(Protocol):
    """A VectorIndex that can tell, sooner than by a search, whether there is anything to be found."""

    async def is_empty(self, namespace: str) -> bool:
        """Tell whether a search in this namespace would find nothing. Raises StoreError."""


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
        """Whether what is stored is to be embedded as a document, to be compared with queries; else all are queries."""

    async def embed(self, texts: Sequence[str], purpose: Purpose, partition: str = "") -> Vector:
        """Return ``(n, dimensions)`` float32, each row L2-normalised and finite.

        What was embedded for one *partition* makes nothing faster for another: its time would tell who asked what.
        """

    async def close(self) -> None: ...
