"""Small values by name in Redis or Valkey: flags, blobs, counters, what all proxies share, and Higress's answers.

Commands: SET with PX, PXAT, NX and GET, GET, MGET, UNLINK, HINCRBY, HGETALL, PEXPIRE; SCAN for the flags of an owner;
GETRANGE for Higress's answers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from aicache.adapters.redis.codec import FIRST_BYTES, parse_counters, render_blob, render_flag
from aicache.adapters.redis.server import Command, check_replies
from aicache.adapters.redis.store_base import (
    EXPIRING_KINDS,
    LEASE_KIND,
    MAX_TIME_S,
    SHARED_KIND,
    VECTOR_KIND,
    StoreBase,
)
from aicache.adapters.redis.stored_values import StoredValues
from aicache.domain.ports import StoreError

MIN_SHARED_VALUE_CHARS = 32
"""Minimum length of a value that never expires: this cache has not written a shorter one."""


class RedisNamedValues(StoreBase):
    """The part of the exact store that is a FlagStore, but for `remembers`, a BlobStore and a CounterStore.

    Flags and blobs are signed. Counters are not: a client that may write them can also increment them.
    """

    _values: StoredValues

    async def remember(self, flag: str, ttl: float, owners: Sequence[str] = ()) -> None:
        key, ttl_ms = self._prefix + "m:" + flag, int(min(ttl, MAX_TIME_S) * 1000)
        if ttl_ms <= 0:
            await self._open.unlink([key])
            return
        value = render_flag(self._sign, flag, tuple(owners), time.time(), ttl_ms)
        await self._open.execute("SET", key, value, "PX", ttl_ms)

    async def find_flags(self, is_owner: Callable[[str], bool]) -> list[str]:
        flags: dict[str, None] = {}
        async for names in self._scan_all("m:*"):
            values = await self._open.mget([self._prefix + name for name in names]) if names else []
            for name, value in zip(names, values, strict=True):
                flag = self._values.parse_flag(name[2:], value)
                if flag is not None and any(map(is_owner, flag.owners)):
                    flags[name[2:]] = None
        return list(flags)

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
        return parse_counters(check_replies(await self._open.execute_all(commands))[-1])

    async def get_or_set(self, name: str, value: str) -> str:
        """Return the value of *name* that all users of this store share; if there is none, set it to *value*.

        It never expires, and has `MIN_SHARED_VALUE_CHARS` characters or more.
        """
        key = self._prefix + SHARED_KIND + name
        await self._open.execute("SET", key, value, "NX")
        shared = await self._open.execute("GET", key)
        if not isinstance(shared, bytes) or not shared.isascii() or len(shared) < MIN_SHARED_VALUE_CHARS:
            raise StoreError(f"{self}: the value of {key} is not one that this cache has written")
        return shared.decode()

    async def get_and_set(self, name: str, value: str) -> str | None:
        """Set the shared value of *name*, which never expires, and return the previous one."""
        previous = await self._open.execute("SET", self._prefix + SHARED_KIND + name, value, "GET")
        return previous.decode("ascii", "replace") if isinstance(previous, bytes) else None

    async def get_higress_answer(self, question: str, max_bytes: int) -> str | None:
        if question.startswith((*EXPIRING_KINDS, LEASE_KIND, VECTOR_KIND, SHARED_KIND)):  # as our own keys do
            return None
        try:
            question.encode()
            text = await self._open.execute("GETRANGE", self._prefix + question, 0, max_bytes)
            if not isinstance(text, bytes) or len(text) > max_bytes or text[:1] in FIRST_BYTES:
                return None
            return text.decode() if text.strip() else None
        except UnicodeError:
            return None
