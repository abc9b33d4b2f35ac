"""Calls procedures of another process of this machine. It has no time limits: its callers have."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from aicache.adapters.unix_rpc.frames import BUSY, FrameProtocol, encode_frame
from aicache.domain.ports import Busy, StoreError


class RpcClient:
    """Calls what an `RpcServer` serves at *path*; *name* is that of the other process in errors.

    All calls share one connection, which is opened with the first one, and again once it has been lost.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._path, self._name = path, name
        self._connection: FrameProtocol | None = None
        self._connecting = asyncio.Lock()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._last_id = 0
        self._closed = False

    async def call(self, procedure: str, *arguments: Any) -> Any:
        """Return the procedure's result. Raises StoreError: its own, and if the other process cannot be reached."""
        connection = self._connection or await self._connect()
        self._last_id = id = self._last_id + 1
        try:
            frame = encode_frame([id, procedure, arguments])
        except (TypeError, ValueError) as exc:  # its message may repeat a text
            raise StoreError(f"{self._name}: {type(exc).__name__} in what it is sent") from exc
        result = self._waiting[id] = asyncio.get_running_loop().create_future()
        connection.send(frame)
        try:
            return await result
        finally:
            if self._waiting.pop(id, None) is not None:  # there is no reply, and nobody waits for it any more
                connection.send(encode_frame([id, None, []]))

    async def close(self) -> None:
        self._closed = True
        if self._connection is not None:
            self._connection.close()
            self._on_lost(self._connection)

    async def _connect(self) -> FrameProtocol:
        async with self._connecting:
            if self._connection is not None:
                return self._connection
            if self._closed:
                raise StoreError(f"{self._name}: closed")
            try:
                _, connection = await asyncio.get_running_loop().create_unix_connection(
                    lambda: FrameProtocol(self._on_frame, self._on_lost), str(self._path)
                )
            except OSError as exc:
                raise StoreError(f"{self._name}: not reached ({exc.strerror})") from exc
            self._connection = connection
            return connection

    def _on_frame(self, connection: FrameProtocol, reply: Any) -> None:
        match reply:
            case [int(id), error, result]:
                if (waiting := self._waiting.pop(id, None)) is None or waiting.done():
                    return
                match error:
                    case None:
                        waiting.set_result(result)
                    case [str(kind), str(text)]:
                        waiting.set_exception(Busy(text) if kind == BUSY else StoreError(text))
                    case _:
                        waiting.set_exception(StoreError(f"{self._name}: a reply that cannot be read"))
            case _:
                connection.close()

    def _on_lost(self, connection: FrameProtocol) -> None:
        if self._connection is not connection:
            return
        self._connection = None
        waiting, self._waiting = self._waiting, {}
        for each in waiting.values():
            if not each.done():
                each.set_exception(StoreError(f"{self._name}: it has ended"))
