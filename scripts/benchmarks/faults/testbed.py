"""The stages for faults: a proxy with its folders, an optional Redis, the upstream and the load."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from aicache.adapters.valkey import server
from aicache.adapters.valkey.server_binary import find_binary
from benchmarks.faults import jumping_clock, permissions, tls
from benchmarks.faults.client import Client
from benchmarks.faults.load import Load
from benchmarks.faults.proxy_process import Plan, Proxy
from benchmarks.faults.redis_wire import RedisWire
from benchmarks.faults.requests import Corpus
from benchmarks.faults.sent_answers import Ledger
from benchmarks.faults.upstream import Upstream
from benchmarks.processes import Server, free_port

FEW_DESCRIPTORS = 128  # on the stage "files"
TMPFS_SIZE = "32m"
STAGES = ("embedded", "redis", "tls", "files", "rights", "tmpfs", "clock")


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

    def __init__(self, plan: Plan, stage_name: str, folder: Path) -> None:
        self.plan, self.stage_name, self.folder = plan, stage_name, folder
        self.ledger = Ledger()
        self.upstream = Upstream(free_port(), self.ledger)
        self.external: External | None = None
        self.shift: jumping_clock.Shift | None = None
        data, url, config = folder / "data", f"http://127.0.0.1:{self.upstream.port}", dict[str, Any]()
        if plan.data is not None:
            data = plan.data / f"faults-{folder.name}"
        if stage_name == "tmpfs":
            data = folder / "tmpfs" / "data"
        if stage_name == "redis":
            port = free_port()
            self.external = External(folder / "redis", port, RedisWire(free_port(), port))
            config["exact"] = {"redis": {"url": f"redis://127.0.0.1:{self.external.wire.port}"}}
        if stage_name == "tls":
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
        if self.stage_name == "tls":
            certificate, key = tls.a_certificate(self.folder / "good")
            self.upstream.tls = tls.serving(certificate, key)
            self.proxy.options = ("--set", f"ssl_verify_upstream_trusted_ca={certificate}")
        if self.stage_name == "files":
            self.proxy.before_exec = lambda: resource.setrlimit(
                resource.RLIMIT_NOFILE, (FEW_DESCRIPTORS, FEW_DESCRIPTORS)
            )
        if self.stage_name == "rights" and not os.geteuid():
            self.proxy.before_exec = permissions.drop
        if self.stage_name == "tmpfs":
            (self.folder / "tmpfs").mkdir()
            mounting = ["mount", "-t", "tmpfs", "-o", f"size={TMPFS_SIZE}", "tmpfs", str(self.folder / "tmpfs")]
            await asyncio.to_thread(subprocess.run, mounting, check=True)
        if self.stage_name == "clock":
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
        if self.stage_name == "tmpfs":
            unmounting = ["umount", "-l", str(self.folder / "tmpfs")]
            await asyncio.to_thread(subprocess.run, unmounting, check=False)


@asynccontextmanager
async def stage(plan: Plan, stage_name: str, folder: Path) -> AsyncIterator[Stage]:
    """Set up a stage with a filled store and a running load, and end it with the block. Raises Problem."""
    folder.mkdir(parents=True)
    made = Stage(plan, stage_name, folder)
    try:
        await made._start()
        made.load.begin()
        yield made
    finally:
        await made._end()


def missing_requirement(stage_name: str) -> str:
    """Return what this machine lacks for a stage; empty if it has all."""
    if sys.platform != "linux":
        return "only on Linux"
    if stage_name == "clock":
        return jumping_clock.missing_requirement()
    if stage_name == "tmpfs" and os.geteuid():
        return "wants root, to mount a file system that can be filled"
    if stage_name == "redis" and not redis_server():
        return "wants redis-server or valkey-server"
    return ""


def redis_server() -> str:
    return str(find_binary() or shutil.which("redis-server") or shutil.which("valkey-server") or "")
