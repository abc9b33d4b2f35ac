"""The exact store in Redis or Valkey. Makes no decision about freshness: the server deletes what expires.

Commands: MGET, GET, SET with PXAT (Redis 6.2, every Valkey), PX, NX and GET, UNLINK, HINCRBY, HGETALL, PEXPIRE, PING;
EVAL, EXISTS and PUBLISH for leases; CLUSTER SLOTS for a cluster; GETRANGE for Higress's answers; SCAN, EXISTS and PTTL
for maintenance; INFO for metrics.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from aicache.adapters.redis.client_side_cache import NearCache
from aicache.adapters.redis.codec import (
    FIRST_BYTES,
    entry_size,
    pack_entry,
    parse_counters,
    render_alias,
    render_blob,
    render_flag,
    seal,
)
from aicache.adapters.redis.compression import MAX_RATIO
from aicache.adapters.redis.connect import open_redis
from aicache.adapters.redis.large_values import LARGE_BYTES, MAX_TIMEOUT_SHARE, LargeValues, SizeLimit
from aicache.adapters.redis.leases import LEASE_KIND, RedisLeases
from aicache.adapters.redis.peers import Peers
from aicache.adapters.redis.read_batcher import ReadBatcher
from aicache.adapters.redis.server import Command, Servers, check_replies
from aicache.adapters.redis.server_messages import Listener
from aicache.adapters.redis.server_usage import USAGE_COMMANDS, add_up, parse_usage
from aicache.adapters.redis.stored_values import StoredValues
from aicache.domain.asyncio_tasks import TaskSet
from aicache.domain.model import MAX_CLOCK_SKEW_S, PINNED, Entry
from aicache.domain.ports import EVICTED_PREFIX, WITHDRAWN_PREFIX, Busy, ShareError, StoreError
from aicache.domain.resource_usage import StoreUsage

MIN_SHARED_VALUE_CHARS = 32
"""Minimum length of a value that never expires: this cache has not written a shorter one."""
SHORTEN_BATCH_SIZE = 500
EXISTS_BATCH_SIZE = 64
MAX_DELETIONS = 64
"""Deletions of unreadable values at once; the others are deleted when they are read again."""
MAX_BATCH_BYTES = 256 * 1024
"""Size of entries from which a round trip takes no further one."""
PROBE_KEY = "0" * 32
"""A key that no entry has."""
MAX_TIME_S = 1e12
"""Later times are stored as this one."""
EXPIRING_KINDS = ("e:", "m:", "n:", "c:", "a:")
"""What the names of values that expire begin with, after the prefix: entries, flags, blobs, counters, aliases."""
VECTOR_KIND = "v:"
"""What the names of an index's keys begin with (`aicache.adapters.vectors.redis_index`)."""
PINNED_TOLERANCE_S = 86400.0 * 366
"""A value that expires this long before `PINNED`, or later, counts as pinned."""

T = TypeVar("T")

_GLOB = re.compile(r"[*?\[\]\\^]")  # characters with a meaning in Redis' patterns


