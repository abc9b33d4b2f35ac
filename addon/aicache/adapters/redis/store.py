"""The exact store in Redis or Valkey. Makes no decision about freshness: the server deletes what expires.

Here are its life and its reads. It needs Redis 6.2, or any Valkey. Commands: MGET, UNLINK, PUBLISH; INFO for metrics;
CLUSTER SLOTS for a cluster; and those that the modules of its other parts name.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from aicache.adapters.redis.client_side_cache import NearCache
from aicache.adapters.redis.codec import entry_size
from aicache.adapters.redis.compression import MAX_RATIO
from aicache.adapters.redis.connect import open_redis
from aicache.adapters.redis.entry_writes import RedisEntryWrites
from aicache.adapters.redis.key_scans import RedisScans
from aicache.adapters.redis.large_values import LARGE_BYTES, MAX_TIMEOUT_SHARE, LargeValues, SizeLimit
from aicache.adapters.redis.leases import RedisLeases
from aicache.adapters.redis.named_values import RedisNamedValues
from aicache.adapters.redis.peers import Peers
from aicache.adapters.redis.read_batcher import ReadBatcher
from aicache.adapters.redis.server_messages import Listener
from aicache.adapters.redis.server_usage import USAGE_COMMANDS, add_up, parse_usage
from aicache.adapters.redis.stored_values import StoredValues
from aicache.domain.asyncio_tasks import TaskSet
from aicache.domain.model import Entry
from aicache.domain.ports import Busy, StoreError
from aicache.domain.resource_usage import StoreUsage
from aicache.domain.store_ports import EVICTED_PREFIX, WITHDRAWN_PREFIX

MAX_DELETIONS = 64
"""Deletions of unreadable values at once; the others are deleted when they are read again."""
PROBE_KEY = "0" * 32
"""A key that no entry has."""

T = TypeVar("T")


class RedisStore(RedisEntryWrites, RedisNamedValues, RedisLeases, RedisScans):
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
        super().__init__(open_redis(url, timeout=timeout, max_connections=max_connections), prefix, sign)
        self.compress = compress
        self._limit = limit
        self._near = NearCache(near) if near and self._servers.connect else None
        self._peers = Peers(prefix, on_peer) if on_peer is not None and self._servers.connect else None
        self._listening: asyncio.Task[None] | None = None
        self._tasks = TaskSet()
        self._large = LargeValues()
        self._unpack_timeout = MAX_TIMEOUT_SHARE * timeout
        self._reads = ReadBatcher(
            partial(self._servers.group_keys, prefix), self._fetch, self._tasks, closed=f"{self._servers}: closed"
        )
        self._values = StoredValues(str(self._servers), sign, self._drop)

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

    async def put_and_release(self, entry: Entry, token: str) -> bool:
        [released, *_] = await self._write(entry, self._release(entry.key, token))
        return not isinstance(released, StoreError)

    async def peek(self, keys: Sequence[str]) -> list[Entry | StoreError | None]:
        packed = await self._open.mget([self._prefix + "e:" + key for key in keys]) if keys else []
        unpacked = [await self._unpack(each) if _is_large(each) else each for each in packed]
        return [self._values.parse_entry(key, each, drop=False) for key, each in zip(keys, unpacked, strict=True)]

    async def remembers(self, flag: str) -> bool:
        return bool(await self._reads.read("m:" + flag))

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
