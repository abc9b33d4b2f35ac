"""Entries in Redis or Valkey. It decides nothing about freshness: the server forgets an entry when its time has come.

Commands: MGET, SET with PXAT (Redis 6.2, every Valkey) and PX, UNLINK, EXISTS, PING.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any, TypeAlias, get_type_hints

import msgspec
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.connection import SSLConnection, UnixDomainSocketConnection, parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from aicache.adapters.near import NearCache, listen
from aicache.model import Entry
from aicache.ports import StoreError

logger = logging.getLogger(__name__)

FORMAT = b"\x01"
"""First byte of a packed entry. Raise it when the fields of Entry change: what was packed before is then not read."""
WARN_EVERY = 60.0
"""Seconds between two warnings about entries that cannot be read."""
FAR = 1e12
"""Seconds; times beyond are taken as this."""

_Answer: TypeAlias = "asyncio.Future[Entry | None]"

_values = attrgetter(*(field.name for field in fields(Entry)))
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(tuple[tuple(get_type_hints(Entry).values())])  # type: ignore[misc]


def pack(entry: Entry) -> bytes:
    """Return the format byte, then the fields in order as a msgpack array. Lone surrogates are a StoreError."""
    try:
        return FORMAT + _encoder.encode(_values(entry))
    except UnicodeEncodeError as exc:
        raise StoreError("redis: an entry holds text that is not valid Unicode") from exc


def unpack(packed: bytes) -> Entry:
    """Undo `pack`. Raises ValueError for anything else."""
    if packed[:1] != FORMAT:
        raise ValueError("another format")
    try:
        return Entry(*_decoder.decode(memoryview(packed)[1:]))
    except msgspec.DecodeError as exc:
        raise ValueError("damaged") from exc


class RedisStore:
    """An ExactStore. Connects at the first use; every operation answers or fails within about *timeout* seconds.

    Used from one event loop. Gets that come in the same turn of the loop travel as one MGET, which at 64 at once takes
    a fifth of the CPU of as many GETs.
    """

    def __init__(self, url: str, *, prefix: str, timeout: float, max_connections: int, near: int = 0) -> None:
        """*url* is ``redis://``, ``rediss://`` or ``unix://``, with redis-py's query parameters; else StoreError.

        Up to *near* bytes of entries are held in this process as well, for as long as they are unchanged in Redis.
        """
        self._timeout = timeout
        self._prefix = prefix
        pool = _pool(url, timeout, max_connections)
        self._place = _place(pool)
        self._client = Redis(connection_pool=pool)
        self._near = NearCache(near) if near else None
        self._listener: asyncio.Task[None] | None = None
        # Waiting is done here and in order. redis-py's BlockingConnectionPool gives a free connection to whoever asks
        # first, mostly the task that has just released it: of 64 tasks on 16 connections some waited for ever.
        self._turns = asyncio.Semaphore(max_connections)
        self._wanted: dict[str, list[_Answer]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        self._next_warning = 0.0

    def __str__(self) -> str:
        """Where it is, without user and password."""
        return self._place

    async def get(self, key: str) -> Entry | None:
        if self._near is not None and (held := self._near.get(key)) is not None:
            return held
        loop = asyncio.get_running_loop()
        if not self._wanted:
            loop.call_soon(self._send_wanted)
        answer: _Answer = loop.create_future()
        self._wanted.setdefault(key, []).append(answer)
        return await answer

    async def get_many(self, keys: Sequence[str]) -> list[Entry | None]:
        if not keys:
            return []
        epoch = self._near.epoch if self._near is not None else 0
        found = await self._execute("MGET", *(self._prefix + "e:" + key for key in keys))
        if not isinstance(found, list) or len(found) != len(keys):
            raise StoreError(f"{self._place}: a reply that does not belong to its command")
        entries = [self._read(key, packed) for key, packed in zip(keys, found, strict=True)]
        if self._near is not None:
            self._listen(self._near)
            for entry in filter(None, entries):
                self._near.put(entry, epoch)
        return entries

    async def put(self, entry: Entry) -> None:
        ends = int(min(entry.expires_at, FAR) * 1000)
        await self._execute("SET", self._prefix + "e:" + entry.key, pack(entry), "PXAT", ends)
        self._forget(entry.key)

    async def delete(self, keys: Sequence[str]) -> None:
        if keys:
            await self._execute("UNLINK", *(self._prefix + "e:" + key for key in keys))
            self._forget(*keys)

    async def mark(self, name: str, ttl: float) -> None:
        await self._execute("SET", self._prefix + "m:" + name, "1", "PX", max(1, int(min(ttl, FAR) * 1000)))

    async def marked(self, name: str) -> bool:
        return bool(await self._execute("EXISTS", self._prefix + "m:" + name))

    async def ping(self) -> None:
        """Raise StoreError when the server does not answer."""
        await self._execute("PING")

    async def close(self) -> None:
        self._closed = True
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(self._timeout):
                await self._client.connection_pool.disconnect()

    def _listen(self, near: NearCache) -> None:
        if self._listener is None and not self._closed:
            connect = self._client.connection_pool.make_connection
            self._listener = asyncio.get_running_loop().create_task(listen(near, self._prefix + "e:", connect))

    def _forget(self, *keys: str) -> None:
        """Let go of what this process itself has changed: the news of it may come later than the next get."""
        if self._near is not None:
            self._near.forget(keys)

    def _send_wanted(self) -> None:
        wanted, self._wanted = self._wanted, {}
        task = asyncio.get_running_loop().create_task(self._answer(wanted))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, wanted: Mapping[str, Sequence[_Answer]]) -> None:
        entries: Sequence[Entry | None] | None = None
        failure = f"{self._place}: closed"
        try:
            entries = await self.get_many(list(wanted))
        except StoreError as exc:
            failure = str(exc)
        finally:
            for at, answers in enumerate(wanted.values()):
                for answer in answers:
                    if answer.done():  # its caller was cancelled
                        continue
                    if entries is None:
                        answer.set_exception(StoreError(failure))
                    else:
                        answer.set_result(entries[at])

    async def _execute(self, *command: str | bytes | int) -> Any:
        if self._closed:
            raise StoreError(f"{self._place}: closed")
        try:
            # One deadline over waiting, connecting and the reply. redis-py drops a connection whose reply nobody read.
            async with asyncio.timeout(self._timeout), self._turns:
                return await self._client.execute_command(*command)  # type: ignore[no-untyped-call]
        except (TimeoutError, RedisTimeoutError) as exc:
            raise StoreError(f"{self._place}: no answer within {self._timeout:g} s") from exc
        except (RedisError, OSError) as exc:
            raise StoreError(f"{self._place}: {_reason(exc)}") from exc

    def _read(self, key: str, packed: object) -> Entry | None:
        if packed is None:
            return None
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
            logger.warning("%s: %s; taken as absent", self._place, what)


def _pool(url: str, timeout: float, max_connections: int) -> ConnectionPool:
    # What parse_url says may quote a piece of a password that was not percent-encoded: it is not passed on.
    try:
        options: dict[str, Any] = dict(parse_url(url))
        if options.get("connection_class") is not UnixDomainSocketConnection:
            options["socket_keepalive"] = True
        options |= {
            "max_connections": max_connections,
            "socket_connect_timeout": timeout,
            "socket_timeout": None,  # `_execute` has the deadline; redis-py's own would cost a task per command on 3.11
            "retry": Retry(NoBackoff(), 0),
            "decode_responses": False,
            "protocol": 2,
        }
        pool = ConnectionPool(**options)
        pool.make_connection()  # type: ignore[no-untyped-call]  # not connected; refuses unknown parameters
    except (ValueError, TypeError, RedisError):
        raise StoreError(
            "redis: the URL is not understood: it begins with redis://, rediss:// or unix://, special characters in "
            "the password are percent-encoded, and its query parameters are redis-py's"
        ) from None
    return pool


def _place(pool: ConnectionPool) -> str:
    options = pool.connection_kwargs
    if path := options.get("path"):
        return f"unix://{path}"
    scheme = "rediss" if pool.connection_class is SSLConnection else "redis"
    return f"{scheme}://{options.get('host', 'localhost')}:{options.get('port', 6379)}/{options.get('db', 0)}"


def _reason(exc: Exception) -> str:
    """Say what went wrong. Nothing of an error reply but its code: the rest may quote the command."""
    for each in (exc, exc.__cause__, exc.__context__):
        if isinstance(each, AuthenticationError):
            return "the user or password is refused"
        if isinstance(each, ResponseError):
            code = str(each).split(" ", 1)[0]
            return f"refused ({code if code.isalpha() and code.isupper() else type(each).__name__})"
        if isinstance(each, OSError) and each.strerror:
            return f"{type(each).__name__}: {each.strerror}"
    return type(exc).__name__
