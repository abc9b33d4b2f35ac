"""The stages for faults: a proxy with its folders, an optional Redis, the upstream and the load."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from redis.asyncio import Redis

from aicache.adapters.embedders import encoder_main
from aicache.adapters.valkey import server
from aicache.adapters.valkey.server_binary import find_binary
from aicache.cli import launch
from benchmarks import proxy_metrics
from benchmarks.errors import Problem
from benchmarks.faults import jumping_clock, permissions, tls
from benchmarks.faults.client import Client
from benchmarks.faults.load import Load
from benchmarks.faults.redis_wire import RedisWire
from benchmarks.faults.requests import Corpus
from benchmarks.faults.sent_answers import Ledger
from benchmarks.faults.upstream import Upstream
from benchmarks.processes import Server, free_port
from benchmarks.systems import ADDON

IGNORED_LOG_LINES = (
    "client connect",
    "client disconnect",
    "server connect",
    "server disconnect",
    "Streaming response",
    "<< ",
    ": POST ",
)
"""Lines that mitmproxy logs for every connection or stream."""
FEW_DESCRIPTORS = 128  # on the stage "files"
TMPFS_SIZE = "32m"
MAX_START_ATTEMPTS = 5
ENCODER = Path(encoder_main.__file__).name
"""The program of the local embedder's process."""
_LOGGED = re.compile(r"\[\d\d:\d\d:\d\d")
STAGES = ("embedded", "redis", "tls", "files", "rights", "tmpfs", "clock")


@dataclass(frozen=True, slots=True)
class Plan:
    entries: int
    rate: float
    python: Path
    folder: Path
    data: Path | None = None
    """Folder for data folders, if not *folder*."""
    logs: Path | None = None


class Proxy:
    """A mitmdump with the cache and its own files, which can be restarted on the same port."""

    def __init__(
        self, plan: Plan, folder: Path, data: Path, upstream: str, config: Mapping[str, Any], *, port: int | None = None
    ) -> None:
        self.folder, self.data, self.port = folder, data, port or free_port()
        self.upstream = upstream
        self.config = {"dashboard": {"token": proxy_metrics.TOKEN}, **config}
        self.config_file, self.log = folder / f"{self.port}.yaml", folder / f"{self.port}.log"
        self.script = folder / f"addon-{self.port}" / "ai_cache.py"
        self.options: tuple[str, ...] = ()
        self.environment: dict[str, str] = {}
        self.before_exec: Callable[[], None] | None = None
        self._python = plan.python
        self._server: Server | None = None
        shutil.copytree(ADDON.parent, self.script.parent, ignore=shutil.ignore_patterns("__pycache__"))
        self.configure(self.config)

    def configure(self, config: Mapping[str, Any] | str) -> None:
        """Write the configuration, which the proxy reloads."""
        text = config if isinstance(config, str) else yaml.safe_dump(dict(config))
        self.config_file.write_text(text, "utf-8")

    @property
    def pid(self) -> int:
        assert self._server is not None
        return self._server.process.pid

    @property
    def runs(self) -> bool:
        return self._server is not None and self._server.process.poll() is None

    def children(self, word: str) -> list[int]:
        """Return the proxy's processes whose command contains a word."""
        return [pid for pid in self._server.tree.pids() if word in _command(pid)] if self._server is not None else []

    @property
    def valkey(self) -> list[int]:
        return self.children("valkey-server")

    @property
    def encoder(self) -> list[int]:
        return self.children(ENCODER)

    async def start(self, *, ready: bool = True) -> None:
        """Start it; with *ready*, wait for all parts of the cache. Raises Problem."""
        command = [
            *(str(self._python), "-c", "from mitmproxy.tools.main import mitmdump; mitmdump()"),
            *("--mode", f"reverse:{self.upstream}", "--listen-host", "127.0.0.1", "--listen-port", str(self.port)),
            *("-s", str(self.script), "--set", "flow_detail=0", "--set", "connection_strategy=lazy"),
            *("--set", f"confdir={self.folder / 'confdir'}", "--set", f"ai_cache_data={self.data}"),
            *("--set", f"ai_cache_config={self.config_file}", *self.options),
        ]
        with self.log.open("ab") as file:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                env={**os.environ, **self.environment},
                preexec_fn=self.before_exec,
            )
        self._server = Server(process, self.port, self.log)
        await asyncio.to_thread(self._server.wait_listening)
        if ready:
            await self.ready()

    async def ready(self, parts: frozenset[str] = proxy_metrics.SEMANTIC) -> None:
        """Wait until these parts of the cache are in use. Raises Problem."""
        for _ in range(MAX_START_ATTEMPTS):
            with contextlib.suppress(OSError):  # a busy machine may not even answer this
                await asyncio.to_thread(proxy_metrics.wait_ready, self.port, parts)
                return
        raise Problem("the proxy does not say which parts of the cache stand")

    async def kill(self, how: signal.Signals = signal.SIGKILL, within: float = 20.0) -> None:
        """End it and its children, and wait for them."""
        if self._server is None:
            return
        children = self._server.tree.pids()[1:]
        with contextlib.suppress(ProcessLookupError):
            self._server.process.send_signal(how)
        await asyncio.to_thread(launch.terminate, self._server.process, within)
        deadline = time.monotonic() + 5
        while any(map(_alive, children)) and time.monotonic() < deadline:
            await asyncio.sleep(0.05)

    async def ends(self, within: float) -> bool:
        """Return whether it ends by itself in time."""
        deadline = time.monotonic() + within
        while self.runs and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        return not self.runs

    def lines(self, since: int) -> list[str]:
        """Return the log lines from that byte on, without mitmproxy's lines for every connection.

        Tracebacks do not count as lines. CPython prints some for connections that are open when the proxy ends.
        """
        return [
            line
            for line in self.said(since).splitlines()
            if _LOGGED.match(line) and not any(word in line for word in IGNORED_LOG_LINES)
        ]

    def said(self, since: int) -> str:
        """Return all that was logged from that byte on."""
        with self.log.open("rb") as file:
            file.seek(since)
            return file.read().decode("utf-8", "replace")

    @property
    def logged(self) -> int:
        return self.log.stat().st_size if self.log.exists() else 0


