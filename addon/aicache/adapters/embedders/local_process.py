"""What turns texts into vectors on this machine, off the event loop: a process, or where that cannot be a thread."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol, TypeAlias

import numpy as np

from aicache.adapters.embedders import encoder_main
from aicache.adapters.stall_tolerant_timeout import stall_tolerant_timeout
from aicache.adapters.threads import Worker
from aicache.domain.model import Vector
from aicache.domain.ports import StoreError

START_TIMEOUT = 60.0
"""Seconds in which the weights are to be loaded."""
REPLY_TIMEOUT_S = 3.0
"""Seconds after which a process is taken to hang, with `A_CHARACTER` more for each; a short text takes 0.003. Time in
which this process was held up itself does not count. Callers, who have deadlines of their own, do not wait for that."""
A_CHARACTER = 0.0005
"""Seconds; ten times what the slowest take."""
AGAIN_WITHIN = 2.0
"""Seconds at most until one that ends again and again is started once more ..."""
AGAIN_AT_MOST = 60.0
"""... and one that does not even come up."""
LATELY = 60.0
"""Seconds for which an end counts as one of those."""
PROBE_TEXTS: Final = ["warm"]
"""What every encoder that is in order can encode."""

logger = logging.getLogger(__name__)

Encode: TypeAlias = Callable[[list[str]], Vector]
"""Texts to one row each, not yet normalised. Blocks."""


class Encoder(Protocol):
    """Texts to one row each, not yet normalised. One batch at a time; raises StoreError, or what the library raises."""

    async def start(self) -> None:
        """Load the weights, where that has not been done."""

    async def encode(self, texts: list[str]) -> Vector: ...

    def when_restored(self, tell: Callable[[], None]) -> None:
        """Have *tell* called each time it stands again after it had failed."""

    async def close(self) -> None: ...


class Refusal(StoreError):
    """The process answers, but that it cannot encode these texts."""


def local_encoder() -> Encoder:
    """Return the one for this system, not started."""
    # A frozen mitmproxy is no Python, and Windows hands a child no socket.
    frozen = getattr(sys, "frozen", False) or not sys.executable
    return EncoderThread(encoder_main.load) if frozen or sys.platform == "win32" else EncoderProcess()


class EncoderProcess:
    """`encoder_main.py`, run for as long as this process lives, or until it is closed.

    The model is some forty calls of numpy that each take the interpreter's lock anew. In a thread beside a busy loop
    every one of them may wait for it: of 64 connections' questions one in ten was not embedded in time.

    One that has ended, hangs, or cannot encode the simplest text any more (for want of memory, say) is followed by
    another at once, asked or not; the more of them came to an end lately, the later.
    """

    def __init__(self, program: Path = Path(encoder_main.__file__)) -> None:
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: socket.socket | None = None
        self._turn = asyncio.Lock()
        self._closed = False
        self._restored: Callable[[], None] = lambda: None
        self._reviving: asyncio.Task[None] | None = None
        self._resting = False  # until it may be started again
        self._ends: list[float] = []  # when one came to an end, lately

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def when_restored(self, tell: Callable[[], None]) -> None:
        self._restored = tell

    async def start(self) -> None:
        async with self._turn:
            await self._started()
            self._attend()

    async def encode(self, texts: list[str]) -> Vector:
        if self._resting:
            raise StoreError("local embedder: its process ends again and again; it is started once more in a moment")
        async with self._turn:
            try:
                connection = await self._started()
                try:
                    reply = await self._ask(connection, texts)
                except Refusal:
                    await self._prove(connection)
                    raise
            finally:
                self._attend()
        return np.frombuffer(reply, np.float32).reshape(len(texts), -1)

    async def close(self) -> None:
        self._closed = True
        if self._reviving is not None:
            self._reviving.cancel()
        if self._process is not None:
            self._process.kill()  # whoever waits for it hears of that
        async with self._turn:
            await self._end()

    async def _ask(self, connection: socket.socket, texts: list[str]) -> bytearray:
        request = encoder_main.frame(encoder_main.TEXTS, json.dumps(texts).encode())
        return await self._exchange(connection, request, REPLY_TIMEOUT_S + A_CHARACTER * sum(map(len, texts)))

    async def _prove(self, connection: socket.socket) -> None:
        """End a process that refuses everything: what it refused may have been the text's fault, or its own."""
        try:
            await self._ask(connection, PROBE_TEXTS)
        except Refusal as exc:
            logger.warning("%s, whatever it is asked; starting it again", exc)
            await self._end()
        except StoreError:  # it has been ended
            pass

    def _attend(self) -> None:
        """Hear of the end of a process that nobody asks; start another where it has come to one."""
        if self._connection is not None:
            asyncio.get_running_loop().add_reader(self._connection, self._heard)
        elif self._reviving is None and not self._closed:
            self._reviving = asyncio.get_running_loop().create_task(self._revive())

    def _heard(self) -> None:
        """Take note that the process has ended, or speaks unasked."""
        if self._connection is not None:
            asyncio.get_running_loop().remove_reader(self._connection)
        if self._reviving is None and not self._closed and not self._turn.locked():
            self._reviving = asyncio.get_running_loop().create_task(self._replace())

    async def _replace(self) -> None:
        async with self._turn:
            await self._end()
        await self._revive()

    async def _revive(self) -> None:
        now, failed = asyncio.get_running_loop().time, 0
        try:
            while not self._closed:
                self._ends = [each for each in self._ends if each > now() - LATELY] + [now()]
                pause = min(0.05 * 2 ** len(self._ends), AGAIN_WITHIN) if len(self._ends) > 2 else 0.0
                self._resting = pause > 0
                await asyncio.sleep(max(pause, min(0.5 * 2**failed, AGAIN_AT_MOST) if failed > 2 else 0.0))
                self._resting = False
                try:
                    async with self._turn:
                        await self._started()
                        self._attend()
                except StoreError as exc:
                    logger.debug("not started again: %s", exc)
                    failed += 1
                    continue
                self._restored()
                return
        finally:
            self._resting, self._reviving = False, None

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
        loop.remove_reader(connection)
        try:
            async with stall_tolerant_timeout(within):
                await loop.sock_sendall(connection, request)
                head = await _receive(connection, 5)
                size, tag = int.from_bytes(head[:4], "big"), head[4:]
                reply = await _receive(connection, size - 1)
        except BaseException as exc:
            await self._end()
            match exc:
                case TimeoutError():
                    raise StoreError(f"local embedder: no answer within {within:.1f} s; starting it again") from exc
                case OSError() | EOFError():
                    raise StoreError("local embedder: its process has ended; starting it again") from exc
            raise
        if tag == encoder_main.ERROR:
            raise Refusal(f"local embedder: {reply.decode('utf-8', 'replace')}")
        return reply

    async def _end(self) -> None:
        process, self._process = self._process, None
        connection, self._connection = self._connection, None
        if connection is not None:
            asyncio.get_running_loop().remove_reader(connection)
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


class EncoderThread:
    """One thread of this process that calls what *load*, called on it, returns."""

    def __init__(self, load: Callable[[], Encode]) -> None:
        self._load_encode = load
        self._encode: Encode | None = None
        self._worker = Worker("ai-cache-embedder")

    def when_restored(self, tell: Callable[[], None]) -> None:
        """A thread is not started again."""

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
                raise StoreError(f"local embedder: {encoder_main.MISSING}") from exc
        return self._encode

    def _run(self, texts: list[str]) -> Vector:
        return np.asarray(self._loaded()(texts), dtype=np.float32)
