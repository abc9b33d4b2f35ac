"""What turns texts into vectors on this machine, off the event loop: a process, or where that cannot be a thread."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np

from aicache.adapters import encoder
from aicache.adapters.worker import Worker
from aicache.model import Vector
from aicache.ports import StoreError

START_TIMEOUT = 60.0
"""Seconds in which the weights are to be loaded."""
REPLY_TIMEOUT = 30.0
"""Seconds after which a process is taken to hang; it is ended, and the next batch starts another. Callers, who have
deadlines of their own, do not wait for that."""

Encode: TypeAlias = Callable[[list[str]], Vector]
"""Texts to one row each, not yet normalised. Blocks."""


class Encoder(Protocol):
    """Texts to one row each, not yet normalised. One batch at a time; raises StoreError, or what the library raises."""

    async def start(self) -> None:
        """Load the weights, where that has not been done."""

    async def encode(self, texts: list[str]) -> Vector: ...

    async def close(self) -> None: ...


def local_encoder() -> Encoder:
    """Return the one for this system, not started."""
    # A frozen mitmproxy is no Python, and Windows hands a child no socket.
    frozen = getattr(sys, "frozen", False) or not sys.executable
    return InThread(encoder.load) if frozen or sys.platform == "win32" else InProcess()


class InProcess:
    """`encoder.py`, run for as long as this process lives, or until it is closed.

    The model is some forty calls of numpy that each take the interpreter's lock anew. In a thread beside a busy loop
    every one of them may wait for it: of 64 connections' questions one in ten was not embedded in time.
    """

    def __init__(self, program: Path = Path(encoder.__file__)) -> None:
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: socket.socket | None = None
        self._turn = asyncio.Lock()
        self._closed = False

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    async def start(self) -> None:
        async with self._turn:
            await self._started()

    async def encode(self, texts: list[str]) -> Vector:
        async with self._turn:
            connection = await self._started()
            request = encoder.frame(json.dumps(texts).encode())
            reply = await self._exchange(connection, request, REPLY_TIMEOUT)
        return np.frombuffer(reply, np.float32).reshape(len(texts), -1)

    async def close(self) -> None:
        self._closed = True
        if self._process is not None:
            self._process.kill()  # whoever waits for it hears of that
        async with self._turn:
            await self._end()

    async def _started(self) -> socket.socket:
        if self._connection is not None:
            return self._connection
        if self._closed:
            raise StoreError("local embedder: closed")
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            try:
                self._process = self._spawn(theirs)
            except OSError as exc:
                ours.close()
                raise StoreError(f"local embedder: its process cannot be started ({exc.strerror})") from exc
        self._connection = ours
        try:
            await self._exchange(ours, b"", START_TIMEOUT)
        except StoreError:
            await self._end()
            raise
        return ours

    def _spawn(self, stdin: socket.socket) -> subprocess.Popen[bytes]:
        # -P: not with this folder before all others, whose modules are called like libraries.
        threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        return subprocess.Popen(
            [sys.executable, "-P", str(self._program), *filter(None, sys.path)],
            stdin=stdin.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # a traceback might hold a text
            env={**os.environ, **threads},
            start_new_session=True,  # a Ctrl-C at the terminal is the proxy's: it ends this one
        )

    async def _exchange(self, connection: socket.socket, request: bytes, within: float) -> bytearray:
        """Send a frame, return the next one's content. Whatever goes wrong ends the process: it is in between."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(within):
                await loop.sock_sendall(connection, request)
                size = int.from_bytes(await _receive(connection, 4), "big")
                reply = await _receive(connection, size)
        except BaseException as exc:
            await self._end()
            match exc:
                case TimeoutError():
                    raise StoreError(f"local embedder: no answer within {within:g} s; starting it again") from exc
                case OSError() | EOFError():
                    raise StoreError("local embedder: its process has ended; starting it again") from exc
            raise
        if len(reply) % 2:
            raise StoreError(f"local embedder: {reply.decode('utf-8', 'replace').strip()}")
        return reply

    async def _end(self) -> None:
        process, self._process = self._process, None
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
        if process is not None:
            process.kill()
            await asyncio.to_thread(process.wait)


async def _receive(connection: socket.socket, size: int) -> bytearray:
    """Return *size* bytes; EOFError when the other side has gone."""
    loop = asyncio.get_running_loop()
    received = bytearray(size)
    view, place = memoryview(received), 0
    while place < size:
        if not (some := await loop.sock_recv_into(connection, view[place:])):
            raise EOFError
        place += some
    return received


class InThread:
    """One thread of this process that calls what *load*, called on it, returns."""

    def __init__(self, load: Callable[[], Encode]) -> None:
        self._load_encode = load
        self._encode: Encode | None = None
        self._worker = Worker("ai-cache-embedder")

    async def start(self) -> None:
        await self._worker.run(self._loaded)

    async def encode(self, texts: list[str]) -> Vector:
        return await self._worker.run(self._run, texts)

    async def close(self) -> None:
        await self._worker.close()

    # From here on everything runs on the worker's thread.

    def _loaded(self) -> Encode:
        if self._encode is None:
            try:
                self._encode = self._load_encode()
            except ImportError as exc:
                raise StoreError(f"local embedder: {encoder.MISSING}") from exc
        return self._encode

    def _run(self, texts: list[str]) -> Vector:
        return np.asarray(self._loaded()(texts), dtype=np.float32)
