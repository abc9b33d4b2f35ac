"""Entries held in this process for as long as Redis is heard to say that they have not changed. Decides no freshness.

Redis' client-side caching in broadcasting mode (https://redis.io/docs/latest/develop/reference/client-side-caching/):
one connection is told every key under our prefix that is written, deleted, evicted or expires, whoever did it. While
that connection does not stand, nothing is held.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisError

from aicache.domain.bounded import BoundedDict
from aicache.domain.model import Entry

logger = logging.getLogger(__name__)

HELD_FOR = 10.0
"""Seconds; then Redis is asked again, so that what is used most is not what Redis takes for used least."""
OVERHEAD = 1024
"""Bytes that an entry takes beside its body, about."""
LISTEN_FOR = 1.0
"""Seconds of silence after which Redis is asked whether it is still there; after twice that it is not."""
AGAIN_AFTER = 5.0
"""Seconds between two attempts to be told."""
CHANGED = 1024
"""Keys whose change was announced last that are remembered."""


@dataclass(slots=True)
class _Held:
    entry: Entry
    until: float
    size: int
    names: set[bytes]
    """Of the objects derived from it."""


@dataclass(slots=True)
class _Derived:
    key: str
    """The key of the entry that it is derived from."""
    until: str
    """Writing an entry under this key invalidates it."""
    value: object


class NearCache:
    """The entries used last, within *limit* bytes, and objects derived from them. It holds nothing while `deaf`.

    A reply that was on its way while a change was announced may be older than the change. So whoever asks Redis notes
    the `epoch` first, and what it brings back is only held if nothing was announced since.
    """

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.epoch = 0
        self.deaf = True
        self._limit = limit
        self._clock = clock
        self._size = 0
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._derived: dict[bytes, _Derived] = {}
        self._ending: dict[str, set[bytes]] = {}  # names of what ends when an entry of this key comes
        self._changed = BoundedDict[str, float](CHANGED)  # when

    def get(self, key: str) -> Entry | None:
        found = self._held.get(key)
        if found is None:
            return None
        if self._clock() >= found.until:
            self._drop(key)
            return None
        self._held.move_to_end(key)
        return found.entry

    def put(self, entry: Entry, epoch: int) -> None:
        size = len(entry.body) + OVERHEAD
        if self.deaf or epoch != self.epoch or size > self._limit:
            return
        self._drop(entry.key)
        self._held[entry.key] = _Held(entry, self._clock() + HELD_FOR, size, set())
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
        held = self._held.get(entry.key)
        if held is None or held.entry is not entry or name in self._derived:
            return
        if until != entry.key and self._clock() < self._changed.get(until, -HELD_FOR) + HELD_FOR:
            return
        size += OVERHEAD
        held.names.add(name)
        held.size += size
        self._derived[name] = _Derived(entry.key, until, derived)
        self._ending.setdefault(until, set()).add(name)
        self._grow(size)

    def forget(self, keys: Iterable[str] | None = None) -> None:
        """Let go of these keys, or of all."""
        self.epoch += 1
        if keys is None:
            self._held.clear()
            self._derived.clear()
            self._ending.clear()
            self._size = 0
            return
        for key in keys:
            self._drop(key)
            for name in [*self._ending.get(key, ())]:
                self._held[self._derived[name].key].names.discard(name)
                self._end(name)
            self._changed[key] = self._clock()

    def _grow(self, size: int) -> None:
        self._size += size
        while self._size > self._limit:
            self._drop(next(iter(self._held)))

    def _drop(self, key: str) -> None:
        if found := self._held.pop(key, None):
            self._size -= found.size
            for name in found.names:
                self._end(name)

    def _end(self, name: bytes) -> None:
        derived = self._derived.pop(name)
        ending = self._ending[derived.until]
        ending.remove(name)
        if not ending:
            del self._ending[derived.until]


async def listen(near: NearCache, prefix: str, connect: Callable[[], AbstractConnection]) -> None:
    """Keep *near* told of every change to keys that begin with *prefix*, until canceled.

    A server that knows no tracking (before Redis 6), or whose ACL forbids it, costs the near cache and nothing else.
    """
    while True:
        connection = connect()
        try:
            async with asyncio.timeout(AGAIN_AFTER):
                await _subscribe(connection, prefix)
            near.forget()
            near.deaf = False
            while True:
                near.forget(await _changes(connection, prefix))
        except (RedisError, OSError, TimeoutError) as exc:
            logger.debug("no news of changes from Redis: %s", type(exc).__name__)
        finally:
            near.deaf = True
            near.forget()
            with contextlib.suppress(RedisError, OSError, TimeoutError):
                await connection.disconnect(nowait=True)
        await asyncio.sleep(AGAIN_AFTER)


async def _subscribe(connection: AbstractConnection, prefix: str) -> None:
    await connection.connect()  # type: ignore[no-untyped-call]
    await connection.send_command("CLIENT", "ID")
    own = await connection.read_response()
    await connection.send_command("CLIENT", "TRACKING", "ON", "REDIRECT", own, "BCAST", "PREFIX", prefix)
    await connection.read_response()
    await connection.send_command("SUBSCRIBE", "__redis__:invalidate")
    await connection.read_response()


async def _changes(connection: AbstractConnection, prefix: str) -> list[str] | None:
    """Wait for the next news: keys, less *prefix*, or None for all of them. TimeoutError when Redis is silent."""
    asked = False
    while True:
        # with a timeout of its own it returns None, and may be called again
        reply: Any = await connection.read_response(timeout=LISTEN_FOR, disconnect_on_error=False)
        match reply:
            case None if asked:
                raise TimeoutError
            case None:
                asked = True
                await connection.send_command("PING")
            case [b"message", _, list(keys)]:
                return [key.decode("utf-8", "replace").removeprefix(prefix) for key in keys]
            case [b"message", _, _]:
                return None
            case _:
                asked = False  # PING's answer
