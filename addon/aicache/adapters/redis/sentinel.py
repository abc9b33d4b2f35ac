"""Connections to the master that sentinels name, wherever it moves. Each new connection asks them; nothing polls."""

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
"""Seconds, at least: nobody's request waits that long, but the next one finds the answer."""


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
        """*options* are those of a plain pool; TypeError or RedisError for unknown ones."""
        secure = options.get("connection_class") is SSLConnection
        options = options | {"connection_class": SentinelManagedSSLConnection if secure else SentinelManagedConnection}
        waiting = max(options["socket_connect_timeout"], QUERY_TIMEOUT_S)
        asked = {name: value for name, value in options.items() if name.startswith("ssl_")}
        asked |= {"ssl": secure, "socket_timeout": waiting, "socket_connect_timeout": waiting, "protocol": 2}
        asked |= {"retry": Retry(NoBackoff(), 0)} | sentinel_options
        super().__init__(service, _Sentinels(sentinels, sentinel_kwargs=asked), **options)  # type: ignore[no-untyped-call]

    async def aclose(self) -> None:
        await self.disconnect()
        await self.sentinel_manager.aclose()


class _Sentinels(Sentinel):
    """Asks all sentinels at once, and outlives the request for which it does.

    redis-py asks one after the other within the request that needs a connection: with the first one mute, every request
    would run into its deadline before the second is asked.
    """

    _asking: asyncio.Task[tuple[str, int] | None] | None = None

    async def discover_master(self, service_name: str) -> tuple[str, int]:
        if self._asking is None or self._asking.done():
            self._asking = asyncio.get_running_loop().create_task(self._first(service_name))
        asking = self._asking
        await asyncio.wait({asking})
        if asking.cancelled() or (address := asking.result()) is None:
            raise MasterNotFoundError(f"No master found for {service_name!r}")
        return address

    async def aclose(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait({self._asking})
        await asyncio.gather(*(sentinel.aclose() for sentinel in self.sentinels), return_exceptions=True)

    async def _first(self, service: str) -> tuple[str, int] | None:
        """Return the first answer that names a master which that sentinel does not take for down."""
        loop = asyncio.get_running_loop()
        waiting = {loop.create_task(self._ask(sentinel, service)) for sentinel in self.sentinels}
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

    async def _ask(self, sentinel: Redis, service: str) -> tuple[str, int] | None:
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            masters: Any = await sentinel.sentinel_masters()
            state = masters.get(service)
            if state and self.check_master_state(state, service):
                return state["ip"], state["port"]
        return None