@dataclass(slots=True)
class External:
    """An external Redis, and the relay between it and the proxy."""

    folder: Path
    port: int
    wire: RedisWire
    process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        self.folder.mkdir(exist_ok=True)
        command = [
            *(redis_server(), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"),
            *("--dir", str(self.folder), "--maxclients", "500"),
        ]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        await asyncio.to_thread(Server(self.process, self.port, self.folder / "log").wait_listening)

    def end(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


class Stage:
    """A running stage: proxy, upstream, load and optional Redis."""

    def __init__(self, plan: Plan, where: str, folder: Path) -> None:
        self.plan, self.where, self.folder = plan, where, folder
        self.ledger = Ledger()
        self.upstream = Upstream(free_port(), self.ledger)
        self.external: External | None = None
        self.shift: jumping_clock.Shift | None = None
        data, url, config = folder / "data", f"http://127.0.0.1:{self.upstream.port}", dict[str, Any]()
        if plan.data is not None:
            data = plan.data / f"faults-{folder.name}"
        if where == "tmpfs":
            data = folder / "tmpfs" / "data"
        if where == "redis":
            port = free_port()
            self.external = External(folder / "redis", port, RedisWire(free_port(), port))
            config["exact"] = {"redis": {"url": f"redis://127.0.0.1:{self.external.wire.port}"}}
        if where == "tls":
            url = f"https://127.0.0.1:{self.upstream.port}"
        self.proxy = Proxy(plan, folder, data, url, config)
        self.client = Client(self.proxy.port)
        self.load = Load(self.client, Corpus(plan.entries), self.ledger, plan.rate)

    def valkey(self) -> Redis:
        """Return a client of the embedded Valkey, or of the Redis behind its relay."""
        if self.external is not None:
            return Redis(port=self.external.port)
        path = server.EmbeddedValkey(self.proxy.data, 0).url.removeprefix("unix://")
        return Redis(unix_socket_path=path)

    async def restart(self, how: signal.Signals = signal.SIGTERM, *, ready: bool = False) -> None:
        """Restart the proxy; requests meanwhile count as sent while it was down."""
        with self.load.is_down():
            await self.proxy.kill(how)
            await self.proxy.start(ready=ready)

    async def _start(self) -> None:
        if self.where == "tls":
            certificate, key = tls.a_certificate(self.folder / "good")
            self.upstream.tls = tls.serving(certificate, key)
            self.proxy.options = ("--set", f"ssl_verify_upstream_trusted_ca={certificate}")
        if self.where == "files":
            self.proxy.before_exec = lambda: resource.setrlimit(
                resource.RLIMIT_NOFILE, (FEW_DESCRIPTORS, FEW_DESCRIPTORS)
            )
        if self.where == "rights" and not os.geteuid():
            self.proxy.before_exec = permissions.drop
        if self.where == "tmpfs":
            (self.folder / "tmpfs").mkdir()
            mounting = ["mount", "-t", "tmpfs", "-o", f"size={TMPFS_SIZE}", "tmpfs", str(self.folder / "tmpfs")]
            await asyncio.to_thread(subprocess.run, mounting, check=True)
        if self.where == "clock":
            self.shift = jumping_clock.Shift(self.folder)
            self.proxy.environment = self.shift.environment
        await self.upstream.listen()
        if self.external is not None:
            await self.external.start()
            await self.external.wire.listen()
        await self.proxy.start()
        await self.load.fill()

    async def _end(self) -> None:
        await self.load.end()
        await self.proxy.kill(signal.SIGKILL)
        self.client.forget()
        await self.upstream.close()
        if self.external is not None:
            await self.external.wire.close()
            self.external.end()
        if self.where == "tmpfs":
            unmounting = ["umount", "-l", str(self.folder / "tmpfs")]
            await asyncio.to_thread(subprocess.run, unmounting, check=False)


@asynccontextmanager
async def stage(plan: Plan, where: str, folder: Path) -> AsyncIterator[Stage]:
    """Set up a stage with a filled store and a running load, and end it with the block. Raises Problem."""
    folder.mkdir(parents=True)
    made = Stage(plan, where, folder)
    try:
        await made._start()
        made.load.begin()
        yield made
    finally:
        await made._end()


def lacks(where: str) -> str:
    """Return what this machine lacks for a stage, or empty."""
    if sys.platform != "linux":
        return "only on Linux"
    if where == "clock":
        return jumping_clock.lacks()
    if where == "tmpfs" and os.geteuid():
        return "wants root, to mount a file system that can be filled"
    if where == "redis" and not redis_server():
        return "wants redis-server or valkey-server"
    return ""


def redis_server() -> str:
    return str(find_binary() or shutil.which("redis-server") or shutil.which("valkey-server") or "")


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
