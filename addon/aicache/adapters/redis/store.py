"""The exact store in Redis or Valkey. Decides nothing about freshness: the server forgets an entry when it expires.

Commands: MGET, GET, SET with PXAT (Redis 6.2, every Valkey), PX, NX and GET, UNLINK, HINCRBY, HGETALL, PEXPIRE, PING;
CLUSTER SLOTS of a cluster; GETRANGE for what Higress left; SCAN, EXISTS and PTTL for maintenance.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from redis.asyncio.connection import AbstractConnection

from aicache.adapters.redis.client_side_cache import NearCache, listen
from aicache.adapters.redis.codec import (
    FIRST_BYTES,
    Flag,
    pack_entry,
    parse_blob,
    parse_counters,
    parse_flag,
    render_blob,
    render_flag,
    seal,
    unpack_entry,
    unseal,
)
from aicache.adapters.redis.connect import open_redis
from aicache.adapters.redis.read_batcher import ReadBatcher
from aicache.adapters.redis.server import Servers
from aicache.domain.asyncio_tasks import TaskSet
from aicache.domain.model import MAX_CLOCK_SKEW_S, PINNED, Entry
from aicache.domain.ports import StoreError
from aicache.domain.throttle import Throttle

logger = logging.getLogger(__name__)

MIN_SHARED_VALUE_CHARS = 32
"""Of what is kept for good: a shorter value is none of ours."""
SHORTENED_AT_ONCE = 32
EXISTS_BATCH_SIZE = 64
MAX_DELETIONS = 64
"""Of damaged entries at once; the others are deleted when they are read again."""
MAX_NAMED_ENTRIES = 3
"""In a warning, by the beginnings of their keys."""
PROBE_KEY = "0" * 32
"""The key of no entry."""
MAX_TIME_S = 1e12
"""Later times are taken as this."""
KINDS = ("e:", "m:", "n:", "c:")
"""Beginnings, behind the prefix, of the names of all that expires: entries, flags, blobs, counters."""
PINNED_WITHIN_S = 86400.0 * 366
"""Before `PINNED`: from then on a time is taken for it."""

_GLOB = re.compile(r"[*?\[\]\\^]")  # characters with a meaning in Redis' patterns


class RedisStore:
    """An ExactStore. Connects at the first use; every operation answers or fails within about *timeout* seconds.

    Used from one event loop. Gets that come in the same turn of the loop travel as one MGET, which at 64 at once takes
    a fifth of the CPU of as many GETs. To a cluster they travel as one batch a node; a node that is down fails its own.
    """

    def __init__(
        self, url: str, *, prefix: str, timeout: float, max_connections: int, near: int = 0, sign: bytes = b""
    ) -> None:
        """*url* is one that `open_redis` takes; else StoreError. *max_connections* are those to one server.

        Up to *near* bytes of entries are held in this process as well, for as long as they are unchanged in Redis; none
        of a cluster's, whose changes nobody tells in one place. With *sign* entries, marks and notes are signed, and
        what is not, or by another key, is as good as absent. Counters are not: whoever may write there can count.
        """
        self._sign = sign
        self._prefix = prefix
        self._servers = open_redis(url, timeout=timeout, max_connections=max_connections)
        self._near = NearCache(near) if near and self._servers.connect else None
        self._listener: asyncio.Task[None] | None = None
        self._tasks = TaskSet()
        self._reads = ReadBatcher(
            partial(self._servers.group_keys, prefix), self._fetch, self._tasks, closed=f"{self._servers}: closed"
        )
        self._closed = False
        self._warnings = Throttle()
        self.deleted = 0  # times that something was deleted, rather than has expired
        self._unread = 0  # entries that were not warned of yet ...
        self._named: list[str] = []  # ... and the beginnings of some of their keys

    def __str__(self) -> str:
        """Where it is, without user and password."""
        return str(self._servers)

    async def get(self, key: str) -> Entry | None:
        if (cached := self.get_cached(key)) is not None:
            return cached
        entry: Entry | None = await self._reads.read("e:" + key)
        return entry

    def get_cached(self, key: str) -> Entry | None:
        return None if self._near is None else self._near.get(key)

    def get_derived(self, name: bytes) -> object | None:
        return None if self._near is None else self._near.get_derived(name)

    def put_derived(self, name: bytes, entry: Entry, derived: object, size: int, until: str) -> None:
        if self._near is not None:
            self._near.put_derived(name, entry, derived, size, until)

    def evict(self, key: str) -> None:
        self._forget(key)

    async def put(self, entry: Entry) -> None:
        ends = int(min(entry.expires_at, MAX_TIME_S) * 1000)
        packed = pack_entry(entry)  # which has its key in it, and its checksum
        if self._sign:
            packed = seal(self._sign, b"entry", packed)
        await self._open.execute("SET", self._prefix + "e:" + entry.key, packed, "PXAT", ends)
        self._forget(entry.key)

    async def delete(self, keys: Sequence[str]) -> None:
        if keys:
            self.deleted += 1
            await self._open.unlink([self._prefix + kind + key for key in keys for kind in ("e:", "n:", "c:")])
            self._forget(*keys)

    async def peek(self, keys: Sequence[str]) -> list[Entry | StoreError | None]:
        found = await self._open.mget([self._prefix + "e:" + key for key in keys]) if keys else []
        return [self._parse_entry(key, each, drop=False) for key, each in zip(keys, found, strict=True)]

    async def scan(self, cursor: str = "") -> tuple[list[str], str]:
        prefix = self._prefix + "e:"
        found, cursor = await self._open.scan(cursor, _GLOB.sub(r"\\\g<0>", prefix) + "*")
        return [key.decode("utf-8", "replace").removeprefix(prefix) for key in found], cursor

    async def find_missing(self, keys: Sequence[str]) -> list[str]:
        """Return those keys that there is no entry of."""
        found: list[str] = []
        # A cluster takes no command about keys of several slots.
        size = EXISTS_BATCH_SIZE if self._servers.connect is not None else 1
        for start in range(0, len(keys), size):
            some = keys[start : start + size]
            if await self._exist(some) < len(some):
                found += [key for key in some if not await self._exist([key])]
        return found

    async def _exist(self, keys: Sequence[str]) -> int:
        return int(await self._open.execute("EXISTS", *(self._prefix + "e:" + key for key in keys)))

    async def remember(self, flag: str, ttl: float, owners: Sequence[str] = ()) -> None:
        key, lasts = self._prefix + "m:" + flag, int(min(ttl, MAX_TIME_S) * 1000)
        if lasts <= 0:
            await self._open.unlink([key])
            return
        value = render_flag(self._sign, flag, tuple(owners), time.time(), lasts)
        await self._open.execute("SET", key, value, "PX", lasts)

    async def find_flags(self, is_owner: Callable[[str], bool]) -> list[str]:
        found: list[str] = []
        prefix, cursor = self._prefix + "m:", ""
        while True:
            page, cursor = await self._open.scan(cursor, _GLOB.sub(r"\\\g<0>", prefix) + "*")
            names = [key.decode("utf-8", "replace").removeprefix(prefix) for key in page]
            values = await self._open.mget([prefix + name for name in names]) if names else []
            for name, value in zip(names, values, strict=True):
                mark = self._parse_flag(name, value)
                if mark is not None and any(map(is_owner, mark.owners)):
                    found.append(name)
            if not cursor:
                return list(dict.fromkeys(found))

    async def shorten(self, max_ttl: Callable[[str], float]) -> int:
        """Let nothing of ours live longer than *max_ttl* says of its name (``e:…``, ``m:…``, ``n:…``, ``c:…``), in
        seconds; return how much there was that would have. What is pinned stays.

        The server counts by its own clock: what was kept while that was ahead stays for as long as it was.
        """
        count, cursor = 0, ""
        while True:
            page, cursor = await self._open.scan(cursor, _GLOB.sub(r"\\\g<0>", self._prefix) + "?:*")
            names = [key.decode("utf-8", "replace").removeprefix(self._prefix) for key in page]
            ours = [name for name in names if name[:2] in KINDS]
            for start in range(0, len(ours), SHORTENED_AT_ONCE):
                some = ours[start : start + SHORTENED_AT_ONCE]
                bounding = (self._shorten(self._prefix + name, max_ttl(name)) for name in some)
                count += sum(await asyncio.gather(*bounding))
            if not cursor:
                return count

    async def _shorten(self, key: str, seconds: float) -> bool:
        left = await self._open.execute("PTTL", key)
        if not isinstance(left, int) or left <= (seconds + MAX_CLOCK_SKEW_S) * 1000:
            return False
        if left / 1000 + time.time() > PINNED - PINNED_WITHIN_S:
            return False
        await self._open.execute("PEXPIRE", key, int(seconds * 1000))
        return True

    async def remembers(self, flag: str) -> bool:
        return bool(await self._reads.read("m:" + flag))

    async def get_blobs(self, names: Sequence[str]) -> list[bytes | None]:
        if not names:
            return []
        found = await self._open.mget([self._prefix + "n:" + name for name in names])
        return [self._parse_blob(name, each) for name, each in zip(names, found, strict=True)]

    async def put_blob(self, name: str, value: bytes, expires_at: float) -> None:
        ends = int(min(expires_at, MAX_TIME_S) * 1000)
        packed = render_blob(self._sign, name, value)
        await self._open.execute("SET", self._prefix + "n:" + name, packed, "PXAT", ends)

    async def increment(self, name: str, by: Mapping[str, int], ttl: float) -> Mapping[str, int]:
        key = self._prefix + "c:" + name
        for field, more in by.items():
            if more:
                await self._open.execute("HINCRBY", key, field, more)
        await self._open.execute("PEXPIRE", key, max(1, int(min(ttl, MAX_TIME_S) * 1000)))
        return parse_counters(await self._open.execute("HGETALL", key))

    async def get_higress_answer(self, question: str, max_bytes: int) -> str | None:
        if question.startswith(("e:", "m:", "n:", "c:", "k:")):  # as our own keys do
            return None
        try:
            question.encode()
            found = await self._open.execute("GETRANGE", self._prefix + question, 0, max_bytes)
            if not isinstance(found, bytes) or len(found) > max_bytes or found[:1] in FIRST_BYTES:
                return None
            return found.decode() if found.strip() else None
        except UnicodeError:
            return None

    async def get_or_set(self, name: str, value: str) -> str:
        """Return what is kept for good under *name* for all that share this store: *value*, where nothing was yet.

        It has `MIN_SHARED_VALUE_CHARS` characters or more.
        """
        key = self._prefix + "k:" + name
        await self._open.execute("SET", key, value, "NX")
        found = await self._open.execute("GET", key)
        if not isinstance(found, bytes) or not found.isascii() or len(found) < MIN_SHARED_VALUE_CHARS:
            raise StoreError(f"{self}: what is kept under {key} is none of ours")
        return found.decode()

    async def get_and_set(self, name: str, value: str) -> str | None:
        """Keep *value* for good under *name*, and return what was there before."""
        found = await self._open.execute("SET", self._prefix + "k:" + name, value, "GET")
        return found.decode("ascii", "replace") if isinstance(found, bytes) else None

    async def execute(self, *command: str | bytes | int) -> Any:
        """Return the reply to a command that is about no key; to no cluster."""
        return await self._open.execute(*command)

    async def probe(self) -> None:
        """Raise StoreError while it does not answer as a look-up would have it: of a cluster, one of its nodes."""
        await self._reads.read("e:" + PROBE_KEY)

    async def close(self) -> None:
        self._closed = True
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)
        await self._tasks.cancel_and_wait()
        await self._servers.close()

    @property
    def _open(self) -> Servers:
        if self._closed:
            raise StoreError(f"{self}: closed")
        return self._servers

    def _listen(self, near: NearCache, connect: Callable[[], AbstractConnection]) -> None:
        if self._listener is None and not self._closed:
            self._listener = asyncio.get_running_loop().create_task(listen(near, self._prefix + "e:", connect))

    def _forget(self, *keys: str) -> None:
        """Let go of what this process itself has changed: the news of it may come later than the next get."""
        if self._near is not None:
            self._near.forget(keys)

    def _drop(self, *names: str) -> None:
        """Delete, in the background, what is damaged: nobody will read it, and it may hold what somebody asked."""
        if self._closed or len(self._tasks) >= MAX_DELETIONS:
            return
        self._tasks.spawn(self._dropped([self._prefix + name for name in names]))

    async def _dropped(self, keys: Sequence[str]) -> None:
        self.deleted += 1
        with contextlib.suppress(StoreError):
            await self._open.unlink(keys)

    async def _fetch(self, names: Sequence[str]) -> list[Entry | bool | StoreError | None]:
        """Return for each name its entry or None, whether it is marked, or why it could not be asked for."""
        epoch = self._near.epoch if self._near is not None else 0
        packed = await self._open.mget([self._prefix + name for name in names])
        found = [self._parse(name, each) for name, each in zip(names, packed, strict=True)]
        if self._near is not None and self._servers.connect is not None:
            self._listen(self._near, self._servers.connect)
            for entry in found:
                if isinstance(entry, Entry):
                    self._near.put(entry, epoch)
        return found

    def _parse(self, name: str, packed: object) -> Entry | bool | StoreError | None:
        if isinstance(packed, StoreError):
            return packed
        kind, key = name[:2], name[2:]
        if kind == "m:":
            return self._is_flag(key, packed)
        return self._parse_entry(key, packed, drop=True)

    def _parse_entry(self, key: str, packed: object, *, drop: bool) -> Entry | StoreError | None:
        """Read what is kept under a key; what nobody can read there goes, where one who asked *drop*s it."""
        if packed is None or isinstance(packed, StoreError):
            return packed
        try:
            entry = self._open_entry(packed) if isinstance(packed, bytes) else None
        except ValueError as exc:
            entry, why = None, f"cannot be read ({exc})"
        else:
            why = "belong to another key"
        if entry is not None and entry.key == key:
            return entry
        self._warn(why, key)
        if drop:
            self._drop("e:" + key, "n:" + key)
        return None

    def _open_entry(self, packed: bytes) -> Entry:
        value = unseal(self._sign, b"entry", packed)
        return unpack_entry(packed) if value is None else unpack_entry(value, signed=bool(self._sign))

    def _is_flag(self, name: str, packed: object) -> bool:
        return self._parse_flag(name, packed, drop=True) is not None

    def _parse_flag(self, flag: str, packed: object, *, drop: bool = False) -> Flag | None:
        """Parse a flag; None for one that has ended, or cannot be read, which is deleted with *drop*."""
        if not isinstance(packed, bytes):
            return None
        try:
            return parse_flag(self._sign, flag, packed, time.time())
        except ValueError:
            if drop:
                self._drop("m:" + flag)
        return None

    def _parse_blob(self, name: str, packed: object) -> bytes | None:
        if not isinstance(packed, bytes):
            return None
        try:
            return parse_blob(self._sign, name, packed)
        except ValueError:
            self._drop("n:" + name)
            return None

    def _warn(self, what: str, key: str) -> None:
        self._unread += 1
        if len(self._named) < MAX_NAMED_ENTRIES and key[:8].isalnum():
            self._named.append(key[:8])
        if self._warnings.allow(time.monotonic()):
            count, self._unread = self._unread, 0
            named, self._named = self._named, []
            logger.warning("%s: %d entries taken as absent (%s): they %s", self, count, ", ".join(named), what)
