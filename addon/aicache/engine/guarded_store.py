"""An ExactStore behind circuit breakers: every call has a deadline, and failures become StoreError and one warning."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from aicache.domain.model import Entry
from aicache.domain.outages import OutageTexts
from aicache.domain.ports import StoreError
from aicache.domain.store_ports import ExactStore, LeaseState, Peeks, PutsMany
from aicache.engine.dependency import BACKGROUND_TIMEOUT_S, Dependency

T = TypeVar("T")

MAX_CONCURRENT_WRITES = 16
"""Half of a server's connections are left to requests that wait for an answer."""

STORED = OutageTexts("answers are not stored, hits go on", "answers are stored again", "others are stored")
DELETED = OutageTexts("entries are not deleted", "entries are deleted again")
SCANNED = OutageTexts("no entries are found for upkeep", "entries are found for upkeep again")
LEASE_ENDED = OutageTexts(
    "requests wait for equal ones at other proxies for up to five seconds more",
    "they wait as long as they should again",
)
LEFT = OutageTexts("they answer nothing for now", "they answer again")


class Guards:
    """Base of the dependencies that stand for the uses of one component, each a field."""

    __slots__ = ()

    @property
    def all(self) -> tuple[Dependency, ...]:
        return tuple(getattr(self, use.name) for use in fields(self))  # type: ignore[arg-type]  # subclasses are dataclasses


@dataclass(slots=True)
class StoreGuards(Guards):
    """One dependency for each use of a store, since they fail apart: a full one, or a replica, answers and deletes."""

    reads: Dependency
    writes: Dependency
    deletes: Dependency
    upkeep: Dependency
    leases: Dependency
    lease_ends: Dependency
    streams: Dependency
    higress: Dependency

    @classmethod
    def build(cls, timeout: float) -> StoreGuards:
        reads = Dependency("exact store", timeout)
        return cls(
            reads,
            Dependency(
                "exact store (writes)",
                BACKGROUND_TIMEOUT_S,
                words=STORED,
                behind=reads,
                max_concurrent=MAX_CONCURRENT_WRITES,
            ),
            Dependency("exact store (deletions)", BACKGROUND_TIMEOUT_S, words=DELETED, behind=reads, always=True),
            Dependency("exact store (upkeep)", BACKGROUND_TIMEOUT_S, words=SCANNED, behind=reads, always=True),
            Dependency("exact store (leases)", timeout, behind=reads, quiet=True),
            Dependency("exact store (ends of leases)", timeout, words=LEASE_ENDED, behind=reads),
            Dependency("exact store (streams)", timeout, behind=reads, quiet=True),
            Dependency("answers of Higress", timeout, words=LEFT, behind=reads),
        )


