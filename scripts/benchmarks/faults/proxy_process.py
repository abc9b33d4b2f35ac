"""The proxy under test: a mitmdump with the cache and files of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from aicache.adapters.embedders import encoder_main
from aicache.cli import launch
from benchmarks import proxy_metrics
from benchmarks.errors import Problem
from benchmarks.processes import LOOPBACK, Server, Tree, free_port
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
MITMDUMP = "from mitmproxy.tools.main import mitmdump; mitmdump()"
MAX_START_ATTEMPTS = 5
ENCODER = Path(encoder_main.__file__).name
"""The program of the local embedder's process."""
_LOGGED = re.compile(r"\[\d\d:\d\d:\d\d")


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
        self,
        plan: Plan,
        folder: Path,
        data: Path,
        upstream: str,
        config: Mapping[str, Any],
        *,
        port: int | None = None,
        host: str = LOOPBACK,
    ) -> None:
        self.folder, self.data, self.port, self.host = folder, data, port or free_port(), host
        self.upstream = upstream
        self.config = {"dashboard": {"token": proxy_metrics.TOKEN}, **config}
        self.config_file, self.log = folder / f"{self.port}.yaml", folder / f"{self.port}.log"
        self.script = folder / f"addon-{self.port}" / "ai_cache.py"
        self.options: tuple[str, ...] = ()
        self.launcher: tuple[str, ...] = ()
        """A command that runs the one after it, in another place."""
        self.environment: dict[str, str] = {}
        self.before_exec: Callable[[], None] | None = None
        self.program: tuple[str, ...] = (str(plan.python), "-c", MITMDUMP)
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

    @property
    def tree(self) -> Tree:
        return Tree(self.pid)

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
            *self.launcher,
            *self.program,
            *("--mode", f"reverse:{self.upstream}", "--listen-host", self.host, "--listen-port", str(self.port)),
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
                env={**os.environ, "AI_CACHE__LOG__CONSOLE": "false", **self.environment},
                preexec_fn=self.before_exec,
            )
        self._server = Server(process, self.port, self.log, self.host)
        await asyncio.to_thread(self._server.wait_listening)
        if ready:
            await self.ready()

    async def ready(self, parts: frozenset[str] = proxy_metrics.SEMANTIC) -> None:
        """Wait until these parts of the cache are in use. Raises Problem."""
        for _ in range(MAX_START_ATTEMPTS):
            with contextlib.suppress(OSError):  # a busy machine may not even answer this
                await asyncio.to_thread(proxy_metrics.wait_ready, self.port, parts, self.host)
                return
        raise Problem("the proxy does not say which parts of the cache stand")

    async def kill(self, how: signal.Signals = signal.SIGKILL, within: float = 20.0) -> None:
        """End it and its children, and wait for them."""
        if self._server is None:
            return
        children = self._server.tree.pids()[1:]
        with contextlib.suppress(ProcessLookupError):
            self._server.process.send_signal(how)
        with contextlib.suppress(subprocess.TimeoutExpired):  # a second SIGTERM would end it at once
            await asyncio.to_thread(self._server.process.wait, within)
        await asyncio.to_thread(launch.terminate, self._server.process, within)
        deadline = time.monotonic() + 5
        while any(map(_alive, children)) and time.monotonic() < deadline:
            await asyncio.sleep(0.05)

    async def ended_within(self, within: float) -> bool:
        """Return whether it ends by itself in time."""
        deadline = time.monotonic() + within
        while self.runs and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        return not self.runs

    def log_lines(self, since: int) -> list[str]:
        """Return the log lines from that byte on, without mitmproxy's lines for every connection.

        Tracebacks do not count as lines. CPython prints some for connections that are open when the proxy ends.
        """
        return [
            line
            for line in self.log_text(since).splitlines()
            if _LOGGED.match(line) and not any(word in line for word in IGNORED_LOG_LINES)
        ]

    def log_text(self, since: int) -> str:
        """Return all that was logged from that byte on."""
        with self.log.open("rb") as file:
            file.seek(since)
            return file.read().decode("utf-8", "replace")

    @property
    def log_size(self) -> int:
        return self.log.stat().st_size if self.log.exists() else 0


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
