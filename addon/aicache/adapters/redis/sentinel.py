"""Connections to the master that sentinels name. Each new connection queries them, so a failover needs no polling."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.connection import SSLConnection
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import (
    MasterNotFoundError,
    Sentinel,
    SentinelConnectionPool,
    SentinelManagedConnection,
    SentinelManagedSSLConnection,
)
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

QUERY_TIMEOUT_S = 1.0
"""Minimum time limit of a query: no request waits that long, but the next one finds the answer."""


class MasterPool(SentinelConnectionPool):
    """A redis-py pool whose connections lead to the master of *service*."""

    def __init__(
        self,
        service: str,
        sentinels: list[tuple[str, int]],
        *,
        options: dict[str, Any],
        sentinel_options: dict[str, Any],
    ) -> None:
        """*options* are those of redis-py's ConnectionPool; TypeError or RedisError for unknown ones."""
        secure = options.get("connection_class") is SSLConnection
        options = options | {"connection_class": SentinelManagedSSLConnection if secure else SentinelManagedConnection}
        timeout = max(options["socket_connect_timeout"], QUERY_TIMEOUT_S)
        sentinel_kwargs = {name: value for name, value in options.items() if name.startswith("ssl_")}
        sentinel_kwargs |= {"ssl": secure, "socket_timeout": timeout, "socket_connect_timeout": timeout, "protocol": 2}
        sentinel_kwargs |= {"retry": Retry(NoBackoff(), 0)} | sentinel_options
        super().__init__(service, _Sentinels(sentinels, sentinel_kwargs=sentinel_kwargs), **options)  # type: ignore[no-untyped-call]

    async def aclose(self) -> None:
        await self.disconnect()
        await self.sentinel_manager.aclose()


class _Sentinels(Sentinel):
    """Queries all sentinels at once; a query outlives the request that started it.

    redis-py queries one after the other within the request that needs a connection: if the first one does not answer,
    every request would reach its deadline before the second is queried.
    """

    _query: asyncio.Task[tuple[str, int] | None] | None = None

    async def discover_master(self, service_name: str) -> tuple[str, int]:
        if self._query is None or self._query.done():
            self._query = asyncio.get_running_loop().create_task(self._find_master(service_name))
        query = self._query
        await asyncio.wait({query})
        if query.cancelled() or (address := query.result()) is None:
            raise MasterNotFoundError(f"No master found for {service_name!r}")
        return address

    async def aclose(self) -> None:
        if self._query is not None:
            self._query.cancel()
            await asyncio.wait({self._query})
        await asyncio.gather(*(sentinel.aclose() for sentinel in self.sentinels), return_exceptions=True)

    async def _find_master(self, service: str) -> tuple[str, int] | None:
        """Return the first answer that names a master which its sentinel believes to be up."""
        loop = asyncio.get_running_loop()
        waiting = {loop.create_task(self._query_sentinel(sentinel, service)) for sentinel in self.sentinels}
        try:
            while waiting:
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for each in done:
                    if (address := each.result()) is not None:
                        return address
            return None
        finally:
            for each in waiting:
                each.cancel()
            if waiting:
                await asyncio.wait(waiting)

    async def _query_sentinel(self, sentinel: Redis, service: str) -> tuple[str, int] | None:
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            masters: Any = await sentinel.sentinel_masters()
            state = masters.get(service)
            if state and self.check_master_state(state, service):
                return state["ip"], state["port"]
        return None
