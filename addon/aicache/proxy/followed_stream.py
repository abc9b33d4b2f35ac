"""A stream that comes bit by bit as the chunks of a client's response, at the pace of that client."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from mitmproxy.connection import Client

from aicache.patches.unread_responses import DISCONNECT_AFTER_S, HTTP2_BYPASS_AFTER_S, UnreadResponses

MAX_STALLS = int(DISCONNECT_AFTER_S / HTTP2_BYPASS_AFTER_S)
"""Times that a client may be found not to read, over HTTP/2; over HTTP/1.1 it is disconnected the first time."""


class ChunkQueue(Protocol):
    """Chunks that come one after the other: the `Follower` of a stream in flight, or a stored stream."""

    wake: Callable[[], None]
    """Called whenever there is something to do."""

    @property
    def error(self) -> str | None:
        """Why the stream has broken off."""

    @property
    def has_more(self) -> bool:
        """Whether there are chunks to take."""

    @property
    def is_over(self) -> bool:
        """Whether no more chunks will come."""

    def take(self) -> list[bytes]:
        """Return chunks that have come since."""

    def let_go(self) -> None:
        """Let no more come: the client is too slow."""

    def leave(self) -> bytes | None:
        """Take no more. Return the whole body, if it is known."""


class FollowedStream:
    """A `ChunkSource`. While the client is behind with reading, no chunk is taken: those wait, kept once."""

    def __init__(self, follower: ChunkQueue, client: Client, unread: UnreadResponses) -> None:
        self._follower = follower
        self._client = client
        self._unread = unread
        self._changed = asyncio.Event()
        follower.wake = self._changed.set

    @property
    def error(self) -> str | None:
        return self._follower.error

    def take(self) -> list[bytes]:
        return [] if self._unread.is_behind(self._client) else self._follower.take()

    def is_over(self) -> bool:
        return self._follower.is_over

    def close(self) -> bytes | None:
        return self._follower.leave()

    def wait(self) -> Awaitable[None] | None:
        if self._follower.is_over or (self._follower.has_more and not self._unread.is_behind(self._client)):
            return None
        return self._wait()

    async def _wait(self) -> None:
        while not self._follower.is_over:
            if self._unread.is_behind(self._client):
                await self._wait_until_read()
            elif self._follower.has_more:
                return
            else:
                self._changed.clear()
                await self._changed.wait()

    async def _wait_until_read(self) -> None:
        for _ in range(MAX_STALLS):
            if await self._unread.wait_until_read(self._client):
                return
        self._follower.let_go()
