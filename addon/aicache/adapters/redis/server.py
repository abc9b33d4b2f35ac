"""Sends commands to one Redis server, or the master that sentinels name, with a deadline."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol, TypeAlias

from redis.asyncio import ConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.sentinel import MasterNotFoundError
from redis.exceptions import (
    AuthenticationError,
    ClusterDownError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.exceptions import TimeoutError as RedisTimeoutError

from aicache.domain.loop_time import LoopTimeout, loop_timeout
from aicache.domain.ports import Busy, NoRoom, StoreError

Command: TypeAlias = Sequence[str | bytes | int]

CONNECTION_ERRORS = (RedisError, OSError, AttributeError, RuntimeError, ValueError)
"""Raised by redis-py; and by asyncio for a transport that was reset in the meantime (CPython 3.12)."""
CODES: dict[type[ResponseError], str] = {
    OutOfMemoryError: "OOM",
    ReadOnlyError: "READONLY",
    NoPermissionError: "NOPERM",
    ClusterDownError: "CLUSTERDOWN",
}
"""Error codes that redis-py removes from the server's message, and that an operator looks for."""
SCAN_COUNT = 500
"""Keys that the server visits for one SCAN, which takes it a quarter of a millisecond."""

_GLOB = re.compile(r"[*?\[\]\\^]")  # characters with a meaning in Redis' patterns


class Servers(Protocol):
    """The Redis behind one URL: a server, a sentinel's master or a cluster. Raises only StoreError."""

    connect: Callable[[], AbstractConnection] | None
    """Returns a connection that can be notified of changes of all keys; None if none can."""

    def __str__(self) -> str:
        """Return its URL without user and password."""

    def group_keys(self, prefix: str, keys: Sequence[str]) -> Collection[Sequence[str]]:
        """Split *keys*, given without their *prefix*, into groups that are fetched together and fail together."""

    async def execute(self, *command: str | bytes | int) -> Any:
        """Return the reply. The command's first argument is its one key, but EVAL's third; it may have no arguments."""

    async def execute_all(self, commands: Sequence[Command]) -> list[Any]:
        """Return for each command its reply, or a StoreError if it failed; commands as for `execute`.

        Those of one server are executed in order.
        """

    async def mget(self, keys: Sequence[str]) -> list[Any]:
        """Return for each key its value, None, or the StoreError of the server that has it."""

    async def execute_on_each(self, commands: Sequence[Command]) -> list[list[Any]]:
        """Execute commands without keys on every master; return the replies of each, as `execute_all` does."""

    async def unlink(self, keys: Sequence[str]) -> None: ...

    async def scan(self, cursor: str, pattern: str) -> tuple[list[bytes], str]:
        """Return some keys of that pattern and the next cursor, with SCAN's guarantees over all servers."""

    async def close(self) -> None: ...


