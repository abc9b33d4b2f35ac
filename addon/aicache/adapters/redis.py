"""Entries in Redis or Valkey. It decides nothing about freshness: the server forgets an entry when its time has come.

Commands: MGET, GET, SET with PXAT (Redis 6.2, every Valkey), PX, NX and GET, UNLINK, HINCRBY, HGETALL, PEXPIRE, PING;
CLUSTER SLOTS of a cluster; GETRANGE for what Higress left; and SCAN for upkeep.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any, TypeAlias, get_type_hints

import msgspec
from redis.asyncio.connection import AbstractConnection

from aicache import response_fields
from aicache.adapters.near import NearCache, listen
from aicache.adapters.redisclient import open_redis
from aicache.adapters.redisserver import Servers
from aicache.deployment import SIZE, signature
from aicache.model import Entry
from aicache.ports import StoreError

logger = logging.getLogger(__name__)

FORMAT = b"\x03"
"""First byte of a packed entry. When Entry gains fields, raise it, and note in `_FIELDS` how many each had."""
SIGNED = b"\x80"
"""First byte of a value that is signed; behind it the signature, then what it is of. No text begins with it."""
WARN_EVERY = 60.0
"""Seconds between two warnings about entries that cannot be read."""
AGREED = 32
"""Characters of what is kept for good, at least: what is shorter is none of ours."""
SHOWN = 3
"""Entries that a warning names, by the beginnings of their keys."""
PROBED = "0" * 32
"""The key of no entry."""
FAR = 1e12
"""Seconds; times beyond are taken as this."""

_GLOB = re.compile(r"[*?\[\]\\^]")  # what a pattern of Redis takes for more than itself
_Answer: TypeAlias = "asyncio.Future[Any]"

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


def unpack(packed: bytes | memoryview) -> Entry:
    """Undo `pack`. Raises ValueError for anything else, and for what no recording makes."""
    if (decoder := _decoders.get(bytes(packed[:1]))) is None:
        raise ValueError("another format")
    try:
        entry = Entry(*decoder.decode(memoryview(packed)[1:]))
    except msgspec.DecodeError as exc:
        raise ValueError("damaged") from exc
    response_fields.check(entry)
    return entry


def seal(sign: bytes, purpose: bytes, value: bytes) -> bytes:
    """Return a value with its signature before it; as it is where nothing is signed. *purpose* says of what it is."""
    if not sign:
        return value
    return b"".join((SIGNED, signature(sign, purpose, value), value))


def unseal(sign: bytes, purpose: bytes, sealed: bytes) -> memoryview:
    """Undo `seal`. Raises ValueError for what is not signed with this key, for this purpose."""
    if not sign:
        if sealed[:1] == SIGNED:
            raise ValueError("signed, and there is no secret to check it with")
        return memoryview(sealed)
    value = memoryview(sealed)[1 + SIZE :]
    if sealed[:1] != SIGNED:
        raise ValueError("not signed")
    if not hmac.compare_digest(signature(sign, purpose, value), sealed[1 : 1 + SIZE]):
        raise ValueError("not signed by this deployment")
    return value


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
        self._wanted: dict[str, list[_Answer]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        self._next_warning = 0.0
        self._unread = 0  # entries that were not warned of yet ...
        self._named: list[str] = []  # ... and the beginnings of some of their keys

    def __str__(self) -> str:
        """Where it is, without user and password."""
        return str(self._servers)

    async def get(self, key: str) -> Entry | None:
        if (held := self.held(key)) is not None:
            return held
        entry: Entry | None = await self._want("e:" + key)
        return entry

    def held(self, key: str) -> Entry | None:
        return None if self._near is None else self._near.get(key)

    def made(self, name: bytes) -> object | None:
        return None if self._near is None else self._near.made(name)

    def keep(self, name: bytes, entry: Entry, made: object, size: int, until: str) -> None:
        if self._near is not None:
            self._near.keep(name, entry, made, size, until)

    def release(self, key: str) -> None:
        self._forget(key)

    async def put(self, entry: Entry) -> None:
        ends = int(min(entry.expires_at, FAR) * 1000)
        packed = seal(self._sign, b"entry", pack(entry))  # which has its key in it
        await self._open.execute("SET", self._prefix + "e:" + entry.key, packed, "PXAT", ends)
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
        key, lasts = self._prefix + "m:" + name, int(min(ttl, FAR) * 1000)
        if lasts <= 0:
            await self._open.unlink([key])
            return
        ends = b"%d" % (int(time.time() * 1000) + lasts)  # or it could be made to last by whoever sees it
        await self._open.execute("SET", key, seal(self._sign, b"mark " + name.encode(), ends), "PX", lasts)

    async def marked(self, name: str) -> bool:
        return bool(await self._want("m:" + name))

    async def notes(self, names: Sequence[str]) -> list[bytes | None]:
        if not names:
            return []
        found = await self._open.mget([self._prefix + "n:" + name for name in names])
        return [self._read_note(name, each) for name, each in zip(names, found, strict=True)]

    async def note(self, name: str, value: bytes, expires_at: float) -> None:
        ends = int(min(expires_at, FAR) * 1000)
        sealed = seal(self._sign, b"note " + name.encode(), value)
        await self._open.execute("SET", self._prefix + "n:" + name, sealed, "PXAT", ends)

    async def count(self, name: str, more: Mapping[str, int], ttl: float) -> Mapping[str, int]:
        key = self._prefix + "c:" + name
        for field, by in more.items():
            if by:
                await self._open.execute("HINCRBY", key, field, by)
        await self._open.execute("PEXPIRE", key, max(1, int(min(ttl, FAR) * 1000)))
        return _counters(await self._open.execute("HGETALL", key))

    async def legacy_text(self, question: str, most: int) -> str | None:
        if question.startswith(("e:", "m:", "n:", "c:", "k:")):  # as our own keys do
            return None
        try:
            question.encode()
            found = await self._open.execute("GETRANGE", self._prefix + question, 0, most)
            if not isinstance(found, bytes) or len(found) > most or found[:1] in (FORMAT, SIGNED):
                return None
            return found.decode() if found.strip() else None
        except UnicodeError:
            return None

    async def agreed(self, name: str, value: str) -> str:
        """Return what is kept for good under *name* for all that share this store: *value*, where nothing was yet.

        It has `AGREED` characters or more.
        """
        key = self._prefix + "k:" + name
        await self._open.execute("SET", key, value, "NX")
        found = await self._open.execute("GET", key)
        if not isinstance(found, bytes) or not found.isascii() or len(found) < AGREED:
            raise StoreError(f"{self}: what is kept under {key} is none of ours")
        return found.decode()

    async def exchanged(self, name: str, value: str) -> str | None:
        """Keep *value* for good under *name*, and return what was there before."""
        found = await self._open.execute("SET", self._prefix + "k:" + name, value, "GET")
        return found.decode("ascii", "replace") if isinstance(found, bytes) else None

    async def ping(self) -> None:
        """Raise StoreError when the server, or one of a cluster's, does not answer."""
        await self._open.ping()

    async def probe(self) -> None:
        """Raise StoreError while it does not answer as a look-up would have it: of a cluster, one of its nodes."""
        await self._want("e:" + PROBED)

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

    async def _want(self, name: str) -> Any:
        """Ask for an entry or a mark, by the name it has behind the prefix."""
        loop = asyncio.get_running_loop()
        if not self._wanted:
            loop.call_soon(self._send_wanted)
        answer: _Answer = loop.create_future()
        self._wanted.setdefault(name, []).append(answer)
        return await answer

    def _send_wanted(self) -> None:
        wanted, self._wanted = self._wanted, {}
        groups = self._servers.together(self._prefix, list(wanted))
        for group in groups:
            share = wanted if len(groups) == 1 else {key: wanted[key] for key in group}
            task = asyncio.get_running_loop().create_task(self._answer(share))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _answer(self, wanted: Mapping[str, Sequence[_Answer]]) -> None:
        found: Sequence[Entry | bool | StoreError | None] = [StoreError(f"{self}: closed")] * len(wanted)
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

    async def _fetch(self, names: Sequence[str]) -> list[Entry | bool | StoreError | None]:
        """Return for each name its entry or None, whether it is marked, or why it could not be asked for."""
        epoch = self._near.epoch if self._near is not None else 0
        packed = await self._open.mget([self._prefix + name for name in names])
        found = [self._read(name, each) for name, each in zip(names, packed, strict=True)]
        if self._near is not None and self._servers.connect is not None:
            self._listen(self._near, self._servers.connect)
            for entry in found:
                if isinstance(entry, Entry):
                    self._near.put(entry, epoch)
        return found

    def _read(self, name: str, packed: object) -> Entry | bool | StoreError | None:
        if isinstance(packed, StoreError):
            return packed
        kind, key = name[:2], name[2:]
        if kind == "m:":
            return self._is_mark(key, packed)
        if packed is None:
            return None
        try:
            entry = unpack(unseal(self._sign, b"entry", packed)) if isinstance(packed, bytes) else None
        except ValueError as exc:
            self._warn(f"cannot be read ({exc})", key)
            return None
        if entry is None or entry.key != key:
            self._warn("belong to another key", key)
            return None
        return entry

    def _is_mark(self, name: str, packed: object) -> bool:
        if not isinstance(packed, bytes):
            return False
        try:
            return int(bytes(unseal(self._sign, b"mark " + name.encode(), packed))) > time.time() * 1000
        except ValueError:
            return not self._sign and packed == b"1"  # of an earlier version

    def _read_note(self, name: str, packed: object) -> bytes | None:
        try:
            return bytes(unseal(self._sign, b"note " + name.encode(), packed)) if isinstance(packed, bytes) else None
        except ValueError:
            return None

    def _warn(self, what: str, key: str) -> None:
        self._unread += 1
        if len(self._named) < SHOWN and key[:8].isalnum():
            self._named.append(key[:8])
        now = time.monotonic()
        if now >= self._next_warning:
            self._next_warning = now + WARN_EVERY
            count, self._unread = self._unread, 0
            named, self._named = self._named, []
            logger.warning("%s: %d entries taken as absent (%s): they %s", self, count, ", ".join(named), what)
