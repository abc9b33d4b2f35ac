"""Entries in Redis or Valkey. It decides nothing about freshness: the server forgets an entry when its time has come.

Commands: MGET, SET with PXAT (Redis 6.2, every Valkey) and PX, UNLINK, EXISTS, HINCRBY, HGETALL, PEXPIRE, PING; CLUSTER
SLOTS of a cluster; GETRANGE for what Higress left; and SCAN for upkeep.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import TypeAlias, get_type_hints

import msgspec
from redis.asyncio.connection import AbstractConnection

from aicache.adapters.near import NearCache, listen
from aicache.adapters.redisclient import open_redis
from aicache.adapters.redisserver import Servers
from aicache.model import Entry
from aicache.ports import StoreError

logger = logging.getLogger(__name__)

FORMAT = b"\x03"
"""First byte of a packed entry. When Entry gains fields, raise it, and note in `_FIELDS` how many each had."""
WARN_EVERY = 60.0
"""Seconds between two warnings about entries that cannot be read."""
FAR = 1e12
"""Seconds; times beyond are taken as this."""

_GLOB = re.compile(r"[*?\[\]\\^]")  # what a pattern of Redis takes for more than itself
_Answer: TypeAlias = "asyncio.Future[Entry | None]"

_values = attrgetter(*(field.name for field in fields(Entry)))
_encoder = msgspec.msgpack.Encoder()
_TYPES = tuple(get_type_hints(Entry).values())
_FIELDS = {b"\x01": 15, b"\x02": 17, FORMAT: len(_TYPES)}  # those that an older format lacks have defaults
_decoders = {
    format: msgspec.msgpack.Decoder(tuple[_TYPES[:count]])  # type: ignore[misc]
    for format, count in _FIELDS.items()
}


def pack(entry: Entry) -> bytes:
    """Return the format byte, then the fields in order as a msgpack array. Lone surrogates are a StoreError."""
    try:
        return FORMAT + _encoder.encode(_values(entry))
    except UnicodeEncodeError as exc:
        raise StoreError("redis: an entry holds text that is not valid Unicode") from exc


def unpack(packed: bytes) -> Entry:
    """Undo `pack`. Raises ValueError for anything else."""
    if (decoder := _decoders.get(packed[:1])) is None:
        raise ValueError("another format")
    try:
        return Entry(*decoder.decode(memoryview(packed)[1:]))
    except msgspec.DecodeError as exc:
        raise ValueError("damaged") from exc


def _counters(reply: object) -> dict[str, int]:
    """Read HGETALL's reply, which is a list in RESP2 and a mapping in RESP3."""
    if isinstance(reply, Mapping):
        pairs = list(reply.items())
    elif isinstance(reply, list):
        pairs = list(zip(reply[::2], reply[1::2], strict=False))
    else:
        pairs = []
    try:
        return {bytes(name).decode(): int(value) for name, value in pairs}
    except (TypeError, ValueError) as exc:
        raise StoreError("redis: counters that are none") from exc