class Server:
    """Every call answers or fails within *timeout* seconds. It connects at the first use."""

    def __init__(self, pool: ConnectionPool, place: str, *, timeout: float, max_connections: int) -> None:
        self.connect: Callable[[], AbstractConnection] | None = pool.make_connection
        self._pool = pool
        self._place = place
        self._timeout = timeout
        # Tasks wait for a connection here, in order. redis-py's BlockingConnectionPool gives it to the task that asks
        # first, mostly the one that has just released it: of 64 tasks on 16 connections some waited for ever.
        self._connection_slots = asyncio.Semaphore(max_connections)

    def __str__(self) -> str:
        return self._place

    def group_keys(self, prefix: str, keys: Sequence[str]) -> Collection[Sequence[str]]:
        return (keys,)

    async def execute(self, *command: str | bytes | int) -> Any:
        [reply] = await self.pipeline((command,))
        if isinstance(reply, ResponseError):
            raise self.failure(reply) from reply
        return reply

    async def execute_all(self, commands: Sequence[Command]) -> list[Any]:
        replies = await self.pipeline(commands)
        return [self.failure(reply) if isinstance(reply, ResponseError) else reply for reply in replies]

    async def execute_on_each(self, commands: Sequence[Command]) -> list[list[Any]]:
        return [await self.execute_all(commands)]

    async def mget(self, keys: Sequence[str]) -> list[Any]:
        values = await self.execute("MGET", *keys)
        if not isinstance(values, list) or len(values) != len(keys):
            raise StoreError(f"{self}: a reply that does not belong to its command")
        return values

    async def unlink(self, keys: Sequence[str]) -> None:
        await self.execute("UNLINK", *keys)

    async def scan(self, cursor: str, pattern: str) -> tuple[list[bytes], str]:
        return parse_scan(await self.execute(*render_scan(cursor, pattern)), self)

    async def close(self) -> None:
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(self._timeout):
                await self._pool.aclose()

    async def pipeline(self, commands: Sequence[Command], deadline: float | None = None) -> list[Any]:
        """Return the replies in order, error replies included, by *deadline* (`LoopTime`; None: within the timeout)."""
        # On the connection itself, not through redis-py's Redis: it serves one command and many, and takes less CPU.
        timeout = loop_timeout(self._timeout) if deadline is None else LoopTimeout(deadline)
        try:
            # One deadline for waiting, connecting and the replies. redis-py drops a connection with unread replies.
            async with timeout, self._connection_slots:
                connection = await self._pool.get_connection()  # type: ignore[no-untyped-call]
                try:
                    return await _send_all(connection, commands)
                finally:
                    await self._pool.release(connection)
        except (TimeoutError, RedisTimeoutError) as exc:
            if timeout.loop_was_late:
                raise Busy(f"{self}: this process is too busy to listen") from exc
            raise StoreError(f"{self}: no answer within {self._timeout:g} s") from exc
        except CONNECTION_ERRORS as exc:
            raise self.failure(exc) from exc

    def failure(self, exc: Exception) -> StoreError:
        """Return the StoreError for an error of redis-py or the server."""
        kind = NoRoom if isinstance(exc, OutOfMemoryError) else StoreError
        return kind(f"{self}: {_reason(exc)}")


def check_replies(replies: Sequence[Any]) -> Sequence[Any]:
    """Return the replies of `Servers.execute_all`. Raises the first StoreError among them."""
    for reply in replies:
        if isinstance(reply, StoreError):
            raise reply
    return replies


def prefix_pattern(prefix: str) -> str:
    """Return *prefix* as the beginning of a pattern for SCAN, in which its characters stand for themselves."""
    return _GLOB.sub(r"\\\g<0>", prefix)


def render_scan(cursor: str, pattern: str) -> Command:
    """Return the SCAN command that continues at *cursor*."""
    return ("SCAN", cursor or "0", "MATCH", pattern, "COUNT", SCAN_COUNT)


def parse_scan(reply: Any, server: Server) -> tuple[list[bytes], str]:
    """Parse SCAN's reply: keys, and the next cursor, which is empty at the end."""
    match reply:
        case [bytes(cursor), list(keys)]:
            return keys, "" if cursor == b"0" else cursor.decode("ascii", "replace")
        case _:
            raise StoreError(f"{server}: a reply that does not belong to its command")


async def _send_all(connection: AbstractConnection, commands: Sequence[Command]) -> list[Any]:
    replies: list[Any] = []
    await connection.send_packed_command(connection.pack_commands(commands))
    for _ in commands:
        try:
            replies.append(await connection.read_response())
        except ResponseError as exc:
            replies.append(exc)
    return replies


def _reason(exc: Exception) -> str:
    """Describe an error. Of an error reply it takes only the code: the rest may quote the command."""
    for each in (exc, exc.__cause__, exc.__context__):
        if isinstance(each, AuthenticationError):
            return "the user or password is refused"
        if isinstance(each, MasterNotFoundError):
            return "the sentinels name no master that is up"
        if isinstance(each, ResponseError):
            code = CODES.get(type(each)) or str(each).split(" ", 1)[0]
            return f"refused ({code if code.isalpha() and code.isupper() else type(each).__name__})"
        if isinstance(each, OSError) and each.strerror:
            return f"{type(each).__name__}: {each.strerror}"
    return type(exc).__name__
