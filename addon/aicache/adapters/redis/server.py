"""One Redis server (or the master that sentinels name), asked within a deadline. It knows nothing of entries."""

from __future__ import annotations

import asyncio
import contextlib
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
from aicache.domain.ports import Busy, StoreError

Command: TypeAlias = Sequence[str | bytes | int]

CONNECTION_ERRORS = (RedisError, OSError, AttributeError, RuntimeError, ValueError)
"""What redis-py raises; and asyncio, of a transport that was reset since the last look at it (CPython 3.12)."""
CODES: dict[type[ResponseError], str] = {
    OutOfMemoryError: "OOM",
    ReadOnlyError: "READONLY",
    NoPermissionError: "NOPERM",
    ClusterDownError: "CLUSTERDOWN",
}
"""Those that redis-py takes off what the server says, and an operator looks for."""
SCAN_COUNT = 500
"""Keys that the server looks at in one go, which takes it a quarter of a millisecond."""


class Servers(Protocol):
    """The Redis behind one URL, of whatever kind, as the store asks it. Raises only StoreError."""

    connect: Callable[[], AbstractConnection] | None
    """Makes a connection on which changes of all keys can be heard; None where there is no such thing."""

    def __str__(self) -> str:
        """Where it is, without user and password."""

    def together(self, prefix: str, keys: Sequence[str]) -> Collection[Sequence[str]]:
        """Split *keys*, as they stand behind *prefix*, into those that are asked for together and fail together."""

    async def execute(self, *command: str | bytes | int) -> Any:
        """Return the reply. The command's first argument is its one key."""

    async def mget(self, keys: Sequence[str]) -> list[Any]:
        """Return for each key its value, None, or the StoreError of the server that has it."""

    async def unlink(self, keys: Sequence[str]) -> None: ...

    async def scan(self, cursor: str, pattern: str) -> tuple[list[bytes], str]:
        """Return some keys of that pattern and where to go on; SCAN's promises, over all servers."""

    async def close(self) -> None: ...


class Server:
    """Every call answers or fails within *timeout* seconds. It connects at the first use."""

    def __init__(self, pool: ConnectionPool, place: str, *, timeout: float, max_connections: int) -> None:
        self.connect: Callable[[], AbstractConnection] | None = pool.make_connection
        self._pool = pool
        self._place = place
        self._timeout = timeout
        # Waiting is done here and in order. redis-py's BlockingConnectionPool gives a free connection to whoever asks
        # first, mostly the task that has just released it: of 64 tasks on 16 connections some waited for ever.
        self._turns = asyncio.Semaphore(max_connections)

    def __str__(self) -> str:
        return self._place

    def together(self, prefix: str, keys: Sequence[str]) -> Collection[Sequence[str]]:
        return (keys,)

    async def execute(self, *command: str | bytes | int) -> Any:
        [reply] = await self.pipeline((command,))
        if isinstance(reply, ResponseError):
            raise self.failure(reply) from reply
        return reply

    async def mget(self, keys: Sequence[str]) -> list[Any]:
        found = await self.execute("MGET", *keys)
        if not isinstance(found, list) or len(found) != len(keys):
            raise StoreError(f"{self}: a reply that does not belong to its command")
        return found

    async def unlink(self, keys: Sequence[str]) -> None:
        await self.execute("UNLINK", *keys)

    async def scan(self, cursor: str, pattern: str) -> tuple[list[bytes], str]:
        return scanned(await self.execute(*scanning(cursor, pattern)), self)

    async def close(self) -> None:
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(self._timeout):
                await self._pool.aclose()

    async def pipeline(self, commands: Sequence[Command], deadline: float | None = None) -> list[Any]:
        """Return the replies in order, refusals among them, by *deadline* (`LoopTime`; None: within the timeout)."""
        # On the connection itself, not over redis-py's Redis: one way for one command and for many, and less CPU.
        waiting = loop_timeout(self._timeout) if deadline is None else LoopTimeout(deadline)
        try:
            # One deadline over waiting, connecting and the replies. redis-py drops a connection with unread replies.
            async with waiting, self._turns:
                connection = await self._pool.get_connection()  # type: ignore[no-untyped-call]
                try:
                    return await _talk(connection, commands)
                finally:
                    await self._pool.release(connection)
        except (TimeoutError, RedisTimeoutError) as exc:
            if waiting.loop_was_late:
                raise Busy(f"{self}: this process is too busy to listen") from exc
            raise StoreError(f"{self}: no answer within {self._timeout:g} s") from exc
        except CONNECTION_ERRORS as exc:
            raise self.failure(exc) from exc

    def failure(self, exc: Exception) -> StoreError:
        """Say what went wrong in our words."""
        return StoreError(f"{self}: {_reason(exc)}")


def scanning(cursor: str, pattern: str) -> Command:
    """Return the command that goes on at *cursor*."""
    return ("SCAN", cursor or "0", "MATCH", pattern, "COUNT", SCAN_COUNT)


def scanned(reply: Any, server: Server) -> tuple[list[bytes], str]:
    """Read the reply to it: keys, and the cursor to go on with, empty at the end."""
    match reply:
        case [bytes(cursor), list(keys)]:
            return keys, "" if cursor == b"0" else cursor.decode("ascii", "replace")
        case _:
            raise StoreError(f"{server}: a reply that does not belong to its command")


async def _talk(connection: AbstractConnection, commands: Sequence[Command]) -> list[Any]:
    replies: list[Any] = []
    await connection.send_packed_command(connection.pack_commands(commands))
    for _ in commands:
        try:
            replies.append(await connection.read_response())
        except ResponseError as exc:
            replies.append(exc)
    return replies


def _reason(exc: Exception) -> str:
    """Say what went wrong. Nothing of an error reply but its code: the rest may quote the command."""
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
