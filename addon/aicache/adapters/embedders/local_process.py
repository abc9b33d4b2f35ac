"""Runs the local encoder in a process of its own, and restarts it when it fails."""

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

import numpy as np

from aicache.adapters.embedders import encoder_main
from aicache.adapters.embedders.encoder import PROBE_TEXTS
from aicache.adapters.embedders.encoder_connection import EncoderConnection
from aicache.domain.model import Vector
from aicache.domain.ports import StoreError

START_TIMEOUT_S = 60.0
"""Limit for the start, which loads the weights."""
REPLY_TIMEOUT_S = 3.0
"""Limit for a reply, plus `REPLY_TIMEOUT_PER_CHAR_S` for each character; a short text takes 0.003 s. A process that
takes longer counts as hung. Time in which this process itself was stalled is not counted. Callers have deadlines of
their own."""
REPLY_TIMEOUT_PER_CHAR_S = 0.0005
"""Ten times the time of the slowest texts."""
MAX_CRASH_PAUSE_S = 2.0
"""Longest pause before a process that crashes repeatedly is restarted."""
MAX_START_PAUSE_S = 60.0
"""Longest pause before the next attempt to start a process that failed to start."""
CRASH_WINDOW_S = 60.0
"""Crashes within this time count as repeated."""

logger = logging.getLogger(__name__)


class EncodingError(StoreError):
    """The process replied that it cannot encode these texts."""


class EncoderProcess:
    """Runs `encoder_main.py` for as long as this process lives, or until it is closed.

    The model makes some forty calls of numpy, each of which acquires the GIL anew. In a thread beside a busy event loop
    each of them may wait for it: with 64 connections, one question in ten was not embedded in time.

    A process that exits, hangs, or cannot encode even `PROBE_TEXTS` (when out of memory, say) is restarted at once,
    whether or not there are callers; after repeated crashes, with a growing pause.
    """

    def __init__(self, program: Path = Path(encoder_main.__file__)) -> None:
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: EncoderConnection | None = None
        self._lock = asyncio.Lock()
        self._closed = False
        self._on_restored: Callable[[], None] = lambda: None
        self._restart: asyncio.Task[None] | None = None
        self._pausing = False  # before a restart
        self._crashes: list[float] = []  # times within `CRASH_WINDOW_S`

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def when_restored(self, callback: Callable[[], None]) -> None:
        self._on_restored = callback

    async def start(self) -> None:
        async with self._lock:
            await self._connect()

    async def encode(self, texts: list[str]) -> Vector:
        if self._pausing:
            raise StoreError("local embedder: its process crashes repeatedly; it is restarted in a moment")
        async with self._lock:
            try:
                connection = await self._connect()
                try:
                    reply = await self._request(connection, texts)
                except EncodingError:
                    await self._end_if_useless(connection)
                    raise
            finally:
                self._restart_if_ended()
        return np.frombuffer(reply, np.float32).reshape(len(texts), -1)

    async def close(self) -> None:
        self._closed = True
        if self._restart is not None:
            self._restart.cancel()
        if self._process is not None:
            self._process.kill()  # which ends the calls that wait for it
        async with self._lock:
            await self._end()

    async def _request(self, connection: EncoderConnection, texts: list[str]) -> bytes:
        request = encoder_main.frame(encoder_main.TEXTS, json.dumps(texts).encode())
        timeout_s = REPLY_TIMEOUT_S + REPLY_TIMEOUT_PER_CHAR_S * sum(map(len, texts))
        return await self._exchange(connection, request, timeout_s)

    async def _end_if_useless(self, connection: EncoderConnection) -> None:
        """End a process that fails even for `PROBE_TEXTS`; otherwise the text caused the failure."""
        try:
            await self._request(connection, PROBE_TEXTS)
        except EncodingError as exc:
            logger.warning("%s for any text; restarting its process", exc)
            await self._end()
        except StoreError:  # its process has ended
            pass

    def _restart_if_ended(self) -> None:
        if self._connection is None and self._restart is None and not self._closed:
            self._restart = asyncio.get_running_loop().create_task(self._start_again())

    def _on_lost(self) -> None:
        """Replace a process that has closed the connection, or sent data without a request, while it was idle."""
        if self._restart is None and not self._closed and not self._lock.locked():
            self._restart = asyncio.get_running_loop().create_task(self._replace())

    async def _replace(self) -> None:
        async with self._lock:
            await self._end()
        await self._start_again()

    async def _start_again(self) -> None:
        now, failures = asyncio.get_running_loop().time, 0
        try:
            while not self._closed:
                self._crashes = [each for each in self._crashes if each > now() - CRASH_WINDOW_S] + [now()]
                crash_pause = min(0.05 * 2 ** len(self._crashes), MAX_CRASH_PAUSE_S) if len(self._crashes) > 2 else 0.0
                self._pausing = crash_pause > 0
                await asyncio.sleep(
                    max(crash_pause, min(0.5 * 2**failures, MAX_START_PAUSE_S) if failures > 2 else 0.0)
                )
                self._pausing = False
                try:
                    async with self._lock:
                        await self._connect()
                except StoreError as exc:
                    logger.debug("local embedder: restart failed: %s", exc)
                    failures += 1
                    continue
                self._on_restored()
                return
        finally:
            self._pausing, self._restart = False, None

    async def _connect(self) -> EncoderConnection:
        """Return the connection to the process, which is started where it is not running."""
        if self._connection is not None:
            return self._connection
        if self._closed:
            raise StoreError("local embedder: closed")
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = self._spawn(theirs)
            except OSError as exc:
                ours.close()
                raise StoreError(f"local embedder: its process cannot be started ({exc.strerror})") from exc
        self._connection = connection = EncoderConnection(ours, self._on_lost)
        await self._exchange(connection, b"", START_TIMEOUT_S)
        return connection

    def _spawn(self, stdin: socket.socket) -> subprocess.Popen[bytes]:
        # -P: without this folder first in sys.path, for its modules have names of libraries.
        threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        return subprocess.Popen(
            [sys.executable, "-P", str(self._program), *filter(None, sys.path)],
            stdin=stdin.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # a traceback may repeat a text
            env={**os.environ, **threads},
            start_new_session=True,  # a Ctrl-C at the terminal goes to the proxy, which ends this one
        )

    async def _exchange(self, connection: EncoderConnection, request: bytes, timeout_s: float) -> bytes:
        """Send a frame and return the reply's content. Any failure ends the process, whose state is then unknown."""
        try:
            tag, reply = await connection.exchange(request, timeout_s)
        except BaseException as exc:
            await self._end()
            match exc:
                case TimeoutError():
                    raise StoreError(
                        f"local embedder: no answer within {timeout_s:.1f} s; restarting its process"
                    ) from exc
                case EOFError():
                    raise StoreError("local embedder: its process has ended; restarting it") from exc
            raise
        if tag == encoder_main.ERROR:
            raise EncodingError(f"local embedder: {reply.decode('utf-8', 'replace')}")
        return reply

    async def _end(self) -> None:
        process, self._process = self._process, None
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
        if process is not None:
            process.kill()
            await asyncio.to_thread(process.wait)
