"""A TCP relay between the proxy and Redis that delays, throttles, drops, cuts or damages data."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import socket
import struct

READ_BYTES = 1 << 16
RESET_INTERVAL_S = 0.1  # between two resets of all connections


class RedisWire:
    """Listens on a loopback *port* and forwards to *server*. *mode* is the fault, *figure* its strength.

    ``slow`` (seconds more for each reply), ``narrow`` (bytes a second), ``hole`` (nothing passes), ``cut`` (half of a
    reply, then a reset), ``garbage``, ``flip`` (a bit of each reply), ``twice``.
    """

    def __init__(self, port: int, server: int) -> None:
        self.port, self._to = port, server
        self.mode, self.figure = "", 0.0
        self._chance = random.Random(1)
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.StreamWriter, asyncio.StreamWriter] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def listen(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def set(self, mode: str = "", figure: float = 0.0) -> None:
        self.mode, self.figure = mode, figure

    def reset(self) -> None:
        """Reset all connections."""
        for writer in list(self._open):
            _reset(writer)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        there: asyncio.StreamWriter | None = None
        try:
            from_there, there = await asyncio.open_connection("127.0.0.1", self._to)
            self._open[writer] = there
            await asyncio.gather(self._up(reader, there), self._back(from_there, writer))
        except (OSError, asyncio.CancelledError):
            pass  # either side disconnected
        finally:
            self._open.pop(writer, None)
            self._tasks.discard(task)
            writer.close()
            if there is not None:
                there.close()

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(READ_BYTES):
            if self.mode != "hole":
                writer.write(piece)
                await writer.drain()
        writer.close()

    async def _back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(READ_BYTES):
            match self.mode:
                case "hole":
                    continue
                case "slow":
                    await asyncio.sleep(self.figure)
                case "narrow":
                    await asyncio.sleep(len(piece) / self.figure)
                case "cut":
                    writer.write(piece[: len(piece) // 2])
                    with contextlib.suppress(OSError):
                        await writer.drain()
                    _reset(writer)
                    return
                case "garbage":
                    piece = os.urandom(len(piece))
                case "flip":
                    place = self._chance.randrange(8 * len(piece))
                    damaged = bytearray(piece)
                    damaged[place // 8] ^= 1 << place % 8
                    piece = bytes(damaged)
                case "twice":
                    piece = piece + piece
            writer.write(piece)
            await writer.drain()
        writer.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, AttributeError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
