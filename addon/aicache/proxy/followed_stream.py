"""A stream in flight as the chunks of another client's response, at the pace of that client."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from mitmproxy.connection import Client

from aicache.patches.unread_responses import DISCONNECT_AFTER_S, HTTP2_BYPASS_AFTER_S, UnreadResponses
from aicache.proxy.response_tee import Follower

MAX_STALLS = int(DISCONNECT_AFTER_S / HTTP2_BYPASS_AFTER_S)
"""Times that a client may be found not to read, over HTTP/2; over HTTP/1.1 it is disconnected the first time."""


class FollowedStream:
    """A `ChunkSource`. While the client is behind with reading, no chunk is taken: those wait in the tee, kept once."""

    def __init__(self, follower: Follower, client: Client, unread: UnreadResponses) -> None:
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