@dataclass(frozen=True, slots=True)
class GuardedStore:
    """An ExactStore whose reads end by the *deadline* (`LoopTime`; None where no request waits). *label* is logged."""

    port: ExactStore
    guards: StoreGuards
    deadline: float | None = None
    label: str = ""

    def __str__(self) -> str:
        return str(self.port)

    def within(self, deadline: float | None, label: str) -> GuardedStore:
        """Return this store for one request."""
        return GuardedStore(self.port, self.guards, deadline, label)

    def for_higress(self) -> GuardedStore:
        """Return this store for answers that Higress left: its failures cost no other hit."""
        return replace(self, guards=replace(self.guards, reads=self.guards.higress))

    async def get(self, key: str, step: str = "entry read") -> Entry | None:
        return await self._call(self.guards.reads, self.port.get(key), step)

    async def get_many(self, keys: Sequence[str], step: str = "entries read") -> list[Entry | StoreError | None]:
        """Return entries in one round trip; those on a node that is down are StoreErrors here, and not gone.

        Raises StoreError when no entry could be read.
        """
        entries, _ = await self.get_with_flags(keys, (), step)
        return entries

    async def get_with_flags(
        self, keys: Sequence[str], flags: Sequence[str], step: str, *, flags_required: bool = False
    ) -> tuple[list[Entry | StoreError | None], list[bool | StoreError]]:
        """Return entries and flags in one round trip; what is on a node that is down is a StoreError here.

        Raises StoreError when no entry could be read, or none of the flags where there are no keys, or any flag where
        they are required.
        """
        reading = _get_with_flags(self.port, keys, flags, flags_required)
        return await self._call(self.guards.reads, reading, step)

    async def find(
        self, key: str, alias: str, flags: Sequence[str], step: str, *, flags_required: bool = False
    ) -> tuple[Entry | None, str | None, list[bool | StoreError]]:
        """Return the entry of *key*, or else the key that *alias* leads to, and flags, in one round trip.

        Raises StoreError when the entry could not be read, or any flag where they are required.
        """
        reading = _find(self.port, key, alias, flags, flags_required)
        return await self._call(self.guards.reads, reading, step)

    async def peek(self, keys: Sequence[str], step: str = "entries read") -> list[Entry | StoreError | None]:
        """Return entries as `get_many` does, without side effects where the store can do so."""
        if isinstance(self.port, Peeks):
            return await self._call(self.guards.reads, self.port.peek(keys), step)
        return await self.get_many(keys, step)

    async def put(self, entry: Entry, step: str = "entry written") -> None:
        await self._call(self.guards.writes, self.port.put(entry), step)

    async def put_and_release(self, entry: Entry, token: str, step: str) -> bool:
        return await self._call(self.guards.writes, self.port.put_and_release(entry, token), step)

    async def put_many(self, entries: Sequence[Entry]) -> None:
        """Write entries together, within one time limit."""
        await self._call(self.guards.writes, _put_many(self.port, entries), "entries written")

    async def delete(self, keys: Sequence[str], aliases: Sequence[str] = ()) -> None:
        await self._call(self.guards.deletes, self.port.delete(keys, aliases), "entries deleted")

    async def delete_aliases(self) -> None:
        await self._call(self.guards.deletes, self.port.delete_aliases(), "aliases deleted")

    async def scan(self, cursor: str = "") -> tuple[list[str], str]:
        return await self._call(self.guards.upkeep, self.port.scan(cursor), "keys read")

    async def remember(self, flag: str, ttl: float, owners: Sequence[str] = ()) -> None:
        guard = self.guards.writes if ttl > 0 else self.guards.deletes
        await self._call(guard, self.port.remember(flag, ttl, owners), "flag written")

    async def remembers(self, flag: str) -> bool:
        return await self._call(self.guards.reads, self.port.remembers(flag), "flag read")

    async def find_flags(self, is_owner: Callable[[str], bool]) -> list[str]:
        return await self._call(self.guards.reads, self.port.find_flags(is_owner), "flags found")

    async def get_blobs(self, names: Sequence[str]) -> list[bytes | None]:
        return await self._call(self.guards.reads, self.port.get_blobs(names), "evidence read")

    async def put_blob(self, name: str, value: bytes, expires_at: float) -> None:
        await self._call(self.guards.writes, self.port.put_blob(name, value, expires_at), "evidence written")

    async def increment(self, name: str, by: Mapping[str, int], ttl: float) -> Mapping[str, int]:
        return await self._call(self.guards.writes, self.port.increment(name, by, ttl), "counters incremented")

    @property
    def may_have_peers(self) -> bool:
        return self.port.may_have_peers

    async def acquire_lease(self, name: str, token: str, ttl: float, step: str) -> bool:
        """Do as the port says; by the deadline."""
        work = self.port.acquire_lease(name, token, ttl)
        return await self.guards.leases.call(work, labeled(self.label, step), self.deadline)

    async def renew_lease(self, name: str, token: str, ttl: float) -> LeaseState:
        return await self._call(self.guards.lease_ends, self.port.renew_lease(name, token, ttl), "lease renewed")

    async def release_lease(self, name: str, token: str) -> None:
        await self._call(self.guards.lease_ends, self.port.release_lease(name, token), "lease released")

    async def lease_holder(self, name: str) -> str | None:
        return await self._call(self.guards.leases, self.port.lease_holder(name), "lease read")

    async def ask_for_stream(self, name: str, ttl: float) -> None:
        await self._call(self.guards.streams, self.port.ask_for_stream(name, ttl), "stream asked for")

    async def append_to_stream(self, name: str, token: str, first: int, parts: Sequence[bytes], ttl: float) -> None:
        work = self.port.append_to_stream(name, token, first, parts, ttl)
        await self._call(self.guards.streams, work, "stream written")

    async def read_stream(self, name: str, token: str, first: int) -> list[bytes]:
        return await self._call(self.guards.streams, self.port.read_stream(name, token, first), "stream read")

    async def get_higress_answer(self, question: str, max_bytes: int) -> str | None:
        reading = self.port.get_higress_answer(question, max_bytes)
        return await self._call(self.guards.higress, reading, "answer of Higress read")

    async def close(self) -> None:
        await self.port.close()

    async def _call(self, guard: Dependency, work: Coroutine[Any, Any, T], step: str) -> T:
        deadline = self.deadline if guard in (self.guards.reads, self.guards.higress) else None
        return await guard.call(work, labeled(self.label, step), deadline)


def labeled(label: str, step: str) -> str:
    """Return the name of a step in the log, for a request with this label."""
    return f"{label}: {step}" if label else step


async def _get_with_flags(
    port: ExactStore, keys: Sequence[str], flags: Sequence[str], flags_required: bool
) -> tuple[list[Entry | StoreError | None], list[bool | StoreError]]:
    if len(keys) + len(flags) == 1:  # most look-ups: without a task, and a turn of the loop, of its own
        return [await port.get(key) for key in keys], [await port.remembers(flag) for flag in flags]
    reading = [*(port.get(key) for key in keys), *(port.remembers(flag) for flag in flags)]
    results: list[Any] = await asyncio.gather(*reading, return_exceptions=True)
    if unexpected := [each for each in results if isinstance(each, BaseException) and not isinstance(each, StoreError)]:
        raise unexpected[0]
    entries, flag_values = results[: len(keys)], results[len(keys) :]
    failed_flags = [each for each in flag_values if isinstance(each, StoreError)]
    failed = [each for each in entries if isinstance(each, StoreError)]
    if failed_flags and (flags_required or (not keys and len(failed_flags) == len(flag_values))):
        raise failed_flags[0]
    if failed and len(failed) == len(entries):
        raise failed[0]
    return entries, flag_values


async def _find(
    port: ExactStore, key: str, alias: str, flags: Sequence[str], flags_required: bool
) -> tuple[Entry | None, str | None, list[bool | StoreError]]:
    if not flags:
        return *await port.find(key, alias), []
    reading = port.find(key, alias), *(port.remembers(flag) for flag in flags)
    results: list[Any] = await asyncio.gather(*reading, return_exceptions=True)
    found, flag_values = results[0], results[1:]
    for each in (*flag_values, found):
        if isinstance(each, BaseException) and (each is found or flags_required or not isinstance(each, StoreError)):
            raise each
    return *found, flag_values


async def _put_many(port: ExactStore, entries: Sequence[Entry]) -> None:
    if isinstance(port, PutsMany):
        return await port.put_many(entries)
    for entry in entries:
        await port.put(entry)
    return None
