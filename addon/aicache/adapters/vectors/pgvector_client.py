"""Calls PostgreSQL by asyncpg, with a bounded pool and a deadline; translates its errors to StoreError."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aicache.adapters.errors import time_limit
from aicache.domain.asyncio_tasks import TaskSet
from aicache.domain.loop_time import loop_timeout
from aicache.domain.ports import StoreError

if TYPE_CHECKING:
    import asyncpg

CALL_TIMEOUT_S = 10.0
"""Limit of every call but a search, also at the server."""
CONNECT_TIMEOUT_S = 5.0
CLOSE_TIMEOUT_S = 3.0
SEARCH_EF = 100
"""Vectors that a search in an HNSW index considers; pgvector's default is 40."""
SETTINGS = {
    "application_name": "ai-cache",
    "statement_timeout": str(round(CALL_TIMEOUT_S * 1000)),
    "plan_cache_mode": "force_custom_plan",  # a generic plan knows no namespace, and so not its partial index
    "jit": "off",  # takes longer than a search
    "hnsw.ef_search": str(SEARCH_EF),
    "hnsw.iterative_scan": "strict_order",  # goes on where what is found has been deleted; pgvector 0.8 or newer
}
UNDEFINED_TABLE = "42P01"
REASONS = {
    "28": "the user or password is refused",
    "3D": "there is no such database",
    "53": "it has no connection, memory or disk left",
    "57": "it is starting or shutting down, or a call took too long",
    "42501": "the user lacks a privilege",
    UNDEFINED_TABLE: "the table is not there",
}
"""What a SQLSTATE says, by its code or class (https://www.postgresql.org/docs/current/errcodes-appendix.html)."""


class PgClient:
    """A pool of at most *max_connections*; each is opened at its first use."""

    def __init__(self, url: str, *, max_connections: int) -> None:
        parts = urlsplit(url)
        self._url = url
        self._place = f"postgresql://{parts.netloc.rpartition('@')[2]}{parts.path}"
        self._max_connections = max_connections
        self._pool: Any = None
        self._releases = TaskSet()

    def __str__(self) -> str:
        """Return the URL without user, password and parameters."""
        return self._place

    async def open(self) -> None:
        """Connect once. Raises StoreError."""
        if self._pool is None:
            await asyncio.to_thread(import_module, "asyncpg")  # takes a quarter of a second
            with self.translated():
                self._pool = await self._build_pool()
        async with self.connection():
            pass

    async def fetch(self, sql: str, *arguments: object, within: float = CALL_TIMEOUT_S) -> list[Any]:
        """Return the rows of a statement, each a tuple with names. *within* in seconds. Raises StoreError."""
        async with self.connection(within) as connection:
            rows: list[Any] = await connection.fetch(sql, *arguments)
            return rows

    @contextlib.asynccontextmanager
    async def connection(self, within: float = CALL_TIMEOUT_S) -> AsyncIterator[asyncpg.Connection]:
        """Take a connection of the pool for at most *within* seconds, with the wait for it. Raises StoreError."""
        if self._pool is None:
            raise StoreError(f"{self}: the vector index is not open")
        with self.translated():
            if math.isinf(within):
                async with self._pool.acquire() as connection:
                    yield connection
                return
            async with time_limit(loop_timeout(within), within, str(self)), self._borrowed() as connection:
                yield connection

    @contextlib.asynccontextmanager
    async def _borrowed(self) -> AsyncIterator[asyncpg.Connection]:
        """Take a connection. If the call is cancelled, it is given back in the background.

        asyncpg then has the server end the statement, and waits until it has, which a server that hangs never does.
        """
        pool = self._pool
        connection = await pool.acquire()
        try:
            yield connection
        except asyncio.CancelledError:
            self._releases.spawn(_release(pool, connection))
            raise
        except BaseException:
            await pool.release(connection)
            raise
        await pool.release(connection)

    @contextlib.contextmanager
    def translated(self) -> Any:
        """Raise asyncpg's and the system's errors as StoreError, without their messages: these may quote values."""
        import asyncpg

        try:
            yield
        except StoreError:
            raise
        except asyncpg.PostgresError as exc:
            raise PgError(f"{self}: {_reason(exc)}", str(exc.sqlstate or "")) from exc
        except OSError as exc:
            raise StoreError(f"{self}: {_os_reason(exc)}") from exc
        except Exception as exc:  # its message may quote the URL
            raise StoreError(f"{self}: {type(exc).__name__}") from None

    async def close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is None:
            return
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await pool.close()
        except Exception:  # also where a connection is still in use
            pool.terminate()
        finally:
            await self._releases.cancel_and_wait()

    def _build_pool(self) -> Any:
        """Return a pool that is to be awaited, and connects to nothing before its first use."""
        import asyncpg

        async def keep(connection: asyncpg.Connection) -> None:
            """In place of asyncpg's reset, a round trip for each call: no call leaves anything behind."""

        return asyncpg.create_pool(
            self._url,
            min_size=0,
            max_size=self._max_connections,
            timeout=CONNECT_TIMEOUT_S,
            server_settings=SETTINGS,
            reset=keep,
        )


class PgError(StoreError):
    """An error that the server has reported, with its SQLSTATE."""

    def __init__(self, message: str, sqlstate: str) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate


async def _release(pool: Any, connection: Any) -> None:
    with contextlib.suppress(Exception):  # then asyncpg has dropped the connection
        await pool.release(connection, timeout=CLOSE_TIMEOUT_S)


def _os_reason(exc: OSError) -> str:
    if isinstance(exc, ConnectionError) and exc.errno is None and "SSL" in str(exc):
        return "the server offers no TLS, which sslmode asks for"
    if isinstance(exc, FileNotFoundError):
        return "a file that the URL names is not there"
    return f"{type(exc).__name__}{exc.strerror and f': {exc.strerror}'}"


def _reason(exc: Any) -> str:
    code = str(exc.sqlstate or "")
    return f"{REASONS.get(code) or REASONS.get(code[:2]) or type(exc).__name__} (SQLSTATE {code})"
