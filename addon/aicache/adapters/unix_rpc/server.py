"""Serves procedures to other processes of this machine. It knows none of them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from aicache.adapters.unix_rpc.frames import BUSY, FAILED, FrameProtocol, encode_frame
from aicache.domain.ports import Busy, StoreError

logger = logging.getLogger(__name__)

Procedure: TypeAlias = Callable[..., Awaitable[Any]]
"""Takes and returns what MessagePack can hold. Raises StoreError."""


class RpcServer:
    """Serves *procedures* at *path*, whose folder is made for its owner alone; a socket left there is replaced."""

    def __init__(self, path: Path, procedures: Mapping[str, Procedure]) -> None:
        self._path, self._procedures = path, procedures
        self._server: asyncio.Server | None = None
        self._connections: dict[FrameProtocol, dict[int, asyncio.Task[None]]] = {}

    async def start(self) -> None:
        """Raises StoreError if the socket cannot be made."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path.unlink(missing_ok=True)
            loop = asyncio.get_running_loop()
            self._server = await loop.create_unix_server(
                lambda: FrameProtocol(self._on_frame, self._on_lost), str(self._path)
            )
            self._path.chmod(0o600)
        except OSError as exc:
            raise StoreError(f"{self._path}: {exc.strerror}; choose another folder with ai_cache_data") from exc

    async def close(self) -> None:
        if self._server is None:
            return
        self._server.close()
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
        for connection in [*self._connections]:
            connection.close()

    def _on_frame(self, connection: FrameProtocol, request: Any) -> None:
        tasks = self._connections.setdefault(connection, {})
        match request:
            case [int(id), None, _]:
                if (task := tasks.get(id)) is not None:
                    task.cancel()
            case [int(id), str(name), list(arguments)]:
                task = tasks[id] = asyncio.get_running_loop().create_task(self._reply(connection, id, name, arguments))
                task.add_done_callback(lambda _: tasks.pop(id, None))
            case _:
                connection.close()

    def _on_lost(self, connection: FrameProtocol) -> None:
        for task in [*self._connections.pop(connection, {}).values()]:
            task.cancel()

    async def _reply(self, connection: FrameProtocol, id: int, name: str, arguments: list[Any]) -> None:
        error: list[str] | None = None
        result: Any = None
        try:
            if (procedure := self._procedures.get(name)) is None:
                raise StoreError(f"no procedure {name!r}: it is of another version")
            result = await procedure(*arguments)
        except StoreError as exc:
            error = [BUSY if isinstance(exc, Busy) else FAILED, str(exc)]
        except Exception as exc:
            logger.exception("a procedure failed: %s", name)
            error = [FAILED, f"{type(exc).__name__} in {name}"]
        connection.send(encode_frame([id, error, result]))
