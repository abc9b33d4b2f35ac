"""Entries in Redis or Valkey. It decides nothing about freshness: the server forgets an entry when its time has come.

Commands: MGET, GET, SET with PXAT (Redis 6.2, every Valkey), PX, NX and GET, UNLINK, HINCRBY, HGETALL, PEXPIRE, PING;
CLUSTER SLOTS of a cluster; GETRANGE for what Higress left; SCAN, EXISTS and PTTL for upkeep.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any, TypeAlias, get_type_hints

import msgspec
from redis.asyncio.connection import AbstractConnection

from aicache.adapters.redis.client_side_cache import NearCache, listen
from aicache.adapters.redis.connect import open_redis
from aicache.adapters.redis.server import Servers
from aicache.domain import response_fields
from aicache.domain.deployment_secrets import CHECKSUM_BYTES, SIGNATURE_BYTES, checksum, signature
from aicache.domain.model import AHEAD, PINNED, Entry
from aicache.domain.ports import StoreError
from aicache.domain.task_set import TaskSet
from aicache.domain.throttle import Throttle

logger = logging.getLogger(__name__)

FORMAT = b"\x04"
"""First byte of a packed entry. When Entry gains fields, raise it, and note in `_FIELDS` how many each had."""
SIGNED = b"\x80"
"""First byte of a value that is signed; behind it the signature, then what it is of. No text begins with it."""
CHECKED = b"\x8f"
"""First byte of a mark or a note that is not, behind it the checksum. No single wrong bit makes it another one."""
UNCHECKED = frozenset({b"\x01", b"\x02", b"\x03"})
"""Formats of entries that were kept before there were checksums."""
AGREED = 32
"""Characters of what is kept for good, at least: what is shorter is none of ours."""
BOUND_TOGETHER = 32
MISSED_TOGETHER = 64
DROPPING = 64
"""Damaged entries that are being deleted at once; the others are when they are asked for again."""
SHOWN = 3
"""Entries that a warning names, by the beginnings of their keys."""
PROBED = "0" * 32
"""The key of no entry."""
FAR = 1e12
"""Seconds; times beyond are taken as this."""

_GLOB = re.compile(r"[*?\[\]\\^]")  # what a pattern of Redis takes for more than itself
_Answer: TypeAlias = "asyncio.Future[Any]"

OURS = ("e:", "m:", "n:", "c:")
"""What the names of all that expires begin with, behind the prefix."""
PINNED_WITHIN = 86400.0 * 366
"""Seconds before `PINNED` from which on a time is taken for it."""
_BEGINNINGS = (*sorted(UNCHECKED), FORMAT, SIGNED, CHECKED)
_OLD_NOTES = (b"\x92", b"\x94")  # arrays, as evidence was noted before there were checksums
_OLD_MARK = 366 * 86400.0  # seconds that one of before has left at most

_values = attrgetter(*(field.name for field in fields(Entry)))
_encoder = msgspec.msgpack.Encoder()
_TYPES = tuple(get_type_hints(Entry).values())
_FIELDS = {b"\x01": 15, b"\x02": 17, b"\x03": 18, FORMAT: len(_TYPES)}  # those that an older format lacks have defaults
_decoders = {
    format: msgspec.msgpack.Decoder(tuple[_TYPES[:count]])  # type: ignore[misc]
    for format, count in _FIELDS.items()
}


def pack(entry: Entry) -> bytes:
    """Return the format byte, a checksum, then the fields in order as a msgpack array.

    Lone surrogates are a StoreError. No single wrong bit makes the format byte another one, or any that begins a value.
    """
    try:
        value = _encoder.encode(_values(entry))
    except UnicodeEncodeError as exc:
        raise StoreError("redis: an entry holds text that is not valid Unicode") from exc
    return b"".join((FORMAT, checksum(b"entry", value), value))


def unpack(packed: bytes | memoryview, *, signed: bool = False) -> Entry:
    """Undo `pack`. Raises ValueError for anything else, and for what no recording makes.

    What was *signed* is known to be as it was written.
    """
    if (decoder := _decoders.get(format := bytes(packed[:1]))) is None:
        raise ValueError("another format")
    value = memoryview(packed)[1:]
    if format not in UNCHECKED:
        value, found = value[CHECKSUM_BYTES:], value[:CHECKSUM_BYTES]
        if not signed and checksum(b"entry", value) != found:
            raise ValueError("damaged")
    try:
        entry = Entry(*decoder.decode(value))
    except msgspec.DecodeError as exc:
        raise ValueError("damaged") from exc
    response_fields.check(entry)
    return entry


def seal(sign: bytes, purpose: bytes, value: bytes) -> bytes:
    """Return a value with its signature before it, or its checksum where nothing is signed. *purpose* says of what it
    is."""
    if not sign:
        return b"".join((CHECKED, checksum(purpose, value), value))
    return b"".join((SIGNED, signature(sign, purpose, value), value))


def unseal(sign: bytes, purpose: bytes, sealed: bytes) -> memoryview | None:
    """Undo `seal`; None for what was kept before there were checksums, where nothing is signed.

    Raises ValueError for what is not signed with this key, for this purpose, or is not as it was written.
    """
    if not sign:
        if sealed[:1] == SIGNED:
            raise ValueError("signed, and there is no secret to check it with")
        if sealed[:1] != CHECKED:
            return None
        value = memoryview(sealed)[1 + CHECKSUM_BYTES :]
        if checksum(purpose, value) != sealed[1 : 1 + CHECKSUM_BYTES]:
            raise ValueError("damaged")
        return value
    value = memoryview(sealed)[1 + SIGNATURE_BYTES :]
    if sealed[:1] != SIGNED:
        raise ValueError("not signed")
    if not hmac.compare_digest(signature(sign, purpose, value), sealed[1 : 1 + SIGNATURE_BYTES]):
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


@dataclass(frozen=True, slots=True)
class _Mark:
    owners: tuple[str, ...] = ()


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
        self._tasks = TaskSet()
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
        entry: Entry | None = await self._want("e:" + key)
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
        ends = int(min(entry.expires_at, FAR) * 1000)
        packed = pack(entry)  # which has its key in it, and its checksum
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
        return [self._read_entry(key, each, drop=False) for key, each in zip(keys, found, strict=True)]

    async def scan(self, cursor: str = "") -> tuple[list[str], str]:
        prefix = self._prefix + "e:"
        found, cursor = await self._open.scan(cursor, _GLOB.sub(r"\\\g<0>", prefix) + "*")
        return [key.decode("utf-8", "replace").removeprefix(prefix) for key in found], cursor

    async def missing(self, keys: Sequence[str]) -> list[str]:
        """Return those keys that there is no entry of."""
        found: list[str] = []
        # A cluster takes no command about keys of several slots.
        size = MISSED_TOGETHER if self._servers.connect is not None else 1
        for start in range(0, len(keys), size):
            some = keys[start : start + size]
            if await self._exist(some) < len(some):
                found += [key for key in some if not await self._exist([key])]
        return found

    async def _exist(self, keys: Sequence[str]) -> int:
        return int(await self._open.execute("EXISTS", *(self._prefix + "e:" + key for key in keys)))

    async def remember(self, flag: str, ttl: float, owners: Sequence[str] = ()) -> None:
        key, lasts = self._prefix + "m:" + flag, int(min(ttl, FAR) * 1000)
        if lasts <= 0:
            await self._open.unlink([key])
            return
        now = int(time.time() * 1000)  # with its end in it, or it could be made to last by whoever sees it
        said = " ".join((str(now), str(now + lasts), *owners)).encode()
        await self._open.execute("SET", key, seal(self._sign, b"mark " + flag.encode(), said), "PX", lasts)

    async def find_flags(self, is_owner: Callable[[str], bool]) -> list[str]:
        found: list[str] = []
        prefix, cursor = self._prefix + "m:", ""
        while True:
            page, cursor = await self._open.scan(cursor, _GLOB.sub(r"\\\g<0>", prefix) + "*")
            names = [key.decode("utf-8", "replace").removeprefix(prefix) for key in page]
            values = await self._open.mget([prefix + name for name in names]) if names else []
            for name, value in zip(names, values, strict=True):
                mark = self._read_mark(name, value)
                if mark is not None and any(map(is_owner, mark.owners)):
                    found.append(name)
            if not cursor:
                return list(dict.fromkeys(found))

    async def bound(self, longest: Callable[[str], float]) -> int:
        """Let nothing of ours live longer than *longest* says of its name (``e:…``, ``m:…``, ``n:…``, ``c:…``), in
        seconds; return how much there was that would have. What is pinned stays.

        The server counts by its own clock: what was kept while that was ahead stays for as long as it was.
        """
        count, cursor = 0, ""
        while True:
            page, cursor = await self._open.scan(cursor, _GLOB.sub(r"\\\g<0>", self._prefix) + "?:*")
            names = [key.decode("utf-8", "replace").removeprefix(self._prefix) for key in page]
            ours = [name for name in names if name[:2] in OURS]
            for start in range(0, len(ours), BOUND_TOGETHER):
                some = ours[start : start + BOUND_TOGETHER]
                bounding = (self._bound(self._prefix + name, longest(name)) for name in some)
                count += sum(await asyncio.gather(*bounding))
            if not cursor:
                return count

    async def _bound(self, key: str, seconds: float) -> bool:
        left = await self._open.execute("PTTL", key)
        if not isinstance(left, int) or left <= (seconds + AHEAD) * 1000:
            return False
        if left / 1000 + time.time() > PINNED - PINNED_WITHIN:
            return False
        await self._open.execute("PEXPIRE", key, int(seconds * 1000))
        return True

    async def remembers(self, flag: str) -> bool:
        return bool(await self._want("m:" + flag))

    async def get_blobs(self, names: Sequence[str]) -> list[bytes | None]:
        if not names:
            return []
        found = await self._open.mget([self._prefix + "n:" + name for name in names])
        return [self._read_note(name, each) for name, each in zip(names, found, strict=True)]

    async def put_blob(self, name: str, value: bytes, expires_at: float) -> None:
        ends = int(min(expires_at, FAR) * 1000)
        sealed = seal(self._sign, b"note " + name.encode(), value)
        await self._open.execute("SET", self._prefix + "n:" + name, sealed, "PXAT", ends)

    async def increment(self, name: str, by: Mapping[str, int], ttl: float) -> Mapping[str, int]:
        key = self._prefix + "c:" + name
        for field, more in by.items():
            if more:
                await self._open.execute("HINCRBY", key, field, more)
        await self._open.execute("PEXPIRE", key, max(1, int(min(ttl, FAR) * 1000)))
        return _counters(await self._open.execute("HGETALL", key))

    async def get_higress_answer(self, question: str, max_bytes: int) -> str | None:
        if question.startswith(("e:", "m:", "n:", "c:", "k:")):  # as our own keys do
            return None
        try:
            question.encode()
            found = await self._open.execute("GETRANGE", self._prefix + question, 0, max_bytes)
            if not isinstance(found, bytes) or len(found) > max_bytes or found[:1] in _BEGINNINGS:
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

    async def server(self, *command: str | bytes | int) -> Any:
        """Return the reply to a command that is about no key; to no cluster."""
        return await self._open.execute(*command)

    async def probe(self) -> None:
        """Raise StoreError while it does not answer as a look-up would have it: of a cluster, one of its nodes."""
        await self._want("e:" + PROBED)

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
            self._tasks.spawn(self._answer(share))

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

    def _drop(self, *names: str) -> None:
        """Delete, in the background, what is damaged: nobody will read it, and it may hold what somebody asked."""
        if self._closed or len(self._tasks) >= DROPPING:
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
        return self._read_entry(key, packed, drop=True)

    def _read_entry(self, key: str, packed: object, *, drop: bool) -> Entry | StoreError | None:
        """Read what is kept under a key; what nobody can read there goes, where one who asked *drop*s it."""
        if packed is None or isinstance(packed, StoreError):
            return packed
        try:
            entry = self._unsealed(packed) if isinstance(packed, bytes) else None
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

    def _unsealed(self, packed: bytes) -> Entry:
        value = unseal(self._sign, b"entry", packed)
        return unpack(packed) if value is None else unpack(value, signed=bool(self._sign))

    def _is_mark(self, name: str, packed: object) -> bool:
        return self._read_mark(name, packed, drop=True) is not None

    def _read_mark(self, name: str, packed: object, *, drop: bool = False) -> _Mark | None:
        """Read a mark; None for one that has ended, or is none. A clock that has been set back made no mark."""
        if not isinstance(packed, bytes):
            return None
        if not self._sign and packed == b"1":  # of an earlier version
            return _Mark()
        try:
            value = unseal(self._sign, b"mark " + name.encode(), packed)
            said = bytes(packed if value is None else value).decode("ascii")
            now = time.time()
            match said.split(" "):
                case [ends] if ends.isdecimal():  # of an earlier version
                    return _Mark() if now < int(ends) / 1000 < now + _OLD_MARK else None
                case [made, ends, *owners] if value is not None:
                    good = int(made) / 1000 <= now + AHEAD and now < int(ends) / 1000
                    return _Mark(tuple(owners)) if good else None
        except ValueError:
            if drop:
                self._drop("m:" + name)
        return None

    def _read_note(self, name: str, packed: object) -> bytes | None:
        if not isinstance(packed, bytes):
            return None
        try:
            value = unseal(self._sign, b"note " + name.encode(), packed)
        except ValueError:
            self._drop("n:" + name)
            return None
        if value is not None:
            return bytes(value)
        return packed if packed[:1] in _OLD_NOTES else None

    def _warn(self, what: str, key: str) -> None:
        self._unread += 1
        if len(self._named) < SHOWN and key[:8].isalnum():
            self._named.append(key[:8])
        if self._warnings.allow(time.monotonic()):
            count, self._unread = self._unread, 0
            named, self._named = self._named, []
            logger.warning("%s: %d entries taken as absent (%s): they %s", self, count, ", ".join(named), what)