class RedisStore:
    """An ExactStore. Connects at the first use; every operation answers or fails within about *timeout* seconds.

    Used from one event loop. Gets that come in the same turn of the loop travel as one MGET, which at 64 at once takes
    a fifth of the CPU of as many GETs. To a cluster they travel as one batch a node; a node that is down fails its own.
    """

    def __init__(self, url: str, *, prefix: str, timeout: float, max_connections: int, near: int = 0) -> None:
        """*url* is one that `open_redis` takes; else StoreError. *max_connections* are those to one server.

        Up to *near* bytes of entries are held in this process as well, for as long as they are unchanged in Redis; none
        of a cluster's, whose changes nobody tells in one place.
        """
        self._prefix = prefix
        self._servers = open_redis(url, timeout=timeout, max_connections=max_connections)
        self._near = NearCache(near) if near and self._servers.connect else None
        self._listener: asyncio.Task[None] | None = None
        self._wanted: dict[str, list[_Answer]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        self._next_warning = 0.0

    def __str__(self) -> str:
        """Where it is, without user and password."""
        return str(self._servers)

    async def get(self, key: str) -> Entry | None:
        if self._near is not None and (held := self._near.get(key)) is not None:
            return held
        loop = asyncio.get_running_loop()
        if not self._wanted:
            loop.call_soon(self._send_wanted)
        answer: _Answer = loop.create_future()
        self._wanted.setdefault(key, []).append(answer)
        return await answer

    def made(self, name: bytes) -> object | None:
        return None if self._near is None else self._near.made(name)

    def keep(self, name: bytes, entry: Entry, made: object, size: int, until: str) -> None:
        if self._near is not None:
            self._near.keep(name, entry, made, size, until)

    def release(self, key: str) -> None:
        self._forget(key)

    async def put(self, entry: Entry) -> None:
        ends = int(min(entry.expires_at, FAR) * 1000)
        await self._open.execute("SET", self._prefix + "e:" + entry.key, pack(entry), "PXAT", ends)
        self._forget(entry.key)

    async def delete(self, keys: Sequence[str]) -> None:
        if keys:
            await self._open.unlink([self._prefix + kind + key for key in keys for kind in ("e:", "n:")])
            self._forget(*keys)

    async def scan(self, cursor: str = "") -> tuple[list[str], str]:
        prefix = self._prefix + "e:"
        found, cursor = await self._open.scan(cursor, _GLOB.sub(r"\\\g<0>", prefix) + "*")
        return [key.decode("utf-8", "replace").removeprefix(prefix) for key in found], cursor

    async def mark(self, name: str, ttl: float) -> None:
        await self._open.execute("SET", self._prefix + "m:" + name, "1", "PX", max(1, int(min(ttl, FAR) * 1000)))

    async def marked(self, name: str) -> bool:
        return bool(await self._open.execute("EXISTS", self._prefix + "m:" + name))

    async def notes(self, names: Sequence[str]) -> list[bytes | None]:
        if not names:
            return []
        found = await self._open.mget([self._prefix + "n:" + name for name in names])
        return [each if isinstance(each, bytes) else None for each in found]

    async def note(self, name: str, value: bytes, expires_at: float) -> None:
        ends = int(min(expires_at, FAR) * 1000)
        await self._open.execute("SET", self._prefix + "n:" + name, value, "PXAT", ends)

    async def count(self, name: str, more: Mapping[str, int], ttl: float) -> Mapping[str, int]:
        key = self._prefix + "c:" + name
        for field, by in more.items():
            if by:
                await self._open.execute("HINCRBY", key, field, by)
        await self._open.execute("PEXPIRE", key, max(1, int(min(ttl, FAR) * 1000)))
        return _counters(await self._open.execute("HGETALL", key))

    async def legacy_text(self, question: str, most: int) -> str | None:
        if question.startswith(("e:", "m:", "n:", "c:")):  # as our own keys do
            return None
        try:
            question.encode()
            found = await self._open.execute("GETRANGE", self._prefix + question, 0, most)
            if not isinstance(found, bytes) or len(found) > most or found[:1] == FORMAT:
                return None
            return found.decode() if found.strip() else None
        except UnicodeError:
            return None

    async def ping(self) -> None:
        """Raise StoreError when the server, or one of a cluster's, does not answer."""
        await self._open.ping()

    async def close(self) -> None:
        self._closed = True
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
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

    def _send_wanted(self) -> None:
        wanted, self._wanted = self._wanted, {}
        groups = self._servers.together(self._prefix + "e:", list(wanted))
        for group in groups:
            share = wanted if len(groups) == 1 else {key: wanted[key] for key in group}
            task = asyncio.get_running_loop().create_task(self._answer(share))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _answer(self, wanted: Mapping[str, Sequence[_Answer]]) -> None:
        found: Sequence[Entry | StoreError | None] = [StoreError(f"{self}: closed")] * len(wanted)
        try:
            found = await self._fetch(list(wanted))
        except StoreError as exc:
            found = [exc] * len(wanted)
        finally:
            for each, answers in zip(found, wanted.values(), strict=True):
                for answer in answers:
                    if answer.done():  # its caller was cancelled
                        continue
                    if isinstance(each, StoreError):
                        answer.set_exception(type(each)(*each.args))
                    else:
                        answer.set_result(each)

    async def _fetch(self, keys: Sequence[str]) -> list[Entry | StoreError | None]:
        """Return for each key its entry, None, or why it could not be asked for."""
        epoch = self._near.epoch if self._near is not None else 0
        packed = await self._open.mget([self._prefix + "e:" + key for key in keys])
        found = [self._read(key, each) for key, each in zip(keys, packed, strict=True)]
        if self._near is not None and self._servers.connect is not None:
            self._listen(self._near, self._servers.connect)
            for entry in found:
                if isinstance(entry, Entry):
                    self._near.put(entry, epoch)
        return found

    def _read(self, key: str, packed: object) -> Entry | StoreError | None:
        if packed is None or isinstance(packed, StoreError):
            return packed
        try:
            entry = unpack(packed) if isinstance(packed, bytes) else None
        except ValueError as exc:
            self._warn(f"an entry cannot be read ({exc})")
            return None
        if entry is None or entry.key != key:
            self._warn("an entry belongs to another key")
            return None
        return entry

    def _warn(self, what: str) -> None:
        now = time.monotonic()
        if now >= self._next_warning:
            self._next_warning = now + WARN_EVERY
            logger.warning("%s: %s; taken as absent", self, what)