class RedisStore(RedisLeases):
    """An ExactStore. Connects at the first use; every operation answers or fails within about *timeout* seconds.

    Used from one event loop. Gets of the same turn of the loop are sent as one MGET, which for 64 keys takes a fifth of
    the CPU of as many GETs. A cluster gets one batch per node; a node that is down fails only its own batch.
    """

    def __init__(
        self,
        url: str,
        *,
        prefix: str,
        timeout: float,
        max_connections: int,
        near: int = 0,
        sign: bytes = b"",
        on_peer: Callable[[], None] | None = None,
        compress: bool = True,
        limit: SizeLimit | None = None,
    ) -> None:
        """*url* is as for `open_redis`; StoreError for another one. *max_connections* are those to one server.

        Up to *near* bytes of entries are cached in this process, too, while they are unchanged in Redis; not a
        cluster's, which announces changes on no single connection. With *sign*, entries, flags and blobs are signed,
        and values that are not, or with another key, count as absent. Counters are not signed: a client that may write
        them can also increment them.

        With *on_peer*, other proxies on the same server are told of this one, and it is called when one comes where
        there was none. Otherwise, and with a cluster, there may always be some. An entry above the *limit* is not
        written: the server would evict all others in vain.
        """
        self._limit = limit
        self.compress = compress
        """Whether entries are compressed from now on, where that saves memory; compressed ones are read anyway."""
        self._sign = sign
        self._prefix = prefix
        self._servers = open_redis(url, timeout=timeout, max_connections=max_connections)
        self._near = NearCache(near) if near and self._servers.connect else None
        self._peers = Peers(prefix, on_peer) if on_peer is not None and self._servers.connect else None
        self._listening: asyncio.Task[None] | None = None
        self._tasks = TaskSet()
        self._large = LargeValues()
        self._unpack_timeout = MAX_TIMEOUT_SHARE * timeout
        self._reads = ReadBatcher(
            partial(self._servers.group_keys, prefix), self._fetch, self._tasks, closed=f"{self._servers}: closed"
        )
        self._closed = False
        self._values = StoredValues(str(self._servers), sign, self._drop)
        self.deleted = 0  # deletions, other than by expiry

    def __str__(self) -> str:
        """Return its URL without user and password."""
        return str(self._servers)

    async def get(self, key: str) -> Entry | None:
        if (cached := self.get_cached(key)) is not None:
            return cached
        entry: Entry | None = await self._reads.read("e:" + key)
        return entry

    async def find(self, key: str, alias: str) -> tuple[Entry | None, str | None]:
        reading, following = self._reads.begin("e:" + key), self._reads.begin("a:" + alias)
        following.add_done_callback(_take_error)
        entry: Entry | None = await reading
        if entry is not None:
            return entry, None  # the alias may be on a node of the cluster that hangs
        target: str | None = None
        with contextlib.suppress(StoreError):
            target = await following
        return None, target

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
        await self._write(entry)

    async def put_many(self, entries: Sequence[Entry]) -> None:
        """Write entries in few round trips, of about `MAX_BATCH_BYTES` each."""
        batch: list[Command] = []
        size = 0
        for entry in entries:
            if len(entry.body) >= LARGE_BYTES:
                await self._write(entry)
                continue
            writing, *aliasing = await self._render(entry)
            batch += (writing, *aliasing)
            size += sum(len(each) for each in writing if isinstance(each, bytes))
            if size >= MAX_BATCH_BYTES:
                await self._execute_batch(batch)
                size = 0
        await self._execute_batch(batch)
        self._forget(*(entry.key for entry in entries))

    async def _execute_batch(self, batch: list[Command]) -> None:
        if batch:
            check_replies(await self._open.execute_all(batch))
            batch.clear()

    async def put_and_release(self, entry: Entry, token: str) -> bool:
        [released, *_] = await self._write(entry, self._release(entry.key, token))
        return not isinstance(released, StoreError)

    async def _write(self, entry: Entry, *commands: Command) -> list[Any]:
        """Write an entry, execute other commands, write its alias; return the replies and errors after the entry's."""
        if len(entry.body) < LARGE_BYTES:
            return await self._write_now(entry, commands)
        async with self._large.turn(entry.key):
            return await self._write_now(entry, commands)

    async def _write_now(self, entry: Entry, commands: Sequence[Command]) -> list[Any]:
        writing, *aliasing = await self._render(entry)
        [written, *others] = await self._open.execute_all([writing, *commands, *aliasing])
        if isinstance(written, StoreError):
            raise written
        self._forget(entry.key)
        return others

    async def _render(self, entry: Entry) -> list[Command]:
        """Return the command that writes an entry, and the one that writes its alias, if it has one."""
        if len(entry.body) < LARGE_BYTES:
            await self._large.wait([entry.key])
            packed = self._pack(entry)
        else:
            packed = await self._large.pack(self._pack, entry)
        ends = int(min(entry.expires_at, MAX_TIME_S) * 1000)
        kept_until = int(min(max(entry.expires_at, entry.kept_until), MAX_TIME_S) * 1000)
        commands: list[Command] = [("SET", self._prefix + "e:" + entry.key, packed, "PXAT", kept_until)]
        if entry.alias:  # last, and the entry is as good without it
            value = render_alias(self._sign, entry.alias, entry.key)
            commands.append(("SET", self._prefix + "a:" + entry.alias, value, "PXAT", ends))
        return commands

    def _pack(self, entry: Entry) -> bytes:
        packed = pack_entry(entry, compress=self.compress)  # contains the key, and a checksum
        if self._limit is not None and len(packed) > self._limit.most:
            raise ShareError(f"an answer of {len(packed) >> 10} kB is too large: {self._limit.why}")
        return seal(self._sign, b"entry", packed) if self._sign else packed

    async def delete(self, keys: Sequence[str], aliases: Sequence[str] = ()) -> None:
        names = [kind + key for key in keys for kind in ("e:", "n:", "c:")] + ["a:" + alias for alias in aliases]
        if names:
            self.deleted += 1
            await self._large.wait(keys)
            await self._open.unlink([self._prefix + name for name in names])
            self._forget(*keys)

    async def delete_aliases(self) -> None:
        cursor = ""
        while True:
            page, cursor = await self._open.scan(cursor, _GLOB.sub(r"\\\g<0>", self._prefix + "a:") + "*")
            if page:
                self.deleted += 1
                await self._open.unlink([key.decode("utf-8", "replace") for key in page])
            if not cursor:
                return

    async def peek(self, keys: Sequence[str]) -> list[Entry | StoreError | None]:
        packed = await self._open.mget([self._prefix + "e:" + key for key in keys]) if keys else []
        unpacked = [await self._unpack(each) if _is_large(each) else each for each in packed]
        return [self._values.parse_entry(key, each, drop=False) for key, each in zip(keys, unpacked, strict=True)]

    async def scan(self, cursor: str = "") -> tuple[list[str], str]:
        prefix = self._prefix + "e:"
        page, cursor = await self._open.scan(cursor, _GLOB.sub(r"\\\g<0>", prefix) + "*")
        return [key.decode("utf-8", "replace").removeprefix(prefix) for key in page], cursor

    async def find_missing(self, keys: Sequence[str]) -> list[str]:
        """Return the keys that have no entry."""
        missing: list[str] = []
        # A cluster refuses commands with keys of several slots.
        size = EXISTS_BATCH_SIZE if self._servers.connect is not None else 1
        for start in range(0, len(keys), size):
            batch = keys[start : start + size]
            if await self._count_existing(batch) < len(batch):
                missing += [key for key in batch if not await self._count_existing([key])]
        return missing

    async def _count_existing(self, keys: Sequence[str]) -> int:
        return int(await self._open.execute("EXISTS", *(self._prefix + "e:" + key for key in keys)))

    async def remember(self, flag: str, ttl: float, owners: Sequence[str] = ()) -> None:
        key, ttl_ms = self._prefix + "m:" + flag, int(min(ttl, MAX_TIME_S) * 1000)
        if ttl_ms <= 0:
            await self._open.unlink([key])
            return
        value = render_flag(self._sign, flag, tuple(owners), time.time(), ttl_ms)
        await self._open.execute("SET", key, value, "PX", ttl_ms)

    async def find_flags(self, is_owner: Callable[[str], bool]) -> list[str]:
        flags: list[str] = []
        prefix, cursor = self._prefix + "m:", ""
        while True:
            page, cursor = await self._open.scan(cursor, _GLOB.sub(r"\\\g<0>", prefix) + "*")
            names = [key.decode("utf-8", "replace").removeprefix(prefix) for key in page]
            values = await self._open.mget([prefix + name for name in names]) if names else []
            for name, value in zip(names, values, strict=True):
                flag = self._values.parse_flag(name, value)
                if flag is not None and any(map(is_owner, flag.owners)):
                    flags.append(name)
            if not cursor:
                return list(dict.fromkeys(flags))

    async def shorten(self, max_ttl: Callable[[str], float]) -> int:
        """Limit the remaining TTL of each value to *max_ttl* of its name (``e:…``, ``m:…``, ``n:…``, ``c:…``), in
        seconds; return how many were longer. Pinned values stay.

        The server expires by its own clock: a value stored while that was fast would stay for longer, by as much.
        """
        count, cursor = 0, ""
        while True:
            page, cursor = await self._open.scan(cursor, _GLOB.sub(r"\\\g<0>", self._prefix) + "?:*")
            names = [key.decode("utf-8", "replace").removeprefix(self._prefix) for key in page]
            ours = [name for name in names if name[:2] in EXPIRING_KINDS]
            for start in range(0, len(ours), SHORTEN_BATCH_SIZE):
                batch = {self._prefix + name: max_ttl(name) for name in ours[start : start + SHORTEN_BATCH_SIZE]}
                count += await self._shorten(batch)
            if not cursor:
                return count

    async def _shorten(self, max_ttls: Mapping[str, float]) -> int:
        """Limit the remaining TTL of some keys, in seconds; return how many were longer."""
        ttls = check_replies(await self._open.execute_all([("PTTL", key) for key in max_ttls]))
        latest = (PINNED - PINNED_TOLERANCE_S - time.time()) * 1000
        shortening: list[Command] = [
            ("PEXPIRE", key, int(seconds * 1000))
            for (key, seconds), ttl in zip(max_ttls.items(), ttls, strict=True)
            if isinstance(ttl, int) and (seconds + MAX_CLOCK_SKEW_S) * 1000 < ttl <= latest
        ]
        if shortening:
            check_replies(await self._open.execute_all(shortening))
        return len(shortening)

    async def remembers(self, flag: str) -> bool:
        return bool(await self._reads.read("m:" + flag))

    async def get_blobs(self, names: Sequence[str]) -> list[bytes | None]:
        if not names:
            return []
        packed = await self._open.mget([self._prefix + "n:" + name for name in names])
        return [self._values.parse_blob(name, each) for name, each in zip(names, packed, strict=True)]

    async def put_blob(self, name: str, value: bytes, expires_at: float) -> None:
        ends = int(min(expires_at, MAX_TIME_S) * 1000)
        packed = render_blob(self._sign, name, value)
        await self._open.execute("SET", self._prefix + "n:" + name, packed, "PXAT", ends)

    async def increment(self, name: str, by: Mapping[str, int], ttl: float) -> Mapping[str, int]:
        key = self._prefix + "c:" + name
        commands: list[Command] = [("HINCRBY", key, field, amount) for field, amount in by.items() if amount]
        commands += [("PEXPIRE", key, max(1, int(min(ttl, MAX_TIME_S) * 1000))), ("HGETALL", key)]
        replies = await self._open.execute_all(commands)
        for reply in replies:
            if isinstance(reply, StoreError):
                raise reply
        return parse_counters(replies[-1])

    async def get_higress_answer(self, question: str, max_bytes: int) -> str | None:
        if question.startswith((*EXPIRING_KINDS, LEASE_KIND, VECTOR_KIND, "k:")):  # as our own keys do
            return None
        try:
            question.encode()
            text = await self._open.execute("GETRANGE", self._prefix + question, 0, max_bytes)
            if not isinstance(text, bytes) or len(text) > max_bytes or text[:1] in FIRST_BYTES:
                return None
            return text.decode() if text.strip() else None
        except UnicodeError:
            return None

    async def get_or_set(self, name: str, value: str) -> str:
        """Return the value of *name* that all users of this store share; if there is none, set it to *value*.

        It never expires, and has `MIN_SHARED_VALUE_CHARS` characters or more.
        """
        key = self._prefix + "k:" + name
        await self._open.execute("SET", key, value, "NX")
        shared = await self._open.execute("GET", key)
        if not isinstance(shared, bytes) or not shared.isascii() or len(shared) < MIN_SHARED_VALUE_CHARS:
            raise StoreError(f"{self}: the value of {key} is not one that this cache has written")
        return shared.decode()

    async def get_and_set(self, name: str, value: str) -> str | None:
        """Set the shared value of *name*, which never expires, and return the previous one."""
        previous = await self._open.execute("SET", self._prefix + "k:" + name, value, "GET")
        return previous.decode("ascii", "replace") if isinstance(previous, bytes) else None

    async def execute(self, *command: str | bytes | int) -> Any:
        """Return the reply to a command without a key. Not for clusters."""
        return await self._open.execute(*command)

    async def usage(self) -> StoreUsage:
        """Return the servers' use of memory. Raises StoreError."""
        replies = await self._open.execute_on_each(USAGE_COMMANDS)
        return add_up(map(parse_usage, replies))

    async def probe(self) -> None:
        """Raise StoreError unless a read like that of a look-up succeeds; in a cluster, on one of its nodes."""
        await self._reads.read("e:" + PROBE_KEY)

    async def close(self) -> None:
        self._closed = True
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        await self._tasks.cancel_and_wait()
        await self._large.close()
        await self._servers.close()

    @property
    def _open(self) -> Servers:
        if self._closed:
            raise StoreError(f"{self}: closed")
        return self._servers

    def listen(self) -> None:
        """Listen to changes of keys, and to other proxies, from now on; the first read does so, too."""
        if self._listening is not None or self._closed or self._servers.connect is None:
            return
        if self._near is not None or self._peers is not None:
            prefixes = tuple(self._prefix + kind for kind in ("e:", "m:" + WITHDRAWN_PREFIX, "m:" + EVICTED_PREFIX))
            listener = Listener(self._near, self._peers, prefixes, self._servers.connect, self._publish)
            self._listening = asyncio.get_running_loop().create_task(listener.run())

    async def _publish(self, channel: str, message: str) -> None:
        await self._open.execute("PUBLISH", channel, message)

    def _forget(self, *keys: str) -> None:
        """Drop from the cache what this process has changed: Redis may announce it only after the next get."""
        if self._near is not None:
            self._near.forget(keys)

    def _drop(self, *names: str) -> None:
        """Delete unreadable values in the background: they are of no use, and may contain a question."""
        if self._closed or len(self._tasks) >= MAX_DELETIONS:
            return
        self._tasks.spawn(self._delete_dropped([self._prefix + name for name in names]))

    async def _delete_dropped(self, keys: Sequence[str]) -> None:
        self.deleted += 1
        with contextlib.suppress(StoreError):
            await self._open.unlink(keys)

    async def _fetch(self, names: Sequence[str]) -> list[Entry | str | bool | StoreError | asyncio.Task[Any] | None]:
        """Return for each name its entry or None, whether its flag is set, the key that it leads to, or the error.

        A large entry is a task that returns it: the others do not wait until it is unpacked.
        """
        epoch = self._near.epoch if self._near is not None else 0
        packed = await self._open.mget([self._prefix + name for name in names])
        deadline = asyncio.get_running_loop().time() + self._unpack_timeout
        self.listen()
        return [
            self._tasks.spawn(self._parse_large(name, each, epoch, deadline))
            if _is_large(each)
            else self._keep(self._values.parse(name, each), epoch)
            for name, each in zip(names, packed, strict=True)
        ]

    async def _parse_large(self, name: str, packed: bytes, epoch: int, deadline: float) -> Any:
        return self._keep(self._values.parse(name, await self._unpack(packed, deadline)), epoch)

    async def _unpack(self, packed: bytes, deadline: float | None = None) -> Entry | ValueError | Busy:
        """Unpack a large entry. Busy where that is not done by the *deadline*: the server has answered."""
        try:
            async with asyncio.timeout_at(deadline):
                return await self._large.unpack(self._values.unpack, packed)
        except (TimeoutError, StoreError):
            return Busy(f"{self}: no time to unpack a large entry")

    def _keep(self, value: T, epoch: int) -> T:
        """Put an entry that was asked for in this epoch into the near cache; return the value."""
        if self._near is not None and isinstance(value, Entry):
            self._near.put(value, epoch)
        return value


def _is_large(packed: object) -> bool:
    return isinstance(packed, bytes) and len(packed) >= LARGE_BYTES // MAX_RATIO and entry_size(packed) >= LARGE_BYTES


def _take_error(read: asyncio.Future[Any]) -> None:
    """Take the error of a read that nobody may wait for, or asyncio logs it."""
    if not read.cancelled():
        read.exception()
