"""Listens to what a server says unasked, on one connection: which keys have changed, and which other proxies there are.

Keys: Redis' client-side caching, see `client_side_cache.py`. Proxies: a channel of publish/subscribe, see `peers.py`.
Commands: CLIENT ID and TRACKING, SUBSCRIBE, PING.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ResponseError

from aicache.adapters.redis.client_side_cache import NearCache
from aicache.adapters.redis.peers import Peers
from aicache.adapters.redis.server import CONNECTION_ERRORS
from aicache.domain.loop_time import loop_timeout

logger = logging.getLogger(__name__)

INVALIDATIONS = "__redis__:invalidate"
"""The channel of changed keys."""
SILENCE_S = 1.0
"""Silence after which Redis is pinged; after twice as long it counts as down."""
FIRST_PAUSE_S = 0.1
"""Pause after which a connection that was lost is opened again ..."""
RECONNECT_INTERVAL_S = 5.0
"""... which doubles with each that is lost sooner than this, up to this."""


class Listener:
    """Tells *near*, if there is one, of changed entries, and *peers* of other proxies.

    The first of *prefixes*, and an entry's key, are the entry's name. Each other prefix, and the key, are the name of
    something that says what the entry may answer: its change counts as one of the entry.

    A server that does not offer one of the two (client-side caching is new in Redis 6), or whose ACL forbids it, costs
    that one and nothing else.
    """

    def __init__(
        self,
        near: NearCache | None,
        peers: Peers | None,
        prefixes: Sequence[str],
        connect: Callable[[], AbstractConnection],
        publish: Callable[[str, str], Awaitable[object]],
    ) -> None:
        self._near, self._peers, self._prefixes = near, peers, prefixes
        self._connect, self._publish = connect, publish

    async def run(self) -> None:
        """Listen until canceled."""
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE_S
        while True:
            connection, began = self._connect(), loop.time()
            announcing: asyncio.Task[None] | None = None
            try:
                async with asyncio.timeout(RECONNECT_INTERVAL_S):
                    await connection.connect()  # type: ignore[no-untyped-call]
                    await self._subscribe(connection)
                if self._peers is not None:
                    announcing = loop.create_task(self._peers.announce(self._publish))
                while True:
                    self._take(await _message(connection))
            except CONNECTION_ERRORS as exc:
                logger.debug("no messages from Redis: %s", type(exc).__name__)
            finally:
                self._end()
                if announcing is not None:
                    announcing.cancel()
                with contextlib.suppress(*CONNECTION_ERRORS):
                    await connection.disconnect(nowait=True)
            pause = FIRST_PAUSE_S if loop.time() - began >= RECONNECT_INTERVAL_S else pause
            await asyncio.sleep(pause)
            pause = min(2 * pause, RECONNECT_INTERVAL_S)

    async def _subscribe(self, connection: AbstractConnection) -> None:
        """Subscribe to all that the server offers. Raises ResponseError where that is nothing."""
        refused: list[ResponseError] = []
        heard = 0
        if self._near is not None:
            try:
                own = await _ask(connection, "CLIENT", "ID")
                wanted = [word for prefix in self._prefixes for word in ("PREFIX", prefix)]
                await _ask(connection, "CLIENT", "TRACKING", "ON", "REDIRECT", own, "BCAST", *wanted)
                await self._subscribe_to(connection, INVALIDATIONS)
                self._near.forget()
                self._near.deaf = False
                heard += 1
            except ResponseError as exc:
                refused.append(exc)
        if self._peers is not None:
            try:
                await self._subscribe_to(connection, self._peers.channel)
                self._peers.begin()
                heard += 1
            except ResponseError as exc:
                refused.append(exc)
        if not heard:
            raise refused[0]

    async def _subscribe_to(self, connection: AbstractConnection, channel: str) -> None:
        reply: Any = await _ask(connection, "SUBSCRIBE", channel)
        while reply[0] != b"subscribe":  # a message on the channel before
            self._take(reply)
            reply = await connection.read_response()

    def _take(self, message: list[Any]) -> None:
        match message:
            case [_, channel, bytes(name)] if self._peers is not None and channel == self._peers.channel.encode():
                self._peers.heard(name)
            case [_, _, list(keys)] if self._near is not None:
                self._near.forget([self._key_in(name.decode("utf-8", "replace")) for name in keys])
            case _ if self._near is not None:  # of all keys
                self._near.forget()

    def _key_in(self, name: str) -> str:
        for prefix in self._prefixes:
            if name.startswith(prefix):
                return name.removeprefix(prefix)
        return name

    def _end(self) -> None:
        if self._near is not None:
            self._near.deaf = True
            self._near.forget()
        if self._peers is not None:
            self._peers.end()


async def _ask(connection: AbstractConnection, *command: Any) -> Any:
    await connection.send_command(*command)
    return await connection.read_response()


async def _message(connection: AbstractConnection) -> list[Any]:
    """Wait for the next message. TimeoutError when Redis is silent; not where only this loop is late to read."""
    asked = False
    while True:
        if asked:
            async with loop_timeout(SILENCE_S):
                reply: Any = await connection.read_response(disconnect_on_error=False)
        else:  # with a timeout of its own it returns None, and may be called again
            reply = await connection.read_response(timeout=SILENCE_S, disconnect_on_error=False)
        match reply:
            case None:
                asked = True
                await connection.send_command("PING")
            case [b"message", _, _]:
                return list(reply)
            case _:
                asked = False  # PING's answer
